"""The worker's loop: take a batch, analyze it, deliver, tell the queue; whatever fails, lose nothing."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Timer
from typing import TypeVar

from infer.batching import Failure, analyze_each, next_batch
from infer.deliver import Delivery, KeptWithQueue, Stopped
from infer.logs import event
from infer.pipeline import Pipeline
from infer.queues import Failed, Finished, Job, Queue
from infer.schema import Reject
from infer.worker.config import WorkerConfig
from infer.worker.leases import Holding

log = logging.getLogger("mujaz.worker")
Value = TypeVar("Value")

# Seconds: between two looks whether to stop, and between two removals of old results.
IDLE, CLEANING = 0.5, 600.0
# Seconds between attempts to reach a queue that is away: the first, and more than it never is.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass
class Tally:
    """What a worker has done.

    Attributes:
        done: Jobs that came to the results, ``rejected`` of them because their article cannot be labelled.
        failed: Attempts that failed.
        lost: Jobs whose lease ran out meanwhile, so that another worker has them.
        seconds: Since it began.
    """

    done: int = 0
    rejected: int = 0
    failed: int = 0
    lost: int = 0
    seconds: float = 0.0


class Worker:
    """Reads jobs until it is stopped.

    Args:
        queue: Where jobs come from, see ``infer.queues.open_queue``.
        pipeline: What reads them, see ``infer.load``.
        config: How; by default as ``configs/worker.yaml`` has it.
        delivery: Where results go; they are kept with the queue where it is None.
        overdue: Called when the worker should have stopped ``grace_seconds`` ago, in a thread of its own;
            what it held has been given back.
    """

    def __init__(
        self,
        queue: Queue,
        pipeline: Pipeline,
        config: WorkerConfig | None = None,
        delivery: Delivery | None = None,
        overdue: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._config = config or WorkerConfig()
        self._delivery = delivery or KeptWithQueue()
        self._overdue = overdue
        self._stopping, self._over = Event(), Event()
        self._holding = Holding(queue)
        self._tally = Tally()

    def run(self, *, drain: bool = False) -> Tally:
        """Read jobs until ``stop`` is called.

        Args:
            drain: Stop as well when there is no job left, none of another worker's either.
        """
        start = cleaned = time.monotonic()
        event(log, logging.INFO, "started", queue=self._queue.place, lease=self._queue.leases.lease_seconds)
        try:
            with self._holding.extending():
                while not self._stopping.is_set():
                    batch = self._patiently(self._next)
                    if batch:
                        self._handle(batch)
                    elif drain and self._patiently(self._is_empty):
                        break
                    if time.monotonic() - cleaned > CLEANING or (drain and not batch):
                        cleaned = time.monotonic()
                        self._patiently(self._queue.expire)
        except Stopped as reason:
            event(log, logging.WARNING, "stopped_waiting", reason=str(reason))
        finally:
            self._holding.give_back()
        self._over.set()
        self._tally.seconds = time.monotonic() - start
        event(log, logging.INFO, "stopped", **vars(self._tally))
        return self._tally

    def stop(self) -> None:
        """Let ``run`` finish what it holds, or give it back when ``grace_seconds`` are over, and return.

        May be called from another thread or a signal handler.
        """
        if self._stopping.is_set():
            return
        self._stopping.set()
        timer = Timer(self._config.grace_seconds, self._give_up)
        timer.daemon = True
        timer.start()

    def _give_up(self) -> None:
        if self._over.is_set():
            return
        self._over.set()
        event(log, logging.WARNING, "overdue", grace=self._config.grace_seconds)
        self._holding.give_back()
        self._overdue()

    def _next(self) -> list[Job]:
        jobs = next_batch(
            self._queue, self._config.batch, IDLE, size=lambda job: job.tokens, alone=lambda job: job.alone
        )
        self._holding.add(jobs)
        return jobs

    def _is_empty(self) -> bool:
        counts = self._queue.counts()
        return counts.pending + counts.leased == 0

    def _handle(self, jobs: Sequence[Job]) -> None:
        start = time.monotonic()
        results = analyze_each(self._pipeline, [job.article for job in jobs])
        done, failed = [], []
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, Failure):
                failed.append(self._failed(job, result.error))
            else:
                done.append(Finished(job, result))
        held = [each for each in done if not self._holding.is_lost(each.job)]
        lost = {each.job.id for each in done} - {each.job.id for each in held}
        if self._over.is_set():
            raise Stopped("the time to finish is over")
        outcomes = self._patiently(lambda: self._delivery.deliver(held, self._wait))
        finished = [each for each in outcomes if isinstance(each, Finished)]
        failed += [each for each in outcomes if isinstance(each, Failed)]
        lost |= self._patiently(lambda: self._queue.finish(finished))
        lost |= self._patiently(lambda: self._queue.fail(failed))
        self._holding.remove(jobs)
        ended = {each.job.id for each in finished} - lost
        rejected = {each.job.id for each in done if isinstance(each.result, Reject)} & ended
        self._tally.done += len(ended)
        self._tally.rejected += len(rejected)
        self._tally.failed += len(failed)
        self._tally.lost += len(lost)
        took = round(time.monotonic() - start, 3)
        numbers = {"jobs": len(jobs), "failed": len(failed), "rejected": len(rejected), "lost": len(lost)}
        event(log, logging.INFO, "batch", **numbers, tokens=sum(job.tokens for job in jobs), seconds=took)

    def _failed(self, job: Job, error: Exception) -> Failed:
        # Its message may quote the article, so the log has its type alone.
        kind = type(error).__name__
        event(log, logging.WARNING, "job_failed", job=job.id, attempt=job.attempts, error=kind)
        told = "".join(traceback.format_exception(error))
        return Failed(job, told, self._config.retry.pause(job.attempts))

    def _patiently(self, act: Callable[[], Value]) -> Value:
        """Do something with queue or disk; while they are away or full, wait and do it again.

        Raises:
            Stopped: The worker's grace is over.
        """
        pause, since = FIRST_PAUSE, 0.0
        while True:
            try:
                value = act()
            except OSError as error:
                if not since:
                    since = time.monotonic()
                    event(log, logging.ERROR, "waiting", problem=str(error))
                if self._stopping.is_set() and not self._holding.jobs:
                    raise Stopped(str(error)) from None
                if not self._wait(pause):
                    raise Stopped(str(error)) from None
                pause = min(LONGEST_PAUSE, 2 * pause)
                continue
            if since:
                event(log, logging.INFO, "goes_on", after=round(time.monotonic() - since, 1))
            return value

    def _wait(self, seconds: float) -> bool:
        """Wait; False where the worker is to stop at once."""
        return not self._over.wait(seconds)
