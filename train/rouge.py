"""ROUGE for Arabic: rouge-score's arithmetic on words that its own tokenizer would delete.

Lin (2004), "ROUGE: A package for automatic evaluation of summaries". rouge-score keeps ``a-z0-9`` only, so
that of two equal Arabic sentences nothing is left to compare; what is published with it for Arabic counts
digits and Latin words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from nltk.stem.snowball import ArabicStemmer
from rouge_score.rouge_scorer import RougeScorer

from infer.text import PREPARATION, normalize, words

KINDS = ("rouge1", "rouge2", "rougeL")
TOKENIZER = f"{PREPARATION} words, lower case"
"""Name to be given beside every score: scores of different tokenizers are not comparable."""


class ArabicTokenizer:
    """Words of the normal form, as rouge-score asks for them.

    Vowel marks, tatweel and invisible characters are gone, digits of all scripts are one, ``1,200`` and
    ``3.5`` are one word each; alef, ya and ta marbuta stay as written.

    Args:
        stem: Snowball's Arabic stemmer on words of four letters or more, as XL-Sum's figures have it.
    """

    def __init__(self, *, stem: bool = False) -> None:
        self._stemmer = ArabicStemmer() if stem else None

    def tokenize(self, text: str) -> list[str]:
        """Words of a raw text."""
        found = words(normalize(text).lower())
        if self._stemmer is None:
            return found
        return [self._stemmer.stem(word) if len(word) > 3 else word for word in found]


@lru_cache(maxsize=2)
def _scorer(*, stem: bool) -> RougeScorer:
    return RougeScorer(list(KINDS), tokenizer=ArabicTokenizer(stem=stem))


def rouge(reference: str, summary: str, *, stem: bool = False) -> dict[str, float]:
    """F1 of ROUGE-1, ROUGE-2 and ROUGE-L, 0.0 to 1.0, by the names in ``KINDS``."""
    scores = _scorer(stem=stem).score(reference, summary)
    return {kind: float(scores[kind].fmeasure) for kind in KINDS}


def nearest(reference: str, texts: Sequence[str], *kinds: str) -> tuple[int, float]:
    """Place of the text, of at least one, that is nearest to a reference, and its score.

    Args:
        reference: What is written already.
        texts: What is compared with it.
        kinds: Of ``KINDS``: the first decides, the next where that is alike; then the place does.
    """
    scores = [rouge(reference, text) for text in texts]
    best = max(range(len(texts)), key=lambda i: [scores[i][kind] for kind in kinds])
    return best, scores[best][kinds[0]]
