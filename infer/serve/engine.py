"""The models' thread: what requests ask for waits in one line, and is analyzed in batches.

The line is bounded by tokens, which are what takes time; what would make it longer is refused at once, so
that nobody waits for an answer that comes too late.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Condition, Thread

from infer.batching import BatchLimits, Failure, analyze_each, estimated_tokens, next_batch
from infer.logs import event
from infer.pipeline import Pipeline, Result
from infer.schema import Article

log = logging.getLogger("mujaz.serve")

IDLE = 0.5
# Of the time that a request has, what the wait for its turn may take; the rest is for its batch and those
# that are slower than the pace.
WAIT_SHARE = 0.5
# What is asked of an article, and which parts of the pipeline that needs.
LABEL, SUMMARIZE, ANALYZE = "label", "summarize", "analyze"


class OverloadedError(Exception):
    """The line is full.

    Attributes:
        seconds: After so long there is room again, about.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the line is full; there is room again in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, eq=False)
class _Ask:
    article: Article
    task: str
    tokens: int
    deadline: float
    answer: Future[Result | Failure] = field(default_factory=Future)


@dataclass(frozen=True)
class Batch:
    """What was analyzed together.

    Attributes:
        articles, tokens: How many.
        seconds: How long it took.
        dropped: How many had waited so long that nobody asks any more.
    """

    articles: int
    tokens: int
    seconds: float
    dropped: int


class Engine:
    """Analyzes what requests ask for, in a thread of its own.

    Args:
        limits: Of a batch.
        waiting_tokens: Estimated tokens that may wait.
        watch: Called after each batch.
    """

    def __init__(
        self, limits: BatchLimits, waiting_tokens: int, watch: Callable[[Batch], None] = lambda _: None
    ) -> None:
        self._limits = limits
        self._most = waiting_tokens
        self._watch = watch
        self._line: deque[_Ask] = deque()
        self._waiting: Counter[str] = Counter()  # tokens of each task
        # Seconds that a token takes, about; learnt from the batches. A summary takes more than a label.
        self._pace = dict.fromkeys((LABEL, SUMMARIZE, ANALYZE), 1e-3)
        self._there = Condition()
        self._closed = False
        self._thread: Thread | None = None

    @property
    def waiting(self) -> tuple[int, int]:
        """How many articles wait, and how many tokens."""
        with self._there:
            return len(self._line), self._waiting.total()

    @property
    def alive(self) -> bool:
        """Whether it takes requests."""
        return self._thread is not None and self._thread.is_alive() and not self._closed

    def start(self, pipeline: Pipeline) -> None:
        """Begin to analyze."""
        tasks = {
            LABEL: replace(pipeline, summarizer=None, explain=False),
            SUMMARIZE: replace(pipeline, topics=None),
            ANALYZE: pipeline,
        }
        self._thread = Thread(target=self._run, args=(tasks,), name="models", daemon=True)
        self._thread.start()

    def submit(
        self, articles: Sequence[Article], task: str, seconds: float
    ) -> list[Future[Result | Failure]]:
        """Let articles wait for their turn, all or none.

        Args:
            articles: To be analyzed.
            task: What is asked of them.
            seconds: After so long nobody waits for the answer any more.

        Returns:
            For each, in order, what will be its answer.

        Raises:
            OverloadedError: There is no room for them, or their turn would come too late. A line that is
                empty has room for any request.
        """
        deadline = time.monotonic() + seconds
        asks = [_Ask(article, task, estimated_tokens(article), deadline) for article in articles]
        tokens = sum(ask.tokens for ask in asks)
        with self._there:
            wait = sum(count * self._pace[each] for each, count in self._waiting.items())
            full = self._waiting.total() + tokens > self._most
            if self._line and (full or wait > WAIT_SHARE * seconds):
                raise OverloadedError(max(1.0, wait))
            self._line.extend(asks)
            self._waiting[task] += tokens
            self._there.notify()
        return [ask.answer for ask in asks]

    def take(self, articles: int, tokens: int, seconds: float, *, joining: bool = False) -> Sequence[_Ask]:
        """See ``infer.batching.Source``."""
        taken: list[_Ask] = []
        with self._there:
            if not self._line and not self._closed:
                self._there.wait(seconds)
            room = tokens
            while self._line and len(taken) < articles:
                first = self._line[0]
                if first.tokens > room and (taken or joining):
                    break
                room -= first.tokens
                self._waiting[first.task] -= first.tokens
                taken.append(self._line.popleft())
        return taken

    def close(self, seconds: float) -> None:
        """Take no more, and wait so long until what was asked is answered."""
        with self._there:
            self._closed = True
            self._there.notify()
        if self._thread:
            self._thread.join(seconds)

    def _run(self, tasks: dict[str, Pipeline]) -> None:
        while True:
            batch = next_batch(self, self._limits, IDLE, size=lambda ask: ask.tokens)
            if not batch and self._closed:
                return
            if batch:
                self._answer(batch, tasks)

    def _answer(self, batch: Sequence[_Ask], tasks: dict[str, Pipeline]) -> None:
        start = time.monotonic()
        for ask in batch:
            if ask.deadline <= start:
                ask.answer.cancel()
        wanted = [ask for ask in batch if ask.answer.set_running_or_notify_cancel()]
        for task, pipeline in tasks.items():
            asks = [ask for ask in wanted if ask.task == task]
            if not asks:
                continue
            begun = time.monotonic()
            results = analyze_each(pipeline, [ask.article for ask in asks])
            took = time.monotonic() - begun
            self._pace[task] += 0.2 * (took / sum(ask.tokens for ask in asks) - self._pace[task])
            for ask, result in zip(asks, results, strict=True):
                if isinstance(result, Failure):
                    # Its message may quote the article, so the log has its type alone.
                    event(log, logging.ERROR, "article_failed", error=type(result.error).__name__)
                ask.answer.set_result(result)
        tokens = sum(ask.tokens for ask in wanted)
        self._watch(Batch(len(wanted), tokens, time.monotonic() - start, len(batch) - len(wanted)))
