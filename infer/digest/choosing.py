"""From the records of some days to the digest: reports into stories, stories into sections, by rank."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from infer.digest.config import DigestConfig, Limits, Ranking
from infer.digest.day import Digest, Section, Story
from infer.digest.reading import Days, Labelled
from infer.digest.telling import Event, is_sure, key_of, outlets, tell, topics, when
from infer.stories.events import Array, Told, group
from infer.text import normalize, words

# Records outside of archives that say the same in fewer words than this may be about anything.
FEW_WORDS = 6
# Fewer than these ("Urgent", "The day in pictures") tell no event that others could report too.
LEAST_WORDS = 4

Keyed = tuple[str, Event]
Embed = Callable[[Sequence[Labelled]], Array]


def build(days: Days, config: DigestConfig, lang: str | None = None, embed: Embed | None = None) -> Digest:
    """Make the digest.

    Args:
        days: What was read.
        config: Limits, ranking and names.
        lang: Of the frame; the configured one where None.
        embed: Gives vectors of records for grouping (records × width); without it their words decide.
    """
    lang = lang or config.lang
    limits = config.limits
    held: dict[str | None, list[Keyed]] = defaultdict(list)  # None: in review
    for key, event in _ranked(list(events(days.records, embed)), days, config):
        sure = any(is_sure(record) for same in event for record in same)
        held[next(iter(topics(event))) if sure else None].append((key, event))
    sections = tuple(
        Section(topic, config.topic_name(topic, lang), *_told(held[topic], limits.stories, limits))
        for topic in _order(days.topics, config)
    )
    review, review_more = _told(held[None], limits.review, limits)
    return Digest(
        first=days.first,
        last=days.last,
        lang=lang,
        sections=sections,
        review=review,
        trend=days.trend,
        articles=days.articles,
        outlets=days.outlets,
        undated=days.undated,
        review_more=review_more,
    )


def _ranked(found: Sequence[Event], days: Days, config: DigestConfig) -> list[Keyed]:
    """Events with their keys, the most important first."""
    most = max(map(outlets, found), default=1)
    keyed = _keyed(found)
    return sorted(keyed, key=lambda each: (-_rank(each[1], days, config.ranking, most), each[0]))


def _told(keyed: Sequence[Keyed], most: int, limits: Limits) -> tuple[tuple[Story, ...], int]:
    """The stories of the first of them, and how many are left out."""
    return tuple(tell(event, key, limits) for key, event in keyed[:most]), max(len(keyed) - most, 0)


def events(records: Sequence[Labelled], embed: Embed | None = None) -> Iterator[Event]:
    """Records of one event together: lists of copies, each with its first report at its head.

    Copies are what an archive says are copies, or records whose titles and summaries are the same but for
    spaces and marks. One report of each stands for them when reports of the same event are looked for.
    What says too little for that stays alone.
    """
    copied: list[list[Labelled]] = []
    for same in copies(records):
        if _length(same[0]) >= LEAST_WORDS:
            copied.append(same)
        else:
            yield [same]
    heads = [same[0] for same in copied]
    if not heads:
        return
    reports = [Told(head.title, head.summary or "", _published(head), head.outlet) for head in heads]
    vectors = embed(heads) if embed and len(heads) > 1 else None
    for places in group(reports, vectors):
        yield [copied[place] for place in places]


def _length(record: Labelled) -> int:
    """Words of its title and summary."""
    return len(words(f"{record.title} {record.summary or ''}"))


def copies(records: Sequence[Labelled]) -> list[list[Labelled]]:
    """Records that are word for word the same, each list by time; in an archive the first article leads."""
    same: dict[tuple[str, ...], list[Labelled]] = defaultdict(list)
    for number, record in enumerate(records):
        said = (normalize(record.title), normalize(record.summary or ""))
        if record.story is not None:
            same["story", record.story].append(record)
        elif _length(record) >= FEW_WORDS:
            same["said", *said].append(record)
        else:
            same["alone", str(number)].append(record)
    return [sorted(held, key=lambda r: (r.duplicate_of is not None, *when(r))) for held in same.values()]


def _published(record: Labelled) -> str:
    day = record.published.isoformat()
    return f"{day}T{record.hour}" if record.hour else day


def _keyed(found: Sequence[Event]) -> list[Keyed]:
    """Events with the keys of their first records, apart also where inputs have an id twice."""
    keyed: dict[str, Event] = {}
    for event in found:
        first, turn = min((record for same in event for record in same), key=when), 0
        while (key := key_of(first, turn)) in keyed:
            turn += 1
        keyed[key] = event
    return list(keyed.items())


def _rank(event: Event, days: Days, weights: Ranking, most: int) -> float:
    """How important an event is: a weighted sum of three numbers between 0 and 1.

    A report without an hour counts as one of noon.
    """
    spread = math.log(1 + outlets(event)) / math.log(1 + most)
    minutes = max(_minutes(record, days) for same in event for record in same)
    newness = minutes / (24 * 60 * ((days.last - days.first).days + 1))
    confidence = max(topics(event).values(), default=0.0)
    return weights.outlets * spread + weights.newness * newness + weights.confidence * confidence


def _minutes(record: Labelled, days: Days) -> int:
    """Minutes since the first day began."""
    hour, minute = map(int, record.hour.split(":")) if record.hour else (12, 0)
    return 60 * (24 * (record.published - days.first).days + hour) + minute


def _order(topics: Sequence[str], config: DigestConfig) -> list[str]:
    """Topics as the configuration orders them, then the others as the model does."""
    return [t for t in config.order if t in topics] + [t for t in topics if t not in config.order]
