"""A queue's file that is damaged or locked, a clock that is wrong, a disk that is full."""

import sqlite3
import subprocess
import sys
import time

import pytest

from infer.batching import BatchLimits, next_batch
from infer.errors import UsageError
from infer.queues import QueueError, open_queue, sqlite
from infer.worker import Worker
from tests.infer.queues.stores import article, opened
from tests.infer.worker.stub import Stub, config


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue.db"


@pytest.fixture
def queue(path):
    return opened(f"sqlite:///{path}")


def done(queue):
    return sorted(result.content["id"] for result in queue.results())


@pytest.mark.parametrize("back", [60, 86_400])
def test_a_clock_that_is_set_back_delays_no_new_job(queue, monkeypatch, back):
    queue.put([article(1)])
    real = time.time
    monkeypatch.setattr(sqlite.time, "time", lambda: real() - back)
    assert len(queue.take(1, 1000, 0)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "payload = NULL",
        "payload = x'ff00'",
        "payload = 7",
        "tokens = 'many'",
        "attempts = 'none', payload = ''",
    ],
)
def test_a_damaged_job_holds_nobody_up(queue, damage):
    [id_, _] = queue.put([article(1), article(2)])
    queue._db.execute(f"UPDATE jobs SET {damage} WHERE id = ?", (id_,))
    Worker(queue, Stub(), config()).run(drain=True)
    assert "a2" in done(queue)
    counts = queue.counts()
    assert (counts.pending, counts.leased, counts.done + counts.dead) == (0, 0, 2)
    list(queue.dead())


def test_a_file_that_is_damaged_ends_the_worker_with_its_name(path, queue):
    queue.put([article(n, 2000) for n in range(50)])
    queue.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    main = "from infer.cli import main; main()"
    command = [sys.executable, "-c", main, "worker", "--drain", "--queue", f"sqlite:///{path}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2 and f"{path}: is damaged" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_was_taken_is_read_though_no_more_can_join(queue):
    queue.put([article(1)])

    class Away:
        def take(self, *limits, joining=False):
            if joining:
                raise QueueError("queue.db", "database is locked")
            return queue.take(*limits)

    batch = next_batch(Away(), BatchLimits(), 0, size=lambda job: job.tokens)
    assert [job.article.id for job in batch] == ["a1"]


def test_a_file_that_another_program_locks_is_waited_for(path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY", 0.1)
    queue = opened(f"sqlite:///{path}")
    queue.put([article(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(QueueError, match="locked"):
        queue.take(1, 1000, 0)
    other.execute("ROLLBACK")
    other.close()
    Worker(queue, Stub(), config()).run(drain=True)
    assert done(queue) == ["a1"]


def test_a_folder_that_may_not_be_written_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be opened"):
        open_queue(f"sqlite:///{tmp_path}")
