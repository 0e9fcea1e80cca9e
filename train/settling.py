"""What a cascade may settle: limits on its scores, and what they cost, told by articles held out.

A limit bounds what is lost of each topic, not of all articles together: where a topic has one article in two
hundred, all of it could be lost within half a percent of the articles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Array = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# Shares of a topic's articles that limits may lose, and of those given the topic that may be wrong.
SHARES = (0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.03)
# Standard deviations by which errors have to stay below what is allowed: 95% of chance, on one side.
MARGIN = 1.645


@dataclass(frozen=True)
class Teacher:
    """What the encoder says of articles.

    Attributes:
        log_odds: Calibrated, articles × topics.
        borders: Log-odds at which the model decides for a topic, one a topic.
        margin: Distance from a border below which an article is in review.
    """

    log_odds: Array
    borders: Array
    margin: float

    @property
    def given(self) -> Bools:
        """Topics given, articles × topics."""
        return np.asarray(self.log_odds >= self.borders)

    @property
    def review(self) -> Bools:
        """Articles that are put aside for review."""
        return np.asarray((np.abs(self.log_odds - self.borders) < self.margin).any(1))

    def of(self, chosen: Bools) -> Teacher:
        """The same of some of the articles."""
        return Teacher(self.log_odds[chosen], self.borders, self.margin)


@dataclass(frozen=True)
class Limits:
    """How sums become calibrated log-odds, and which of these are plain; one number a topic each.

    Attributes:
        slopes, offsets: Log-odds are ``slope * sum + offset``.
        low, high: Plain is what is as low as ``low`` or as high as ``high``.
        share: Of ``SHARES``, the one that they were chosen by.
    """

    slopes: Array
    offsets: Array
    low: Array
    high: Array
    share: float

    def settled(self, sums: Array) -> tuple[Bools, Bools]:
        """Which articles are plain, and the topics that each would get, articles × topics."""
        log_odds = sums * self.slopes + self.offsets
        high = log_odds >= self.high
        return np.asarray(((log_odds <= self.low) | high).all(1)), np.asarray(high)


def calibrate(sums: Array, teacher: Teacher) -> tuple[Array, Array]:
    """Slopes and offsets that turn sums into the encoder's own probabilities on average (Platt 1999)."""
    probabilities = 1 / (1 + np.exp(-teacher.log_odds))
    labels = np.repeat([True, False], len(sums))
    fits = [
        LogisticRegression(C=1e4).fit(
            np.tile(column[:, None], (2, 1)), labels, sample_weight=np.concatenate([shares, 1 - shares])
        )
        for column, shares in zip(sums.T, probabilities.T, strict=True)
    ]
    return np.array([f.coef_.item() for f in fits]), np.array([f.intercept_.item() for f in fits])


def limits(sums: Array, teacher: Teacher, share: float) -> Limits:
    """The widest limits beyond which each topic loses, and is given wrongly to, ``share`` of its articles.

    None is nearer to a border than the margin of review: what is plain is not in doubt.
    """
    slopes, offsets = calibrate(sums, teacher)
    log_odds, given = sums * slopes + offsets, teacher.given
    low, high = teacher.borders - teacher.margin, teacher.borders + teacher.margin
    for topic in range(len(slopes)):
        most = int(share * given[:, topic].sum())
        order = np.argsort(log_odds[:, topic], kind="stable")
        column, on = log_odds[order, topic], given[order, topic]
        lost, wrong = np.flatnonzero(on), np.flatnonzero(~on)[::-1]
        if len(lost) > most:
            low[topic] = min(low[topic], np.nextafter(column[lost[most]], -np.inf))
        if len(wrong) > most:
            high[topic] = max(high[topic], np.nextafter(column[wrong[most]], np.inf))
    return Limits(slopes, offsets, low, high, share)


def best_limits(sums: Array, teacher: Teacher, agreement: float) -> Limits:
    """The widest limits whose errors are safely fewer than ``1 - agreement`` of all articles.

    They lose no article that they were chosen by where none wider are safe.
    """
    best = limits(sums, teacher, 0.0)
    for share in SHARES:
        candidate = limits(sums, teacher, share)
        settled, given = candidate.settled(sums)
        errors = (settled & (given != teacher.given).any(1)).sum()
        if errors + MARGIN * np.sqrt(errors) > (1 - agreement) * len(sums):
            break
        best = candidate
    return best


@dataclass(frozen=True)
class Outcome:
    """What limits settled of articles that they were not chosen by.

    Attributes:
        settled: For each article.
        given: Topics that each would get, articles × topics.
    """

    settled: Bools
    given: Bools

    def figures(self, teacher: Teacher) -> dict[str, float]:
        """Share settled, and share of all articles that have the encoder's topics."""
        wrong = self.settled & (self.given != teacher.given).any(1)
        return {
            "settled": round(float(self.settled.mean()), 4),
            "agreement": round(float(1 - wrong.mean()), 4),
        }


def nested(sums: Array, parts: Ints, teacher: Teacher, choose: Callable[[Array, Teacher], Limits]) -> Outcome:
    """Settle each fold by the limits that are chosen on the others.

    Args:
        sums: Of each article by the model that did not see its fold, articles × topics.
        parts: The fold of each article.
        teacher: What the encoder says of them.
        choose: Chooses limits.
    """
    outcome = Outcome(np.zeros(len(sums), bool), np.zeros(sums.shape, bool))
    for part in np.unique(parts):
        held = parts == part
        chosen = choose(sums[~held], teacher.of(~held))
        outcome.settled[held], outcome.given[held] = chosen.settled(sums[held])
    return outcome


def figures(outcome: Outcome, teacher: Teacher, topics: Sequence[str]) -> dict[str, Any]:
    """What is written to ``metrics.json`` of an outcome."""
    settled, given, ours = outcome.settled, outcome.given, teacher.given
    by_topic = zip(topics, ours.T, given.T, strict=True)
    return {
        "articles": len(settled),
        "on_a_topic": round(float(ours.any(1).mean()), 4),
        **outcome.figures(teacher),
        "settled_on_a_topic": round(float((settled & given.any(1)).mean()), 4),
        "settled_of_review": round(float(settled[teacher.review].mean()), 4) if teacher.review.any() else 0.0,
        "topics": {
            name: {
                "articles": int(on.sum()),
                "lost": int((settled & on & ~got).sum()),
                "wrongly_given": int((settled & ~on & got).sum()),
            }
            for name, on, got in by_topic
        },
    }


def curve(sums: Array, parts: Ints, teacher: Teacher) -> list[dict[str, float]]:
    """Share settled against agreement, by the share that limits may lose."""
    return [
        {"share": share} | nested(sums, parts, teacher, partial(limits, share=share)).figures(teacher)
        for share in SHARES
    ]
