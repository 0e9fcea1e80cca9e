"""A queue in Redis Streams, for a fleet: jobs are entries, leases the pending entries of a consumer group.

Redis is the only clock. Jobs that wait for their next attempt stand in a sorted set by the time at which they
are ready; results and dead letters in a hash each, in the order of a sorted set.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis

from infer.batching import estimated_tokens
from infer.errors import UsageError
from infer.queues import lua
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

GROUP = "workers"
OLDEST_SERVER = (6, 2)  # the first with XAUTOCLAIM
PAGE = 500
DAY = 86_400
# Seconds without an answer after which Redis counts as away.
TIMEOUT = 10.0


def open_streams(url: str, leases: Leases | None = None) -> StreamsQueue:
    """Open a queue in Redis.

    Raises:
        UsageError: The URL cannot be meant, Redis is too old, or it refuses the password.
        QueueError: Redis cannot be reached now.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    name = query.pop("queue", "mujaz")
    place = _without_password(url)
    try:
        client = redis.Redis.from_url(
            urlunsplit(parts._replace(query=urlencode(query))),
            decode_responses=True,
            encoding_errors="replace",  # what others wrote may be no text
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            health_check_interval=30,
        )
        version = str(client.info("server")["redis_version"])
    except (ValueError, TypeError) as error:
        raise UsageError(f"{place}: is no URL of Redis: {error}") from None
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise UsageError(f"{place}: Redis refuses the user or password: {error}") from None
    except redis.RedisError as error:
        raise QueueError(place, f"Redis cannot be reached: {error}") from None
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_SERVER:
        raise UsageError(f"{place}: Redis {version} is too old for a queue; 6.2 or later is needed")
    return StreamsQueue(client, name, place, leases)


