"""A queue in one SQLite file: no server, and as many processes of one machine as there are.

Its clock is the machine's. One that is set back makes leases of the future, which count as run out.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from infer.batching import estimated_tokens
from infer.errors import UsageError
from infer.queues import sql
from infer.queues.queue import (
    DIED,
    LONGEST_PAUSE,
    Counts,
    Dead,
    Failed,
    Finished,
    Job,
    Leases,
    PayloadError,
    QueueError,
    Result,
    cut_error,
    fitting,
    pack_article,
    pack_result,
    readable,
    unpack_article,
)
from infer.schema import Article

# Seconds that one process waits for another's transaction, and between two looks for a job.
BUSY, LOOK = 30.0, 0.02
# A lease that begins this long, in seconds, from now shows that the clock was set back.
SKEW = 5.0
DAY = 86_400.0
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteQueue:
    """A queue in a file; see ``Queue``. One object serves several threads.

    Args:
        path: Of the file, which is made where there is none; beside it SQLite keeps two of its own.
        leases: How jobs are lent.
        create: Make the file where there is none.

    Raises:
        UsageError: The file is no queue, or one of a later version, or cannot be opened; raised by any method
            where it is found to be damaged.
    """

    def __init__(self, path: Path, leases: Leases | None = None, *, create: bool = True) -> None:
        self.place = str(path)
        self.leases = leases or Leases()
        self._lock = RLock()
        if not create and not path.exists():
            raise UsageError(f"{path}: no such queue; `mujaz enqueue` makes one")
        try:
            self._db = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._open()
        except sqlite3.OperationalError as error:
            raise UsageError(f"{path}: cannot be opened as a queue: {error}") from None
        except sqlite3.DatabaseError:
            raise UsageError(f"{path}: is no SQLite file; name another, or move it away") from None

    def put(self, articles: Sequence[Article]) -> list[str]:
        """See ``Queue``."""
        ids = [secrets.token_hex(8) for _ in articles]
        now = time.time()
        rows = [
            (job, pack_article(article), estimated_tokens(article), now)
            for job, article in zip(ids, articles, strict=True)
        ]
        with self._transaction() as db:
            db.executemany(sql.PUT, rows)
        return ids

    def take(self, articles: int, tokens: int, seconds: float, *, joining: bool = False) -> list[Job]:
        """See ``Queue``."""
        deadline = time.monotonic() + seconds
        while True:
            if found := self._take(articles, tokens, joining=joining):
                return found
            if (left := deadline - time.monotonic()) <= 0:
                return []
            time.sleep(min(LOOK, left))

    def extend(self, jobs: Sequence[Job]) -> set[str]:
        """See ``Queue``."""
        now = time.time()
        until = now + self.leases.lease_seconds
        return self._each(sql.EXTEND, [(job, (until, now)) for job in jobs])

    def finish(self, done: Sequence[Finished]) -> set[str]:
        """See ``Queue``."""
        now = time.time()
        return self._each(sql.FINISH, [(d.job, (pack_result(d.job, d.result), now)) for d in done])

    def fail(self, failed: Sequence[Failed]) -> set[str]:
        """See ``Queue``."""
        now = time.time()
        again: list[tuple[Job, tuple[Any, ...]]] = []
        given_up: list[tuple[Job, tuple[Any, ...]]] = []
        for each in failed:
            error = cut_error(each.error)
            if each.pause is None or each.job.attempts >= self.leases.max_attempts:
                given_up.append((each.job, (error, now)))
            else:
                again.append((each.job, (error, now + each.pause)))
        with self._transaction():
            return self._each(sql.AGAIN, again) | self._each(sql.BURY, given_up)

    def release(self, jobs: Sequence[Job]) -> None:
        """See ``Queue``."""
        self._each(sql.RELEASE, [(job, ()) for job in jobs])

    def counts(self) -> Counts:
        """See ``Queue``."""
        with self._reading() as db:
            found = db.execute(sql.COUNTS).fetchone()
            oldest = db.execute(sql.OLDEST).fetchone()[0]
        pending, leased, done, dead = found
        waited = None if oldest is None else max(0.0, time.time() - oldest)
        return Counts(pending, leased, done, dead, waited)

    def results(self) -> Iterator[Result]:
        """See ``Queue``."""
        for row in self._pages(sql.RESULTS):
            yield Result(row["id"], row["ended"], json.loads(row["result"]))

    def dead(self) -> Iterator[Dead]:
        """See ``Queue``."""
        for row in self._pages(sql.DEAD):
            yield Dead(row["id"], row["error"] or "", row["attempts"], row["ended"], readable(row["payload"]))

    def retry(self, jobs: Iterable[str] | None = None) -> list[str]:
        """See ``Queue``."""
        with self._transaction() as db:
            if jobs is None:
                rows = db.execute(sql.RETRY_ALL).fetchall()
            else:
                rows = [row for job in jobs for row in db.execute(sql.RETRY, (job,)).fetchall()]
        return [row["id"] for row in rows]

    def expire(self) -> int:
        """See ``Queue``."""
        with self._transaction() as db:
            return db.execute(sql.EXPIRE, (time.time() - self.leases.keep_days * DAY,)).rowcount

    def close(self) -> None:
        """See ``Queue``."""
        with self._lock:
            self._db.close()

    def _open(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if version not in (0, sql.VERSION) or (version == 0 and tables):
            raise UsageError(
                f"{self.place}: a SQLite file of something else, or of another version of Mujaz "
                f"(its user_version is {version}, a queue's {sql.VERSION}); name another file"
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what was enqueued outlives a power cut
        if version == 0:
            self._db.executescript(sql.SCHEMA)

    def _take(self, articles: int, tokens: int, *, joining: bool) -> list[Job]:
        now = time.time()
        with self._reading() as db:
            if not db.execute(sql.ANY, (now, now + SKEW)).fetchone()[0]:
                return []
        with self._transaction() as db:
            self._give_up_the_dead(db, now)
            chosen = [] if joining else db.execute(sql.SUSPECT, (now,)).fetchall()
            alone = bool(chosen)
            if not chosen:
                waiting = db.execute(sql.WAITING, (now, articles)).fetchall()
                chosen = waiting[: fitting([row["tokens"] for row in waiting], tokens, joining=joining)]
            lease = secrets.token_hex(8)
            until = now + self.leases.lease_seconds
            db.executemany(sql.LEND, [(lease, until, now, row["seq"]) for row in chosen])
        jobs, broken = [], []
        for row in chosen:
            job = Job(row["id"], Article("", "", ""), row["tokens"], row["attempts"] + 1, lease, alone)
            try:
                jobs.append(replace(job, article=unpack_article(row["payload"])))
            except PayloadError as error:
                broken.append(Failed(job, str(error), None))
        if broken:
            self.fail(broken)
            return jobs or self._take(articles, tokens, joining=joining)
        return jobs

    def _give_up_the_dead(self, db: sqlite3.Connection, now: float) -> None:
        """Take back jobs whose lease has run out, or begins in the future; some for good."""
        db.execute(sql.SOON, (now, now + LONGEST_PAUSE))
        if db.execute(sql.TAKE_BACK, (now, now + SKEW)).rowcount:
            db.execute(sql.BURY_DEADLY, (DIED, now, self.leases.max_deaths))

    def _each(self, statement: str, jobs: Sequence[tuple[Job, tuple[Any, ...]]]) -> set[str]:
        """Change jobs that are still held, in one transaction; gives the ids of the others."""
        with self._transaction() as db:
            return {
                job.id
                for job, values in jobs
                if db.execute(statement, (*values, job.id, job.lease)).rowcount == 0
            }

    def _pages(self, statement: str) -> Iterator[sqlite3.Row]:
        """Rows by number, a page at a time, so that no reader holds the file back."""
        last: tuple[float, int] = (-1.0, -1)
        while True:
            with self._reading() as db:
                rows = db.execute(statement, last).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1]["ended"], rows[-1]["seq"]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise self._told(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; one inside another is part of it."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._undo()
                raise self._told(error) from error
            except BaseException:
                self._undo()
                raise

    def _told(self, error: sqlite3.Error) -> QueueError | UsageError:
        """What may be over later is worth waiting for; a damaged file is not."""
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            remedy = f"put back a backup, or save what can be with: sqlite3 {self.place} .recover"
            return UsageError(f"{self.place}: is damaged ({error}); {remedy}")
        return QueueError(self.place, str(error))

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
