"""What a cascade may settle: limits on its scores, and what they cost, told by articles held out.

A limit bounds what is lost of each topic, not of all articles together: where a topic has one article in two
hundred, all of it could be lost within half a percent of the articles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Array = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# Shares of a topic's articles that limits may lose, and of those given the topic that may be wrong.
SHARES = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.03)
# Standard deviations by which errors have to stay below what is allowed: 90% of chance, on one side.
MARGIN = 1.28


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
    """Which calibrated log-odds are plain; one number a topic each.

    Attributes:
        low, high: Plain is what is as low as ``low`` or as high as ``high``.
        share: Of ``SHARES``, the one that they were chosen by.
    """

    low: Array
    high: Array
    share: float

    def settled(self, log_odds: Array) -> tuple[Bools, Bools]:
        """Which articles are plain, and the topics that each would get, articles × topics."""
        high = log_odds >= self.high
        return np.asarray(((log_odds <= self.low) | high).all(1)), np.asarray(high)


# Log-odds, folds and teacher of some articles; None where no limits are safe.
Choose = Callable[[Array, Ints, Teacher], Limits | None]


def calibrate(sums: Array, teacher: Teacher) -> tuple[Array, Array]:
    """Slopes and offsets that turn sums of weights into log-odds (Platt 1999).

    Fitted to the encoder's probabilities, not its decisions, so that they are calibrated as far as it is.
    """
    probabilities = 1 / (1 + np.exp(-teacher.log_odds))
    labels = np.repeat([True, False], len(sums))
    fits = [
        LogisticRegression(C=1e4).fit(
            np.tile(column[:, None], (2, 1)), labels, sample_weight=np.concatenate([shares, 1 - shares])
        )
        for column, shares in zip(sums.T, probabilities.T, strict=True)
    ]
    return np.array([f.coef_.item() for f in fits]), np.array([f.intercept_.item() for f in fits])


def limits(log_odds: Array, teacher: Teacher, share: float) -> Limits:
    """The widest limits beyond which each topic loses, and is given wrongly to, ``share`` of its articles.

    None is nearer to a border than the margin of review: what is plain is not in doubt.
    """
    given = teacher.given
    low, high = teacher.borders - teacher.margin, teacher.borders + teacher.margin
    for topic in range(len(low)):
        most = int(share * given[:, topic].sum())
        order = np.argsort(log_odds[:, topic], kind="stable")
        column, on = log_odds[order, topic], given[order, topic]
        lost, wrong = np.flatnonzero(on), np.flatnonzero(~on)[::-1]
        if len(lost) > most:
            low[topic] = min(low[topic], np.nextafter(column[lost[most]], -np.inf))
        if len(wrong) > most:
            high[topic] = max(high[topic], np.nextafter(column[wrong[most]], np.inf))
    return Limits(low, high, share)


@dataclass(frozen=True)
class Outcome:
    """What limits settled of articles that they were not chosen by.

    Attributes:
        settled: For each article.
        given: Topics that each would get, articles × topics.
    """

    settled: Bools
    given: Bools

    def wrong(self, teacher: Teacher) -> Bools:
        """Articles that got other topics than the encoder gives."""
        return np.asarray(self.settled & (self.given != teacher.given).any(1))

    def figures(self, teacher: Teacher) -> dict[str, float]:
        """Share settled, and share of all articles that have the encoder's topics."""
        return {
            "settled": round(float(self.settled.mean()), 4),
            "agreement": round(float(1 - self.wrong(teacher).mean()), 4),
        }


def nested(log_odds: Array, parts: Ints, teacher: Teacher, choose: Choose) -> Outcome:
    """Settle each fold by the limits that are chosen on the others; where there are none, nothing of it.

    Args:
        log_odds: Of each article by the model that did not see its fold, articles × topics.
        parts: The fold of each article.
        teacher: What the encoder says of them.
        choose: Chooses limits.
    """
    outcome = Outcome(np.zeros(len(log_odds), bool), np.zeros(log_odds.shape, bool))
    for part in np.unique(parts):
        held = parts == part
        chosen = choose(log_odds[~held], parts[~held], teacher.of(~held))
        if chosen:
            outcome.settled[held], outcome.given[held] = chosen.settled(log_odds[held])
    return outcome


def best_limits(log_odds: Array, parts: Ints, teacher: Teacher, agreement: float) -> Limits | None:
    """The widest limits whose errors are safely fewer than ``1 - agreement`` of all articles.

    Errors are counted in each fold by limits of the others, as those by a fold's own are too few.

    Returns:
        None where not even limits that lose nothing of the articles they are chosen by are safe.
    """
    best = None
    for share in SHARES:
        outcome = nested(log_odds, parts, teacher, _losing(share))
        errors = int(outcome.wrong(teacher).sum())
        if errors + MARGIN * np.sqrt(errors) > (1 - agreement) * len(log_odds):
            break
        best = share
    return None if best is None else limits(log_odds, teacher, best)


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


def curve(log_odds: Array, parts: Ints, teacher: Teacher) -> list[dict[str, float]]:
    """Share settled against agreement, by the share that limits may lose."""
    return [
        {"share": share} | nested(log_odds, parts, teacher, _losing(share)).figures(teacher)
        for share in SHARES
    ]


def _losing(share: float) -> Choose:
    return lambda log_odds, _, teacher: limits(log_odds, teacher, share)
