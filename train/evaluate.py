"""How good a topic model is: F1, average precision, calibration, review, intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from train.calibration import Calibration, fit

Array = npt.NDArray[np.floating[Any]]
Bool = npt.NDArray[np.bool_]

RESAMPLES = 1_000
BINS = 10
# What the model is called beside its baselines.
OURS = "this model"
# Accuracy that a user wants of what is not reviewed, and the shares of review that are reported.
GOOD = 0.99
SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)


def report(
    targets: Array, predicted: Bool, scores: Array, topics: list[str], seed: int = 0
) -> dict[str, Any]:
    """Precision, recall and F1 a topic and their macro mean, with 95% bootstrap intervals.

    A topic that none of the articles has does not count in the mean.

    Args:
        targets: Zeros and ones, articles × topics.
        predicted: The same of the model.
        scores: Probabilities, articles × topics.
        topics: Names, in the order of the columns.
        seed: Of the bootstrap.
    """
    truth = targets > 0.5
    hit, support = (truth & predicted).sum(0), truth.sum(0)
    precision, recall = hit / np.maximum(predicted.sum(0), 1), hit / np.maximum(support, 1)
    f1 = 2 * hit / np.maximum(predicted.sum(0) + support, 1)
    low, high = _bootstrap(truth, predicted, seed)
    result: dict[str, Any] = {
        "articles": len(truth),
        "macro_f1": _round(f1[support > 0].mean()),
        "macro_f1_95": [_round(low[-1]), _round(high[-1])],
        "accuracy_all_topics": _round((truth == predicted).all(1).mean()),
        "expected_calibration_error": _round(calibration_error(truth, scores)),
        "topics": {},
    }
    for i, topic in enumerate(topics):
        result["topics"][topic] = {
            "precision": _round(precision[i]),
            "recall": _round(recall[i]),
            "f1": _round(f1[i]),
            "f1_95": [_round(low[i]), _round(high[i])],
            "average_precision": _round(average_precision_score(truth[:, i], scores[:, i])),
            "articles": int(support[i]),
        }
    return result


def calibration_error(truth: Bool, scores: Array) -> float:
    """Expected calibration error of all topics' probabilities, ten bins (Naeini et al. 2015)."""
    flat, right = scores.ravel(), truth.ravel()
    bins = np.minimum((flat * BINS).astype(int), BINS - 1)
    gaps = [
        abs(flat[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


@dataclass(frozen=True)
class Decisions:
    """What a calibrated model says of articles.

    Attributes:
        predicted: Topics given, articles × topics.
        scores: Calibrated probabilities, articles × topics.
        distance: How far each article's most doubtful score is from its threshold, in log-odds.
        review: Where that is within the margin.
    """

    predicted: Bool
    scores: Array
    distance: Array
    review: Bool


def decide(calibration: Calibration, logits: Array) -> Decisions:
    """Decisions by a calibration that was fitted on other articles."""
    scores = calibration.probabilities(logits)
    predicted = scores >= calibration.thresholds
    return Decisions(predicted, scores, calibration.distance(scores), calibration.review(scores))


def cross_fitted(logits: Array, targets: Array, part: npt.NDArray[np.int64]) -> Decisions:
    """Decisions with each part calibrated on the other parts only."""
    predicted, scores = np.zeros(targets.shape, bool), np.zeros(targets.shape)
    distance, review = np.zeros(len(targets)), np.zeros(len(targets), bool)
    for number in np.unique(part):
        here = part == number
        found = decide(fit(logits[~here], targets[~here]), logits[here])
        predicted[here], scores[here] = found.predicted, found.scores
        distance[here], review[here] = found.distance, found.review
    return Decisions(predicted, scores, distance, review)


def after_review(targets: Array, decisions: Decisions) -> dict[str, Any]:
    """Share of articles in review, and how many of the others have every topic right.

    ``curve`` has the accuracy of the rest where other shares are reviewed, the most doubtful first.
    """
    right = ((targets > 0.5) == decisions.predicted).all(1)
    review = decisions.review
    rest = accuracy_after_review(right, decisions.distance)
    good = np.flatnonzero(rest >= GOOD)
    return {
        "review": {
            "share": _round(review.mean()),
            "accuracy_of_the_rest": _round(right[~review].mean() if not review.all() else 0.0),
            "accuracy_of_all": _round(right.mean()),
            "share_for_99_percent": _round(good[0] / len(right)) if len(good) else 1.0,
            "curve": {f"{share:.2f}": _round(rest[int(share * len(right))]) for share in SHARES},
        }
    }


def accuracy_after_review(right: Bool, distance: Array) -> Array:
    """Accuracy of the rest where none, one, two... of the most doubtful articles are reviewed."""
    surest_first = right[np.argsort(-distance, kind="stable")]
    accuracy: Array = np.cumsum(surest_first) / np.arange(1, len(right) + 1)
    return accuracy[::-1]


def _bootstrap(truth: Bool, predicted: Bool, seed: int) -> tuple[Array, Array]:
    """95% interval of each topic's F1 and, last, of their mean, over resampled articles."""
    draw = np.random.default_rng(seed)
    hit, guess, real = truth & predicted, predicted, truth
    samples = np.empty((RESAMPLES, truth.shape[1] + 1))
    for i in range(RESAMPLES):
        rows = draw.integers(0, len(truth), len(truth))
        f1 = 2 * hit[rows].sum(0) / np.maximum(guess[rows].sum(0) + real[rows].sum(0), 1)
        samples[i] = [*f1, f1[real.any(0)].mean()]
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    return low, high


def _round(value: float) -> float:
    return round(float(value), 4)
