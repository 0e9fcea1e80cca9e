"""A digest as data: what each of its forms shows, and nothing of how it looks.

All text in it is safe to show as text: one line, without control characters, bidirectional controls or half
surrogates, and of bounded length (``infer.digest.safe``). It is not escaped for any form. A ``url`` is an
``http`` or ``https`` address, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Report:
    """One outlet's article about a story.

    Attributes:
        id: Of its record.
        page: File that it came from.
        title: Its headline.
        source: The outlet; None where the page names none.
        url: Its address.
        published: Its day.
        hour: Its time by the outlet's own clock, ``14:30``; None where the page gives none.
        copy: Whether it says what an earlier report of the story says, word for word.
    """

    id: str
    page: str
    title: str
    source: str | None
    url: str | None
    published: date
    hour: str | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary.

    Attributes:
        text: The sentence.
        report: Which of the story's reports it is taken from, from 0.
        evidence: Sentences of that report which carry it, where the record names them and they differ.
    """

    text: str
    report: int
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as some of the reports give it: ``42``, by the first and third."""

    value: str
    reports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A number on which a story's reports differ.

    Attributes:
        about: What is counted, in the words of a report: ``قتيلا``.
        figures: Two or more, from the lowest to the highest.
    """

    about: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One event, whoever reports it.

    Attributes:
        key: Twelve hexadecimal digits, the same for the same first report; for anchors and feeds.
        headline: Of the report that tells it best.
        summary: Its sentences; empty where the records have none.
        method: How the summary was made: ``lead``, ``model``, or None without one.
        reports: Who carries it; the one with the headline first, then by time. Never empty.
        outlets: How many different outlets these are.
        topics: Names of its topics, the surest first.
        confidence: Probability of the first of them, 0 to 1.
        differences: Numbers on which its reports differ.
    """

    key: str
    headline: str
    summary: tuple[Sentence, ...]
    method: str | None
    reports: tuple[Report, ...]
    outlets: int
    topics: tuple[str, ...]
    confidence: float
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The stories of one topic, the most important first; it may have none.

    Attributes:
        topic: Its name in the model.
        name: Its name for people, in the digest's language.
        stories: Each stands in the section of its surest topic alone.
        more: Stories left out, as there is a limit.
    """

    topic: str
    name: str
    stories: tuple[Story, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Trend:
    """Articles of each topic on the last days, copies among them.

    Attributes:
        days: Days without a gap, the last one the digest's last.
        counts: For each section's topic as many numbers.
    """

    days: tuple[date, ...]
    counts: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened, by topic and story.

    Attributes:
        first, last: Its days, both included; the same for a digest of one day.
        lang: ``ar`` or ``en``: the language of everything but the news itself.
        sections: All topics, in the model's order.
        review: Stories whose topics a person has to decide; they stand in no section.
        trend: The last days' counts.
        articles: Records of these days, those on other topics among them.
        outlets: Their outlets.
        undated: Records without a day, which no digest can have.
        review_more: Stories in review that are left out, as there is a limit.
    """

    first: date
    last: date
    lang: str
    sections: tuple[Section, ...]
    review: tuple[Story, ...]
    trend: Trend
    articles: int
    outlets: int
    undated: int = 0
    review_more: int = 0

    @property
    def stories(self) -> tuple[Story, ...]:
        """Stories of all sections, in order; without those in review."""
        return tuple(story for section in self.sections for story in section.stories)
