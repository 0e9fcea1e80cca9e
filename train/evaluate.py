"""How good a topic model is: F1, average precision, calibration, intervals, and the baselines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from train.calibration import Calibration, fit
from train.config import TopicsConfig
from train.data import Labelled

Array = npt.NDArray[np.floating[Any]]
Bool = npt.NDArray[np.bool_]

RESAMPLES = 1_000
BINS = 10


def report(
    targets: Array, predicted: Bool, scores: Array, topics: list[str], seed: int = 0
) -> dict[str, Any]:
    """Precision, recall and F1 a topic and their macro mean, with 95% bootstrap intervals.

    Args:
        targets: Zeros and ones, articles × topics.
        predicted: The same of the model.
        scores: Probabilities, articles × topics.
        topics: Names, in the order of the columns.
        seed: Of the bootstrap.
    """
    truth = targets > 0.5
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, zero_division=0)
    low, high = _bootstrap(truth, predicted, seed)
    result: dict[str, Any] = {
        "macro_f1": _round(f1.mean()),
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


def cross_fitted(logits: Array, targets: Array, folds: npt.NDArray[np.int64]) -> tuple[Bool, Array, Bool]:
    """Decisions, probabilities and review flags with each fold calibrated on the other folds only."""
    predicted = np.zeros(targets.shape, bool)
    scores = np.zeros(targets.shape)
    review = np.zeros(len(targets), bool)
    for fold in np.unique(folds):
        held_out = folds == fold
        calibration: Calibration = fit(logits[~held_out], targets[~held_out])
        scores[held_out] = calibration.probabilities(logits[held_out])
        predicted[held_out] = scores[held_out] >= calibration.thresholds
        review[held_out] = calibration.review(scores[held_out])
    return predicted, scores, review


def after_review(targets: Array, predicted: Bool, review: Bool) -> dict[str, Any]:
    """Share of articles in review, and how many of the others have every topic right."""
    right = ((targets > 0.5) == predicted).all(1)
    return {
        "review": {
            "share": _round(review.mean()),
            "accuracy_of_the_rest": _round(right[~review].mean() if not review.all() else 0.0),
            "accuracy_of_all": _round(right.mean()),
        }
    }


def linear_logits(data: Labelled, folds: npt.NDArray[np.int64], analyzer: str) -> Array:
    """Out-of-fold logits of TF-IDF + logistic regression; ``analyzer`` is ``word`` or ``char_wb``."""
    texts = np.array(data.plain_texts, object)
    logits = np.zeros(data.targets.shape)
    for fold in np.unique(folds):
        held_out = folds == fold
        span = (1, 2) if analyzer == "word" else (2, 5)
        vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=span, sublinear_tf=True, min_df=2)
        train, test = vectorizer.fit_transform(texts[~held_out]), vectorizer.transform(texts[held_out])
        for i in range(data.targets.shape[1]):
            linear = LogisticRegression(C=10, class_weight="balanced", max_iter=1_000)
            linear.fit(train, data.targets[~held_out, i])
            logits[held_out, i] = linear.decision_function(test)
    return logits


def keyword_rule(data: Labelled, config: TopicsConfig, words: int = 70) -> Bool:
    """The plain rule of ``configs/topics.yaml`` on title and first words."""
    found = np.zeros(data.targets.shape, bool)
    for row, text in enumerate(data.plain_texts):
        shown = " ".join(text.split()[:words])
        for column, topic in enumerate(config.topics):
            found[row, column] = all(any(word in shown for word in group) for group in topic.keywords)
    return found


def _bootstrap(truth: Bool, predicted: Bool, seed: int) -> tuple[Array, Array]:
    """95% interval of each topic's F1 and, last, of their mean, over resampled articles."""
    draw = np.random.default_rng(seed)
    hit, guess, real = truth & predicted, predicted, truth
    samples = np.empty((RESAMPLES, truth.shape[1] + 1))
    for i in range(RESAMPLES):
        rows = draw.integers(0, len(truth), len(truth))
        f1 = 2 * hit[rows].sum(0) / np.maximum(guess[rows].sum(0) + real[rows].sum(0), 1)
        samples[i] = [*f1, f1.mean()]
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    return low, high


def _round(value: float) -> float:
    return round(float(value), 4)
