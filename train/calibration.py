"""From logits to probabilities, thresholds and the margin inside which a score asks for review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Array = npt.NDArray[np.floating[Any]]

# Share of the errors that `review` should catch; the margin is the smallest that does.
REVIEW_CATCHES = 0.5
# Log-odds of certainty are infinite.
CERTAIN = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Platt scaling and a threshold for each topic (Platt 1999), one review margin for all.

    Attributes:
        slopes, intercepts: Probability is ``sigmoid(slope * logit + intercept)``.
        thresholds: The topic is given where its probability reaches this.
        margin: A score is in review where its log-odds are nearer than this to its threshold's. (In
            probabilities a margin would reach certainty on one side of a threshold such as 0.2.)
    """

    slopes: Array
    intercepts: Array
    thresholds: Array
    margin: float

    def probabilities(self, logits: Array) -> Array:
        """Calibrated probabilities of logits (articles × topics)."""
        return 1 / (1 + np.exp(-(logits * self.slopes + self.intercepts)))

    def distance(self, scores: Array) -> Array:
        """How far each article's most doubtful score is from its threshold, in log-odds."""
        return np.asarray(_distances(scores, self.thresholds).min(1))

    def review(self, scores: Array) -> npt.NDArray[np.bool_]:
        """True for each article with a score nearer to its threshold than the margin."""
        return np.asarray(self.distance(scores) < self.margin)


def fit(logits: Array, targets: Array) -> Calibration:
    """Fit on logits of articles that the model had not seen (articles × topics)."""
    platt = [_platt(logits[:, i], targets[:, i]) for i in range(targets.shape[1])]
    slopes, intercepts = np.array(platt).T
    plain = Calibration(slopes, intercepts, np.full(len(slopes), 0.5), 0.0)
    scores = plain.probabilities(logits)
    thresholds = np.array([best_threshold(scores[:, i], targets[:, i]) for i in range(targets.shape[1])])
    return Calibration(slopes, intercepts, thresholds, _margin(scores, targets, thresholds))


def best_threshold(scores: Array, targets: Array) -> float:
    """The threshold with the best F1; of a plateau its middle, which generalizes better than its edge."""
    grid = np.linspace(0.1, 0.9, 161)
    f1 = []
    for threshold in grid:
        guess = scores >= threshold
        f1.append(2 * (guess * targets).sum() / max(guess.sum() + targets.sum(), 1))
    # Near-ties are noise: a threshold within half an F1 point of the best counts as as good.
    good = np.array(f1) >= max(f1) - 0.005
    first = last = int(np.argmax(f1))
    while first > 0 and good[first - 1]:
        first -= 1
    while last < len(grid) - 1 and good[last + 1]:
        last += 1
    return float(round((grid[first] + grid[last]) / 2, 3))


def _platt(logits: Array, targets: Array) -> tuple[float, float]:
    model = LogisticRegression(C=1e3).fit(logits.reshape(-1, 1), targets > 0.5)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _margin(scores: Array, targets: Array, thresholds: Array) -> float:
    """The smallest margin that puts ``REVIEW_CATCHES`` of the wrongly labelled articles in review."""
    wrong = ((scores >= thresholds) != (targets > 0.5)).any(1)
    nearest = np.sort(_distances(scores, thresholds).min(1)[wrong])
    if not len(nearest):
        return 0.05
    return float(round(nearest[int(REVIEW_CATCHES * (len(nearest) - 1))] + 5e-4, 3))


def _distances(scores: Array, thresholds: Array) -> Array:
    return np.abs(_log_odds(scores) - _log_odds(thresholds))


def _log_odds(probabilities: Array) -> Array:
    certain = np.clip(probabilities, CERTAIN, 1 - CERTAIN)
    return np.asarray(np.log(certain / (1 - certain)))
