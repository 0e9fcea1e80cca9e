"""Greedy and beam search, given a function that names the best next tokens.

What is found is token for token what ``transformers`` finds with the same settings (its ``generate``).
An article that is done leaves the batch, so that the others go on without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
# Of beams that do not count: what no sum of log-probabilities reaches.
NEVER = np.float32(-1e9)
# Tokens written last that a step is told, so that it knows where it is copying; NONE before the first.
RECENT, NONE = 4, -2

Step = Callable[[Ints, Ints, Ints, Ints], tuple[Floats, Ints]]
"""Takes the tokens written last (articles × beams × ``RECENT``, the last one last), which beam of the step
before each goes on from (articles · beams), the tokens that may not come next (articles × beams × any number)
and which of the articles of the step before are still there; gives scores and ids of the best next tokens,
articles × beams × candidates, best first."""


@dataclass(frozen=True)
class Settings:
    """How to search; names and meanings as in ``transformers.GenerationConfig``.

    Attributes:
        never: A token that may never be written; fills up lists of banned tokens.
    """

    num_beams: int = 1
    max_new_tokens: int = 64
    min_new_tokens: int = 0
    no_repeat_ngram_size: int = 0
    length_penalty: float = 1.0
    end: int = 2
    never: int = 1


@dataclass(frozen=True)
class Found:
    """A sequence.

    Attributes:
        tokens: Without start and end.
        score: Its log-probability over its length with the end, to the power of the length penalty.
    """

    tokens: list[int]
    score: float


@dataclass
class _Hypotheses:
    """What is finished of one article: tokens, without the end, and scores, best first."""

    tokens: list[list[int]]
    scores: list[np.float32]

    def found(self) -> list[Found]:
        return [Found(tokens, float(s)) for tokens, s in zip(self.tokens, self.scores, strict=True)]


def search(step: Step, starts: list[int], settings: Settings) -> list[list[Found]]:
    """Write for a batch of articles.

    Args:
        step: See ``Step``.
        starts: First token that the decoder reads, for each article.
        settings: How to search.

    Returns:
        For each article the best sequences, best first: one where ``num_beams`` is 1.
    """
    if settings.num_beams == 1:
        return [[found] for found in _greedy(step, starts, settings)]
    return _beams(step, starts, settings)


def _greedy(step: Step, starts: list[int], settings: Settings) -> list[Found]:
    sums = np.zeros(len(starts), np.float32)
    written: list[list[int]] = [[start] for start in starts]
    open_: Ints = np.arange(len(starts))
    kept = np.arange(len(starts))
    for length in range(settings.max_new_tokens):
        tokens = _recent([[written[i]] for i in open_])
        banned = _banned([[written[i]] for i in open_], length, settings)
        values, found = step(tokens, kept, banned, kept)
        chosen = found[:, 0, 0]
        sums[open_] += values[:, 0, 0]
        for i, token in zip(open_, chosen, strict=True):
            written[i].append(int(token))
        kept = np.flatnonzero(chosen != settings.end)
        open_ = open_[kept]
        if not len(open_):
            break
    lengths = [np.float32(len(tokens) - 1) ** settings.length_penalty for tokens in written]
    return [
        Found(_stripped(tokens[1:], settings.end), float(total / length))
        for tokens, total, length in zip(written, sums, lengths, strict=True)
    ]


def _beams(step: Step, starts: list[int], settings: Settings) -> list[list[Found]]:
    beams = settings.num_beams
    running = [[[start] for _ in range(beams)] for start in starts]
    scores = np.zeros((len(starts), beams), np.float32)
    scores[:, 1:] = NEVER  # at first all beams are one
    finished = [_Hypotheses([], []) for _ in starts]
    open_: Ints = np.arange(len(starts))
    order: Ints = np.arange(len(starts) * beams)
    kept = np.arange(len(starts))
    for length in range(settings.max_new_tokens):
        last = _recent([running[i] for i in open_])
        banned = _banned([running[i] for i in open_], length, settings)
        values, found = step(last, order, banned, kept)
        orders, places = [], []
        for place, i in enumerate(open_):
            candidates = _best(values[place] + scores[i][:, None], found[place], 2 * beams)
            sources = _go_on(running, scores, finished[i], candidates, int(i), length, settings)
            if not _done(finished[i], scores[i][0], length + 1, settings):
                orders.append(place * beams + np.array(sources))
                places.append(place)
        if not places:
            break
        kept = np.array(places, np.int64)
        open_ = open_[kept]
        order = np.concatenate(orders).astype(np.int64)
    return [done.found() for done in finished]


def _best(sums: Floats, found: Ints, count: int) -> list[tuple[np.float32, int, int]]:
    """Score, beam and token of the best continuations of one article, best first."""
    flat = sums.ravel()
    order = np.argsort(-flat, kind="stable")[:count]
    width = sums.shape[1]
    return [(flat[j], int(j) // width, int(found.ravel()[j])) for j in order]


def _go_on(
    running: list[list[list[int]]],
    scores: Floats,
    finished: _Hypotheses,
    candidates: list[tuple[np.float32, int, int]],
    article: int,
    length: int,
    settings: Settings,
) -> list[int]:
    """Finish what ends, go on with the best of what does not; give the beams these came from."""
    beams, last = settings.num_beams, length + 1 == settings.max_new_tokens
    sources: list[int] = []
    following: list[list[int]] = []
    sums: list[np.float32] = []
    for rank, (score, beam, token) in enumerate(candidates):
        ends = token == settings.end or last
        if ends and rank < beams:
            tokens = _stripped([*running[article][beam][1:], token], settings.end)
            _keep(finished, tokens, score / np.float32((length + 1) ** settings.length_penalty), beams)
        if not ends and len(sources) < beams:
            sources.append(beam)
            following.append([*running[article][beam], token])
            sums.append(score)
    if not last:
        running[article] = following
        scores[article] = sums
    return sources


def _keep(finished: _Hypotheses, tokens: list[int], score: np.float32, most: int) -> None:
    at = sum(bool(other >= score) for other in finished.scores)
    finished.tokens.insert(at, tokens)
    finished.scores.insert(at, score)
    del finished.tokens[most:], finished.scores[most:]


def _done(finished: _Hypotheses, best: np.float32, length: int, settings: Settings) -> bool:
    """Whether no open beam can be expected to overtake the finished ones, or there is no room to go on."""
    if length >= settings.max_new_tokens:
        return True
    if len(finished.scores) < settings.num_beams:
        return False
    return bool(best / np.float32(length**settings.length_penalty) <= finished.scores[-1])


def _recent(written: list[list[list[int]]]) -> Ints:
    """The tokens written last, articles × beams × ``RECENT``."""
    before = [NONE] * (RECENT - 1)
    return np.array([[[*before, *tokens][-RECENT:] for tokens in beams] for beams in written], np.int64)


def _banned(written: list[list[list[int]]], length: int, settings: Settings) -> Ints:
    """Tokens that may not come next, articles × beams × as many as the longest list has."""
    lists = [[_repeats(tokens, settings.no_repeat_ngram_size) for tokens in beams] for beams in written]
    if length < settings.min_new_tokens:
        lists = [[[*tokens, settings.end] for tokens in beams] for beams in lists]
    most = max(1, max(len(tokens) for beams in lists for tokens in beams))
    filled = [[tokens + [settings.never] * (most - len(tokens)) for tokens in beams] for beams in lists]
    return np.array(filled, np.int64)


def _repeats(tokens: list[int], size: int) -> list[int]:
    """Tokens that would write a run of ``size`` tokens a second time."""
    if not size or len(tokens) < size:
        return []
    last = tokens[len(tokens) - size + 1 :]
    return [tokens[i + size - 1] for i in range(len(tokens) - size + 1) if tokens[i : i + size - 1] == last]


def _stripped(tokens: list[int], end: int) -> list[int]:
    return tokens[:-1] if tokens and tokens[-1] == end else tokens
