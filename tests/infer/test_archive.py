import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from infer.archive import open_archive
from infer.archive import plan as plans
from infer.errors import UsageError
from infer.inputs import ReadOptions
from infer.pipeline import load
from infer.schema import Reject
from infer.topics import TopicModel
from tests.tiny import WORDS

WINDOW = 16


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(plans, "WINDOW", WINDOW)


@pytest.fixture(scope="module")
def pipeline(tiny_model):
    return load(tiny_model, method="lead")


def text(seed, words=60):
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS.split()) + ("." if i % 9 == 8 else "") for i in range(words)) + "."


def row(number, **more):
    day = f"2025-03-{1 + number % 3:02}" if number % 7 else None
    return {"id": f"a{number}", "title": text(-number, 6), "body": text(number), "date": day} | more


def write(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def run(folder, pipeline, *inputs, **settings):
    with open_archive(folder, pipeline, ReadOptions(), **settings) as archive:
        return list(archive.results([str(each) for each in inputs]))


def records(folder):
    parts = sorted(Path(folder).glob("date=*/part-*.parquet"))
    tables = [pq.read_table(part, partitioning=None) for part in parts]
    return sorted(
        (r for table in tables for r in table.to_pylist()), key=lambda r: (r["page"], r["part"], r["id"])
    )


def listing(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def articles(tmp_path):
    return write(tmp_path / "articles.jsonl", [row(i) for i in range(50)])


@pytest.fixture
def no_reading(monkeypatch):
    """Fails the test when the model is asked to read anything."""

    def refuse(self, windows):
        raise AssertionError(f"{len(windows)} windows were read")

    return lambda: monkeypatch.setattr(TopicModel, "log_odds", refuse)


def test_records_stand_in_parts_by_day_with_what_a_file_has(articles, pipeline, tmp_path):
    given = run(tmp_path / "labels", pipeline, articles)
    assert [r.id for r in given] == [f"a{i}" for i in range(50)]
    found = records(tmp_path / "labels")
    assert len(found) == 50
    assert {r["id"] for r in found} == {f"a{i}" for i in range(50)}
    for part in (tmp_path / "labels").glob("date=*/part-*.parquet"):
        day = part.parent.name.removeprefix("date=")
        days = {str(d) for d in pq.read_table(part, partitioning=None)["published"].to_pylist()}
        assert days == ({"None"} if day == "__HIVE_DEFAULT_PARTITION__" else {day})
    by_id = {r.id: r for r in given}
    for r in found:
        record = by_id[r["id"]]
        assert tuple(r["topics"]) == record.topics
        assert r["summary"] == record.summary
        assert r["scores"] == pytest.approx(record.scores, abs=1e-4)
        assert (r["story"], r["duplicate_of"]) == (record.story, None)


def test_records_are_those_of_the_pipeline(articles, pipeline, tmp_path):
    from infer.inputs import read

    plain = pipeline.analyze(read(str(articles)))
    for archived, alone in zip(run(tmp_path / "labels", pipeline, articles), plain, strict=True):
        assert archived.summary == alone.summary
        assert archived.scores == pytest.approx(alone.scores, abs=0.05)


def test_nothing_new_reads_nothing(articles, pipeline, tmp_path, no_reading):
    run(tmp_path / "labels", pipeline, articles)
    before = {name: (tmp_path / "labels" / name).stat().st_mtime_ns for name in listing(tmp_path / "labels")}
    no_reading()
    assert run(tmp_path / "labels", pipeline, articles) == []
    after = {name: (tmp_path / "labels" / name).stat().st_mtime_ns for name in listing(tmp_path / "labels")}
    before.pop("_lock"), after.pop("_lock")
    assert before == after


def test_a_touched_file_is_looked_through_and_nothing_is_read_again(articles, pipeline, tmp_path, no_reading):
    run(tmp_path / "labels", pipeline, articles)
    os.utime(articles, (1, 1))
    no_reading()
    with open_archive(tmp_path / "labels", pipeline) as archive:
        assert list(archive.results([str(articles)])) == []
        assert archive.planner.unchanged == 50
    with open_archive(tmp_path / "labels", pipeline) as archive:
        assert list(archive.results([str(articles)])) == []
        assert (archive.planner.unchanged, archive.planner.files_unchanged) == (0, 1)


def test_what_is_added_or_changed_is_labelled_alone(articles, pipeline, tmp_path):
    run(tmp_path / "labels", pipeline, articles)
    rows = [row(i) for i in range(50)]
    rows[7] = row(7, body=text(700), date="2025-04-01")
    write(articles, [*rows, row(50)])
    given = run(tmp_path / "labels", pipeline, articles)
    assert {r.id for r in given} == {"a7", "a50"}
    found = records(tmp_path / "labels")
    assert len(found) == 51
    [changed] = [r for r in found if r["id"] == "a7"]
    assert str(changed["published"]) == "2025-04-01"
    assert changed["summary"] == next(r for r in given if r.id == "a7").summary


def test_rejects_of_files_that_are_passed_over_stay(pipeline, tmp_path):
    bad = tmp_path / "in" / "bad.jsonl"
    bad.parent.mkdir()
    write(bad, [row(1), {"id": "empty", "title": "", "body": ""}, row(2)])
    first = run(tmp_path / "labels", pipeline, bad.parent)
    kept = (tmp_path / "labels" / "_rejects.jsonl").read_text()
    assert [type(r) for r in first].count(Reject) == 1
    second = run(tmp_path / "labels", pipeline, bad.parent)
    assert second == [r for r in first if isinstance(r, Reject)]
    assert (tmp_path / "labels" / "_rejects.jsonl").read_text() == kept
    write(bad, [row(1), row(2)])
    assert run(tmp_path / "labels", pipeline, bad.parent) == []
    assert not (tmp_path / "labels" / "_rejects.jsonl").exists()


def test_an_id_that_stands_twice_is_rejected_and_the_first_stays(pipeline, tmp_path):
    path = write(tmp_path / "in.jsonl", [row(1), row(2, id="a1"), row(3)])
    for _ in range(2):
        given = run(tmp_path / "labels", pipeline, path)
        [reject] = [r for r in given if isinstance(r, Reject)]
        assert reject.id == "a1"
        assert "more than once" in reject.reason
        os.utime(path)
    found = records(tmp_path / "labels")
    assert [r["id"] for r in found] == ["a1", "a3"]
    assert found[0]["title"] == row(1)["title"]


def test_copies_are_read_once_and_keep_their_own_record(pipeline, tmp_path, monkeypatch):
    rows = [row(i) for i in range(20)] + [
        row(i, id=f"copy{i}", body=text(3), date="2025-05-05") for i in (30, 31)
    ]
    read = []
    log_odds = TopicModel.log_odds
    monkeypatch.setattr(
        TopicModel,
        "log_odds",
        lambda self, windows: read.append(len({w.article for w in windows})) or log_odds(self, windows),
    )
    run(tmp_path / "labels", pipeline, write(tmp_path / "in.jsonl", rows))
    assert sum(read) == 20
    found = {r["id"]: r for r in records(tmp_path / "labels")}
    assert len(found) == 22
    for copy in ("copy30", "copy31"):
        assert found[copy]["story"] == found["a3"]["story"]
        assert found[copy]["duplicate_of"] == "a3"
        assert (found[copy]["topics"], found[copy]["scores"]) == (
            found["a3"]["topics"],
            found["a3"]["scores"],
        )
        assert str(found[copy]["published"]) == "2025-05-05"
    assert len({r["story"] for r in found.values()}) == 20


def copied_model(tiny_model, tmp_path, change):
    from shutil import copytree

    from infer.bundle import write_manifest

    folder = Path(copytree(tiny_model, tmp_path / "changed"))
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    write_manifest(folder)
    return folder


def test_a_changed_threshold_decides_anew_and_reads_nothing(
    articles, pipeline, tiny_model, tmp_path, no_reading
):
    def raise_limits(config):
        for each in config["calibration"].values():
            each["threshold"] = 0.999999

    changed = load(copied_model(tiny_model, tmp_path, raise_limits), method="lead")
    before = run(tmp_path / "labels", pipeline, articles)
    assert any(r.topics for r in before)
    no_reading()
    after = run(tmp_path / "labels", changed, articles)
    assert [r.topics for r in after] == [()] * 50
    found = records(tmp_path / "labels")
    assert len(found) == 50
    assert {r["model"] for r in found} == {changed.topics.name}
    for old, new in zip(before, after, strict=True):
        assert new.scores == pytest.approx(old.scores, abs=1e-6)


def test_a_changed_model_reads_everything_again(articles, pipeline, tiny_model, tmp_path):
    def shift(config):
        for each in config["calibration"].values():
            each["intercept"] += 1.0

    changed = load(copied_model(tiny_model, tmp_path, shift), method="lead")
    before = run(tmp_path / "labels", pipeline, articles)
    after = run(tmp_path / "labels", changed, articles)
    assert len(after) == 50
    assert after[0].scores != before[0].scores
    assert len(records(tmp_path / "labels")) == 50


def test_another_length_writes_summaries_anew_and_reads_nothing(
    articles, pipeline, tiny_model, tmp_path, no_reading
):
    run(tmp_path / "labels", pipeline, articles)
    no_reading()
    after = run(tmp_path / "labels", load(tiny_model, method="lead", length="headline"), articles)
    assert after[0].summary == after[0].title
    assert len(records(tmp_path / "labels")) == 50


def test_going_back_to_what_an_older_run_was_asked_for_is_a_change_too(
    articles, pipeline, tiny_model, tmp_path, no_reading
):
    headlines = load(tiny_model, method="lead", length="headline")
    before = run(tmp_path / "labels", pipeline, articles)
    no_reading()
    assert len(run(tmp_path / "labels", headlines, articles)) == 50
    assert run(tmp_path / "labels", pipeline, articles) == before
    assert {row["summary"] for row in records(tmp_path / "labels")} == {each.summary for each in before}
    assert run(tmp_path / "labels", pipeline, articles) == []


def test_many_runs_do_not_leave_many_parts(pipeline, tmp_path):
    for i in range(20):
        write(tmp_path / f"{i:02}.jsonl", [row(i, date="2025-03-01")])
        run(tmp_path / "labels", pipeline, *sorted(tmp_path.glob("*.jsonl")))
    assert len(records(tmp_path / "labels")) == 20
    assert len(list((tmp_path / "labels").glob("date=*/*"))) <= 9


def test_two_runs_do_not_meet_in_one_folder(articles, pipeline, tmp_path):
    with open_archive(tmp_path / "labels", pipeline), pytest.raises(UsageError, match="another run"):
        open_archive(tmp_path / "labels", pipeline).__enter__()


def test_a_folder_of_other_things_is_left_alone(articles, pipeline, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("x")
    with pytest.raises(UsageError, match="holds other things"):
        open_archive(tmp_path / "other", pipeline).__enter__()
    assert listing(tmp_path / "other") in (["note.txt"], ["_lock", "note.txt"])


def test_an_input_that_is_not_there_is_told(pipeline, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        run(tmp_path / "labels", pipeline, tmp_path / "none.jsonl")


def as_before_hours(folder):
    """Make an archive one that a Mujaz wrote which kept no hours."""
    for part in folder.glob("date=*/part-*.parquet"):
        table = pq.read_table(part, partitioning=None)
        pq.write_table(table.drop_columns("published_at"), part)


def hour_of(id_):
    number = int(id_[1:])
    return f"2025-03-{1 + number % 3:02}T10:{number:02}+03:00" if number % 2 else None


HOURLY = [row(i, date=hour_of(f"a{i}") or "2025-03-01") for i in range(1, 21)]


def test_hours_are_kept(pipeline, tmp_path):
    run(tmp_path / "labels", pipeline, write(tmp_path / "in.jsonl", HOURLY))
    for r in records(tmp_path / "labels"):
        assert r["published_at"] == hour_of(r["id"])


def test_an_archive_without_hours_goes_on_and_gets_them_where_files_are_looked_through(
    pipeline, tmp_path, no_reading
):
    path = write(tmp_path / "in.jsonl", [r | {"date": r["date"][:10]} for r in HOURLY])
    run(tmp_path / "labels", pipeline, path)
    as_before_hours(tmp_path / "labels")
    before = listing(tmp_path / "labels")
    assert run(tmp_path / "labels", pipeline, path) == []  # unchanged files are not opened
    assert listing(tmp_path / "labels") == before
    write(path, HOURLY)
    no_reading()  # the text is the same
    given = run(tmp_path / "labels", pipeline, path)
    assert [r.id for r in given] == [f"a{i}" for i in range(1, 21, 2)]  # those that have one
    found = records(tmp_path / "labels")
    assert {r["id"]: r["published_at"] for r in found} == {f"a{i}": hour_of(f"a{i}") for i in range(1, 21)}


def test_new_articles_join_parts_without_hours(pipeline, tmp_path):
    old = write(tmp_path / "old.jsonl", [row(i, date="2025-03-01") for i in range(5)])
    run(tmp_path / "labels", pipeline, old)
    as_before_hours(tmp_path / "labels")
    new = write(tmp_path / "new.jsonl", [row(9, date="2025-03-01T08:05")])
    run(tmp_path / "labels", pipeline, old, new)
    found = {r["id"]: r.get("published_at") for r in records(tmp_path / "labels")}
    assert found == {f"a{i}": None for i in range(5)} | {"a9": "2025-03-01T08:05"}


MAIN = "from infer.cli import main; main()"

SCRIPT = """
import sys, time
from infer.archive import open_archive, plan
from infer.archive import folder as folders
from infer.archive import run as runs
from infer.pipeline import load
plan.WINDOW = 16
runs.PUBLISHED = 48
before = folders.Folder._write
def slow(*args):
    time.sleep(0.01)
    before(*args)
    time.sleep(0.01)
folders.Folder._write = slow
with open_archive(sys.argv[1], load(sys.argv[2], method="lead")) as archive:
    print("ready", flush=True)
    for result in archive.results(sys.argv[3:]):
        pass
"""


def test_killed_at_any_moment_and_run_again_it_is_as_if_it_had_not_been(
    tiny_model, pipeline, tmp_path, monkeypatch
):
    monkeypatch.setattr("infer.archive.run.PUBLISHED", 48)
    rows = [row(i) for i in range(150)] + [row(i, id=f"c{i}", body=text(i - 200)) for i in range(200, 230)]
    rows[20] = {"id": "bad", "title": "", "body": ""}
    (tmp_path / "in").mkdir()
    for i in range(6):
        write(tmp_path / "in" / f"{i}.jsonl", rows[30 * i : 30 * i + 30])
    run(tmp_path / "whole", pipeline, tmp_path / "in")
    draw = random.Random(5)
    killed = 0
    for _ in range(40):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / "cut"), str(tiny_model), str(tmp_path / "in")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0.0, 0.25))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        for part in (tmp_path / "cut").glob("date=*/part-*.parquet"):
            pq.read_table(part, partitioning=None)
        if killed >= 6:
            break
    run(tmp_path / "cut", pipeline, tmp_path / "in")
    assert killed >= 3
    assert records(tmp_path / "cut") == records(tmp_path / "whole")
    assert listing(tmp_path / "cut") == listing(tmp_path / "whole")


def test_a_full_disk_stops_the_run_and_leaves_what_was_written(articles, pipeline, tmp_path, monkeypatch):
    from infer.archive import folder as folders

    calls = []
    before = folders.Folder._write

    def fill(self, name, *args):
        calls.append(name)
        if len(calls) == 3:
            raise OSError(28, "No space left on device", name)
        before(self, name, *args)

    monkeypatch.setattr(folders.Folder, "_write", fill)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path / "labels", pipeline, articles)
    monkeypatch.setattr(folders.Folder, "_write", before)
    given = run(tmp_path / "labels", pipeline, articles)
    assert len(given) == 50 - 2 * WINDOW
    assert len(records(tmp_path / "labels")) == 50


