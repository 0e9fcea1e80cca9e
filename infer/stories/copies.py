"""Near-duplicates: which articles are the same text once more, as wire copy is in twenty outlets.

MinHash with locality-sensitive hashing over runs of three words (Broder 1997, "On the resemblance and
containment of documents"; Leskovec et al., "Mining of Massive Datasets", chapter 3). Of each minimum the
lowest eight bits are kept (Li & König 2010, "b-bit minwise hashing"): four times as many minima in the same
bytes halve the error of the estimate. The hashing is spelled out here, as signatures are stored and have to
mean the same under every later version of every library.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from infer.schema import Article
from infer.text import normalize, words

SIGNATURE = 64
"""Numbers that stand for a text, 32 bits each."""
VERSION = 1
"""To be raised with whatever changes a text's signature: stored ones are compared with new ones."""
SIMILARITY = 0.5
"""Least estimated share of runs of words that a copy has in common with its story's first article; chosen by
``benchmarks/copies.py``."""
FEW_WORDS = 40
"""A text of fewer words is a copy only where it and its title are the same: short posts are often a template
with another place or number in it."""

RUN = 3
# Minima of a signature, one byte each.
MINIMA = 4 * SIGNATURE
# Bands of minima, any one of which has to be the same for two texts to be compared, and minima in a band.
BANDS, ROWS = 24, 3
# Of the texts that have a band in common so many are compared, the oldest: a template's may be thousands.
OWNERS = 8
# First articles that stand in a dictionary before they are sorted, and sorted runs that are merged into one;
# their product is what 16 bits can tell apart.
RECENT, MERGED = 2048, 32
# Articles that are looked up at a time, and runs of words that are hashed at a time; they bound memory.
AT_ONCE, HASHED = 512, 64

Signatures = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]
_Minima = npt.NDArray[np.uint8]
_Keys = npt.NDArray[np.uint32]


def _mix(values: _Hashes) -> _Hashes:
    """Spread 64-bit values over all bits, one to one (the finalizer of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_FACTORS = _mix(np.arange(1, MINIMA + 1, dtype=np.uint64)) | np.uint64(1)
_SUMMANDS = _mix(np.arange(MINIMA + 1, 2 * MINIMA + 1, dtype=np.uint64))


def signatures(articles: Sequence[Article]) -> Signatures:
    """Signatures of articles, articles × ``SIGNATURE``; the same for ever for one ``VERSION``.

    They are of the bodies alone, as titles are each outlet's own; only where a body has fewer than
    ``FEW_WORDS`` words the title counts too.
    """
    minima = np.array([_least(_hashes(article)) for article in articles], np.uint8)
    return minima.reshape(-1, MINIMA).view("<u4").astype(np.uint32)


def _hashes(article: Article) -> _Hashes:
    """Hashes of a text's runs of words; one hash of the whole where it is short."""
    body = normalize(article.body).lower()
    found = words(body)
    if len(found) < FEW_WORDS:
        title = normalize(article.title).lower()
        whole = f"{' '.join(words(title))}\n{' '.join(found)}".encode()
        return np.array([int.from_bytes(blake2b(whole, digest_size=8).digest(), "little")], np.uint64)
    hashed = np.fromiter((zlib.crc32(word.encode()) for word in found), np.uint64, len(found))
    runs = np.zeros(len(found) - RUN + 1, np.uint64)
    for i in range(RUN):
        runs = _mix(runs + hashed[i : i + len(runs)] + np.uint64(1))
    return runs


def _least(hashes: _Hashes) -> _Minima:
    least = np.full(MINIMA, np.iinfo(np.uint64).max, np.uint64)
    for i in range(0, len(hashes), HASHED):
        permuted = hashes[i : i + HASHED, None] * _FACTORS + _SUMMANDS
        least = np.minimum(least, permuted.min(axis=0))
    # A minimum's highest bits are nearly always 0, and a product's lowest depend on few bits of its factors.
    return (least >> np.uint64(32)).astype(np.uint8)


@dataclass(frozen=True)
class _Run:
    """First articles: numbers, minima, and sorted keys of their bands with the place of each key's owner."""

    numbers: Numbers
    minima: _Minima
    keys: _Keys
    owners: npt.NDArray[np.uint16]


