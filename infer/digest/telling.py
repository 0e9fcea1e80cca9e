"""A story told: which of its reports tells it, in which words, and who else reports it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from infer.digest import safe
from infer.digest.config import Limits
from infer.digest.day import Report, Sentence, Story
from infer.digest.differences import differences
from infer.digest.reading import Labelled
from infer.text import normalize, sentences, words

Event = Sequence[Sequence[Labelled]]
"""Records of one event: lists of copies, the first of each at its head."""

# Reports whose numbers are held against each other: five milliseconds each, and no event has more outlets.
COMPARED = 50
SOURCE_CHARACTERS = 120
ID_CHARACTERS = 500
METHODS = ("lead", "model")


def when(record: Labelled) -> tuple[object, ...]:
    """By what records are put in the order of time; those without an hour follow those of their day."""
    return (record.published, record.hour or "~", record.page, record.part, record.id)


def is_sure(record: Labelled) -> bool:
    """Whether it has a topic that no person needs to look at."""
    return bool(record.topics) and not record.review


def best(event: Event) -> Labelled:
    """The report that tells the story.

    The first of these that decides: its label is sure; it has a summary; a model wrote that; it is no copy;
    its label's probability, in tenths; it has an address; its source is named; it is the earliest.
    """
    heads = {id(same[0]) for same in event}
    return min(
        (record for same in event for record in same),
        key=lambda record: (
            not is_sure(record),
            not (record.summary or "").strip(),
            record.method != "model",
            id(record) not in heads,
            -round(record.confidence, 1),
            safe.address(record.url) is None,
            record.outlet is None,
            when(record),
        ),
    )


def outlets(event: Event) -> int:
    """How many different outlets report it; those without a name are one where nobody else does."""
    return len({record.outlet for same in event for record in same} - {None}) or 1


def topics(event: Event) -> dict[str, float]:
    """Topics of any of its sure records with the highest probability of each, the surest first.

    Where none is sure, of any record; one that has none is about the likeliest, if any.
    """
    records = [record for same in event for record in same]
    found: dict[str, float] = {}
    for record in [record for record in records if is_sure(record)] or records:
        likeliest = max(record.scores, key=lambda t: record.scores[t], default=None)
        for topic in record.topics or ([likeliest] if likeliest else []):
            found[topic] = max(found.get(topic, 0.0), record.scores.get(topic, 0.0))
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def tell(event: Event, key: str, limits: Limits) -> Story:
    """Make the story of an event."""
    teller = best(event)
    copied = {id(record) for same in event for record in same[1:]}
    others = [record for same in event for record in same if record is not teller]
    records = [teller, *sorted(others, key=when)]
    reports = tuple(_report(record, limits, copy=id(record) in copied) for record in records)
    about = topics(event)
    told = tuple(_told(record, limits) for record in records)
    return Story(
        key=key,
        headline=reports[0].title,
        summary=_summary(teller, limits),
        method=teller.method if teller.method in METHODS and teller.summary else None,
        reports=reports,
        outlets=outlets(event),
        topics=tuple(about),
        confidence=round(max(about.values(), default=0.0), 4),
        differences=differences(told[:COMPARED]) if len(told) > 1 else (),
    )


def key_of(record: Labelled, turn: int = 0) -> str:
    """Twelve hexadecimal digits; ``turn`` sets records apart that have the same page and id."""
    about = f"{record.page}\0{record.id}" + (f"\0{turn}" if turn else "")
    return blake2b(about.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _report(record: Labelled, limits: Limits, *, copy: bool) -> Report:
    return Report(
        id=safe.line(record.id, ID_CHARACTERS),
        page=safe.line(record.page, ID_CHARACTERS),
        title=_title(record, limits),
        source=safe.line(record.outlet, SOURCE_CHARACTERS) or None,
        url=safe.address(record.url),
        published=record.published,
        hour=record.hour,
        copy=copy,
    )


def _title(record: Labelled, limits: Limits) -> str:
    """Its title; where it has none, how its summary begins, or the page's name."""
    for text in (record.title, record.summary, record.page, record.id):
        if shown := safe.line(text, limits.title_characters):
            return shown
    return "—"


def _told(record: Labelled, limits: Limits) -> str:
    """What a report says as far as its record has it, its title on the first line."""
    return f"{_title(record, limits)}\n{safe.line(record.summary, limits.sentence_characters)}"


def _summary(record: Labelled, limits: Limits) -> tuple[Sentence, ...]:
    most = limits.sentence_characters
    shown = [line for text in sentences(record.summary or "") if (line := safe.line(text, most))]
    carried = [line for text in record.evidence if (line := safe.line(text, most)) and line not in shown]
    by_sentence: list[list[str]] = [[] for _ in shown]
    said = [set(words(normalize(text))) for text in shown]
    for line in carried if shown else ():
        common = set(words(normalize(line)))
        nearest = max(range(len(shown)), key=lambda n: (len(said[n] & common), -n))
        by_sentence[nearest].append(line)
    return tuple(
        Sentence(text, 0, tuple(evidence)) for text, evidence in zip(shown, by_sentence, strict=True)
    )
