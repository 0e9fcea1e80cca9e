"""Micro-batches: a burst is analyzed at the speed of batches, a single article at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from infer.pipeline import Pipeline, Result
from infer.schema import Article
from infer.settings import Strict

Waiting_co = TypeVar("Waiting_co", covariant=True)
Waiting = TypeVar("Waiting")

# Arabic news has about four characters a token of the compact model; a batch's size need not be exact.
CHARACTERS_PER_TOKEN = 4


class BatchLimits(Strict):
    """How much is analyzed together.

    Attributes:
        tokens: Estimated tokens of a batch; a longer article is a batch of its own.
        articles: Articles of a batch.
        wait_ms: How long a batch waits, in milliseconds, for more than what is there.
    """

    tokens: Annotated[int, Field(ge=1)] = 16_384
    articles: Annotated[int, Field(ge=1, le=1024)] = 32
    wait_ms: Annotated[float, Field(ge=0, le=1000)] = 5.0


class Source(Protocol[Waiting_co]):
    """Where waiting work is taken from."""

    def take(
        self, articles: int, tokens: int, seconds: float, *, joining: bool = False
    ) -> Sequence[Waiting_co]:
        """Take what waits, first come first, within both limits, but one at least where there is one.

        Args:
            articles: At most so many.
            tokens: At most so many estimated tokens, see ``estimated_tokens``.
            seconds: How long to wait for the first.
            joining: Whether they join others that were taken before, so that none may be too many.
        """


@dataclass(frozen=True, slots=True)
class Failure:
    """An article that the models choked on.

    Attributes:
        error: What was raised.
    """

    error: Exception


def estimated_tokens(article: Article) -> int:
    """How many tokens an article has, about; at least one."""
    return 1 + (len(article.title) + len(article.body)) // CHARACTERS_PER_TOKEN


def next_batch(
    source: Source[Waiting],
    limits: BatchLimits,
    idle: float,
    *,
    size: Callable[[Waiting], int],
    alone: Callable[[Waiting], bool] = lambda _: False,
) -> list[Waiting]:
    """Take a batch: what is there, and what comes within ``wait_ms`` of the first.

    Args:
        source: Where from.
        limits: How much.
        idle: Seconds to wait for the first; where none comes, the batch is empty.
        size: Estimated tokens of one.
        alone: Whether one must be a batch of its own.
    """
    batch = list(source.take(limits.articles, limits.tokens, idle))
    if not batch or alone(batch[0]):
        return batch
    deadline = time.monotonic() + limits.wait_ms / 1000
    tokens = sum(map(size, batch))
    while len(batch) < limits.articles and tokens < limits.tokens:
        left = deadline - time.monotonic()
        room = limits.articles - len(batch), limits.tokens - tokens
        try:
            more = source.take(*room, max(0.0, left), joining=True)
        except OSError:  # what has been taken is there all the same; the next one to take is told
            break
        batch += more
        tokens += sum(map(size, more))
        if not more or left <= 0:
            break
    return batch


def analyze_each(pipeline: Pipeline, articles: Sequence[Article]) -> list[Result | Failure]:
    """Analyze a batch, in order; where that fails, halve it until the faulty articles stand alone."""
    try:
        return list(pipeline.analyze(articles))
    except Exception as error:  # whatever it is, the others' results must not be lost with it
        if len(articles) == 1:
            return [Failure(error)]
    half = len(articles) // 2
    return analyze_each(pipeline, articles[:half]) + analyze_each(pipeline, articles[half:])
