"""Jobs a second of the worker in a burst, and how long a single job takes, beside `mujaz label`.

    python benchmarks/worker.py [INPUT ...] [--burst 5000] [--alone 1000] [--singles 200] [--rates 1 5 10]
        [-o benchmarks/results/worker.json]

Burst: whole commands from a shell over the same articles, in turn: `mujaz label`; `mujaz enqueue`, then
`mujaz worker --drain` from a queue in SQLite and, where redis-server is installed, from one in Redis that
writes each command to disk; and the worker again with batches of one, over fewer. Singles: articles put into
the queue of a running worker at moments drawn for a rate, however far behind it is, and the time from each
one's moment to its result. Queue: the same worker with a stub for the models.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from timing import machine, publish

from infer import load
from infer.inputs import read
from infer.pipeline import Pipeline
from infer.queues import Queue, open_queue
from infer.schema import Article, Record
from infer.worker import Worker

MAIN = "from infer.cli import main; main()"
# What the model writes would hide what the queue costs.
LEADS = ("--method", "lead")
ONE_AT_A_TIME = {"MUJAZ_WORKER_BATCH__ARTICLES": "1"}
CHUNK = 200
WARM_UP = 10
# Seconds: between two looks at a queue, and how long a queue that fell behind is waited for.
LOOK, PATIENCE = 0.05, 600.0


class Stub(Pipeline):
    """Says the same of every article at once."""

    def analyze(self, articles: Any) -> list[Any]:  # noqa: ANN401
        """A record for each."""
        return [
            Record(a.id, a.page, a.part, a.title, a.published, a.source, a.tags, a.url, summary=a.title)
            for a in articles
        ]


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    articles = _articles(arguments.inputs, max(arguments.burst, arguments.singles))
    words = sum(len(a.title.split()) + len(a.body.split()) for a in articles)
    result: dict[str, Any] = {
        "machine": machine("onnxruntime", "redis"),
        "words_an_article": round(words / len(articles)),
    }
    with tempfile.TemporaryDirectory() as name, _redis(Path(name)) as redis:
        scratch = Path(name)
        result["redis_server"] = redis is not None
        result["burst"] = _burst(articles[: arguments.burst], arguments.alone, scratch, redis)
        pipeline = load(method="lead")
        result["one_article_seconds"] = _one_at_a_time(pipeline, articles[: arguments.singles])
        result["singles"] = [
            _singles(articles[: arguments.singles], rate, f"sqlite:///{scratch}/singles-{rate}.db")
            for rate in arguments.rates
        ]
        urls = {"SQLite": f"sqlite:///{scratch}/stub.db"} | (
            {"Redis": f"{redis}?queue=stub"} if redis else {}
        )
        result["queue_alone_jobs_a_second"] = {
            kind: _queue_alone(articles[: arguments.burst], url) for kind, url in urls.items()
        }
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "inputs", nargs="*", default=["samples"], help="articles (samples/); drawn or repeated"
    )
    parser.add_argument("--burst", type=int, default=5000, help="jobs of the burst (5000)")
    parser.add_argument("--alone", type=int, default=1000, help="of them, in batches of one (1000)")
    parser.add_argument("--singles", type=int, default=200, help="jobs of each rate (200)")
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 5, 10], help="jobs a second (1 5 10)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _articles(inputs: Sequence[str], count: int) -> list[Article]:
    """So many, drawn at random, and repeated where there are fewer."""
    found = [item for item in read(inputs) if isinstance(item, Article)]
    random.Random(7).shuffle(found)  # noqa: S311
    return (found * (count // len(found) + 1))[:count]


def _burst(articles: list[Article], alone: int, scratch: Path, redis: str | None) -> dict[str, Any]:
    """Seconds of each way to get all articles read, from the shell, and articles a second."""
    every, few = scratch / "every.jsonl", scratch / "few.jsonl"
    for path, chosen in ((every, articles), (few, articles[:alone])):
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(a) | {"id": n}) + "\n" for n, a in enumerate(chosen))
    start = time.perf_counter()
    _mujaz("label", every, "-o", scratch / "labels.jsonl", *LEADS)
    rates = {"mujaz label": len(articles) / (time.perf_counter() - start)}
    ways = [("SQLite", f"sqlite:///{scratch}/burst.db", every, len(articles), {})]
    if redis:
        ways.append(("Redis", f"{redis}?queue=burst", every, len(articles), {}))
    ways.append(
        ("SQLite, one at a time", f"sqlite:///{scratch}/few.db", few, len(articles[:alone]), ONE_AT_A_TIME)
    )
    enqueue = {}
    for way, url, path, count, environment in ways:
        start = time.perf_counter()
        _mujaz("enqueue", "--queue", url, path)
        enqueue[way] = count / (time.perf_counter() - start)
        start = time.perf_counter()
        _mujaz("worker", "--drain", "--queue", url, *LEADS, **environment)
        rates[f"mujaz worker, {way}"] = count / (time.perf_counter() - start)
        with closing(open_queue(url)) as queue:
            _expect(queue, count)
    label = rates["mujaz label"]
    return {
        "articles": len(articles),
        "articles_one_at_a_time": len(articles[:alone]),
        "articles_a_second": {way: round(rate, 2) for way, rate in rates.items()},
        "of_the_speed_of_label": {way: round(rate / label, 3) for way, rate in rates.items()},
        "enqueued_a_second": {way: round(rate) for way, rate in enqueue.items()},
    }


def _one_at_a_time(pipeline: Pipeline, articles: list[Article]) -> dict[str, float]:
    """Seconds that the models alone need for an article."""
    pipeline.analyze(articles[:WARM_UP])
    seconds = []
    for article in articles:
        start = time.perf_counter()
        pipeline.analyze([article])
        seconds.append(time.perf_counter() - start)
    return _percentiles(seconds)


def _singles(articles: list[Article], rate: float, url: str) -> dict[str, Any]:
    """Seconds from an article's moment to its result, in a worker of another process."""
    chance = np.random.default_rng(7)
    due = np.cumsum(chance.exponential(1 / rate, len(articles)))
    with closing(open_queue(url)) as queue, _worker(url):
        queue.put(articles[:WARM_UP])
        _until_done(queue, WARM_UP)
        start = time.time() + 0.5
        ids = {}
        for article, after in zip(articles, due, strict=True):
            time.sleep(max(0.0, start + after - time.time()))
            ids[queue.put([article])[0]] = start + after
        behind = queue.counts()
        _until_done(queue, WARM_UP + len(articles))
        seconds = [r.finished - ids[r.job] for r in queue.results() if r.job in ids]
    return {
        "jobs_a_second": rate,
        "jobs": len(articles),
        "seconds": _percentiles(seconds),
        "unfinished_as_the_last_came": behind.pending + behind.leased,
    }


