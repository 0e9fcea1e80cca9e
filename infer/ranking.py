"""Which of a model's texts is the best summary: its beams and the article's lead, ranked by a linear model.

Beam search ranks by probability alone. What the beams agree on (minimum Bayes risk, Kumar and Byrne 2004),
and how much a text shares with the headline and the lead, say more; the weights are fitted when a model is
exported (``train.ranking``) and lie in its folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from infer.schema import Article
from infer.text import normalize, sentences, words
from infer.writer import Draft

FEATURES = ("score", "consensus", "lead", "words", "title", "first_sentence", "is_lead")
"""``score``: mean log-probability, less that of the likeliest draft; ``consensus``: likeness to the drafts,
each by its probability; ``lead``: likeness to the lead; ``words``: how many; ``title``: share of the title's
words that it has; ``first_sentence``: share of its words that the article's first sentence has; ``is_lead``:
1 for the lead itself."""
# How fast a draft counts less in the consensus as its mean log-probability falls.
TEMPERATURE = 0.3

_T = TypeVar("_T")
_Grams = tuple[Counter[str], Counter[tuple[str, str]]]


def rank(drafts: Sequence[Draft], article: Article, lead: str, weights: Mapping[str, float]) -> list[str]:
    """The drafts and the lead, best first.

    Args:
        drafts: What the model wrote, at least one text.
        article: What it read.
        lead: An excerpt of the article that could stand for a summary.
        weights: Of each of ``FEATURES``.
    """
    values = features(drafts, article, lead) @ np.array([weights[name] for name in FEATURES])
    texts = [*(draft.text for draft in drafts), lead]
    return [texts[i] for i in np.argsort(-values, kind="stable")]


def features(drafts: Sequence[Draft], article: Article, lead: str) -> npt.NDArray[np.float64]:
    """``FEATURES`` of the drafts and of the lead, drafts + 1 × features."""
    texts = [*(draft.text for draft in drafts), lead]
    grams = [_grams(text) for text in texts]
    like = np.array([[_likeness(one, other) for other in grams] for one in grams])
    scores = np.array([draft.score for draft in drafts])
    scores = scores - scores.max()
    shares = np.exp(scores / TEMPERATURE)
    title = Counter(_words(article.title))
    first = Counter(_words(next(iter(sentences(article.body)), "")))
    counts = [words_ for words_, _ in grams]
    return np.column_stack(
        [
            [*scores, 0.0],
            like[:, :-1] @ (shares / shares.sum()),
            like[:, -1],
            [count.total() for count in counts],
            [_share(title, count) for count in counts],
            [_share(count, first) for count in counts],
            [*np.zeros(len(drafts)), 1.0],
        ]
    )


def _words(text: str) -> list[str]:
    return words(normalize(text))


def _grams(text: str) -> _Grams:
    found = _words(text)
    return Counter(found), Counter(pairwise(found))


def _likeness(one: _Grams, other: _Grams) -> float:
    """Mean F1 of words and of pairs of words."""
    return (_f1(one[0], other[0]) + _f1(one[1], other[1])) / 2


def _f1(one: Counter[_T], other: Counter[_T]) -> float:
    size = one.total() + other.total()
    return 2 * (one & other).total() / size if size else 0.0


def _share(part: Counter[str], whole: Counter[str]) -> float:
    """Share of the words of one text that another has."""
    return (part & whole).total() / part.total() if part else 0.0
