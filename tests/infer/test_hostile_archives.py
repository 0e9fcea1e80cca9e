"""Folders as archives are: huge, changing while they are read, and not always well meant."""

import gzip
import io
import json
import os
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from infer.inputs import Found, ReadOptions, files, read, read_file
from infer.outputs import open_output
from infer.schema import Article, Record, Reject
from tests.infer.reading import articles, put, split, write_jsonl
from tests.infer.warcs import html, response

BODY = "أعلنت بلدية المدينة عن افتتاح مكتبة عامة جديدة في الحي القديم تضم آلاف الكتب والمخطوطات النادرة."
LINE = json.dumps({"id": "good", "title": "مكتبة عامة", "body": BODY}, ensure_ascii=False) + "\n"


def test_a_folder_of_many_files_is_opened_one_file_at_a_time(tmp_path):
    count = 20_000
    for number in range(count):
        (tmp_path / f"{number:05}.jsonl").touch()
    put(tmp_path / "00000.jsonl", LINE)
    results = read(tmp_path)
    tracemalloc.start()
    assert next(results).id == "good"
    (tmp_path / "00001.jsonl").unlink()  # after the folder was listed and before the file is opened
    assert next(results) == Reject("00001.jsonl", "", "file was there and is gone")
    tracemalloc.reset_peak()
    listed = tracemalloc.get_traced_memory()[0]
    assert sum(reject.reason == "empty file" for reject in islice(results, 3000)) == 3000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert listed < 200 * count  # the names alone
    assert peak < listed + 1_000_000


