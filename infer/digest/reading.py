"""The records of some days, from whatever ``mujaz label`` wrote."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infer.digest import safe
from infer.digest.day import Trend
from infer.errors import UsageError
from infer.questions.labels import Labels, days_of, open_labels

MOST_TREND_DAYS = 60
TOPIC_CHARACTERS = 100
_HOUR = re.compile(r"T([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record that a digest may show, as it was written: only its topics' names are safe yet.

    Attributes:
        hour: ``14:30`` by the outlet's own clock, None where the record has none.
        topics: Names of its topics; none where a person has to say whether it has one.
        scores: Probability of each topic.
        story: Its story's name in an archive, None elsewhere.
        duplicate_of: Whether it is marked as a copy of another record.
    """

    id: str
    page: str
    part: int
    title: str
    published: date
    hour: str | None
    source: str | None
    url: str | None
    topics: tuple[str, ...]
    scores: dict[str, float]
    review: bool
    summary: str | None
    method: str | None
    evidence: tuple[str, ...] = ()
    story: str | None = None
    duplicate_of: str | None = None

    @property
    def outlet(self) -> str | None:
        """Who reports it; see ``outlet_of``."""
        return outlet_of(self.source, self.url)

    @property
    def confidence(self) -> float:
        """Probability of its surest topic; of those that it might have where it has none."""
        of = [self.scores.get(topic, 0.0) for topic in self.topics] or list(self.scores.values())
        return max(of, default=0.0)


def outlet_of(source: str | None, url: str | None) -> str | None:
    """Who reports: the source that is named, or the host of the address."""
    if source and (named := source.strip()):
        return named
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Days:
    """What a digest of some days is made of.

    Attributes:
        first, last: The days, both included.
        topics: Names of all topics, in the model's order.
        records: Those with a topic, and those that might have one (``review``).
        trend: The last days' counts of every topic.
        articles: Records of these days, those on other topics among them.
        outlets: Different sources of these, or hosts where no source is named.
        undated: Records of any time without a day.
        unlabelled: Records of these days that no topic model read.
        nearest: The last day with news before these, and the first one after; where there is such a day.
    """

    first: date
    last: date
    topics: tuple[str, ...]
    records: tuple[Labelled, ...]
    trend: Trend
    articles: int
    outlets: int
    undated: int = 0
    unlabelled: int = 0
    nearest: tuple[date, ...] = field(default=())


def read_place(place: str | Path, first: date | None, last: date | None, trend_days: int) -> Days:
    """Read the records of some days from what ``mujaz label`` wrote.

    Of an archive only the days' parts and the trend's are opened, if there is news in them.

    Args:
        place: As ``infer.questions.labels.open_labels`` takes it.
        first: The first day; the last one where None.
        last: The last day; the latest that has records where None, see ``latest_day``.
        trend_days: See ``read_days``.

    Raises:
        UsageError: There are no records, none has a day, none has topics, or they are damaged; or the first
            day lies after the last.
    """
    there = days_of(place)
    if there:
        end = last or _latest(there)
        begin = _in_order(place, first or end, end)
        start = min(begin, _trend_start(begin, end, trend_days))
        if any(start <= day <= end for day in there):
            with open_labels(place, (start, end)) as labels:
                found = _read(labels, begin, end, trend_days)
            if _has_news(found):
                return found
    with open_labels(place) as labels:
        end = last or latest_day(labels)
        return read_days(labels, _in_order(place, first or end, end), end, trend_days)


def _in_order(place: str | Path, first: date, last: date) -> date:
    if first > last:
        raise UsageError(f"{str(place)!r} has no records since {first}: the latest day is {last}")
    return first


def latest_day(labels: Labels) -> date:
    """The latest day that has records; one that is still to come, by mistake, only where there is no other.

    Raises:
        UsageError: No record has a day.
    """
    days = [day for (day,) in labels.rows("SELECT DISTINCT published FROM labels ORDER BY 1") if day]
    if not days:
        [(count,)] = labels.rows("SELECT count(*) FROM labels")
        remedy = "name the column of dates when labelling (--date-column), or label pages that say theirs"
        raise UsageError(f"{labels.place!r}: none of its {count:,} records has a day; {remedy}")
    return _latest(days)


def _latest(days: Sequence[date]) -> date:
    """The last of some days in order that has begun anywhere on earth; the last one where none has."""
    begun = date.today() + timedelta(1)
    return max((day for day in days if day <= begun), default=days[-1])


def read_days(labels: Labels, first: date, last: date, trend_days: int) -> Days:
    """Read the records of some days.

    Args:
        labels: From ``infer.questions.labels.open_labels``.
        first: The first day.
        last: The last day, not before it.
        trend_days: How many days the trend has; more where the digest has more, up to ``MOST_TREND_DAYS``.

    Raises:
        UsageError: No record at all has topics; or the files are damaged.
    """
    found = _read(labels, first, last, trend_days)
    if _has_news(found):
        return found
    _refuse_unlabelled(labels)
    return replace(found, nearest=_nearest(labels, first, last))


