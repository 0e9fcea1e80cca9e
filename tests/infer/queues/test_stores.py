"""What each store does when its file, its server or its clock go wrong."""

import sqlite3
import subprocess
import sys
import time

import pytest

from infer.errors import UsageError
from infer.queues import Failed, Finished, QueueError, open_queue, sqlite
from tests.infer.queues.stores import LEASE, article, opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue.db"


@pytest.fixture
def file_queue(path):
    return opened(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("queue.db", "is no queue"),
        ("sqlite:///", "names no file"),
        ("sqlite:////tmp/", "names no file"),
        ("sqlite:////nowhere/at/all.db", "cannot be opened"),
        ("postgres://user:geheim@host/db", "is no queue"),
        ("redis://localhost:notaport/0", "no URL of Redis"),
    ],
)
def test_what_is_no_queue_is_refused_with_what_would_be(url, problem):
    with pytest.raises(UsageError, match=problem) as error:
        open_queue(url)
    assert "geheim" not in str(error.value)


def test_a_redis_that_is_away_is_named_without_its_password():
    with pytest.raises(QueueError, match="cannot be reached") as error:
        open_queue("redis://user:geheim@127.0.0.1:1/0?queue=x")
    assert "geheim" not in str(error.value) and "127.0.0.1:1" in str(error.value)


def test_a_queue_that_is_not_there_is_not_made_by_a_question(path):
    with pytest.raises(UsageError, match="no such queue"):
        open_queue(f"sqlite:///{path}", create=False)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["text", "other", "later"])
def test_a_file_of_something_else_is_left_as_it_is(path, kind):
    if kind == "text":
        path.write_text("غير ذلك " * 1000, encoding="utf-8")
    else:
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE news (id)")
            db.execute(f"PRAGMA user_version = {0 if kind == 'other' else 99}")
        db.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"queue\.db"):
        open_queue(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_clock_that_is_set_back_loses_no_job(file_queue, monkeypatch):
    file_queue.put([article(1), article(2)])
    [held, failed] = file_queue.take(2, 10_000, 0)
    file_queue.fail([Failed(failed, "odd", 300)])
    real = time.time
    monkeypatch.setattr(sqlite.time, "time", lambda: real() - 86_400)
    found = {job.id for _ in range(3) for job in file_queue.take(2, 10_000, 0)}
    assert found == {held.id, failed.id}


def test_a_full_disk_leaves_the_queue_as_it_was(file_queue):
    file_queue.put([article(1)])
    pages = file_queue._db.execute("PRAGMA page_count").fetchone()[0]
    file_queue._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(QueueError, match="full"):
        file_queue.put([article(n, 3000) for n in range(50)])
    assert file_queue.counts().pending == 1
    file_queue._db.execute("PRAGMA max_page_count = 1000000")
    assert len(file_queue.put([article(n, 3000) for n in range(50)])) == 50
    assert file_queue._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_what_cannot_be_read_is_a_dead_letter_and_holds_nobody_up(file_queue):
    broken, _ = file_queue.put([article(1), article(2)])
    file_queue._db.execute("UPDATE jobs SET payload = '{\"id\": 7}' WHERE id = ?", (broken,))
    [job] = file_queue.take(9, 10_000, 0)
    assert job.article == article(2)
    [letter] = file_queue.dead()
    assert letter.job == broken and letter.article is None and "cannot be read" in letter.error


def test_a_process_that_is_killed_while_it_writes_leaves_whole_jobs(path):
    script = (
        "from tests.infer.queues.stores import opened, article\n"
        f"queue = opened('sqlite:///{path}')\n"
        "while True:\n    queue.put([article(n, 500) for n in range(7)])\n    print('.', flush=True)\n"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(0.05)
        writer.kill()
        writer.communicate()
    queue = opened(f"sqlite:///{path}")
    assert queue._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    count = queue.counts().pending
    assert count and count % 7 == 0


def test_redis_that_comes_back_has_all_that_it_said_yes_to(redis):
    queue = opened(f"{redis.url}?queue=restarted", lease_seconds=30)
    queue.put([article(n) for n in range(3)])
    [held] = queue.take(1, 10_000, 0)
    redis.stop()
    with pytest.raises(QueueError, match="Redis"):
        queue.take(1, 10_000, 0)
    redis.start()
    assert queue.finish([Finished(held, None)]) == set()
    assert len(queue.take(5, 10_000, 0)) == 2
    assert queue.counts().done == 1


def test_redis_that_was_emptied_goes_on(redis):
    queue = opened(f"{redis.url}?queue=emptied")
    queue.put([article(1)])
    [job] = queue.take(1, 10_000, 0)
    queue._redis.delete(*queue._keys.values())
    with pytest.raises(QueueError):
        queue.take(1, 10_000, 0)
    queue.put([article(2)])
    assert [job.article.id for job in queue.take(1, 10_000, 0)] == ["a2"]
    assert queue.finish([Finished(job, None)]) == {job.id}


def test_a_worker_that_leaves_redis_takes_no_job_with_it(redis):
    url = f"{redis.url}?queue=left"
    leaving, other = opened(url), opened(url)
    leaving.put([article(1)])
    assert len(leaving.take(1, 10_000, 0)) == 1
    leaving.close()
    time.sleep(LEASE + 0.3)
    assert len(other.take(1, 10_000, 0)) == 1


def test_redis_gives_back_what_was_read_ahead(redis):
    url = f"{redis.url}?queue=ahead"
    queue, other = opened(url), opened(url)
    queue.put([article(n, 400) for n in range(4)])
    held = queue.take(4, 500, 0)
    assert len(held) == 1 and other.take(4, 10_000, 0) == []
    queue.release(held)
    assert len(other.take(4, 10_000, 0)) == 4