def test_a_line_of_300_mb_is_passed_over_in_flat_memory(tmp_path):
    with (tmp_path / "t.jsonl").open("wb") as file:
        file.write(b'{"id": "huge", "body": "')
        file.seek(300_000_000)  # a hole, which takes no room on the disk
        file.write(b'"}\n' + LINE.encode())
    tracemalloc.start()
    [article], [reject] = split(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert article.id == "good"
    assert (reject.place, reject.reason) == (
        "line 1",
        "line is 300.0 MB; the limit is 64.0 MB (max_line_bytes)",
    )
    assert peak < 140_000_000  # the limit and one copy


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_line_without_end_that_is_packed(tmp_path, suffix):
    pack = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor().compress
    # Below the ratio of bombs: it is the line's own limit that holds.
    noise = os.urandom(500_000).hex().encode() * 10
    path = put(tmp_path / f"t.jsonl{suffix}", pack(b'{"body": "' + noise + b'"}\n' + LINE.encode()))
    [article], [reject] = split(path, ReadOptions(max_line_bytes=2_000_000))
    assert article.id == "good"
    assert "the limit is 2.0 MB" in reject.reason


@pytest.mark.parametrize("grown", [True, False])
def test_a_page_that_changes_while_it_is_read(tmp_path, monkeypatch, grown):
    path = put(tmp_path / "a.txt", f"مكتبة عامة\n\n{BODY}\n" * 500)
    put(tmp_path / "b.jsonl", LINE)
    real = Path.open

    class Changing(io.FileIO):
        def read(self, size=-1):
            data = super().read(size)
            if grown and not data:
                os.truncate(path, path.stat().st_size + 99)
            elif not grown and self.tell() == len(data):
                os.truncate(path, 10)
            return data

    def opened(self, *args, **kwargs):
        return Changing(self) if self.name == "a.txt" else real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert reject.page == "a.txt"
    assert reject.reason.startswith("file changed while it was read: ")


def test_a_table_that_grows_is_read_to_where_it_ends(tmp_path):
    path = write_jsonl(tmp_path / "t.jsonl", [{"id": n, "body": BODY} for n in range(3)])
    results = read(path)
    first = next(results)
    with path.open("a", encoding="utf-8") as file:
        file.write(LINE)
    assert [first.id, *(result.id for result in results)] == ["0", "1", "2", "good"]


def test_a_table_that_shrinks_is_told_where_it_was_cut(tmp_path):
    path = write_jsonl(tmp_path / "t.jsonl", [{"id": n, "body": BODY} for n in range(3000)])
    results = read(path)
    next(results)
    os.truncate(path, path.stat().st_size // 2 + 7)
    *rest, last = results
    assert 1000 < len(rest) < 2000
    assert all(isinstance(result, Article) for result in rest)
    assert last.place.startswith(f"line {len(rest) + 2}, column")
    assert "broken JSON" in last.reason


@pytest.mark.parametrize("name", ["t.txt", "t.jsonl.gz", "t.warc", "t.warc.gz", "t.parquet", "t.csv.zst"])
def test_a_file_that_vanishes_after_it_was_found(tmp_path, name):
    put(tmp_path / name, b"x")
    [found] = files(tmp_path)
    assert isinstance(found, Found)
    (tmp_path / name).unlink()
    assert list(read_file(found)) == [Reject(name, "", "file was there and is gone")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_that_may_not_be_read(tmp_path):
    put(tmp_path / "a.warc", response(html())).chmod(0)
    (tmp_path / "b").mkdir()
    put(tmp_path / "c.jsonl", LINE)
    (tmp_path / "b").chmod(0)
    try:
        [article], rejects = split(tmp_path)
    finally:
        (tmp_path / "b").chmod(0o700)
    assert article.id == "good"
    assert [(r.page, "permission denied" in r.reason) for r in rejects] == [("a.warc", True), ("b", True)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["p.warc", "p.jsonl.zst", "p.txt.gz"])
def test_a_named_pipe_is_not_opened(tmp_path, name):
    os.mkfifo(tmp_path / name)
    put(tmp_path / "z.jsonl", LINE)
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert (reject.page, "pipe" in reject.reason) == (name, True)
    # One that takes the place of a file that was found.
    put(tmp_path / "q.warc", b"x")
    found = next(f for f in files(tmp_path) if isinstance(f, Found) and f.page == "q.warc")
    (tmp_path / "q.warc").unlink()
    os.mkfifo(tmp_path / "q.warc")
    assert "pipe" in next(read_file(found)).reason


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
@pytest.mark.parametrize("name", ["l.warc.gz", "l.jsonl.zst", "l.warc"])
def test_links_out_of_the_folder_are_not_followed(tmp_path, name):
    inside = tmp_path / "in"
    inside.mkdir()
    put(tmp_path / name, b"secret")
    (inside / name).symlink_to(f"../{name}")
    (inside / f"2{name}").symlink_to(f"/proc/self/root{tmp_path}/{name}")
    _, rejects = split(inside)
    assert all("out of the folder" in r.reason for r in rejects)
    assert len(rejects) == 2


def test_no_name_in_an_input_becomes_a_file(tmp_path):
    """Labels of strangers are text: nothing is opened by them, neither to read nor to write."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    names = ["../../evil", "/tmp/evil", "..", "a/../../evil", "C:\\evil", "evil\x00.txt", "date=../evil"]
    write_jsonl(
        inside / "a.jsonl", [{"id": n, "body": BODY, "page": n, "source": n, "url": n} for n in names]
    )
    packed = io.BytesIO()
    with gzip.GzipFile("/tmp/evil", "wb", fileobj=packed) as file:  # gzip keeps the name that a file had
        file.write(LINE.encode())
    put(inside / "b.jsonl.gz", packed.getvalue())
    put(inside / "c.warc", response(html(), uri="https://news.example/../../evil"))
    found = articles(inside)
    assert [a.id for a in found[: len(names)]] == names
    with open_output(outside / "labels.parquet", ("gaza",)) as output:
        for a in found:
            output.write(Record(a.id, a.page, a.part, a.title, a.published, a.source, a.tags, a.url))
    there = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert there == ["in", "in/a.jsonl", "in/b.jsonl.gz", "in/c.warc", "out", "out/labels.parquet"]


def test_a_folder_whose_names_are_hostile(tmp_path):
    names = [" .jsonl", "%2e%2e.jsonl", "-o.jsonl", "a\x1b[31m.jsonl", "a\nb.jsonl"]
    for name in (*names, "..jsonl", "..."):
        put(tmp_path / name, LINE)
    assert [a.page for a in articles(tmp_path)] == sorted(names)