def _queue_alone(articles: list[Article], url: str) -> dict[str, float]:
    """Jobs a second into a queue, and through a worker whose models take no time."""
    with closing(open_queue(url)) as queue:
        start = time.perf_counter()
        for at in range(0, len(articles), CHUNK):
            queue.put(articles[at : at + CHUNK])
        put = time.perf_counter() - start
        start = time.perf_counter()
        Worker(queue, Stub(None, None)).run(drain=True)
        worked = time.perf_counter() - start
        _expect(queue, len(articles))
        start = time.perf_counter()
        for article in articles[:CHUNK]:
            queue.put([article])
        singly = time.perf_counter() - start
    return {
        "enqueued_in_chunks": round(len(articles) / put),
        "enqueued_one_by_one": round(min(CHUNK, len(articles)) / singly),
        "worked": round(len(articles) / worked),
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(seconds, (50, 95))
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "most": round(max(seconds), 3)}


def _until_done(queue: Queue, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while queue.counts().done < count:
        if time.monotonic() > deadline:
            raise SystemExit(
                f"{queue.place}: {queue.counts()} after {PATIENCE:.0f} s; {count} were to be done"
            )
        time.sleep(LOOK)


def _expect(queue: Queue, count: int) -> None:
    if queue.counts().done != count:
        raise SystemExit(f"{queue.place}: {queue.counts()}; {count} were to be done")


def _mujaz(*arguments: object, **environment: str) -> None:
    command = [sys.executable, "-c", MAIN, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)  # noqa: S603
    if ended.returncode not in (0, 3):  # 3: an article that cannot be labelled is told, and counts
        raise SystemExit(f"{' '.join(command[3:])}: {ended.stderr[-2000:]}")


@contextmanager
def _worker(url: str) -> Iterator[None]:
    command = [sys.executable, "-c", MAIN, "worker", "--queue", url, *LEADS]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        running.terminate()
        running.wait()


@contextmanager
def _redis(scratch: Path) -> Iterator[str | None]:
    """URL of a Redis that loses nothing, None where it is not installed."""
    server = shutil.which("redis-server")
    if server is None:
        print("redis-server is not installed: left out", file=sys.stderr)
        yield None
        return
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(scratch), "--save", ""]
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    running = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        for _ in range(100):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    main()