class StreamsQueue:
    """A queue in Redis; see ``Queue``.

    Args:
        client: Of Redis, which decodes what it answers.
        name: Of the queue; all its keys begin with ``mujaz:{name}:``.
        place: What errors call it.
        leases: How jobs are lent.
    """

    def __init__(self, client: redis.Redis, name: str, place: str, leases: Leases | None = None) -> None:
        self.place = place
        self.leases = leases or Leases()
        self._redis: Any = client  # its stubs take every answer for an awaitable too
        self._consumer = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        names = ("jobs", "delayed", "results", "ended", "dead", "buried")
        # In braces, so that a cluster keeps them together.
        self._keys = {key: f"mujaz:{{{name}}}:{key}" for key in names}
        self._stream = self._keys["jobs"]
        # Read beyond a batch's tokens: the next batch's. A thread that extends leases changes it too.
        self._held: deque[Job] = deque()
        self._lock = RLock()
        self._scripts = {
            script: self._redis.register_script(getattr(lua, script.upper()))
            for script in ("promote", "reclaim", "extend", "finish", "fail", "retry", "expire", "leave")
        }
        with self._asking():
            self._make_group()

    def put(self, articles: Sequence[Article]) -> list[str]:
        """See ``Queue``."""
        ids = [secrets.token_hex(8) for _ in articles]
        with self._asking(), self._redis.pipeline(transaction=True) as together:
            for job, article in zip(ids, articles, strict=True):
                tokens = estimated_tokens(article)
                entry = {"id": job, "payload": pack_article(article), "tokens": tokens, "attempts": 0}
                together.xadd(self._stream, entry)
            together.execute()
        return ids

    def take(self, articles: int, tokens: int, seconds: float, *, joining: bool = False) -> list[Job]:
        """See ``Queue``."""
        with self._asking():
            if not joining and (late := self._take_late()):
                return late
            if not self._held:
                self._run("promote", ("jobs", "delayed"), LONGEST_PAUSE)
                read = self._read(articles, seconds)
                with self._lock:
                    self._held += read
        with self._lock:
            sizes = [job.tokens for job in list(self._held)[:articles]]
            return [self._held.popleft() for _ in range(fitting(sizes, tokens, joining=joining))]

    def extend(self, jobs: Sequence[Job]) -> set[str]:
        """See ``Queue``."""
        with self._lock:
            lost = self._each("extend", ("jobs",), [*jobs, *self._held], lambda job: [])
            self._held = deque(job for job in self._held if job.id not in lost)
        return lost & {job.id for job in jobs}

    def finish(self, done: Sequence[Finished]) -> set[str]:
        """See ``Queue``."""
        results = {each.job.lease: pack_result(each.job, each.result) or "" for each in done}
        jobs = [each.job for each in done]
        keys = ("jobs", "results", "ended")
        return self._each("finish", keys, jobs, lambda job: [job.id, results[job.lease]])

    def fail(self, failed: Sequence[Failed]) -> set[str]:
        """See ``Queue``."""
        told: dict[str, list[Any]] = {}
        for each in failed:
            last = each.pause is None or each.job.attempts >= self.leases.max_attempts
            pause = -1 if last else each.pause
            told[each.job.lease] = [each.job.attempts, pause, cut_error(each.error)]
        return self._give_back([each.job for each in failed], told)

    def release(self, jobs: Sequence[Job]) -> None:
        """See ``Queue``."""
        with self._lock:
            given = [*jobs, *self._held]
            self._held.clear()
        self._give_back(given, {job.lease: [job.attempts - 1, 0, ""] for job in given})

    def counts(self) -> Counts:
        """See ``Queue``."""
        with self._asking(), self._redis.pipeline(transaction=True) as together:
            together.xlen(self._stream)
            together.xpending(self._stream, GROUP)
            for name in ("delayed", "ended", "buried"):
                together.zcard(self._keys[name])
            together.xinfo_groups(self._stream)
            length, pending, delayed, done, dead, groups = together.execute()
            last = next(group["last-delivered-id"] for group in groups if group["name"] == GROUP)
            first = self._redis.xrange(self._stream, f"({last}", "+", count=1)
            now, _ = self._redis.time()
        waited = max(0.0, now - int(first[0][0].split("-")[0]) / 1000) if first else None
        return Counts(length - pending["pending"] + delayed, pending["pending"], done, dead, waited)

    def results(self) -> Iterator[Result]:
        """See ``Queue``."""
        for job, moment, content in self._listed("ended", "results"):
            yield Result(job, moment, json.loads(content))

    def dead(self) -> Iterator[Dead]:
        """See ``Queue``."""
        for job, moment, content in self._listed("buried", "dead"):
            letter = json.loads(content)
            article = readable(letter.get("payload"))
            yield Dead(job, letter["error"], int(letter["attempts"]), moment, article)

    def retry(self, jobs: Iterable[str] | None = None) -> list[str]:
        """See ``Queue``."""
        with self._asking():
            ids = self._redis.zrange(self._keys["buried"], 0, -1) if jobs is None else list(jobs)
            keys = ("jobs", "dead", "buried")
            return [id_ for part in _pages(ids) for id_ in self._run("retry", keys, *part)]

    def expire(self) -> int:
        """See ``Queue``; forgets workers that are long gone, too."""
        removed = 0
        with self._asking():
            while gone := self._run("expire", ("results", "ended"), self.leases.keep_days * DAY):
                removed += gone
            for consumer in self._redis.xinfo_consumers(self._stream, GROUP):
                if consumer["idle"] > DAY * 1000:
                    self._run("leave", ("jobs",), GROUP, consumer["name"])
        return removed

    def close(self) -> None:
        """See ``Queue``."""
        with suppress(QueueError, redis.RedisError):
            self._run("leave", ("jobs",), GROUP, self._consumer)
        self._redis.close()

    def _read(self, articles: int, seconds: float) -> list[Job]:
        """Jobs that nobody had yet."""
        block = max(1, int(seconds * 1000)) if seconds > 0 else None
        found = self._redis.xreadgroup(
            GROUP, self._consumer, {self._stream: ">"}, count=articles, block=block
        )
        entries = found[0][1] if found else []
        return self._jobs([(entry, fields, 1) for entry, fields in entries])

    def _take_late(self) -> list[Job]:
        """One job whose lease has run out."""
        idle = max(1, int(self.leases.lease_seconds * 1000))
        while found := self._run("reclaim", ("jobs",), GROUP, self._consumer, idle):
            entry, deliveries, flat = found
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            jobs = self._jobs([(entry, fields, deliveries)], alone=True)
            if jobs and deliveries <= self.leases.max_deaths:
                return jobs
            self.fail([Failed(replace(job, attempts=job.attempts - 1), DIED, None) for job in jobs])
        return []

    def _jobs(self, entries: Sequence[tuple[str, dict[str, str], int]], *, alone: bool = False) -> list[Job]:
        """Jobs of entries and how often each was delivered; what cannot be read goes to the dead letters."""
        jobs, broken = [], []
        for entry, fields, deliveries in entries:
            attempts, tokens = _count(fields.get("attempts")) + 1, max(1, _count(fields.get("tokens")))
            lease = f"{entry} {deliveries}"
            job = Job(fields.get("id") or entry, Article("", "", ""), tokens, attempts, lease, alone)
            try:
                jobs.append(replace(job, article=unpack_article(fields.get("payload", ""))))
            except PayloadError as error:
                broken.append(Failed(job, str(error), None))
        if broken:
            self.fail(broken)
        return jobs

    def _give_back(self, jobs: Sequence[Job], told: dict[str, list[Any]]) -> set[str]:
        keys = ("jobs", "delayed", "dead", "buried")
        return self._each("fail", keys, jobs, lambda job: told[job.lease])

    def _each(self, script: str, keys: Sequence[str], jobs: Sequence[Job], more: Any) -> set[str]:  # noqa: ANN401
        """Run a script on jobs; gives the ids of those that are held no more."""
        if not jobs:
            return set()
        values = [value for job in jobs for value in (*job.lease.split(), *more(job))]
        with self._asking():
            entries = set(self._run(script, keys, GROUP, self._consumer, *values))
        return {job.id for job in jobs if job.lease.split()[0] in entries}

    def _run(self, script: str, keys: Sequence[str], *values: str | int | float) -> Any:  # noqa: ANN401
        return self._scripts[script](keys=[self._keys[key] for key in keys], args=values)

    def _listed(self, order: str, contents: str) -> Iterator[tuple[str, float, str]]:
        with self._asking():
            ids = self._redis.zrange(self._keys[order], 0, -1, withscores=True)
        for part in _pages(ids):
            with self._asking():
                found = self._redis.hmget(self._keys[contents], [id_ for id_, _ in part])
            yield from ((id_, at, text) for (id_, at), text in zip(part, found, strict=True) if text)

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            if "NOGROUP" in str(error):  # Redis came back without its data, or somebody emptied it
                with suppress(redis.RedisError):
                    self._make_group()
            raise QueueError(self.place, f"Redis: {error}") from error


def _count(text: str | None) -> int:
    """The number, 0 where there is none."""
    return int(text) if text and text.isdecimal() else 0


def _pages(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + PAGE] for at in range(0, len(items), PAGE))


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login.split(':')[0]}:…@{host}"))
