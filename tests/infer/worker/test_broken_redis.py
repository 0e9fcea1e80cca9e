"""A Redis that somebody else wrote into, that is full, or that workers die at."""

import time

import pytest

from infer.queues import Finished, QueueError
from infer.worker import Worker
from tests.infer.queues.stores import LEASE, article, opened
from tests.infer.worker.stub import Stub, config, record


@pytest.fixture
def place(redis, tmp_path):
    return f"{redis.url}?queue={tmp_path.name}"


@pytest.fixture
def queue(place):
    return opened(place)


def done(queue):
    return sorted(result.content["id"] for result in queue.results())


def test_a_dead_workers_job_is_found_behind_many_that_are_held(place, queue):
    queue.put([article(n) for n in range(40)])
    alive, other = opened(place), opened(place)
    held = alive.take(39, 10**6, 0)
    assert len(held) == 39 and len(opened(place).take(1, 1000, 0)) == 1
    time.sleep(LEASE / 2)
    alive.extend(held)
    time.sleep(LEASE / 2 + 0.1)
    assert [job.article.id for job in other.take(1, 1000, 0)] == ["a39"]


@pytest.mark.parametrize(
    "entry",
    [
        {"foo": "bar"},
        {"id": "x", "payload": b"\xff\xfe", "tokens": 3, "attempts": 0},
        {"id": "x", "payload": "{}", "tokens": "many", "attempts": "none"},
        {"id": "x y", "payload": "[" * 5000, "tokens": -1, "attempts": 0},
    ],
    ids=["foreign", "bytes", "words", "deep"],
)
def test_an_entry_that_is_no_job_holds_nobody_up(queue, entry):
    queue._redis.xadd(queue._stream, entry)
    queue.put([article(1)])
    Worker(queue, Stub(), config()).run(drain=True)
    assert done(queue) == ["a1"]
    [letter] = queue.dead()
    assert letter.article is None and "cannot be read" in letter.error


def test_a_delayed_job_that_is_none_holds_nobody_up(queue):
    queue._redis.zadd(queue._keys["delayed"], {"no JSON": 0, '{"id": "x"}': 0, "7": 0})
    queue.put([article(1)])
    Worker(queue, Stub(), config()).run(drain=True)
    assert done(queue) == ["a1"]
    assert queue.counts().pending == 0


def test_results_that_cannot_be_kept_leave_the_job_where_it_is(queue):
    queue.put([article(1)])
    [job] = queue.take(1, 1000, 0)
    queue._redis.set(queue._keys["results"], "something else")
    with pytest.raises(QueueError):
        queue.finish([Finished(job, record(job.article))])
    queue._redis.delete(queue._keys["results"])
    assert queue.finish([Finished(job, record(job.article))]) == set()
    assert done(queue) == ["a1"]


def test_a_full_redis_takes_no_more_and_loses_nothing(queue):
    queue.put([article(n) for n in range(5)])
    used = queue._redis.info("memory")["used_memory"]
    queue._redis.config_set("maxmemory", used // 2)
    try:
        with pytest.raises(QueueError, match="memory"):
            queue.put([article(6)])
    finally:
        queue._redis.config_set("maxmemory", 0)
    Worker(queue, Stub(), config()).run(drain=True)
    assert done(queue) == [f"a{n}" for n in range(5)]
