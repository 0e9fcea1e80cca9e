"""Queues of articles to be read: a SQLite file for one machine, Redis Streams for a fleet."""

from infer.queues.open import open_queue
from infer.queues.queue import (
    Counts,
    Dead,
    Failed,
    Finished,
    Job,
    Leases,
    Queue,
    QueueError,
    Result,
)

__all__ = [
    "Counts",
    "Dead",
    "Failed",
    "Finished",
    "Job",
    "Leases",
    "Queue",
    "QueueError",
    "Result",
    "open_queue",
]
