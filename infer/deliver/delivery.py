"""One way out for results, by the name of where they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from infer.errors import UsageError
from infer.queues import Failed, Finished

KEPT = "queue"
Outcome = Finished | Failed


class Stopped(Exception):  # noqa: N818 - it is no error
    """The worker is to stop, and a delivery that was waiting has given up; its jobs are still held."""


class Delivery(Protocol):
    """Takes results, and says of each job what the queue is to be told."""

    def deliver(self, done: Sequence[Finished], wait: Callable[[float], bool]) -> list[Outcome]:
        """Deliver results.

        Args:
            done: They.
            wait: Waits so many seconds; False where it is no use, as the worker is to stop at once.

        Returns:
            For each job, in order, ``Finished`` (without a result, where the queue need not keep it), or
            ``Failed`` where it will never be taken.

        Raises:
            Stopped: ``wait`` gave False.
            OSError: They cannot be delivered now.
        """

    def close(self) -> None:
        """Let go of what is open."""


class KeptWithQueue:
    """Results stay with the queue; ``mujaz queue results`` gives them."""

    def deliver(self, done: Sequence[Finished], wait: Callable[[float], bool]) -> list[Outcome]:
        """They are the queue's to keep."""
        return list(done)

    def close(self) -> None:
        """Nothing is open."""


def open_delivery(target: str, limits: object = None) -> Delivery:
    """Open where results are to go.

    Args:
        target: ``queue``, a file in ``.jsonl``, or an ``http`` or ``https`` address.
        limits: ``WebhookLimits`` of an address.

    Raises:
        UsageError: It is none of these, or cannot be opened.
    """
    from infer.deliver.lines import Lines
    from infer.deliver.webhook import Webhook, WebhookLimits

    if target == KEPT:
        return KeptWithQueue()
    if urlsplit(target).scheme in ("http", "https"):
        return Webhook.from_environment(target, limits if isinstance(limits, WebhookLimits) else None)
    if Path(target).suffix.lower() in (".jsonl", ".ndjson"):
        return Lines(Path(target))
    raise UsageError(
        f"--deliver {target!r}: give {KEPT!r}, a file in .jsonl, or an https:// address; "
        "for .csv and .parquet there is `mujaz queue results -o`"
    )
