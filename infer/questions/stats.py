"""Figures of a labelled archive: a topic, a period, a source, and what is left to people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from infer.questions.labels import Labels, open_labels
from infer.questions.show import Rows, print_rows
from infer.table import OTHER

PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
# Without --by: days for a season, months for what a person worked through, years for the rest.
MOST_DAYS, MOST_MONTHS = 100, 15 * 12
# What a screen shows; --json has all.
MOST_PERIODS, MOST_SOURCES = 60, 20


@dataclass(frozen=True)
class Count:
    """Articles of one topic or source.

    Attributes:
        name: Of the topic (``other``: none applies) or source; None where none is named.
        articles: How many, copies among them.
        review: Those that a person should look at.
        copies: Those that say what another says.
    """

    name: str | None
    articles: int
    review: int
    copies: int


@dataclass
class Period:
    """Articles of a day, month or year.

    Attributes:
        name: ``2025-03-05``, ``2025-03`` or ``2025``.
        articles: How many.
        topics: Those of each topic that any has, ``other`` among them.
    """

    name: str
    articles: int
    topics: dict[str, int]


@dataclass(frozen=True)
class Stats:
    """Figures of an archive.

    Attributes:
        articles: Records in all.
        labelled: Those that a topic model read.
        review: Labelled ones that a person should look at.
        copies: Those that say what another says.
        undated: Those without a day, which are in no period.
        first, last: First and last day, None where nothing has one.
        by: ``day``, ``month`` or ``year``.
        topics: In the model's order, ``other`` last; an article with two topics counts in both.
        periods: In their order; empty ones are left out.
        sources: The most frequent first.
    """

    articles: int
    labelled: int
    review: int
    copies: int
    undated: int
    first: date | None
    last: date | None
    by: str
    topics: list[Count]
    periods: list[Period]
    sources: list[Count]


def stats(place: str | Path, by: str | None = None) -> Stats:
    """Count a labelled archive.

    Args:
        place: What `mujaz label` wrote: a folder, or one file.
        by: ``day``, ``month`` or ``year``; None takes what suits the time it spans.

    Raises:
        UsageError: The labels cannot be used.
    """
    with open_labels(place) as labels:
        [totals] = labels.rows("""
            SELECT count(*), count(topics), count_if(review), count(duplicate_of),
                count_if(published IS NULL), min(published), max(published)
            FROM labels""")
        articles, labelled, review, copies, undated, first, last = totals
        by = by or _suitable(first, last)
        topics = _topics(labels)
        return Stats(
            articles=articles,
            labelled=labelled,
            review=review,
            copies=copies,
            undated=undated,
            first=first,
            last=last,
            by=by,
            topics=topics,
            periods=_periods(labels, by),
            sources=_sources(labels),
        )


def as_json(figures: Stats) -> str:
    """The figures as a JSON object."""
    return json.dumps(asdict(figures), ensure_ascii=False, indent=2, default=str)


def print_stats(figures: Stats, console: Console) -> None:
    """Print the figures as three tables: topics, periods, sources."""
    names = ["topic", "articles", "share", "review", "copies"]
    rows: Rows = [
        (c.name, c.articles, _share(c.articles, figures.labelled), _share(c.review, c.articles), c.copies)
        for c in figures.topics
    ]
    print_rows(console, names, rows)
    if figures.periods:
        listed = [c.name for c in figures.topics if c.name]
        shown = figures.periods[-MOST_PERIODS:]
        rows = [(p.name, p.articles, *(p.topics.get(name, 0) for name in listed)) for p in shown]
        print_rows(console, [figures.by, "articles", *listed], rows)
        if earlier := len(figures.periods) - len(shown):
            console.print(f"{earlier} earlier ones are in --json")
    rows = [
        (c.name or "—", c.articles, _share(c.review, c.articles), c.copies)
        for c in figures.sources[:MOST_SOURCES]
    ]
    print_rows(console, ["source", "articles", "review", "copies"], rows)
    if len(figures.sources) > MOST_SOURCES:
        console.print(f"{len(figures.sources) - MOST_SOURCES} more sources are in --json")
    console.print(totals(figures), highlight=False)


def totals(figures: Stats) -> str:
    """The archive on one line."""
    parts = [f"{figures.articles:,} articles"]
    if figures.first:
        parts.append(f"{figures.first} to {figures.last}")
    parts.append(f"{_share(figures.review, figures.labelled)} in review")
    parts += [f"copies {figures.copies:,}", f"undated {figures.undated:,}"]
    if unlabelled := figures.articles - figures.labelled:
        parts.append(f"without labels {unlabelled:,}")
    return " · ".join(parts)


def _topics(labels: Labels) -> list[Count]:
    counted = labels.rows(f"""
        SELECT topic, count(*), count_if(review), count(duplicate_of)
        FROM {_BY_TOPIC} GROUP BY topic ORDER BY topic""")
    found = {row[0]: Count(*row) for row in counted}
    order = [*labels.topics, *(name for name in found if name not in labels.topics and name != OTHER)]
    return [found.get(name, Count(name, 0, 0, 0)) for name in (*order, OTHER)]


def _periods(labels: Labels, by: str) -> list[Period]:
    period = f"strftime(published, '{PERIODS[by]}')"
    counted = labels.rows(f"""
        SELECT {period}, count(*) FROM labels
        WHERE published IS NOT NULL GROUP BY 1 ORDER BY min(published)""")
    periods = {name: Period(name, articles, {}) for name, articles in counted}
    for name, topic, count in labels.rows(f"""
        SELECT {period}, topic, count(*) FROM {_BY_TOPIC}
        WHERE published IS NOT NULL GROUP BY ALL ORDER BY ALL"""):
        periods[name].topics[topic] = count
    return list(periods.values())


def _sources(labels: Labels) -> list[Count]:
    counted = labels.rows("""
        SELECT source, count(*), count_if(review), count(duplicate_of)
        FROM labels GROUP BY source ORDER BY count(*) DESC, source""")
    return [Count(*row) for row in counted]


# A row for each topic that an article has.
_BY_TOPIC = f"""(
    SELECT unnest(CASE WHEN len(topics) = 0 THEN ['{OTHER}'] ELSE topics END) AS topic,
        review, duplicate_of, published
    FROM labels WHERE topics IS NOT NULL)"""


def _suitable(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "month"
    if (last - first).days < MOST_DAYS:
        return "day"
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    return "month" if months <= MOST_MONTHS else "year"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "—"
