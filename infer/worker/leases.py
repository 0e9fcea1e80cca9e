"""The jobs that a worker holds, whose leases a thread extends while they are read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock, Thread

from infer.logs import event
from infer.queues import Job, Queue, QueueError

log = logging.getLogger("mujaz.worker")

# So often is a lease extended before it would run out.
TIMES = 3


class Holding:
    """Jobs that are held now.

    Args:
        queue: Whose jobs they are.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}
        self._lost: set[str] = set()

    @property
    def jobs(self) -> list[Job]:
        """They."""
        with self._lock:
            return list(self._jobs.values())

    def add(self, jobs: Sequence[Job]) -> None:
        """Hold jobs."""
        with self._lock:
            self._jobs |= {job.lease + job.id: job for job in jobs}

    def remove(self, jobs: Sequence[Job]) -> None:
        """Hold jobs no more."""
        with self._lock:
            for job in jobs:
                self._jobs.pop(job.lease + job.id, None)
                self._lost.discard(job.id)

    def is_lost(self, job: Job) -> bool:
        """Whether a job's lease is known to have run out."""
        return job.id in self._lost

    def give_back(self) -> None:
        """Give back all that is held, as it was not begun; what that fails for stays until its lease ends."""
        jobs = self.jobs
        self.remove(jobs)
        try:
            self._queue.release(jobs)
        except QueueError as error:
            event(log, logging.WARNING, "not_given_back", jobs=len(jobs), problem=str(error))

    @contextmanager
    def extending(self) -> Iterator[None]:
        """Extend the leases of what is held while the block runs."""
        over = Event()
        thread = Thread(target=self._extend, args=(over,), name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _extend(self, over: Event) -> None:
        while not over.wait(self._queue.leases.lease_seconds / TIMES):
            jobs = self.jobs
            if not jobs:
                continue
            try:
                lost = self._queue.extend(jobs)
            except QueueError as error:
                event(log, logging.WARNING, "leases_not_extended", jobs=len(jobs), problem=str(error))
                continue
            if lost:
                event(log, logging.WARNING, "leases_lost", jobs=len(lost))
                self._lost |= lost
