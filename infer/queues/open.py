"""A queue by its URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from infer.errors import UsageError
from infer.extras import need
from infer.queues.queue import Leases, Queue
from infer.queues.sqlite import SqliteQueue

SQLITE = "sqlite:///"
REDIS = ("redis", "rediss", "unix")
FORMS = "sqlite:///mujaz-queue.db, sqlite:////var/lib/mujaz/queue.db or redis://localhost:6379/0?queue=news"


def open_queue(url: str, leases: Leases | None = None, *, create: bool = True) -> Queue:
    """Open the queue that a URL names.

    Args:
        url: ``sqlite:///`` and a path (a fourth slash begins an absolute one), or a URL of Redis with
            ``queue``, the queue's name, among its parameters (``mujaz`` where it is missing).
        leases: How jobs are lent, and how long results are kept.
        create: Make a SQLite file where there is none.

    Raises:
        UsageError: The URL is none of a queue, or what it names is no queue or cannot be opened.
        QueueError: Redis cannot be reached now.
    """
    if url.startswith(SQLITE):
        path = unquote(url.removeprefix(SQLITE))
        if not path or path.endswith("/"):
            raise UsageError(f"--queue {url}: names no file; such as {FORMS}")
        return SqliteQueue(Path(path), leases, create=create)
    if urlsplit(url).scheme in REDIS:
        need("queues in Redis", "redis", "redis")
        from infer.queues.streams import open_streams  # here, as what it needs is an extra

        return open_streams(url, leases)
    raise UsageError(f"--queue {url.split('@')[-1]!r}: is no queue; such as {FORMS}")
