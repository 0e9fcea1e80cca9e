"""Archives that something happened to between two runs."""

import shutil

import pytest

from infer.archive import open_archive
from infer.errors import UsageError
from infer.inputs.options import ReadOptions
from infer.questions import open_labels
from tests.infer.test_archive import articles, listing, pipeline, records, row, run, small_windows, write

__all__ = ["articles", "pipeline", "small_windows"]


@pytest.fixture
def archive(articles, pipeline, tmp_path):
    folder = tmp_path / "labels"
    run(folder, pipeline, articles)
    return folder


def resumed(folder, pipeline, source):
    """What a run gives, and the run."""
    with open_archive(folder, pipeline, ReadOptions()) as archive:
        return list(archive.results([str(source)])), archive


def parts(folder):
    return sorted(folder.glob("date=*/part-*.parquet"))


def test_a_part_that_is_gone_is_made_again_and_no_other(archive, articles, pipeline):
    before, whole = records(archive), set(listing(archive))
    parts(archive)[0].unlink()
    with_others = records(archive)
    results, again = resumed(archive, pipeline, articles)
    assert records(archive) == before and set(listing(archive)) >= whole
    assert len(results) == len(before) - len(with_others) and again.missing == 1
    assert not again.planner.lost
    results, again = resumed(archive, pipeline, articles)
    assert results == [] and again.missing == 0


def test_what_is_in_no_input_any_more_is_counted(archive, pipeline, tmp_path):
    gone = len(records(archive))
    shutil.rmtree(parts(archive)[0].parent)
    left = len(records(archive))
    other = write(tmp_path / "other.jsonl", [row(990)])
    _, again = resumed(archive, pipeline, other)
    assert len(again.planner.lost) == gone - left


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00\xff" * 500])
def test_a_damaged_ledger_is_named_with_what_helps(archive, articles, pipeline, content):
    ledger = next(archive.glob("_ledger/*.parquet"))
    ledger.write_bytes(content)
    kept = [(part, part.read_bytes()) for part in parts(archive)]
    with pytest.raises(UsageError, match=r"_ledger/.*damaged.*copy"):
        run(archive, pipeline, articles)
    assert [(part, part.read_bytes()) for part in parts(archive)] == kept


def test_a_file_of_the_ledger_that_is_gone_is_told_and_nothing_is_removed(archive, pipeline, tmp_path):
    run(archive, pipeline, write(tmp_path / "more.jsonl", [row(991)]))
    first, _ = sorted(archive.glob("_ledger/*.parquet"))
    first.unlink()
    kept = parts(archive)
    with pytest.raises(UsageError, match=f"{first.name} is missing"):
        run(archive, pipeline, tmp_path / "more.jsonl")
    assert parts(archive) == kept


DEEP = b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
HUGE = b'{"id": "' + b"x" * 3_000_000 + b'"}\n'


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello\n", b"7\n", DEEP, HUGE, b"\0" * 1000])
def test_what_begins_as_no_labels_is_refused_by_name(tmp_path, suffix, content):
    file = tmp_path / f"labels{suffix}"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=f"labels{suffix}") as told, open_labels(file):
        pass
    assert len(str(told.value)) < 1000


def test_a_damaged_part_is_named_with_what_helps(archive):
    part = parts(archive)[0]
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(UsageError, match=f"{part.name}.*move a damaged part away"), open_labels(archive):
        pass
