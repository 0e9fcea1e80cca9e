"""What ``configs/worker.yaml`` may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from infer.batching import BatchLimits
from infer.deliver import WebhookLimits
from infer.models import Models
from infer.queues import Leases
from infer.settings import Strict, load_config, shipped_config

PREFIX = "MUJAZ_WORKER_"
Seconds = Annotated[float, Field(gt=0)]


class Retries(Strict):
    """When a job that failed is tried again.

    Attributes:
        pause_seconds: Before the second attempt; doubled before each later one.
        longest_pause_seconds: More than this it never is.
    """

    pause_seconds: Seconds = 2.0
    longest_pause_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0

    def pause(self, attempts: int) -> float:
        """Seconds to wait after so many attempts."""
        return float(min(self.longest_pause_seconds, self.pause_seconds * 2 ** min(attempts - 1, 30)))


class WorkerConfig(Strict):
    """A worker's settings.

    Attributes:
        queue: URL of the queue.
        deliver: Where results go: ``queue`` keeps them with it; else a ``.jsonl`` file or an address.
        grace_seconds: How long a worker that is told to stop may take to finish what it holds.
        log_level: Of what is logged, as the ``logging`` module has it.
    """

    queue: str = "sqlite:///mujaz-queue.db"
    deliver: str = "queue"
    leases: Leases = Leases()
    batch: BatchLimits = BatchLimits()
    retry: Retries = Retries()
    webhook: WebhookLimits = WebhookLimits()
    models: Models = Models()
    grace_seconds: Annotated[float, Field(ge=0)] = 30.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def load_worker_config(path: Path | None = None) -> WorkerConfig:
    """Read a configuration, by default the one that comes with Mujaz; ``MUJAZ_WORKER_…`` go before it.

    Raises:
        UsageError: It is missing, not YAML, or has an unknown, missing or mistyped key.
    """
    return load_config(path or shipped_config("worker.yaml"), WorkerConfig, PREFIX)
