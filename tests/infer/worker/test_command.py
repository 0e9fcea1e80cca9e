"""``mujaz enqueue``, ``worker`` and ``queue``, as a person types them."""

import csv
import json
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

COMMAND = [sys.executable, "-c", "from infer.cli import main; main()"]
BODY = "أعلنت وزارة الصحة في غزة، الأربعاء، أن سبعة مرضى غادروا القطاع للعلاج عبر معبر كرم أبو سالم."


@pytest.fixture
def mujaz(tmp_path, tiny_model, monkeypatch):
    """The command in a fresh folder, with the tiny model."""
    monkeypatch.setenv("MUJAZ_WORKER_MODELS__MODEL", str(tiny_model))
    monkeypatch.setenv("MUJAZ_WORKER_MODELS__METHOD", "lead")

    def run(*arguments):
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    rows = [{"id": f"n{i}", "title": f"خبر {i}", "body": BODY} for i in range(4)]
    rows += [{"id": "n4", "title": "News", "body": "Nothing in Arabic here at all."}, {"id": "n5"}]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "news.jsonl").write_text(lines, encoding="utf-8")
    return run


def test_articles_go_in_and_records_come_out(mujaz, tmp_path):
    put = mujaz("enqueue", "news.jsonl")
    assert put.returncode == 3 and put.stdout == "5 articles enqueued in mujaz-queue.db\n"
    assert "rejected: news.jsonl, line 6" in put.stderr
    status = json.loads(mujaz("queue", "status", "--json").stdout)
    assert (status["pending"], status["done"]) == (5, 0)
    ran = mujaz("worker", "--drain")
    assert ran.returncode == 0 and "5 jobs in" in ran.stderr and "1 rejected" in ran.stderr
    assert mujaz("queue", "status").stdout == "0 pending · 0 held by workers · 5 done · 0 dead\n"
    got = mujaz("queue", "results", "-o", "out.jsonl")
    assert got.returncode == 3 and "4 records in out.jsonl; 1 rejected" in got.stderr
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [record["id"] for record in records] == ["n0", "n1", "n2", "n3"]
    assert len({record["job"] for record in records}) == 4 and records[0]["summary"] == BODY
    [reject] = (tmp_path / "out.jsonl.rejects.jsonl").read_text("utf-8").splitlines()
    assert json.loads(reject)["id"] == "n4" and json.loads(reject)["job"]
    piped = mujaz("queue", "results")
    assert [json.loads(line) for line in piped.stdout.splitlines()] == records


def test_results_have_the_forms_of_labelled_files(mujaz, tmp_path, tiny_model):
    mujaz("enqueue", "news.jsonl")
    mujaz("worker", "--drain")
    for suffix in ("csv", "parquet"):
        assert mujaz("queue", "results", "-o", f"out.{suffix}").returncode == 3
        labelled = ["label", "news.jsonl", "-o", f"labelled.{suffix}", "--model", str(tiny_model)]
        subprocess.run(
            [*COMMAND, *labelled, "--method", "lead"], cwd=tmp_path, capture_output=True, check=False
        )
    mine, theirs = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("out", "labelled"))
    assert mine.schema == theirs.schema
    assert mine["summary"] == theirs["summary"] and mine["id"] == theirs["id"]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["n0", "n1", "n2", "n3"]


def test_what_is_told_wrong_is_said_with_the_remedy(mujaz, tmp_path):
    for arguments, told in {
        ("queue", "status"): "no such queue; `mujaz enqueue` makes one",
        ("enqueue", "nothing.jsonl"): "nothing.jsonl",
        ("worker", "--queue", "mysql://x"): "sqlite:///mujaz-queue.db",
        ("worker", "--queue", "sqlite:///q.db", "--deliver", "out.csv"): "mujaz queue results -o",
        ("queue", "retry"): "--all",
        ("queue", "retry", "j1", "--all"): "--all",
    }.items():
        ran = mujaz(*arguments)
        assert ran.returncode == 2 and told in ran.stderr, arguments
        assert "Traceback" not in ran.stderr


def test_dead_letters_are_shown_and_tried_again(mujaz, tmp_path):
    from infer.queues import Failed, open_queue

    mujaz("enqueue", "news.jsonl")
    queue = open_queue(f"sqlite:///{tmp_path}/mujaz-queue.db")
    [job] = queue.take(1, 1000, 0)
    queue.fail([Failed(job, "Traceback …\nValueError: عطل\x1b[31m", None)])
    shown = mujaz("queue", "dead").stdout
    assert (
        job.id in shown and "ValueError" in shown and "عطل" in shown and "\x1b" not in shown and "n0" in shown
    )
    assert json.loads(mujaz("queue", "dead", "--json").stdout)["article"]["body"] == BODY
    odd = mujaz("queue", "retry", job.id, "none")
    assert odd.returncode == 2 and "1 jobs" in odd.stdout and "'none'" in odd.stderr
    assert queue.counts().dead == 0
    assert mujaz("queue", "dead").stdout == "no dead letters\n"


def test_a_running_worker_takes_what_comes_and_stops_when_told(mujaz, tmp_path):
    mujaz("enqueue", "news.jsonl")
    command = [*COMMAND, "worker", "--deliver", "out.jsonl"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8") as worker:
        for _ in range(300):
            if json.loads(mujaz("queue", "status", "--json").stdout)["done"] == 5:
                break
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=30)
    assert worker.returncode == 0 and "5 jobs in" in log
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 5
    assert mujaz("queue", "results").stdout == ""
