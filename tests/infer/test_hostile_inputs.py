"""Input that is broken or meant to harm: a Reject that says where and why, and the run goes on."""

import contextlib
import gzip
import inspect
import io
import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infer.inputs import ReadOptions, read
from infer.schema import Article, Reject
from tests.infer.reading import one_reject, put, split

BODY = "أعلن النادي الرياضي في المدينة عن بدء التسجيل في دورات السباحة للأطفال خلال الصيف."
GOOD = {"id": "good", "title": "دورات السباحة", "body": BODY}
LINE = json.dumps(GOOD, ensure_ascii=False)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("t.parquet", b"", "empty file"),
        ("t.txt", b"", "empty file"),
        ("t.txt", b" \n\n", "empty file"),
        ("t.html", b"", "empty file"),
        ("t.jsonl", b"", "empty file"),
        ("t.jsonl", b"\n \n", "empty file"),
        ("t.csv", b"", "empty file"),
        ("t.csv", b"\n\n", "no text column|empty file"),
        ("t.csv", b"id,body\n", "no rows"),
        ("t.csv.gz", gzip.compress(b""), "empty file"),
        ("t.txt.gz", b"text", "no gzip data"),
        ("t.jsonl.gz", LINE.encode(), "no gzip data"),
        ("t.txt", gzip.compress(b"text"), "gzip data"),
        ("t.jsonl", gzip.compress(LINE.encode()), "suffix .gz"),
        ("t.csv", b"PK\x03\x04" + b"\0" * 50, "ZIP archive"),
        ("t.jsonl", b"PAR1" + b"\0" * 50, "suffix .parquet"),
        ("t.parquet", LINE.encode(), "no Parquet file"),
        ("t.parquet", b"PAR1", "cut or damaged"),
        ("t.parquet", b"PAR1" + b"\xff" * 100 + b"PAR1", "cut or damaged"),
        ("t.parquet", b"PARE" + b"\0" * 50 + b"PARE", "encrypted"),
        ("t.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "PNG"),
        ("t.txt", b"%PDF-1.7" + bytes(range(256)) * 20, "PDF"),
        ("t.txt", bytes(range(256)) * 100, "text|encoding"),
        ("t.txt", b"\0" * 1000, "NUL|text"),
        ("t.html", b"\0" * 1000 + b"<p>x</p>", "NUL|text"),
        ("t.txt", b"<!DOCTYPE html>\n<html><body><p>x</p></body></html>", "suffix .html"),
        ("t.txt", b"\n <HTML><body><p>x</p></body></html>", "suffix .html"),
        ("t.html", b"<html><body></body></html>", "no article"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(tmp_path, name, data, reason):
    put(tmp_path / name, data)
    put(tmp_path / "z.jsonl", LINE)
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert any(part in reject.reason for part in reason.split("|")), reject
    assert reject.page == name


def test_other_suffixes_in_a_folder_are_told(tmp_path):
    put(tmp_path / "a.pdf", "x")
    put(tmp_path / "b", "x")
    _, rejects = split(tmp_path)
    assert [r.page for r in rejects] == ["a.pdf", "b"]
    assert all(".parquet" in r.reason for r in rejects)


def test_a_folder_of_nothing_is_told(tmp_path):
    put(tmp_path / "README.md", "x")
    assert "nothing that is read" in one_reject(tmp_path).reason


def test_a_page_over_the_limit(tmp_path):
    with (tmp_path / "t.txt").open("wb") as file:
        file.truncate(50_000_000)
    assert (
        one_reject(tmp_path / "t.txt").reason
        == "page is 50.0 MB; the limit is 20.0 MB; raise it with --max-page-mb"
    )
    put(tmp_path / "s.txt.gz", gzip.compress(b"text " * 1000))
    assert "over the limit" in one_reject(tmp_path / "s.txt.gz", ReadOptions(max_page_bytes=100)).reason
    path = put(tmp_path / "t.jsonl", f"{LINE}\n{json.dumps({'body': 'نص ' * 500})}\n{LINE}")
    articles, [reject] = split(path, ReadOptions(max_page_bytes=1000))
    assert len(articles) == 2
    assert reject.place == "line 2"
    assert "--max-page-mb" in reject.reason


def test_a_cut_gzip_keeps_what_came_before(tmp_path):
    lines = [json.dumps({"id": n, "body": f"{BODY} {n * 7919 % 1000}"}) for n in range(3000)]
    packed = gzip.compress("\n".join(lines).encode())
    articles, [reject] = split(put(tmp_path / "t.jsonl.gz", packed[: len(packed) // 2]))
    assert 1000 < len(articles) < 2000
    assert [a.id for a in articles] == [str(n) for n in range(len(articles))]
    assert reject.place == f"line {len(articles) + 1}"
    assert "ends too early" in reject.reason
    csv = gzip.compress(("id,body\n" + "".join(f'{n},"{BODY}\n{n}"\n' for n in range(3000))).encode())
    articles, [reject] = split(put(tmp_path / "t.csv.gz", csv[: len(csv) // 2]))
    assert len(articles) > 1000
    assert reject.place.startswith("line ")
    # A page that is cut is no article.
    text = gzip.compress(BODY.encode() * 50)
    assert "ends too early" in one_reject(put(tmp_path / "t.txt.gz", text[:-20])).reason


def test_a_damaged_gzip_is_told(tmp_path):
    packed = bytearray(gzip.compress("\n".join([LINE] * 10).encode()))
    packed[-6] ^= 0xFF
    _, [reject] = split(put(tmp_path / "t.jsonl.gz", bytes(packed)))
    assert "checksum" in reject.reason
    _, [reject] = split(put(tmp_path / "t.jsonl.gz", gzip.compress((LINE + "\n").encode()) + b"garbage"))
    assert "damaged" in reject.reason


def test_gzip_of_several_members_and_padding(tmp_path):
    member = gzip.compress((LINE + "\n").encode())
    articles, rejects = split(put(tmp_path / "t.jsonl.gz", member + member + b"\0" * 512))
    assert (len(articles), rejects) == (2, [])


@pytest.mark.parametrize("name", ["t.jsonl.gz", "t.csv.gz", "t.txt.gz", "t.parquet.gz"])
def test_a_gzip_bomb_is_stopped(tmp_path, name):
    start = b"PAR1" if "parquet" in name else (LINE + "\n").encode()
    put(tmp_path / name, gzip.compress(start + b" " * 20_000_000))
    options = ReadOptions(ratio_from_bytes=1_000_000, max_page_bytes=10_000_000)
    _, rejects = split(tmp_path / name, options)
    assert any("gzip bomb" in r.reason or "no text column" in r.reason for r in rejects)
    _, rejects = split(tmp_path / name, ReadOptions(max_unpacked_bytes=5_000_000))
    assert any("5.0 MB" in r.reason or "no text column" in r.reason for r in rejects)


def test_a_parquet_file_in_gzip_that_is_cut(tmp_path):
    pq.write_table(pa.table({"body": [BODY]}), tmp_path / "t.parquet")
    packed = gzip.compress((tmp_path / "t.parquet").read_bytes())
    assert "ends too early" in one_reject(put(tmp_path / "t.parquet.gz", packed[:-9])).reason


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_links(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    put(outside / "secret.txt", BODY)
    put(inside / "x.jsonl", LINE)
    (inside / "copy.jsonl").symlink_to("x.jsonl")
    (inside / "loop").symlink_to(".")
    (inside / "nowhere.txt").symlink_to("nothing")
    (inside / "circle.txt").symlink_to("circle.txt")
    (inside / "secret.txt").symlink_to("../out/secret.txt")
    (inside / "away").symlink_to(outside)
    articles, rejects = split(inside)
    assert [a.page for a in articles] == ["copy.jsonl", "x.jsonl"]
    reasons = {r.page: r.reason for r in rejects}
    assert set(reasons) == {"loop", "nowhere.txt", "circle.txt", "secret.txt", "away"}
    assert "out of the folder" in reasons["secret.txt"]
    assert "out of the folder" in reasons["away"]
    # What the user names is read, link or not.
    (tmp_path / "named").symlink_to(inside)
    assert len(split(tmp_path / "named")[0]) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_hang_the_run(tmp_path):
    os.mkfifo(tmp_path / "p.jsonl")
    assert "pipe" in one_reject(tmp_path).reason


def test_files_that_may_not_be_read_or_vanish(tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", "c.jsonl"):
        put(tmp_path / name, LINE)
    real = Path.open

    def guarded(self, *args, **kwargs):
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", guarded)
    results = read(tmp_path)
    first = next(results)
    (tmp_path / "b.txt").unlink()
    rest = list(results)
    assert "permission denied" in first.reason
    assert (rest[0].page, rest[0].reason) == ("b.txt", "file was there and is gone")
    assert rest[1].id == "good"


def test_a_folder_that_vanishes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        put(tmp_path / name / "x.jsonl", LINE)
    results = read([tmp_path / "a", tmp_path / "b"])
    assert next(results).page == "a/x.jsonl"
    (tmp_path / "b" / "x.jsonl").unlink()
    (tmp_path / "b").rmdir()
    [reject] = list(results)
    assert (reject.page, reject.reason) == ("b", "file was there and is gone")


def test_a_page_that_breaks_the_parser_costs_itself(tmp_path, monkeypatch):
    def breaks(html, *, page):
        raise RecursionError("too deep")

    monkeypatch.setattr("infer.inputs.reader.from_html", breaks)
    put(tmp_path / "a.html", "<p>x</p>")
    put(tmp_path / "b.jsonl", LINE)
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert "RecursionError" in reject.reason


def test_a_row_that_breaks_the_splitter_costs_itself(tmp_path, monkeypatch):
    def breaks(text, *, page, url=None):
        raise RecursionError("too deep")

    monkeypatch.setattr("infer.inputs.fields.split_page", breaks)
    reject = one_reject(put(tmp_path / "t.jsonl", LINE), ReadOptions(split=True))
    assert (reject.id, reject.place) == ("good", "line 1")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_file_names_that_are_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.jsonl"
    Path(os.fsdecode(path)).write_text(LINE, "utf-8")
    [article], _ = split(tmp_path)
    assert article.page == "\ufffd\ufffd.jsonl"
    article.page.encode()


def test_folders_nested_deeper_than_calls_may_be(tmp_path):
    path = tmp_path.joinpath(*["d"] * 300)
    path.mkdir(parents=True)
    put(path / "x.jsonl", LINE)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 150)
    try:
        articles, rejects = split(tmp_path)
    finally:
        sys.setrecursionlimit(before)
    assert (len(articles), rejects) == (1, [])


def test_standard_input_that_is_packed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINE.encode()))))
    assert "gunzip -c" in one_reject("-").reason


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=400),
    name=st.sampled_from(["jsonl", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz"]),
)
def test_no_bytes_end_a_run(tmp_path, data, name):
    prefix = {"csv": b"id,body\n", "tsv": b"id\tbody\n", "parquet": b"PAR1"}.get(name, b"")
    path = put(tmp_path / f"t.{name}", prefix + data)
    for result in read(path):
        assert isinstance(result, Article | Reject)
        with contextlib.suppress(AttributeError):
            result.body.encode()
    assert list(read(path)), "nothing a user gave is dropped silently"