class Stories:
    """Finds for each article in order the story that it belongs to.

    A copy is compared with the first article of a story alone, so that stories do not drift. What comes out
    depends on the order of the articles, and not on how many are placed at a time.

    Args:
        most: First articles that are remembered at least, about 410 bytes each; beyond that the oldest are
            forgotten, up to 65,536 at a time.
        similarity: Least share of runs of words in common, 0 to 1.
    """

    def __init__(self, most: int = 4_000_000, *, similarity: float = SIMILARITY) -> None:
        self._most = most
        # Two bytes are the same by chance in one of 256 cases.
        self._enough = int(np.ceil(MINIMA * (similarity + (1 - similarity) / 256)))
        self._placed = 0
        self._runs: list[_Run] = []  # the oldest first
        self._minima = np.empty((RECENT, MINIMA), np.uint8)
        self._numbers: list[int] = []  # of the first articles in ``_minima``
        self._owners: dict[int, list[int]] = {}  # of their bands

    def restore(self, signatures: Signatures, stories: Numbers) -> None:
        """Take over what earlier runs have placed; numbers go on from there.

        Args:
            signatures: Of the articles in order, articles × ``SIGNATURE``.
            stories: What ``place`` gave for them.

        Raises:
            ValueError: There are not as many of the one as of the other.
        """
        if len(signatures) != len(stories):
            raise ValueError(f"{len(signatures)} signatures, but {len(stories)} stories to restore")
        numbers = np.arange(self._placed, self._placed + len(stories))
        self._placed += len(stories)
        firsts = np.flatnonzero(stories == numbers)
        while len(firsts):
            now, firsts = np.split(firsts, [RECENT - len(self._numbers)])
            minima = _minima_of(signatures[now])
            if len(now) == RECENT:  # a whole run needs no dictionary
                self._keep(_run(numbers[now], minima))
                continue
            for row, keys, number in zip(minima, _band_keys(minima).tolist(), numbers[now], strict=True):
                self._add(row, keys, int(number))
            self._close_if_full()

    def place(self, signatures: Signatures) -> Numbers:
        """Numbers of the first articles of the stories that articles belong to.

        Articles are numbered from 0 in the order in which they are placed; one that begins a story gets its
        own number.

        Args:
            signatures: Of the articles, articles × ``SIGNATURE``.
        """
        found = [np.empty(0, np.int64)]
        minima = _minima_of(signatures)
        while len(minima):
            # No more than there is room for, so that sorted runs stay as they are meanwhile.
            now, minima = np.split(minima, [min(AT_ONCE, RECENT - len(self._numbers))])
            found.append(self._place(now))
            self._close_if_full()
        return np.concatenate(found)

    def _place(self, minima: _Minima) -> Numbers:
        keys = _band_keys(minima)
        agreements, found = self._in_runs(minima, keys)
        for i, (row, bands) in enumerate(zip(minima, keys.tolist(), strict=True)):
            places = sorted({place for key in bands for place in self._owners.get(key, ())})
            if places:
                shared = np.count_nonzero(self._minima[places] == row, axis=1)
                best = int(shared.argmax())
                if shared[best] > agreements[i]:
                    found[i] = self._numbers[places[best]]
            if found[i] < 0:
                found[i] = self._placed
                self._add(row, bands, self._placed)
            self._placed += 1
        return found

    def _in_runs(self, minima: _Minima, keys: _Keys) -> tuple[Numbers, Numbers]:
        """For each article how many minima agree with the first article most like it, and that one's number.

        Where none agrees enough, one less than is enough and -1. Of equals the oldest is taken.
        """
        agreements, found = np.full(len(minima), self._enough - 1), np.full(len(minima), -1)
        flat = keys.ravel()
        order = np.argsort(flat)  # neighbours are looked up one after another, which caches like
        flat, rows = flat[order], order // BANDS
        for run in self._runs:
            pairs = _sharing(run, flat, rows)
            row, owner = pairs >> 16, pairs & 0xFFFF
            shared = np.count_nonzero(run.minima[owner] == minima[row], axis=1)
            for hit in np.flatnonzero(shared >= self._enough):
                if shared[hit] > agreements[row[hit]]:
                    agreements[row[hit]], found[row[hit]] = shared[hit], run.numbers[owner[hit]]
        return agreements, found

    def _add(self, minima: _Minima, keys: list[int], number: int) -> None:
        place = len(self._numbers)
        self._minima[place] = minima
        self._numbers.append(number)
        for key in keys:
            owners = self._owners.setdefault(key, [])
            if len(owners) < OWNERS:
                owners.append(place)

    def _close_if_full(self) -> None:
        if len(self._numbers) == RECENT:
            self._keep(_run(np.array(self._numbers), self._minima.copy()))
            self._numbers, self._owners = [], {}

    def _keep(self, run: _Run) -> None:
        """Append a run of ``RECENT``; merge the last ones when there are ``MERGED``; forget the oldest."""
        self._runs.append(run)
        last = self._runs[-MERGED:]
        if len(last) == MERGED and all(len(each.numbers) == RECENT for each in last):
            numbers = np.concatenate([each.numbers for each in last])
            self._runs[-MERGED:] = [_run(numbers, np.concatenate([each.minima for each in last]))]
        while sum(len(each.numbers) for each in self._runs[1:]) >= self._most:
            del self._runs[0]


def _minima_of(signatures: Signatures) -> _Minima:
    """Their bytes, articles × ``MINIMA``."""
    return np.ascontiguousarray(signatures, "<u4").view(np.uint8).reshape(-1, MINIMA)


def _band_keys(minima: _Minima) -> _Keys:
    """A key of each band, articles × ``BANDS``: the band's number and its three minima."""
    bands = minima[:, : BANDS * ROWS].reshape(-1, BANDS, ROWS).astype(np.uint32)
    keys = np.tile(np.arange(BANDS, dtype=np.uint32), (len(minima), 1))
    for i in range(ROWS):
        keys = keys << np.uint32(8) | bands[:, :, i]
    return keys


def _run(numbers: Numbers, minima: _Minima) -> _Run:
    places = np.arange(len(numbers), dtype=np.uint64)[:, None]
    packed = np.sort((_band_keys(minima).astype(np.uint64) << np.uint64(16) | places).ravel())
    keys = (packed >> np.uint64(16)).astype(np.uint32)
    few = np.ones(len(keys), bool)
    few[OWNERS:] = keys[OWNERS:] != keys[:-OWNERS]
    return _Run(numbers, minima, keys[few], packed[few].astype(np.uint16))


def _sharing(run: _Run, keys: _Keys, rows: Numbers) -> Numbers:
    """Pairs of a row and a place in a run that have a band in common, packed into row << 16 | place, sorted.

    Args:
        run: First articles.
        keys: Of bands, sorted.
        rows: Which row each key is of.
    """
    found = []
    at = np.searchsorted(run.keys, keys)
    while True:
        inside = at < len(run.keys)
        at, keys, rows = at[inside], keys[inside], rows[inside]
        same = run.keys[at] == keys
        at, keys, rows = at[same], keys[same], rows[same]
        if not len(at):
            break
        found.append(rows << 16 | run.owners[at].astype(np.int64))
        at = at + 1
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
