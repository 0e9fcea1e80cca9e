"""The shapes that cross module borders: an article in, a record or a reject out."""

from __future__ import annotations

from dataclasses import dataclass, field

LENGTHS = ("headline", "short", "long")
"""Of summaries: a title, what an editor sets under one, and two or three sentences."""


@dataclass(frozen=True, slots=True)
class Article:
    """One news article as it was found.

    Attributes:
        id: The caller's own id, or ``<page>#<part>`` for an article cut out of a page.
        title: Headline on one line; empty where there is none.
        body: Text without the headline; paragraphs are separated by newlines.
        page: File that it came from, relative to the input that was named.
        part: Place among the articles of its page, from 1.
        published: ISO date (``2024-02-09``), None where the page gives none.
        source: Outlet or agency that the page names.
        tags: Keywords that the page names.
        url: Address of the page.
        published_at: The same day with its time to the minute, by the source's own clock, and the offset
            where the source gives one (``2024-02-09T14:30+03:00``); None where it gives no time.
    """

    id: str
    title: str
    body: str
    page: str = ""
    part: int = 1
    published: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedSummary:
    """What the summarizing model wrote and the guard passed over.

    Attributes:
        text: The summary that does not stand.
        reasons: What it says without the article's support, each as one sentence.
    """

    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What Mujaz says of one article: a line of JSONL, a row of Parquet or CSV.

    ``topics``, ``scores`` and ``review`` are None where labelling was not asked for,
    ``summary`` and ``summary_method`` where summarizing was not, ``evidence`` and ``refused`` where no
    explanation was.

    Attributes:
        published_at: As in the ``Article``; it begins with ``published``.
        topics: Names of the topics whose score passes its threshold; empty means "other".
        scores: Calibrated probability of every topic the model knows, in the model's order.
        review: True where a score lies too near its threshold to be trusted.
        summary: At most a few sentences.
        summary_method: ``lead`` or ``model``.
        model: Folder name and hash prefix of the topic model, ``topics-compact@1a2b3c``.
        evidence: Sentences of the article, or its title, that carry the summary.
        refused: What the summarizing model wrote before, and why it does not stand.
        story: Which story of its archive it belongs to; None outside of archives.
        duplicate_of: Id of the story's first article, where this is a copy of it.
    """

    id: str
    page: str
    part: int
    title: str
    published: str | None
    source: str | None
    tags: tuple[str, ...]
    url: str | None
    published_at: str | None = None
    topics: tuple[str, ...] | None = None
    scores: dict[str, float] | None = None
    review: bool | None = None
    summary: str | None = None
    summary_method: str | None = None
    model: str | None = None
    evidence: tuple[str, ...] | None = None
    refused: tuple[RefusedSummary, ...] | None = None
    story: str | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """An input that could not be read or used, with where it stands and why.

    Attributes:
        page: File (relative to the input that was named) or ``<stdin>``.
        place: Place inside it: ``line 17``, ``row 3``, ``part 2``; empty for the whole file.
        reason: What is wrong and what would help, as one sentence.
        id: The input's own id where it has one.
    """

    page: str
    place: str
    reason: str
    id: str | None = field(default=None)
