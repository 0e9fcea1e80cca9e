"""What a model must beat: a keyword rule, linear models of words, and the encoder without fine-tuning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from train import classifier
from train.config import ClassifierConfig, TopicsConfig
from train.data import LABELLED_BY, Labelled
from train.splits import Split

Array = npt.NDArray[np.floating[Any]]
Bool = npt.NDArray[np.bool_]

KEYWORDS = "keyword rule"
WORDS = "TF-IDF words 1-2 + logistic regression"
CHARACTERS = "TF-IDF characters 2-5 + logistic regression"
FROZEN = "frozen encoder + logistic regression"


def engines(config: ClassifierConfig, labelled: Labelled) -> dict[str, Callable[[Split], Array]]:
    """The baselines that learn: each gives the logits of a split's test articles."""
    return {
        WORDS: partial(tfidf_logits, labelled, "word"),
        CHARACTERS: partial(tfidf_logits, labelled, "char_wb"),
        FROZEN: partial(_frozen_logits, config, labelled),
    }


def tfidf_logits(data: Labelled, analyzer: str, split: Split) -> Array:
    """Logits of TF-IDF + logistic regression; ``analyzer`` is ``word`` or ``char_wb``."""
    texts = np.array(data.plain_texts, object)
    span = (1, 2) if analyzer == "word" else (2, 5)
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=span, sublinear_tf=True, min_df=2)
    train, test = vectorizer.fit_transform(texts[split.train]), vectorizer.transform(texts[split.test])
    return _linear(train, data.targets[split.train], test)


def keyword_rule(data: Labelled, config: TopicsConfig, words: int = LABELLED_BY) -> Bool:
    """The plain rule of ``configs/topics.yaml`` on title and first words."""
    found = np.zeros(data.targets.shape, bool)
    for row, text in enumerate(data.plain_texts):
        shown = " ".join(text.split()[:words])
        for column, topic in enumerate(config.topics):
            found[row, column] = all(any(word in shown for word in group) for group in topic.keywords)
    return found


def _frozen_logits(config: ClassifierConfig, labelled: Labelled, split: Split) -> Array:
    vectors = normalize(classifier.pretrained_vectors(config, labelled))
    return _linear(vectors[split.train], labelled.targets[split.train], vectors[split.test])


def _linear(train: Any, targets: Array, test: Any) -> Array:  # noqa: ANN401 - dense or sparse
    """One logistic regression a topic."""
    models = [
        LogisticRegression(C=10, class_weight="balanced", max_iter=1_000).fit(train, column)
        for column in targets.T
    ]
    return np.stack([linear.decision_function(test) for linear in models], axis=1)
