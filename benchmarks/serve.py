"""Requests a second of `mujaz serve` and how long one takes, beside a service that a user would write.

    python benchmarks/serve.py [INPUT ...] [--clients 1 2 4 8 16] [--seconds 15] [--overload 60]
        [-o benchmarks/results/serve.json]

On loopback, each in a process of its own, one after the other in the same run: `mujaz serve`, and a FastAPI
app whose one function calls `Pipeline.analyze` for the article of the request, without batches or limits.
Clients ask one article at a time, and the next as soon as they have their answer. Overload: requests begun
at moments evenly apart, twice as many as the service answered at best, whatever became of those before.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import itertools
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from timing import machine, publish

from infer.inputs import read
from infer.schema import Article

OURS = "from infer.cli import main; main()"
PLAIN = """
import sys, uvicorn
from fastapi import FastAPI
from infer import load
pipeline = load(explain=True, method="lead")
app = FastAPI()
@app.get("/readyz")
def ready():
    return {}
@app.post("/v1/analyze")
def analyze(article: dict):
    return pipeline.analyze([article])[0]
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""
# Seconds a client waits for an answer, a service to be ready.
PATIENCE, START = 120.0, 120.0
WARM_UP = 8
MEGABYTE = 1024


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    articles = _articles(arguments.inputs)
    result: dict[str, Any] = {
        "machine": machine("onnxruntime", "fastapi", "uvicorn"),
        "articles": len(articles),
        "words_an_article": round(sum(len(a["body"].split()) for a in articles) / len(articles)),
        "seconds_each": arguments.seconds,
    }
    services: dict[str, Any] = {}
    for name, script in {"mujaz serve": OURS, "plain FastAPI": PLAIN}.items():
        with _service(script, plain=script == PLAIN) as (url, pid):
            services[name] = rows = [
                asyncio.run(_closed(url, articles, clients, arguments.seconds))
                for clients in arguments.clients
            ]
            if script == OURS:
                rate = 2 * max(row["answers_a_second"] for row in rows)
                begun = _memory(pid)
                overload = asyncio.run(_open(url, articles, rate, arguments.overload))
                result["overload"] = overload | {"memory_mb": [begun, _memory(pid)]}
    result["clients"] = services
    ours, plain = services.values()
    result["times_as_many_answers_as_plain"] = {
        str(a["clients"]): round(a["answers_a_second"] / b["answers_a_second"], 2)
        for a, b in zip(ours, plain, strict=True)
    }
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("inputs", nargs="*", default=["samples"], help="articles (samples/)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 2, 4, 8, 16], help="at once")
    parser.add_argument("--seconds", type=float, default=15, help="for each number of clients (15)")
    parser.add_argument("--overload", type=float, default=60, help="seconds at twice the capacity (60)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _articles(inputs: Sequence[str]) -> list[dict[str, str]]:
    found = [item for item in read(inputs) if isinstance(item, Article)]
    random.Random(7).shuffle(found)  # noqa: S311
    return [{"title": article.title, "body": article.body} for article in found]


async def _closed(url: str, articles: list[dict[str, str]], clients: int, seconds: float) -> dict[str, Any]:
    """So many clients, each of which asks again as soon as it is answered."""
    turn = itertools.cycle(articles)
    took: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        for _ in range(WARM_UP):
            (await client.post("/v1/analyze", json=next(turn))).raise_for_status()
        start = time.perf_counter()

        async def ask() -> None:
            while (begun := time.perf_counter()) < start + seconds:
                (await client.post("/v1/analyze", json=next(turn))).raise_for_status()
                took.append(time.perf_counter() - begun)

        await asyncio.gather(*[ask() for _ in range(clients)])
        whole = time.perf_counter() - start
    return {
        "clients": clients,
        "answers_a_second": round(len(took) / whole, 2),
        "seconds": _percentiles(took),
    }


async def _open(url: str, articles: list[dict[str, str]], rate: float, seconds: float) -> dict[str, Any]:
    """Requests at a rate, whether or not those before are answered."""
    took: dict[str, list[float]] = collections.defaultdict(list)
    many = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=many) as client:
        start = time.perf_counter()

        async def ask(number: int, article: dict[str, str]) -> None:
            await asyncio.sleep(start + number / rate - time.perf_counter())
            begun = time.perf_counter()
            try:
                status = str((await client.post("/v1/analyze", json=article)).status_code)
            except httpx.TransportError as error:
                status = type(error).__name__
            took[status].append(time.perf_counter() - begun)

        count = int(rate * seconds)
        await asyncio.gather(
            *[ask(number, article) for number, article in zip(range(count), itertools.cycle(articles))]
        )
    return {
        "asked_a_second": round(rate, 2),
        "asked": count,
        "statuses": {
            status: {"share": round(len(times) / count, 3), "seconds": _percentiles(times)}
            for status, times in sorted(took.items())
        },
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(seconds, (50, 95))
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "most": round(max(seconds), 3)}


def _memory(pid: int) -> int:
    """Megabytes that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / MEGABYTE)


@contextmanager
def _service(script: str, *, plain: bool) -> Iterator[tuple[str, int]]:
    """A service that is ready: its address and process."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = [port] if plain else ["serve", "--port", port, "--method", "lead"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MUJAZ_")}
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-c", script, *arguments]
        running = subprocess.Popen(command, env=clean, stderr=said)  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START
            while not _is_ready(url):
                if running.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise SystemExit(f"the service does not start: {said.read()[-2000:]}")
                time.sleep(0.1)
            yield url, running.pid
        finally:
            running.terminate()
            running.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
