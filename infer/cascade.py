"""A linear model in front of the encoder, which settles the articles that are plain.

Most of an archive is plainly about none of the topics, and a count of words says so thousands of times a
second. It was fitted to the encoder's own decisions (``train/cascade.py``), and where it is not sure that the
encoder would decide as it does, the encoder is asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from infer.bundle import Bundle
from infer.errors import ModelError
from infer.schema import Article

COLUMNS = 1 << 16
"""Features: words, pairs of words, and words of the title, hashed."""
FILE = "cascade.npz"
# Words whose hashes are kept; a language has no end of them.
_KEPT = 300_000
_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_FOLDED = str.maketrans("أإآٱىةؤئ", "اااايهوي")
_WORD = re.compile(r"[^\W\d_]{2,}")
_PREFIX = re.compile("^(?:و(?=..[^ ]))?(?:(?:ال|بال|كال|فال|لل)(?=..))?")
_SUFFIX = re.compile("(?<=..)(?:ها|ان|ات|ون|ين|يه|ه|ي)$")

Array = npt.NDArray[np.float32]


class Cascade:
    """Settles the articles that are plain.

    Args:
        weights: Of each feature, topics × ``COLUMNS``.
        slopes: With ``offsets``, what turns a sum of weights into log-odds that the encoder gives a topic.
        offsets: One a topic, as ``slopes``.
        borders: Log-odds at which the model decides for a topic.
        doubt: An article is plain where every topic's probability of being decided otherwise is at most this.
        version: Digest of all of these.
    """

    def __init__(
        self, weights: Array, slopes: Array, offsets: Array, borders: Array, doubt: float, version: str
    ) -> None:
        self.version = version
        self._weights = np.ascontiguousarray(weights.T)
        self._slopes, self._offsets, self._borders = slopes, offsets, borders
        self._sure = float(np.log((1 - doubt) / doubt))

    @classmethod
    def of(cls, bundle: Bundle) -> Cascade | None:
        """The cascade of a topic model's folder; None where it has none, or not for all of its topics.

        Raises:
            ModelError: Its file cannot be read.
        """
        settings = bundle.config.get("cascade")
        topics = list(bundle.config["id2label"].values())
        if settings is None or settings["topics"] != topics:
            return None
        path = bundle.folder / settings["file"]
        try:
            with np.load(path, allow_pickle=False) as file:
                weights = from_levels(file["levels"], file["largest"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path}: no cascade: {error}; get the model folder again") from None
        limits = np.array([bundle.config["calibration"][topic]["threshold"] for topic in topics])
        slopes, offsets = (np.array(settings[name], np.float32) for name in ("slopes", "offsets"))
        about = json.dumps([settings, bundle.files.get(settings["file"])], sort_keys=True)
        version = hashlib.sha256(about.encode()).hexdigest()[:12]
        borders = np.log(limits / (1 - limits)).astype(np.float32)
        return cls(weights, slopes, offsets, borders, settings["doubt"], version)

    def settle(self, articles: Sequence[Article]) -> list[Array | None]:
        """Calibrated log-odds of every topic, in the model's order, of each article that is plain.

        Returns:
            None for each article that the encoder has to read.
        """
        found: list[Array | None] = []
        for article in articles:
            columns = features(article)
            sums = self._weights[columns].sum(0) / np.sqrt(max(1, len(columns)))
            decided = sums * self._slopes + self._offsets
            plain = bool((np.abs(decided) >= self._sure).all())
            found.append((decided + self._borders).astype(np.float32) if plain else None)
        return found


def from_levels(levels: npt.NDArray[np.int8], largest: Array) -> Array:
    """Weights from int8, topics × ``COLUMNS``; levels are roots of weights, so that small ones are exact too.

    Args:
        levels: Of the weights, of the same shape.
        largest: Weight of level 127, one a topic.
    """
    share = levels.astype(np.float32) / 127
    return np.asarray(share * np.abs(share) * largest[:, None], np.float32)


def features(article: Article) -> npt.NDArray[np.int64]:
    """Columns of an article's words, pairs of words and title's words, sorted, each once."""
    title, body = _hashes(article.title), _hashes(article.body)
    parts = [title, body, title * np.uint64(2_654_435_761) + np.uint64(99_991)]
    for words in (title, body):
        parts.append(words[:-1] * np.uint64(1_000_003) + words[1:] * np.uint64(7_919) + np.uint64(12_345))
    mixed = np.concatenate(parts)
    mixed ^= mixed >> np.uint64(32)
    mixed ^= (mixed >> np.uint64(15)) ^ (mixed >> np.uint64(7))
    return np.unique(mixed & np.uint64(COLUMNS - 1)).astype(np.int64)


def _hashes(text: str) -> npt.NDArray[np.uint64]:
    return np.array([_KNOWN[word] for word in _WORD.findall(_MARKS.sub("", text))], np.uint64)


class _Words(dict[str, int]):
    """Hash of each word without what is written together with it."""

    def __missing__(self, word: str) -> int:
        folded = word.translate(_FOLDED)
        stem = _SUFFIX.sub("", _PREFIX.sub("", folded))
        if len(self) >= _KEPT:
            self.clear()
        self[word] = found = zlib.crc32(stem.encode("utf-8", "replace"))
        return found


_KNOWN = _Words()
