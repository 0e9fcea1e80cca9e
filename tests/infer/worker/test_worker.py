"""What a worker does with jobs, in this process."""

import json
import threading
import time

import pytest

from infer.errors import UsageError
from infer.logs import log_to
from infer.queues import QueueError
from infer.schema import Article
from infer.worker import Worker, load_worker_config
from tests.infer.queues.stores import article, opened
from tests.infer.worker.stub import Stub, config


@pytest.fixture
def queue(url):
    return opened(url)


def titled(number, title):
    return Article(f"a{number}", title, "نص")


def done(queue):
    return sorted(result.content["id"] for result in queue.results())


def test_a_burst_is_read_in_batches_and_all_of_it_ends_in_the_results(queue):
    queue.put([article(n) for n in range(20)])
    stub = Stub()
    tally = Worker(queue, stub, config()).run(drain=True)
    assert [len(batch) for batch in stub.batches] == [8, 8, 4]
    assert (tally.done, tally.failed, tally.lost) == (20, 0, 0)
    assert done(queue) == sorted(f"a{n}" for n in range(20))


def test_poison_takes_no_other_with_it(queue):
    [_, poison, *_] = queue.put([titled(n, "poison" if n == 1 else "خبر") for n in range(8)])
    tally = Worker(queue, Stub(), config()).run(drain=True)
    assert done(queue) == sorted(f"a{n}" for n in range(8) if n != 1)
    [letter] = queue.dead()
    assert letter.job == poison and letter.attempts == 3
    assert "ValueError: سم" in letter.error and "stub.py" in letter.error
    assert (tally.done, tally.failed) == (7, 3)


def test_stopping_finishes_what_is_held_and_leaves_the_rest(queue):
    queue.put([article(n) for n in range(40)])
    stub = Stub(seconds=0.3)
    worker = Worker(queue, stub, config())
    threading.Timer(0.4, worker.stop).start()
    worker.run()
    read = [id_ for batch in stub.batches for id_ in batch]
    assert done(queue) == sorted(read) and 8 <= len(read) < 40
    counts = queue.counts()
    assert counts.leased == 0 and counts.pending == 40 - len(read)


def test_what_takes_longer_than_a_lease_is_not_taken_by_another(url):
    queue, other = opened(url), opened(url)
    queue.put([titled(1, "slow")])
    worker = Worker(queue, Stub(), config())
    thread = threading.Thread(target=worker.run, kwargs={"drain": True})
    thread.start()
    time.sleep(2.2)
    assert other.take(1, 1000, 0) == []
    thread.join()
    assert done(queue) == ["a1"]


class Failing:
    """A queue that is away for a while."""

    def __init__(self, queue, method, times):
        self._queue = queue
        self._method, self._left = method, times

    def __getattr__(self, name):
        if name == self._method and self._left:
            self._left -= 1
            raise QueueError(self._queue.place, "disk is full")
        return getattr(self._queue, name)


@pytest.mark.parametrize("method", ["take", "finish", "counts"])
def test_a_queue_that_is_away_is_waited_for(queue, method, capsys):
    queue.put([article(n) for n in range(3)])
    log_to()
    tally = Worker(Failing(queue, method, 3), Stub(), config()).run(drain=True)
    assert tally.done == 3 and len(done(queue)) == 3
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [e["event"] for e in events if e["event"] in ("waiting", "goes_on")] == ["waiting", "goes_on"]


def test_logs_have_no_word_of_any_article(queue, capsys):
    queue.put([Article("سرّي-1", "poison", "كلام سرّي"), Article("سرّي-2", "عنوان سرّي", "كلام سرّي")])
    log_to(level="debug")
    Worker(queue, Stub(), config()).run(drain=True)
    logged = capsys.readouterr().err
    assert "سر" not in logged and "سم" not in logged
    assert {"started", "batch", "job_failed", "stopped"} <= {
        json.loads(line)["event"] for line in logged.splitlines()
    }


def test_settings_come_from_the_file_and_before_it_the_environment(tmp_path, monkeypatch):
    assert load_worker_config().leases.lease_seconds == 60
    monkeypatch.setenv("MUJAZ_WORKER_LEASES__LEASE_SECONDS", "5")
    monkeypatch.setenv("MUJAZ_WORKER_DELIVER", "out.jsonl")
    file = tmp_path / "worker.yaml"
    file.write_text("queue: sqlite:///x.db\nleases: {max_attempts: 7}\n")
    settings = load_worker_config(file)
    assert (settings.leases.lease_seconds, settings.leases.max_attempts) == (5, 7)
    assert (settings.queue, settings.deliver) == ("sqlite:///x.db", "out.jsonl")


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEASES__LEASE_SECOND", "5"), ("BATCH__ARTICLES", "many"), ("QUEUES", "x"), ("LEASES", "[")],
)
def test_a_variable_that_cannot_be_meant_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"MUJAZ_WORKER_{name}", value)
    with pytest.raises(UsageError, match=f"MUJAZ_WORKER_{name}"):
        load_worker_config()
