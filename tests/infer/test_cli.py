import csv
import gzip
import json
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tests.tiny_summarizer import write_summarizer

ROWS = [
    {
        "id": f"n{i}",
        "title": f"خبر رقم {i} من الميناء",
        "body": f"وصلت السفينة رقم {i} إلى الميناء صباح اليوم بعد رحلة طويلة.",
    }
    for i in range(1, 6)
]


@pytest.fixture
def mujaz(tiny_model, tmp_path):
    """The command in a fresh folder; `label` gets the tiny model."""

    def run(*arguments, stdin=None):
        command = [sys.executable, "-c", "from infer.cli import main; main()", *arguments]
        if arguments and arguments[0] == "label" and "--model" not in arguments:
            command += ["--model", str(tiny_model)]
        return subprocess.run(
            command,
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def tiny_writer(tmp_path_factory):
    return write_summarizer(tmp_path_factory.mktemp("writer") / "tiny")[1]


@pytest.fixture
def table(tmp_path):
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    (tmp_path / "news.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "news.jsonl"


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_label_writes_the_record_in_order(mujaz, table, tmp_path):
    done = mujaz("label", "news.jsonl", "-o", "out/labels.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    records = read(tmp_path / "out/labels.jsonl")
    assert [record["id"] for record in records] == [row["id"] for row in ROWS]
    assert list(records[0]) == [
        *("id", "page", "part", "title", "published", "published_at", "source", "tags", "url"),
        *("topics", "scores", "review", "summary", "summary_method", "model"),
    ]
    assert "5 articles" in done.stderr
    assert not list(tmp_path.glob("out/*.rejects.jsonl"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_other_formats_hold_the_same(mujaz, table, tmp_path, suffix):
    assert mujaz("label", "news.jsonl", "-o", f"labels.{suffix}").returncode == 0
    path = tmp_path / f"labels.{suffix}"
    if suffix == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            ids = [row["id"] for row in csv.DictReader(file)]
    else:
        ids = pq.read_table(path)["id"].to_pylist()
    assert ids == [row["id"] for row in ROWS]


def test_one_broken_line_is_rejected_and_the_rest_is_done(mujaz, table, tmp_path):
    table.write_text(table.read_text(encoding="utf-8") + '{"id": "n6", "bo\n', encoding="utf-8")
    done = mujaz("label", "news.jsonl", "-o", "labels.jsonl")
    assert done.returncode == 3
    assert len(read(tmp_path / "labels.jsonl")) == 5
    [reject] = read(tmp_path / "labels.jsonl.rejects.jsonl")
    assert reject["page"] == "news.jsonl"
    assert reject["place"].startswith("line 6")
    assert "JSON" in reject["reason"]
    assert "1 rejected" in done.stderr


def test_standard_input_to_standard_output(mujaz, table):
    done = mujaz("label", "-", "-o", "-", stdin=table.read_text(encoding="utf-8"))
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [row["id"] for row in ROWS]


def test_columns_can_be_named(mujaz, tmp_path):
    (tmp_path / "t.csv").write_text(
        f"key,head,text\nk1,{ROWS[0]['title']},{ROWS[0]['body']}\n", encoding="utf-8"
    )
    missing = mujaz("label", "t.csv", "-o", "o.jsonl")
    assert missing.returncode == 3
    [reject] = read(tmp_path / "o.jsonl.rejects.jsonl")
    assert "key" in reject["reason"]
    assert "--text-column" in reject["reason"]
    named = ["--id-column", "key", "--title-column", "head", "--text-column", "text"]
    assert mujaz("label", "t.csv", "-o", "o.jsonl", *named).returncode == 0
    [record] = read(tmp_path / "o.jsonl")
    assert (record["id"], record["title"]) == ("k1", ROWS[0]["title"])
    assert not (tmp_path / "o.jsonl.rejects.jsonl").exists()


def test_a_row_is_split_only_when_asked(mujaz, tmp_path):
    first, second = ROWS[0], ROWS[1]
    glued = "\n".join(
        [
            first["body"],
            "المصدر: وكالة",
            "إقرأ أيضاً:",
            second["title"],
            "وصلت سفينة أخرى إلى الميناء مساء أمس.",
            second["body"],
        ]
    )
    row = json.dumps({"id": "g", "title": ROWS[0]["title"], "body": glued}, ensure_ascii=False)
    (tmp_path / "g.jsonl").write_text(row + "\n", encoding="utf-8")
    assert mujaz("label", "g.jsonl", "-o", "whole.jsonl").returncode == 0
    assert mujaz("label", "g.jsonl", "-o", "split.jsonl", "--split").returncode == 0
    assert len(read(tmp_path / "whole.jsonl")) == 1
    assert [record["id"] for record in read(tmp_path / "split.jsonl")] == ["g#1", "g#2"]


def test_summaries_can_be_skipped_and_made_alone(mujaz, table, tmp_path):
    mujaz("label", "news.jsonl", "-o", "bare.jsonl", "--no-summaries")
    assert {record["summary"] for record in read(tmp_path / "bare.jsonl")} == {None}
    assert mujaz("summarize", "news.jsonl", "-o", "short.jsonl").returncode == 0
    records = read(tmp_path / "short.jsonl")
    assert [record["summary"] for record in records] == [row["body"] for row in ROWS]
    assert {record["topics"] for record in records} == {None}


def test_lengths_of_summaries_can_be_asked_for(mujaz, table, tmp_path):
    for length, words in (("headline", 12), ("short", 60), ("long", 100)):
        done = mujaz("summarize", str(table), "-o", "out.jsonl", "--method", "lead", "--length", length)
        assert done.returncode == 0
        records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert all(record["summary_method"] == "lead" for record in records)
        assert all(len(record["summary"].split()) <= words for record in records)
    refused = mujaz("summarize", str(table), "--length", "epic")
    assert refused.returncode == 2 and "epic" in refused.stderr


def test_what_carries_a_summary_and_what_was_refused_can_be_asked_for(mujaz, tiny_writer, tmp_path):
    lead = "وصلت السفينة إلى الميناء صباح اليوم بعد رحلة طويلة عبر المحيط."
    rest = "وقال مدير الميناء إن تفريغ الحمولة يستغرق ثلاثة أيام قبل أن تعود السفينة إلى بلادها مع طاقمها."
    line = json.dumps({"id": "1", "title": "سفينة في الميناء", "body": f"{lead} {rest}"}, ensure_ascii=False)
    (tmp_path / "ship.jsonl").write_text(line + "\n", encoding="utf-8")
    assert mujaz("summarize", "ship.jsonl", "-o", "plain.jsonl").returncode == 0
    assert "evidence" not in read(tmp_path / "plain.jsonl")[0]
    chosen = ("--summarizer", str(tiny_writer), "--method", "model", "--explain")
    assert mujaz("label", "ship.jsonl", "-o", "why.jsonl", *chosen).returncode == 0
    [record] = read(tmp_path / "why.jsonl")
    assert (record["summary"], record["summary_method"], record["evidence"]) == (lead, "lead", [lead])
    assert record["refused"] and all(one["text"] and one["reasons"] for one in record["refused"])
    shown = mujaz("summarize", "ship.jsonl", *chosen)
    assert shown.returncode == 0 and "✗" in shown.stdout
    refused = mujaz("summarize", "ship.jsonl", "--summarizer", str(tiny_writer), "--method", "lead")
    assert refused.returncode == 2 and "leave it out" in refused.stderr


def test_without_an_output_a_table_is_printed(mujaz, table):
    done = mujaz("label", "news.jsonl")
    assert done.returncode == 0
    assert ROWS[0]["title"] in done.stdout
    assert "%" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr  # no colours or bars in a pipe


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["label", "none.txt"], "none.txt"),
        (["label", "news.jsonl", "-o", "labels.xlsx"], ".parquet"),
        (["label", "news.jsonl", "--no-such-option"], "no-such-option"),
        (["label"], "INPUT"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(mujaz, table, arguments, words):
    done = mujaz(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_model_is_a_failure_and_leaves_an_older_output(mujaz, table, tiny_model, tmp_path):
    damaged = shutil.copytree(tiny_model, tmp_path / "damaged")
    with (damaged / "config.json").open("a") as file:
        file.write(" ")
    (tmp_path / "labels.jsonl").write_text("older\n")
    done = mujaz("label", "news.jsonl", "-o", "labels.jsonl", "--model", str(damaged))
    assert done.returncode == 1
    assert "SHA-256" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "labels.jsonl").read_text() == "older\n"


def test_a_truncated_gzip_gives_what_came_before_the_cut(mujaz, table, tmp_path):
    many = table.read_bytes() * 4_000
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(many, 1)[:-4_000])
    done = mujaz("summarize", "cut.jsonl.gz", "-o", "labels.jsonl")
    assert done.returncode == 3
    assert len(read(tmp_path / "labels.jsonl")) > 5
    assert "gzip" in read(tmp_path / "labels.jsonl.rejects.jsonl")[-1]["reason"]


def test_a_reader_that_leaves_early_is_no_traceback(table, tiny_model, tmp_path):
    table.write_bytes(table.read_bytes() * 200)
    command = f"{sys.executable} -c 'from infer.cli import main; main()' summarize news.jsonl -o - | head -1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