def test_what_is_rejected_is_not_held_back_until_a_window_is_full(pipeline, tmp_path):
    bad = [{"id": f"b{i}", "title": "", "body": ""} for i in range(200)]
    path = write(tmp_path / "in.jsonl", [row(1), *bad, row(2)])
    with open_archive(tmp_path / "labels", pipeline) as archive:
        results = archive.results([str(path)])
        first = next(results)
        assert isinstance(first, Reject)
        assert [type(r) for r in results].count(Reject) == 199
    assert [r["id"] for r in records(tmp_path / "labels")] == ["a1", "a2"]


def test_a_file_with_very_many_rejects_is_read_again(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "MOST_REJECTS", 5)
    bad = [{"id": f"b{i}", "title": "", "body": ""} for i in range(9)]
    path = write(tmp_path / "in.jsonl", [row(1), *bad])
    for _ in range(2):
        given = run(tmp_path / "labels", pipeline, path)
        assert [r.id for r in given if isinstance(r, Reject)] == [f"b{i}" for i in range(9)]
    assert len(records(tmp_path / "labels")) == 1


def test_the_command_writes_archives_and_says_what_it_passed_over(articles, tiny_model, tmp_path):
    def mujaz(*arguments):
        command = [sys.executable, "-c", MAIN, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])

    label = ("label", articles, "--model", tiny_model, "--method", "lead", "-o", tmp_path / "labels")
    first = mujaz(*label)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr.startswith("50 articles in ")
    second = mujaz(*label)
    assert second.returncode == 0
    assert "0 articles in" in second.stderr
    assert "1 files unchanged" in second.stderr
    assert len(records(tmp_path / "labels")) == 50
    wrong = mujaz("label", articles, "--model", tiny_model, "--exact", "-o", tmp_path / "x.jsonl")
    assert wrong.returncode == 2
    assert "--exact" in wrong.stderr
    wrong = mujaz("summarize", articles, "-o", tmp_path / "summaries")
    assert wrong.returncode == 2
    assert not (tmp_path / "summaries").exists()


def test_a_run_that_goes_on_publishes_as_one_that_begins(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr("infer.archive.run.PUBLISHED", 48)
    rows = [row(i) for i in range(50)]
    run(tmp_path / "labels", pipeline, write(tmp_path / "in.jsonl", rows))
    ledger = tmp_path / "labels" / "_ledger"
    before = len(list(ledger.iterdir()))
    rows += [row(i) for i in range(50, 90)]  # fewer than are journalled, in several windows
    run(tmp_path / "labels", pipeline, write(tmp_path / "in.jsonl", rows))
    assert len(list(ledger.iterdir())) == before + 1
    assert len(records(tmp_path / "labels")) == 90
