"""The topic model: articles in, calibrated probabilities of every topic out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from infer.bundle import Bundle, open_bundle
from infer.cascade import Cascade
from infer.errors import ModelError
from infer.schema import Article
from infer.text import prepare

Array = npt.NDArray[np.float32]

# Tokens a batch holds, padding included: big enough to keep both cores in matrix products, small
# enough that activations stay in cache.
TOKEN_BUDGET = 2048
# A headline longer than this share of the window leaves its body no room; the rest is cut.
TITLE_SHARE = 3
# What log-odds depend on in a folder's config.json, beside the calibration's slopes and intercepts.
READING = ("id2label", "preparation", "window", "window_overlap", "pad_token_id", "heads")


@dataclass(frozen=True, slots=True)
class TopicScores:
    """What the model says of one article.

    Attributes:
        probabilities: Calibrated, one a topic, in the model's order.
        topics: Names whose probability reaches the threshold.
        review: True where a probability lies too near its threshold to be trusted.
        windows: Windows of tokens that the article was read in.
    """

    probabilities: tuple[float, ...]
    topics: tuple[str, ...]
    review: bool
    windows: int


@dataclass(frozen=True)
class Window:
    """A window of one article.

    Attributes:
        article: The article's place in the input.
        ids: Token ids, special tokens included.
        type_ids: Token type ids, as many.
    """

    article: int
    ids: list[int]
    type_ids: list[int]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What an article's labels depend on, so that after a change only what it concerns is done again.

    Attributes:
        reading: Digest of all that log-odds depend on.
        deciding: Digest of thresholds and the review margin.
    """

    reading: str
    deciding: str


