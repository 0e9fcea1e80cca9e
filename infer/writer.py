"""The model that writes summaries: two ONNX graphs, an encoder that runs once and a decoder's step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession, OrtValue

from infer.bundle import Bundle, open_bundle
from infer.errors import ModelError, UsageError
from infer.schema import LENGTHS, Article
from infer.search import Found, Settings, search
from infer.text import prepare

Ints = npt.NDArray[np.int64]
MOST_BEAMS = 8
"""Widest search that the decoder's graph serves."""
# Tokens of the sources of a batch, padding included; beams multiply what the decoder holds.
TOKEN_BUDGET = 4096
# A title longer than this share of the window leaves its article no room.
TITLE_SHARE = 3
# Tokens of a source in which there is nothing to read: what frames a title and a body.
EMPTY = 3
# What a folder's generation_config.json may set, by the names that transformers gives.
GENERATION = ("num_beams", "max_new_tokens", "min_new_tokens", "no_repeat_ngram_size", "length_penalty")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that a model wrote.

    Attributes:
        text: What it says.
        score: The search's own, mostly the mean log-probability of a token.
        finished: False where the longest length cut it off.
    """

    text: str
    score: float = 0.0
    finished: bool = True


@dataclass
class _Reading:
    """What the decoder needs of a batch of articles, and its past.

    Attributes:
        constant: Inputs of the decoder that stay as they are.
        past: Keys and values of what is written already.
        length: Tokens written already.
    """

    constant: dict[str, OrtValue]
    past: list[OrtValue]
    length: int = 0


class Writer:
    """A summarizer of the kind that ``mujaz-train summarizer`` exports.

    Attributes:
        name: The model's name and a hash of what it is.
        settings: How it searches, for each of ``LENGTHS``.
        ranking: Weights by which short drafts are ranked (``infer.ranking``), None where there are none.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        config = bundle.config
        self.name = bundle.name
        self._preparation: str = config["preparation"]
        self._window: int = config["window"]
        self._begin: int = config["begin_token_id"]
        self._end: int = config["end_token_id"]
        self._padding: int = config["pad_token_id"]
        self._starts: dict[str, int] = config["starts"]
        self._heads: tuple[int, int] = (config["heads"], config["width"] // config["heads"])
        self.settings = {name: self._settings(bundle.generation, name) for name in LENGTHS}
        self.ranking: dict[str, float] | None = config.get("ranking")
        self._tokenizer = bundle.tokenizer
        self._encoder = bundle.session(config["encoder"], threads)
        self._decoder = bundle.session(config["decoder"], threads)
        self._past = [i.name for i in self._decoder.get_inputs() if i.name.startswith("past_")]

    @classmethod
    def from_pretrained(cls, folder: str | Path, threads: int | None = None) -> Writer:
        """Open a model folder.

        Raises:
            ModelError: The folder is refused (see ``open_bundle``) or is not a summarizer's.
        """
        bundle = open_bundle(folder)
        try:
            return cls(bundle, threads)
        except KeyError as missing:
            raise ModelError(
                f"{folder}: not a summarizer, as its config.json or generation_config.json lacks {missing}; "
                "name a folder that `mujaz-train summarizer` made"
            ) from None

    def write(
        self, articles: Sequence[Article], length: str = "short", *, beams: int | None = None
    ) -> list[list[Draft]]:
        """Write for articles, in order; for each the best texts, best first, and none for an empty one.

        Args:
            articles: Each with a title, a body or both.
            length: One of ``LENGTHS``.
            beams: Width of the search; the folder's own where None, and greedy where 1.

        Raises:
            UsageError: There is no such length, or the search cannot be so wide.
        """
        return self.texts(
            [self.source(a, titled=length != "headline") for a in articles], length, beams=beams
        )

    def texts(
        self, sources: Sequence[list[int]], length: str = "short", *, beams: int | None = None
    ) -> list[list[Draft]]:
        """The same for articles as token ids, from ``source``."""
        if length not in LENGTHS:
            raise UsageError(f"no length {length!r}; known are {', '.join(LENGTHS)}")
        if beams is not None and not 1 <= beams <= MOST_BEAMS:
            raise UsageError(f"{beams} beams; a summarizer takes 1 to {MOST_BEAMS}")
        settings = self.settings[length]
        if beams is not None:
            settings = replace(settings, num_beams=beams)
        drafts: list[list[Draft]] = [[] for _ in sources]
        for batch in _batches([len(source) for source in sources], settings.num_beams):
            chosen = [i for i in batch if len(sources[i]) > EMPTY]
            if not chosen:
                continue
            found = self.generate([sources[i] for i in chosen], self._starts[length], settings)
            for i, hypotheses in zip(chosen, found, strict=True):
                decoded = [self._draft(each, settings) for each in hypotheses]
                drafts[i] = [draft for draft in decoded if draft.text]
        return drafts

    def _draft(self, found: Found, settings: Settings) -> Draft:
        text = self._tokenizer.decode(found.tokens).strip()
        return Draft(text, found.score, len(found.tokens) < settings.max_new_tokens)

    def source(self, article: Article, *, titled: bool = True) -> list[int]:
        """The token ids in which the model reads an article."""
        title = prepare(article.title, self._preparation) if titled else ""
        # Where the title is what is asked for, it is read all the same if there is nothing else.
        body = prepare(article.body, self._preparation)
        if not body and not titled:
            title = prepare(article.title, self._preparation)
        ids = [e.ids for e in self._tokenizer.encode_batch_fast([title, body], add_special_tokens=False)]
        begin = [self._begin, *ids[0][: self._window // TITLE_SHARE], self._end]
        return [*begin, *ids[1][: self._window - len(begin) - 1], self._end]

    def generate(self, sources: Sequence[Sequence[int]], start: int, settings: Settings) -> list[list[Found]]:
        """What is written for a batch of sources: for each the best sequences, best first."""
        reading = self._read(sources, settings.num_beams)

        def step(tokens: Ints, order: Ints, banned: Ints, kept: Ints) -> tuple[npt.NDArray[np.float32], Ints]:
            return self._step(reading, tokens, order, banned, kept)

        return search(step, [start] * len(sources), settings)

    def _read(self, sources: Sequence[Sequence[int]], beams: int) -> _Reading:
        ids = np.full((len(sources), max(map(len, sources))), self._padding, np.int64)
        for row, source in zip(ids, sources, strict=True):
            row[: len(source)] = source
        feeds = {"input_ids": ids, "attention_mask": (ids != self._padding).astype(np.int64)}
        values = {name: OrtValue.ortvalue_from_numpy(array) for name, array in feeds.items()}
        constant = _run(self._encoder, values)
        constant |= {"source": values["input_ids"], "mask": values["attention_mask"]}
        nothing = np.empty((len(sources) * beams, self._heads[0], 0, self._heads[1]), np.float32)
        return _Reading(constant, [OrtValue.ortvalue_from_numpy(nothing)] * len(self._past))

    def _step(
        self, reading: _Reading, tokens: Ints, order: Ints, banned: Ints, kept: Ints
    ) -> tuple[npt.NDArray[np.float32], Ints]:
        articles = reading.constant["source"].shape()[0]
        if len(kept) < articles:
            reading.constant = {
                name: OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value.numpy()[kept]))
                for name, value in reading.constant.items()
            }
        numbers = {
            "recent": tokens,
            "position": np.array([reading.length], np.int64),
            "order": order,
            "banned": banned,
        }
        feeds = {name: OrtValue.ortvalue_from_numpy(array) for name, array in numbers.items()}
        feeds |= reading.constant | dict(zip(self._past, reading.past, strict=True))
        found = _run(self._decoder, feeds)
        reading.past = [found[name.replace("past_", "present_")] for name in self._past]
        reading.length += 1
        return found["scores"].numpy(), found["tokens"].numpy()

    def _settings(self, generation: dict[str, Any], length: str) -> Settings:
        given = generation | generation["by_length"][length]
        known = {name: given[name] for name in GENERATION if name in given}
        return Settings(**known, end=self._end, never=self._padding)


def _run(session: InferenceSession, feeds: dict[str, OrtValue]) -> dict[str, OrtValue]:
    """Run a graph on values that stay where they are; nothing is copied out."""
    names = [output.name for output in session.get_outputs()]
    known = {value.name for value in session.get_inputs()}
    given = {name: value for name, value in feeds.items() if name in known}
    return dict(zip(names, session.run_with_ort_values(names, given), strict=True))


def _batches(lengths: Sequence[int], beams: int) -> list[list[int]]:
    """Places of sources of like lengths, within the budget of tokens."""
    result: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if result and (len(result[-1]) + 1) * lengths[i] * (1 + beams / 8) <= TOKEN_BUDGET:
            result[-1].append(i)
        else:
            result.append([i])
    return result
