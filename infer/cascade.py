"""A linear model in front of the encoder, which settles the articles that are plain.

Most of an archive is plainly about none of the topics, and a count of words says so thousands of times a
second. It was fitted to the encoder's own scores (``train/cascade.py``), and where it is not sure that the
encoder would decide as it does, the encoder is asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infer.bundle import Bundle
from infer.errors import ModelError
from infer.schema import Article
from infer.stems import light_stem

FILE = "cascade.npz"
LEAST_KNOWN = 8
"""Features with a weight that an article has at least, if it is to be settled however sure its sums are."""
BITS = 24
"""Of a feature's hash: so many that few features which have a weight share it with others."""
FEATURES = "stems-1"
"""Name and version of the features, to be changed with them: weights for others are not used."""
# Words whose hashes are kept; a language has no end of them. What is longer is no word.
_KEPT = 300_000
_LONGEST = 40
# Words as they are found: with the vowel marks, joiners and direction signs that ``normalize`` takes out.
_WORD = re.compile(
    r"(?:[^\W\d_]|[\u00ad\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2069\ufe00-\ufe0f\ufeff])+"
)

Array = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Weights:
    """Weights of features, in one byte each, as roots, so that small ones are exact too.

    Attributes:
        hashes: Features, sorted.
        levels: -127 to 127, features × topics.
        largest: Weight of level 127, one a topic.
    """

    hashes: Hashes
    levels: npt.NDArray[np.int8]
    largest: Array

    def exact(self) -> Array:
        """The weights themselves, features × topics."""
        share = self.levels.astype(np.float32) / 127
        return np.asarray(share * np.abs(share) * self.largest, np.float32)


class Cascade:
    """Settles the articles that are plain.

    An article is plain where every topic's log-odds are as low as its lower limit or as high as its upper.

    Args:
        weights: Of features; the mean over an article's, times the root of their number, is a topic's sum.
        settings: ``slopes`` and ``offsets``, which turn a sum into calibrated log-odds, ``low`` and ``high``,
            the limits: lists of one number a topic.
        version: Digest of both.
    """

    def __init__(self, weights: Weights, settings: dict[str, Any], version: str) -> None:
        self.version = version
        self._hashes, self._weights = weights.hashes, weights.exact()
        names = ("slopes", "offsets", "low", "high")
        self._slopes, self._offsets, self._low, self._high = (
            np.array(settings[name], np.float32) for name in names
        )

    @classmethod
    def of(cls, bundle: Bundle) -> Cascade | None:
        """The cascade of a topic model's folder; None where it has none, or one for other topics or features.

        Raises:
            ModelError: Its file cannot be read, or its settings lack something.
        """
        settings = bundle.config.get("cascade")
        topics = [bundle.config["id2label"][str(i)] for i in range(len(bundle.config["id2label"]))]
        if settings is None or (settings.get("topics"), settings.get("features")) != (topics, FEATURES):
            return None
        path = bundle.folder / FILE
        try:
            with np.load(path, allow_pickle=False) as file:
                hashes = np.cumsum(file["steps"], dtype=np.uint32)
                weights = Weights(hashes, file["levels"].T, file["largest"])
            about = json.dumps([settings, bundle.files[FILE]], sort_keys=True)
            return cls(weights, settings, hashlib.sha256(about.encode()).hexdigest()[:12])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: no cascade: {error}; get the model folder again") from None

    def settle(self, articles: Sequence[Article]) -> list[Array | None]:
        """Calibrated log-odds of every topic, in the model's order, of each article that is plain.

        Returns:
            None for each article that the encoder has to read.
        """
        return [self._settled(features(article)) for article in articles]

    def _settled(self, found: Hashes) -> Array | None:
        at = np.searchsorted(self._hashes, found)
        at[at == len(self._hashes)] = 0
        known = at[self._hashes[at] == found]
        if len(known) < LEAST_KNOWN:
            return None
        sums = self._weights[known].sum(0) / np.float32(np.sqrt(len(found)))
        log_odds: Array = sums * self._slopes + self._offsets
        plain = (log_odds <= self._low) | (log_odds >= self._high)
        return log_odds if plain.all() else None


def features(article: Article) -> Hashes:
    """Hashes of an article's words, pairs of words and, once more, title's words: sorted, each once.

    Words are taken in their normal form, without article, prepositions and endings (``light_stem``).
    """
    title, body = _hashes(article.title), _hashes(article.body)
    parts = [title, body, title * np.uint64(2_654_435_761) + np.uint64(99_991)]
    for words in (title, body):
        parts.append(words[:-1] * np.uint64(1_000_003) + words[1:] * np.uint64(7_919) + np.uint64(12_345))
    mixed = np.concatenate(parts)
    return np.unique(((mixed ^ (mixed >> np.uint64(32))).astype(np.uint32)) >> np.uint32(32 - BITS))


def _hashes(text: str) -> npt.NDArray[np.uint64]:
    found = np.array([_KNOWN[word] for word in _WORD.findall(text)], np.uint64)
    return np.asarray(found[found != 0])


class _Words(dict[str, int]):
    """Hash of each word without what is written together with it; 0 of what is no word."""

    def __missing__(self, word: str) -> int:
        # Normalized word by word, as each is met once: a whole text takes longer than all the rest.
        found = zlib.crc32(stem.encode()) if len(stem := light_stem(word)) > 1 else 0
        if len(word) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[word] = found
        return found


_KNOWN = _Words()
