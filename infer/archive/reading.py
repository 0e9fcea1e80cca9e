"""How the articles of windows are read by the topic model: here, while the next ones are made ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from infer.archive.plan import Plan
from infer.schema import Article
from infer.topics import TopicModel, Window

# Windows that are ready before they are read.
AHEAD = 2

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A window that has been read.

    Attributes:
        plan: The window.
        log_odds: Of its unread articles, articles × topics.
        settled: For each of them, whether the cascade settled it and the encoder did not read it.
    """

    plan: Plan
    log_odds: npt.NDArray[np.float32]
    settled: list[bool]


class Engine(Protocol):
    """Whatever reads windows, in order."""

    topics: TopicModel

    @property
    def versions(self) -> tuple[str, str]:
        """What log-odds depend on where the encoder read an article, and where the cascade may settle it."""
        ...

    def reading(self, plans: Iterator[Plan]) -> AbstractContextManager[Iterator[Labelled]]:
        """Read windows; the same log-odds come out however they are spread."""
        ...


@dataclass(frozen=True)
class Prepared:
    """Articles that only the encoder is still missing for.

    Attributes:
        log_odds: Articles × topics, filled where the cascade settled one.
        settled: For each article whether it did.
        windows: Token windows of the others, whose ``article`` counts these alone.
    """

    log_odds: npt.NDArray[np.float32]
    settled: list[bool]
    windows: list[Window]


def prepare(topics: TopicModel, articles: list[Article], *, exact: bool) -> Prepared:
    """Let the cascade settle what is plain, and cut the rest into token windows."""
    found = topics.cascade.settle(articles) if topics.cascade and not exact else [None] * len(articles)
    log_odds = np.zeros((len(articles), len(topics.topics)), np.float32)
    for row, values in zip(log_odds, found, strict=True):
        if values is not None:
            row[:] = values
    rest = [article for article, values in zip(articles, found, strict=True) if values is None]
    return Prepared(log_odds, [values is not None for values in found], topics.windows(rest))


def read(topics: TopicModel, prepared: Prepared) -> npt.NDArray[np.float32]:
    """Calibrated log-odds, articles × topics."""
    log_odds = prepared.log_odds.copy()
    if prepared.windows:
        log_odds[~np.array(prepared.settled)] = topics.log_odds(prepared.windows)
    return log_odds


def versions(topics: TopicModel, *, exact: bool) -> tuple[str, str]:
    """What log-odds depend on where the encoder read an article, and where the cascade may settle it."""
    reading = topics.version.reading
    return reading, reading if exact or topics.cascade is None else f"{reading}+{topics.cascade.version}"


class Local:
    """Reads windows in this process; the next ones are read from disk and cut into tokens meanwhile.

    Tokenizing and ONNX Runtime both let go of Python's lock.
    """

    def __init__(self, topics: TopicModel, *, exact: bool = False) -> None:
        self.topics = topics
        self._exact = exact

    @property
    def versions(self) -> tuple[str, str]:
        """See ``Engine``."""
        return versions(self.topics, exact=self._exact)

    @contextmanager
    def reading(self, plans: Iterator[Plan]) -> Iterator[Iterator[Labelled]]:
        """See ``Engine``."""
        ready = (
            (plan, prepare(self.topics, [each.article for each in plan.unread], exact=self._exact))
            for plan in plans
        )
        with ahead(ready, AHEAD) as pairs:
            yield (Labelled(plan, read(self.topics, prepared), prepared.settled) for plan, prepared in pairs)


@contextmanager
def ahead(items: Iterator[Item], count: int) -> Iterator[Iterator[Item]]:
    """The same items, up to ``count`` of them made by another thread before they are asked for.

    What making one raises is raised where it would have come.
    """
    end = object()
    with ThreadPoolExecutor(1, "mujaz-ahead") as pool:
        waiting = deque(pool.submit(next, items, end) for _ in range(count))

        def taken() -> Iterator[Item]:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, items, end))
                yield cast(Item, item)

        try:
            yield taken()
        finally:
            for each in waiting:
                each.cancel()
