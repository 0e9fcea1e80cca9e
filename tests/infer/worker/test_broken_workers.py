"""Workers that freeze, that die between delivering and saying so, and a Redis and a disk that go away."""

import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.infer.queues.stores import article, opened
from tests.infer.worker.stub import LEASE
from tests.infer.worker.test_killed import read, wait_for

DELIVERING = """
import sys, threading
from infer.deliver import open_delivery
from infer.queues import Leases, open_queue
from infer.worker import Worker
from tests.infer.worker.stub import Stub, config
leases = Leases(lease_seconds=0.3, max_deaths=100)
queue = open_queue(sys.argv[1], leases)
Worker(queue, Stub(seconds=0.005), config(leases=leases), open_delivery(sys.argv[2])).run(drain=True)
"""


@pytest.fixture
def start(url, tmp_path):
    """Start a worker; whatever still runs at the end is killed."""
    started = []

    def begin(*options):
        command = [sys.executable, "-m", "tests.infer.worker.stub", url, str(tmp_path), *options]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_a_worker_that_was_frozen_overwrites_nothing(url, tmp_path, start):
    queue = opened(url, lease_seconds=LEASE)
    ids = queue.put([article(n) for n in range(120)])
    frozen = start("--drain")
    wait_for(lambda: read(tmp_path))
    frozen.send_signal(signal.SIGSTOP)
    time.sleep(LEASE + 0.2)
    other = start("--drain")
    assert other.wait(30) == 0
    before = list(queue.results())
    assert Counter(result.job for result in before) == Counter(ids)
    frozen.send_signal(signal.SIGCONT)
    assert frozen.wait(30) == 0
    assert list(queue.results()) == before
    assert queue.counts().dead == 0


def test_a_worker_that_dies_before_the_queue_knows_writes_no_line_twice(url, tmp_path):
    draw = random.Random(7)
    out = tmp_path / "out.jsonl"
    ids = opened(url).put([article(n) for n in range(150)])
    command = [sys.executable, "-c", DELIVERING, url, str(out)]

    def lines():
        return out.read_bytes().count(b"\n") if out.exists() else 0

    for _ in range(6):
        before = lines()
        worker = subprocess.Popen(command)
        wait_for(lambda: lines() > before or worker.poll() is not None)  # noqa: B023
        time.sleep(draw.uniform(0, 0.01))
        worker.kill()
        worker.wait()
    assert subprocess.run(command, timeout=60).returncode == 0
    assert Counter(json.loads(line)["job"] for line in out.read_text().splitlines()) == Counter(ids)
    assert opened(url).counts().done == len(ids)


def test_a_redis_that_is_killed_has_all_that_it_said_yes_to(redis, tmp_path):
    url = f"{redis.url}?queue=killed-under-load"
    queue = opened(url, lease_seconds=LEASE)
    ids = queue.put([article(n) for n in range(200)])
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.infer.worker.stub", url, str(tmp_path), "--drain"],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(2):
            seen = len(read(tmp_path))
            wait_for(lambda: len(read(tmp_path)) > seen)  # noqa: B023
            redis.process.kill()
            redis.process.wait()
            time.sleep(0.3)
            redis.start()
        assert worker.wait(60) == 0
    finally:
        worker.kill()
    assert Counter(result.job for result in queue.results()) == Counter(ids)


def test_what_entered_before_the_disk_was_full_is_said(tmp_path):
    rows = ({"id": f"n{n}", "title": "خبر", "body": "كلمة " * 300} for n in range(2000))
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    main = "from infer.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", main, "enqueue", "news.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000)),
    )
    assert ended.returncode == 1 and re.fullmatch(r"mujaz: mujaz-queue\.db: .+\n", ended.stderr)
    told = int(re.match(r"([\d,]+) articles enqueued", ended.stdout)[1].replace(",", ""))
    assert 0 < told < 2000
    assert opened(f"sqlite:///{tmp_path}/mujaz-queue.db").counts().pending == told