def _has_news(days: Days) -> bool:
    return any(record.topics for record in days.records)


def _trend_start(first: date, last: date, trend_days: int) -> date:
    return max(min(first, _before(last, trend_days - 1)), _before(last, MOST_TREND_DAYS - 1))


def _before(day: date, days: int) -> date:
    """Some days earlier, the first of the calendar at the earliest."""
    return date.fromordinal(max(day.toordinal() - days, 1))


def _read(labels: Labels, first: date, last: date, trend_days: int) -> Days:
    """Everything but the nearest days."""
    [(undated,)] = labels.rows("SELECT count(*) FROM labels WHERE published IS NULL")
    records = _records(labels, f"published BETWEEN {_sql(first)} AND {_sql(last)}")
    start = _trend_start(first, last, trend_days)
    # One pass over the days of the trend and of the digest: each opens every part of an archive.
    articles, unlabelled = 0, 0
    outlets: set[str | None] = set()
    counts: dict[str, Counter[date]] = {}
    for day, topics_there, source, origin, count in labels.rows(f"""
        SELECT published, topics, source, {_ORIGIN}, count(*) FROM labels
        WHERE published BETWEEN {_sql(min(start, first))} AND {_sql(last)} GROUP BY ALL ORDER BY ALL"""):
        if day >= first:
            articles += count
            unlabelled += count if topics_there is None else 0
            outlets |= {outlet_of(source, origin)} - {None}
        for topic in topics_there or ():
            counts.setdefault(_topic(topic), Counter())[day] += count
    told = [topic for record in records for topic in record.topics]
    topics = tuple(dict.fromkeys([*map(_topic, labels.topics), *told, *counts]))
    days = tuple(start + timedelta(n) for n in range((last - start).days + 1))
    trend = Trend(days, {t: tuple(counts.get(t, Counter())[day] for day in days) for t in topics})
    return Days(first, last, topics, records, trend, articles, len(outlets), undated, unlabelled)


# An address without its path, which leaves few to ask for their outlets.
_ORIGIN = "regexp_extract(url, '^[^/]*//[^/]*')"
# Newer records have these; NULL stands for those that older files lack.
_OPTIONAL = ("published_at", "evidence", "summary_method")


def _refuse_unlabelled(labels: Labels) -> None:
    """Refuse labels none of which has topics."""
    [(count, labelled)] = labels.rows("SELECT count(*), count_if(topics IS NOT NULL) FROM labels")
    if count and not labelled:
        remedy = "`mujaz label INPUT -o labels/` gives them topics, `mujaz summarize` does not"
        raise UsageError(f"{labels.place!r}: none of its {count:,} records was labelled by topic; {remedy}")


def _records(labels: Labels, within: str) -> tuple[Labelled, ...]:
    more = ", ".join(name if name in labels.columns else f"NULL AS {name}" for name in _OPTIONAL)
    rows = labels.rows(f"""
        SELECT id, page, part, title, published, source, url, topics, scores, review, summary,
            story, duplicate_of, {more}
        FROM labels WHERE {within} AND topics IS NOT NULL AND (len(topics) > 0 OR review)
        ORDER BY published, page, part, id""")
    return tuple(map(_labelled, rows))


def _labelled(row: Sequence[Any]) -> Labelled:
    id_, page, part, title, published, source, url, topics, scores, review, summary, story, copied = row[:13]
    at, evidence, method = row[13:]
    known = {_topic(name): float(score) for name, score in (scores or {}).items() if score is not None}
    hour = _HOUR.search(at) if at else None
    return Labelled(
        id=id_ or "",
        page=page or "",
        part=part or 1,
        title=title or "",
        published=published,
        hour=f"{hour[1]}:{hour[2]}" if hour else None,
        source=source,
        url=url,
        topics=tuple(sorted(map(_topic, topics), key=lambda topic: -known.get(topic, 0.0))),
        scores=known,
        review=bool(review),
        summary=summary,
        method=method,
        evidence=_texts(evidence),
        story=story,
        duplicate_of=copied,
    )


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    """A list of texts; in CSV it is JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return (value,)
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _topic(name: str | None) -> str:
    """A topic's name, safe to show: it stands where the configuration has none for people."""
    return safe.line(name, TOPIC_CHARACTERS) or "—"


def _nearest(labels: Labels, first: date, last: date) -> tuple[date, ...]:
    """The nearest days with news on a topic, before and after."""
    [found] = labels.rows(f"""
        SELECT max(published) FILTER (published < {_sql(first)}),
            min(published) FILTER (published > {_sql(last)})
        FROM labels WHERE len(topics) > 0""")
    return tuple(day for day in found if day is not None)


def _sql(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