class TopicModel:
    """A multi-label topic classifier behind ONNX Runtime.

    An article longer than the window is read in windows, the title before each. A topic's score is
    the one that a third of the windows reach, or the first window's where that is higher: the
    guideline gives a topic that the headline reports or that fills a third of the text.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self.name = bundle.name
        self.folder = bundle.folder
        config = bundle.config
        self.version = _version(bundle)
        self.cascade = Cascade.of(bundle)
        self.topics: tuple[str, ...] = tuple(
            config["id2label"][str(i)] for i in range(len(config["id2label"]))
        )
        self.arabic_names: dict[str, str] = config["arabic_names"]
        self._preparation: str = config["preparation"]
        self._window: int = config["window"]
        self._overlap: int = config["window_overlap"]
        calibration = config["calibration"]
        self._slopes = np.array([calibration[t]["slope"] for t in self.topics], np.float32)
        self._intercepts = np.array([calibration[t]["intercept"] for t in self.topics], np.float32)
        self.thresholds = np.array([calibration[t]["threshold"] for t in self.topics], np.float32)
        self._borders = np.log(self.thresholds / (1 - self.thresholds))
        self._margin: float = config["review_margin"]
        self._padding: int = config["pad_token_id"]
        # Topics that were added later stand last, as a linear head each on the encoder's vectors.
        heads = [config["heads"][t] for t in self.topics if t in config.get("heads", {})]
        self._weights = np.array([head["weights"] for head in heads], np.float32)
        self._biases = np.array([head["bias"] for head in heads], np.float32)
        self._tokenizer = bundle.tokenizer
        # Two threads in one tokenizer, of which one sets its truncation, wait for each other for ever.
        self._tokenizing = Lock()
        self._session = bundle.session(config["graph"], threads)

    @classmethod
    def from_pretrained(cls, folder: str | Path, threads: int | None = None) -> TopicModel:
        """Open a model folder.

        Raises:
            ModelError: The folder is refused (see ``open_bundle``) or is not a topic model's.
        """
        bundle = open_bundle(folder)
        try:
            return cls(bundle, threads)
        except KeyError as missing:
            raise ModelError(
                f"{folder}: not a topic model, as its config.json lacks {missing}; name a folder that "
                "`mujaz-train classifier` made"
            ) from None

    def predict(self, articles: Sequence[Article]) -> list[TopicScores]:
        """Score articles, in order.

        An article's scores do not depend on the others beyond rounding: int8 activations are scaled by
        the largest of the batch that a window is in.
        """
        windows = self.windows(articles)
        counts = np.bincount([w.article for w in windows], minlength=len(articles))
        log_odds = self.log_odds(windows)
        return [self.decide(row, int(count)) for row, count in zip(log_odds, counts, strict=True)]

    def log_odds(self, windows: list[Window]) -> Array:
        """Calibrated log-odds of every topic, articles × topics.

        Args:
            windows: From ``windows``, which may run in another thread: it is the tokenizer's part alone.
        """
        logits = self._run(windows)
        owner = np.array([w.article for w in windows], np.int64)
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        return (
            np.stack([self._joined(part) for part in np.split(logits, first[1:])]) if len(first) else logits
        )

    def decide(self, log_odds: Array, windows: int = 1) -> TopicScores:
        """What calibrated log-odds (of every topic, in the model's order) say of an article."""
        scores = 1 / (1 + np.exp(-log_odds))
        topics = tuple(
            t for t, s, limit in zip(self.topics, scores, self.thresholds, strict=True) if s >= limit
        )
        review = bool((np.abs(log_odds - self._borders) < self._margin).any())
        return TopicScores(tuple(map(float, scores)), topics, review, windows)

    @property
    def limits(self) -> tuple[Array, float]:
        """Log-odds at which each topic is given, and how near to them an article is in review."""
        return self._borders, self._margin

    def windows(self, articles: Sequence[Article]) -> list[Window]:
        """The windows of tokens in which the model reads the articles, in order."""
        with self._tokenizing:
            return [window for i, article in enumerate(articles) for window in self._windows(i, article)]

    def vectors(self, articles: Sequence[Article]) -> Array:
        """The encoder's vector of each article's first window, of unit length (articles × width)."""
        with self._tokenizing:
            first = [self._windows(i, article)[0] for i, article in enumerate(articles)]
        parts = [
            (batch, self._session.run(["vectors"], self._pad([first[i] for i in batch]))[0])
            for batch in _batches(first)
        ]
        result = np.empty((len(first), parts[0][1].shape[1] if parts else 0), np.float32)
        for batch, vectors in parts:
            result[batch] = vectors
        return result

    def feeds(self, articles: Sequence[Article]) -> list[dict[str, npt.NDArray[np.int64]]]:
        """The batches in which the graph would read the articles, as its inputs."""
        windows = self.windows(articles)
        return [self._pad([windows[i] for i in batch]) for batch in _batches(windows)]

    def _windows(self, index: int, article: Article) -> list[Window]:
        title = prepare(article.title, self._preparation)
        body = prepare(article.body, self._preparation)
        self._tokenizer.no_truncation()
        longest = self._window // TITLE_SHARE
        cut = self._tokenizer.encode(title, add_special_tokens=False)
        if len(cut) > longest:
            title = title[: cut.offsets[longest - 1][1]]
        self._tokenizer.enable_truncation(self._window, stride=self._overlap, strategy="only_second")
        first: Encoding = self._tokenizer.encode(title, body)
        return [Window(index, e.ids, e.type_ids) for e in (first, *first.overflowing)]

    def _run(self, windows: list[Window]) -> Array:
        """Logits, windows × topics: batches of like lengths, so that little is padding."""
        logits = np.empty((len(windows), len(self.topics)), np.float32)
        for batch in _batches(windows):
            logits[batch] = self._logits(self._pad([windows[i] for i in batch]))
        return logits

    def _logits(self, feed: dict[str, npt.NDArray[np.int64]]) -> Array:
        if not len(self._biases):
            return np.asarray(self._session.run(["logits"], feed)[0])
        logits, vectors = self._session.run(["logits", "vectors"], feed)
        # One by one: a product of several would round each by how many there are.
        added = [vectors @ w + b for w, b in zip(self._weights, self._biases, strict=True)]
        return np.column_stack([logits, *added])

    def _pad(self, windows: list[Window]) -> dict[str, npt.NDArray[np.int64]]:
        shape = (len(windows), max(len(w.ids) for w in windows))
        ids = np.full(shape, self._padding, np.int64)
        types, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, window in enumerate(windows):
            n = len(window.ids)
            ids[row, :n], types[row, :n], mask[row, :n] = window.ids, window.type_ids, 1
        return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}

    def _joined(self, logits: Array) -> Array:
        """Calibrated log-odds of an article from the logits of its windows, windows × topics."""
        by_window = np.sort(logits, axis=0)[::-1]
        third = by_window[math.ceil(len(logits) / 3) - 1]
        return np.asarray(np.maximum(third, logits[0]) * self._slopes + self._intercepts, np.float32)


def _version(bundle: Bundle) -> ModelVersion:
    config = dict(bundle.config)
    calibration = config["calibration"]
    limits = {topic: each["threshold"] for topic, each in calibration.items()}
    fitted = {topic: (each["slope"], each["intercept"]) for topic, each in calibration.items()}
    read = {name: config.get(name) for name in READING} | {"calibration": fitted}
    read |= {"files": [bundle.files.get(name) for name in (config["graph"], "tokenizer.json")]}
    return ModelVersion(_digest(read), _digest({"limits": limits, "margin": config["review_margin"]}))


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _batches(windows: list[Window]) -> Iterator[list[int]]:
    """Places of windows in batches within the token budget, from short to long."""
    batch: list[int] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i].ids)):
        if batch and (len(batch) + 1) * len(windows[i].ids) > TOKEN_BUDGET:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
