"""Which reports tell the same event, in whatever words.

Two reports are compared by the words they share, rare ones first, by the days between them, by their outlets
and, where there are, by the encoder's vectors; a logistic function makes one probability of it. Groups are
joined while the mean of all probabilities between their reports is high, so that two events never become one
through a third report that is like both: it has to be like the whole of either. Names and numbers count as
words do; to count them apart, or numbers that differ, told no more (``benchmarks/README.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from infer.stories.linkage import Pairs, link
from infer.stories.rarity import Postings, weigh

Array = npt.NDArray[np.float32]

WINDOW = 3
"""Days that two reports of an event lie apart at most."""
TOGETHER = 0.45
"""Least mean probability between the reports of two groups that become one."""
READ = 2000
"""Characters of a title and of a text that are read: both come from strangers."""
# Pairs less probable than this count as impossible, so that few have to be kept.
_LEAST = 0.05
# Days between two reports where one has none.
_UNKNOWN_DAYS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a report.

    Attributes:
        title: Headline.
        text: Its summary; may be empty.
        published: ISO date, with or without a time; None where unknown.
        source: Its outlet; None where unknown.
    """

    title: str
    text: str
    published: str | None
    source: str | None


class Weights(NamedTuple):
    """Of the logistic function; ``benchmarks/events.py --fit`` fits them to labelled pairs of real reports.

    Attributes:
        constant: The sum without all else.
        whole: Of the cosine of titles with texts.
        title: Of the cosine of one's title with the other's title and text, the higher of both.
        days: Of each day between.
        outlet: Added where both are of one outlet, which seldom tells an event twice.
        vectors: Of the vectors' cosine.
    """

    constant: float
    whole: float
    title: float
    days: float
    outlet: float
    vectors: float = 0.0


WORDS = Weights(constant=-3.47, whole=6.98, title=8.51, days=-1.19, outlet=-2.15)
"""Without vectors."""
BOTH = Weights(constant=-19.16, whole=4.78, title=6.08, days=-1.17, outlet=-1.95, vectors=18.05)
"""With vectors of the topic model that comes with Mujaz; another encoder's cosines may lie elsewhere."""


class Signals(NamedTuple):
    """What is measured of pairs, an array each; see ``Weights``."""

    whole: Array
    title: Array
    days: Array
    outlet: npt.NDArray[np.bool_]
    vectors: Array | None

    def probability(self) -> Array:
        """That the two of each pair tell the same event."""
        weights = WORDS if self.vectors is None else BOTH
        total = weights.constant + weights.whole * self.whole + weights.title * self.title
        total += weights.days * self.days + weights.outlet * self.outlet
        if self.vectors is not None:
            total += weights.vectors * self.vectors
        logistic = (1 + np.tanh(total / 2)) / 2  # exp would overflow for what is far apart
        return np.asarray(np.where(self.days <= WINDOW, logistic, 0), np.float32)


class Comparison:
    """Compares each of some reports with all of them.

    Args:
        reports: What to compare. Rare is what few of them have, and few in news at large.
        vectors: See ``group``.

    Raises:
        ValueError: A report's day is not an ISO date.
    """

    def __init__(self, reports: Sequence[Told], vectors: Array | None = None) -> None:
        titles, texts = [r.title[:READ] for r in reports], [r.text[:READ] for r in reports]
        self._whole, self._title, width = weigh(titles, texts)
        self._with_whole, self._with_title = Postings(self._whole, width), Postings(self._title, width)
        self._days = np.array([_day(report) for report in reports], np.float32)
        numbers = {source: number for number, source in enumerate({r.source: None for r in reports})}
        self._outlets = np.array([-1 if r.source is None else numbers[r.source] for r in reports], np.int64)
        self._vectors = vectors

    def with_all(self, place: int) -> Signals:
        """Signals of one report's pairs with every report, itself included."""
        whole, title = self._whole.row(place), self._title.row(place)
        apart = np.abs(self._days - self._days[place])
        outlet = self._outlets[place]
        return Signals(
            self._with_whole.cosines(*whole),
            np.maximum(self._with_whole.cosines(*title), self._with_title.cosines(*whole)),
            np.where(np.isnan(apart), np.float32(_UNKNOWN_DAYS), apart),
            (self._outlets == outlet) & (outlet >= 0),
            None if self._vectors is None else self._vectors @ self._vectors[place],
        )


def group(reports: Sequence[Told], vectors: Array | None = None) -> list[list[int]]:
    """Put reports of the same event together; the order they are given in changes nothing.

    Args:
        reports: One of each text: copies are found by ``infer.stories.copies``.
        vectors: ``TopicModel.vectors`` of titles with texts, of unit length (reports × width).

    Returns:
        Every report's place once; places and groups in order.

    Raises:
        ValueError: There are not as many vectors as reports, or a report's day is not an ISO date.
    """
    if vectors is not None and len(vectors) != len(reports):
        raise ValueError(f"{len(vectors)} vectors for {len(reports)} reports; give one a report or None")
    order = sorted(range(len(reports)), key=lambda place: _key(reports[place]))
    in_order = [reports[place] for place in order]
    pairs = _alike(Comparison(in_order, None if vectors is None else vectors[order]), len(order))
    return sorted(sorted(order[place] for place in members) for members in link(len(order), pairs, TOGETHER))


def _alike(comparison: Comparison, count: int) -> Pairs:
    """Pairs of reports that are not improbable."""
    first, second, probability = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for place in range(count - 1):
        found = comparison.with_all(place).probability()[place + 1 :]
        kept = np.flatnonzero(found >= _LEAST)
        first.append(np.full(len(kept), place))
        second.append(kept + place + 1)
        probability.append(found[kept])
    return Pairs(np.concatenate(first), np.concatenate(second), np.concatenate(probability))


def _key(report: Told) -> tuple[str, str, str, str]:
    return report.published or "", report.title, report.text, report.source or ""


def _day(report: Told) -> float:
    return float(date.fromisoformat(report.published[:10]).toordinal()) if report.published else float("nan")
