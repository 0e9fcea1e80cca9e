"""Workers that are killed, stopped, or read what kills them: processes of their own."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from infer.schema import Article
from tests.infer.queues.stores import article, opened
from tests.infer.worker.stub import LEASE

KILLS, JOBS = 20, 400


@pytest.fixture
def start(url, tmp_path):
    """Start a worker; whatever still runs at the end is killed."""
    started = []

    def begin(*options):
        command = [sys.executable, "-m", "tests.infer.worker.stub", url, str(tmp_path), *options]
        with (tmp_path / f"log-{len(started)}").open("wb") as log:
            started.append(subprocess.Popen(command, stderr=log))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def read(tmp_path):
    return [line for file in tmp_path.glob("read-*") for line in file.read_text().split()]


def test_killed_at_any_moment_every_job_ends_once_in_the_results(url, tmp_path, start):
    draw = random.Random(7)
    queue = opened(url, lease_seconds=LEASE)
    ids = queue.put([article(n) for n in range(JOBS)])
    for _ in range(KILLS):
        before = len(read(tmp_path))
        worker = start()
        wait_for(lambda: len(read(tmp_path)) > before or worker.poll() is not None)  # noqa: B023
        time.sleep(draw.uniform(0, 0.06))
        worker.kill()
        worker.wait()
    left = queue.counts()
    assert 0 < left.done < JOBS
    assert start("--drain").wait(60) == 0
    results = list(queue.results())
    assert Counter(result.job for result in results) == Counter(ids)
    assert sorted(result.content["id"] for result in results) == sorted(f"a{n}" for n in range(JOBS))
    counts = queue.counts()
    assert (counts.pending, counts.leased, counts.dead) == (0, 0, 0)


def test_what_kills_its_worker_kills_none_of_the_others_jobs(url, tmp_path, start):
    queue = opened(url, lease_seconds=LEASE)
    titles = ["deadly" if n == 3 else "خبر" for n in range(8)]
    ids = queue.put([Article(f"a{n}", title, "نص") for n, title in enumerate(titles)])
    while queue.counts().dead == 0:
        start("--drain", "--timid").wait(30)
    start("--drain").wait(30)
    assert sorted(result.job for result in queue.results()) == sorted(set(ids) - {ids[3]})
    [letter] = queue.dead()
    assert letter.job == ids[3] and "workers died" in letter.error


def test_told_to_stop_it_finishes_what_it_holds(url, tmp_path, start):
    queue = opened(url, lease_seconds=30)
    queue.put([article(n) for n in range(200)])
    worker = start()
    wait_for(lambda: read(tmp_path))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    counts = queue.counts()
    assert counts.leased == 0 and counts.done == len(read(tmp_path)) and counts.pending == 200 - counts.done


def test_told_to_stop_and_not_done_in_time_it_gives_back_what_it_holds(url, tmp_path, start):
    queue = opened(url, lease_seconds=30)
    queue.put([Article("a1", "slow", "نص")])
    worker = start("--hasty")
    wait_for(lambda: read(tmp_path))
    begun = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 1 and time.monotonic() - begun < 2.5
    [job] = queue.take(1, 1000, 1)
    assert job.attempts == 1 and queue.counts().done == 0


def test_a_redis_that_is_restarted_stops_no_worker(redis, tmp_path):
    url = f"{redis.url}?queue=restarted-under-load"
    queue = opened(url, lease_seconds=LEASE)
    ids = queue.put([article(n) for n in range(300)])
    command = [sys.executable, "-m", "tests.infer.worker.stub", url, str(tmp_path), "--drain"]
    worker = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: read(tmp_path))
        redis.stop()
        time.sleep(0.5)
        redis.start()
        _, log = worker.communicate(timeout=60)
    finally:
        worker.kill()
    assert worker.returncode == 0
    assert '"waiting"' in log and '"goes_on"' in log
    assert sorted(result.job for result in queue.results()) == sorted(ids)
