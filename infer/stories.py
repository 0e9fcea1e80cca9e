"""Near-duplicates: which articles are the same text once more, as wire copy is in twenty outlets.

MinHash with locality-sensitive hashing (Broder 1997, "On the resemblance and containment of documents";
Leskovec et al., "Mining of Massive Datasets", chapter 3) over runs of three words.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infer.errors import UsageError
from infer.schema import Article
from infer.text import normalize, words

SIGNATURE = 64
"""Minima that stand for a text, 32 bits each."""
VERSION = 1
"""To be raised with whatever changes a text's signature: stored ones are compared with new ones."""
# Least share of minima in which a copy agrees with its story's first article, by ``benchmarks/stories.py``.
AGREEMENT = 0.5
# Bands of minima, any one of which has to be the same for two texts to be compared.
BANDS = 16
SHINGLE = 3
# A text of fewer words is a copy only where it is the same, as few runs of words agree by chance.
FEW_WORDS = 20
SEED = 20_250_305
# First articles that are indexed together; the latest ones stand in a dictionary.
BLOCK = 16_384

Signatures = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]


def signatures(articles: Sequence[Article]) -> Signatures:
    """Signatures of articles' bodies, articles × ``SIGNATURE``; titles are each outlet's own.

    Raises:
        UsageError: rensa is not installed.
    """
    try:
        from rensa import RMinHash
    except ImportError:
        raise UsageError("archives find copies with rensa: pip install 'mujaz[archive]'") from None
    found = RMinHash.digests_from_token_sets([_shingles(a.body) for a in articles], SIGNATURE, SEED)
    return np.array(found, np.uint32).reshape(-1, SIGNATURE)


def _shingles(body: str) -> list[str]:
    found = words(normalize(body).lower())
    if len(found) < FEW_WORDS:
        return [" ".join(found)]
    return [" ".join(found[i : i + SHINGLE]) for i in range(len(found) - SHINGLE + 1)]


@dataclass(frozen=True)
class _Block:
    """First articles of ``BLOCK`` stories: their signatures, and which of them has a band (sorted keys)."""

    signatures: Signatures
    keys: npt.NDArray[np.uint64]
    owners: npt.NDArray[np.int32]


class Stories:
    """Finds for each article in order the story that it belongs to.

    A copy is compared with the first article of a story alone, so that stories do not drift. What comes out
    depends on the order of the articles, and not on how many are placed at a time.

    Args:
        most: First articles that are remembered, 450 bytes each; beyond that the oldest are forgotten.
    """

    def __init__(self, most: int = 4_000_000) -> None:
        self._most = max(1, most // BLOCK)
        self._placed = 0
        self._firsts = array("q")  # numbers of the first articles that are remembered
        self._blocks: list[_Block] = []
        self._recent: dict[int, int] = {}
        self._signatures = np.empty((BLOCK, SIGNATURE), np.uint32)
        self._count = 0  # in ``_signatures``

    def restore(self, signatures: Signatures, stories: Numbers) -> None:
        """Take over what earlier runs have placed.

        Args:
            signatures: Of the articles in order, articles × ``SIGNATURE``.
            stories: What ``place`` gave for them.
        """
        numbers = np.arange(self._placed, self._placed + len(stories))
        self._placed += len(stories)
        first = np.flatnonzero(stories == numbers)
        keys = _band_keys(signatures[first])
        for place, number in enumerate(first):
            self._add(signatures[number], keys[place].tolist(), int(numbers[number]))

    def place(self, signatures: Signatures) -> Numbers:
        """Numbers of the first articles of the stories that articles belong to.

        Articles are numbered from 0 in the order in which they are placed; one that begins a story gets its
        own number.

        Args:
            signatures: Of the articles, articles × ``SIGNATURE``.
        """
        keys = _band_keys(signatures)
        older = self._in_blocks(keys)
        found = np.empty(len(signatures), np.int64)
        blocks = len(self._blocks)
        for i, signature in enumerate(signatures):
            row = keys[i].tolist()
            if len(self._blocks) != blocks:  # one was closed on the way
                blocks, older = len(self._blocks), self._in_blocks(keys)
            candidates = older.get(i, set()) | self._in_recent(row)
            found[i] = self._best(signature, candidates)
            if found[i] < 0:
                found[i] = self._placed
                self._add(signature, row, self._placed)
            self._placed += 1
        return found

    def _best(self, signature: Signatures, candidates: set[int]) -> int:
        """Number of the first article that agrees most, -1 where none agrees enough."""
        best, number = AGREEMENT, -1
        for place in sorted(candidates):
            block, row = divmod(place, BLOCK)
            kept = self._blocks[block].signatures if block < len(self._blocks) else self._signatures
            agreement = float(np.mean(kept[row] == signature))
            if agreement > best or (agreement == best and number < 0):
                best, number = agreement, self._firsts[place]
        return number

    def _in_blocks(self, keys: npt.NDArray[np.uint64]) -> dict[int, set[int]]:
        """Places of first articles that share a band, for each row of band keys that has any."""
        found: dict[int, set[int]] = {}
        flat = keys.ravel()
        for number, block in enumerate(self._blocks):
            at = np.searchsorted(block.keys, flat)
            at[at == len(block.keys)] = 0
            for hit in np.flatnonzero(block.keys[at] == flat):
                found.setdefault(int(hit) // BANDS, set()).add(number * BLOCK + int(block.owners[at[hit]]))
        return found

    def _in_recent(self, keys: list[int]) -> set[int]:
        begin = len(self._blocks) * BLOCK
        return {begin + self._recent[key] for key in keys if key in self._recent}

    def _add(self, signature: Signatures, keys: list[int], number: int) -> None:
        self._signatures[self._count] = signature
        for key in keys:
            self._recent.setdefault(key, self._count)
        self._firsts.append(number)
        self._count += 1
        if self._count == BLOCK:
            self._close()

    def _close(self) -> None:
        keys = np.fromiter(self._recent.keys(), np.uint64)
        owners = np.fromiter(self._recent.values(), np.int32)
        order = np.argsort(keys)
        self._blocks.append(_Block(self._signatures, keys[order], owners[order]))
        self._signatures = np.empty((BLOCK, SIGNATURE), np.uint32)
        self._recent, self._count = {}, 0
        if len(self._blocks) > self._most:
            del self._blocks[0]
            del self._firsts[:BLOCK]


def _band_keys(signatures: Signatures) -> npt.NDArray[np.uint64]:
    """A 64-bit key of each band of each signature, articles × ``BANDS``."""
    bands = signatures.reshape(len(signatures), BANDS, SIGNATURE // BANDS).astype(np.uint64)
    keys = np.tile(np.arange(1, BANDS + 1, dtype=np.uint64), (len(signatures), 1))
    for i in range(bands.shape[2]):
        keys = (keys ^ bands[:, :, i]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys
