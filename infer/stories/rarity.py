"""Texts as weighted words: TF-IDF that also knows how rare a word is in news at large."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from infer.stems import light_stem
from infer.text import normalize, words

Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

BACKGROUND = 60
"""How many texts the frequencies of words in news at large count as, beside those of the texts given: of a
few texts one cannot tell which of their words are rare."""
# A word in three of four texts weighs nothing.
_COMMON = 0.75


@dataclass(frozen=True)
class Rows:
    """Sparse rows of unit length, one a text.

    Attributes:
        starts: Where each row begins in the other two, and where the last ends.
        columns: Numbers of words.
        weights: Of them.
    """

    starts: Numbers
    columns: Numbers
    weights: Array

    def row(self, number: int) -> tuple[Numbers, Array]:
        """Columns and weights of a row."""
        inside = slice(self.starts[number], self.starts[number + 1])
        return self.columns[inside], self.weights[inside]


class Postings:
    """Rows by their columns, so that one row is compared with those it shares a column with.

    Args:
        rows: What other rows are compared with.
        width: How many columns there are.
    """

    def __init__(self, rows: Rows, width: int) -> None:
        order = np.argsort(rows.columns, kind="stable")
        self._count = len(rows.starts) - 1
        self._rows = np.repeat(np.arange(self._count), np.diff(rows.starts))[order]
        self._weights = rows.weights[order]
        self._starts = np.searchsorted(rows.columns[order], np.arange(width + 1))

    def cosines(self, columns: Numbers, weights: Array) -> Array:
        """Products of one row with every row."""
        begin, sizes = self._starts[columns], self._starts[columns + 1] - self._starts[columns]
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - (ends - sizes), sizes)
        products = self._weights[at] * np.repeat(weights, sizes)
        return np.bincount(self._rows[at], products, self._count).astype(np.float32)


def weigh(titles: Sequence[str], texts: Sequence[str]) -> tuple[Rows, Rows, int]:
    """Weigh the words of reports.

    Returns:
        Rows of titles with texts, rows of titles alone, and how many columns both have.
    """
    headlines = [_stems(title) for title in titles]
    wholes = [head + _stems(text) for head, text in zip(headlines, texts, strict=True)]
    spread = Counter(stem for whole in wholes for stem in whole)
    columns = {stem: number for number, stem in enumerate(spread)}
    rarities = np.array([_rarity(stem, count, len(wholes)) for stem, count in spread.items()], np.float32)
    return _rows(wholes, columns, rarities), _rows(headlines, columns, rarities), len(columns)


def _stems(text: str) -> Counter[str]:
    return Counter(stem for word in words(normalize(text)) if len(stem := _stem(word)) > 1)


_stem = lru_cache(1 << 16)(light_stem)


def _rarity(stem: str, count: int, texts: int) -> float:
    share = (count + BACKGROUND * at_large(stem)) / (texts + BACKGROUND)
    return max(0.0, math.log(_COMMON / share))


def _rows(bags: Sequence[Counter[str]], columns: dict[str, int], rarities: Array) -> Rows:
    starts = np.cumsum([0, *map(len, bags)])
    placed = np.fromiter((columns[stem] for bag in bags for stem in bag), np.int64, starts[-1])
    counts = np.fromiter((count for bag in bags for count in bag.values()), np.float32, starts[-1])
    weights = (1 + np.log(counts)) * rarities[placed]
    owners = np.repeat(np.arange(len(bags)), np.diff(starts))
    lengths = np.sqrt(np.bincount(owners, weights**2, len(bags))).astype(np.float32)
    return Rows(starts, placed, (weights / np.maximum(lengths[owners], 1e-9)).astype(np.float32))


def at_large(stem: str) -> float:
    """Share of news reports that have a stem, in title or lead: to a power of two."""
    known = _known()
    return 2.0 ** -known.get(stem, 1 + max(known.values()))


@lru_cache(1)
def _known() -> dict[str, int]:
    """Stems of ``common.txt``, whose lines are a level and the stems that one in 2**level reports has."""
    lines = files("infer.stories").joinpath("common.txt").read_text(encoding="utf-8").splitlines()
    return {stem: int(level) for level, *stems in map(str.split, lines) for stem in stems}
