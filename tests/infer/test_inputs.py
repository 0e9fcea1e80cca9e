"""What can be read, and what comes out of it."""

import gzip
import io
import json
import sys

import pytest

from infer.errors import UsageError
from infer.inputs import Found, files, read, read_file, stamp
from infer.schema import Reject
from tests.infer.reading import articles, write_jsonl

TITLE = "وزيرة البيئة تفتتح محمية جديدة في الجنوب"
BODY = (
    "افتتحت وزيرة البيئة صباح الأحد محمية طبيعية تضم مئات الأنواع من الطيور المهاجرة.\n"
    "وقالت الوزيرة إن المحمية ستستقبل الزوار بعد شهرين من اليوم."
)
ROW = {"id": "a-1", "title": TITLE, "body": BODY, "date": "2024-02-09", "url": "https://example.org/1"}


@pytest.mark.parametrize("packed", [False, True])
def test_pages_of_text_and_html(tmp_path, packed):
    pages = {
        "a.txt": f"{TITLE}\n\n{BODY}\n",
        "b.html": f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>"
        + "".join(f"<p>{line}</p>" for line in BODY.split("\n"))
        + "</article></body></html>",
    }
    for name, content in pages.items():
        data = content.encode()
        (tmp_path / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    found = articles(tmp_path)
    assert [a.page for a in found] == [name + ".gz" * packed for name in pages]
    assert all("الطيور المهاجرة" in a.body for a in found)
    assert found[0].id.startswith("a.txt")


def test_folders_are_walked_in_sorted_order(tmp_path):
    for name in ("b/2.jsonl", "b/10.jsonl", "a.jsonl", "c/d/e.jsonl", "B.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(tmp_path / name, [{"body": "نص"}])
    pages = ["B.jsonl", "a.jsonl", "b/10.jsonl", "b/2.jsonl", "c/d/e.jsonl"]
    assert [a.page for a in articles(tmp_path)] == pages
    assert [a.page for a in articles(str(tmp_path))] == pages


def test_pages_are_named_from_what_inputs_share(tmp_path):
    one, two = tmp_path / "one" / "x.jsonl", tmp_path / "two" / "x.jsonl"
    for path in (one, two):
        path.parent.mkdir()
        write_jsonl(path, [{"body": "نص"}])
    assert [a.page for a in articles([two, one.parent])] == ["two/x.jsonl", "one/x.jsonl"]
    assert [a.page for a in articles([one, one])] == ["x.jsonl", "x.jsonl"]
    assert [a.page for a in articles([one.parent, one])] == ["x.jsonl", "x.jsonl"]


def test_relative_inputs(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "x.jsonl", [{"body": "نص"}])
    monkeypatch.chdir(tmp_path / "in")
    for given in (".", "../in", "x.jsonl", "./x.jsonl"):
        assert [a.page for a in articles([given])] == ["x.jsonl"]


def test_furniture_is_passed_over(tmp_path):
    write_jsonl(tmp_path / "x.jsonl", [{"body": "نص"}])
    for name in ("README.md", "notes.md", "LICENSE", ".hidden.txt", "out.jsonl.rejects.jsonl"):
        (tmp_path / name).write_text("شيء آخر")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("شيء")
    assert [a.page for a in articles(tmp_path)] == ["x.jsonl"]


def test_standard_input(tmp_path, monkeypatch):
    data = io.TextIOWrapper(io.BytesIO(json.dumps({"body": "نص"}).encode() + b"\n"))
    monkeypatch.setattr(sys, "stdin", data)
    [article] = articles(["-"])
    assert (article.page, article.id) == ("<stdin>", "<stdin>#1")
    with pytest.raises(UsageError, match="only once"):
        read(["-", "-"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1256"])
@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.txt"])
def test_encodings_need_not_be_declared(tmp_path, encoding, name):
    if name == "t.csv":
        text = "id,title,body\r\n" + "".join(f'{n},{TITLE},"{BODY}"\r\n' for n in range(3))
    elif name == "t.jsonl":
        text = (json.dumps({"id": 1, "title": TITLE, "body": BODY}, ensure_ascii=False) + "\n") * 3
    else:
        text = f"{TITLE}\n\n{BODY}\n"
    (tmp_path / name).write_bytes(text.encode(encoding))
    found = articles(tmp_path / name)
    assert len(found) == (1 if name == "t.txt" else 3)
    assert all("الطيور المهاجرة" in a.body for a in found)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("nowhere.jsonl", "no such file"),
        ("x.pdf", "not read; those that are: .txt"),
        ("x.json", "one object a line"),
        ("x", "not read"),
        ("a\0b", "cannot look at"),
    ],
)
def test_wrong_inputs_stop_the_run_before_it_starts(tmp_path, name, match):
    for there in ("x.pdf", "x.json", "x"):
        (tmp_path / there).write_text("x")
    write_jsonl(tmp_path / "good.jsonl", [ROW])
    with pytest.raises(UsageError, match=match):
        read([tmp_path / "good.jsonl", tmp_path / name])


def test_nothing_named_is_an_error():
    with pytest.raises(UsageError, match="nothing to read"):
        read([])


def test_order_of_inputs_is_order_of_articles(tmp_path):
    write_jsonl(tmp_path / "b.jsonl", [{"id": 1, "body": "نص"}, {"id": 2, "body": "نص"}])
    write_jsonl(tmp_path / "a.jsonl", [{"id": 3, "body": "نص"}])
    assert [a.id for a in articles([tmp_path / "b.jsonl", tmp_path / "a.jsonl"])] == ["1", "2", "3"]


def test_file_by_file_is_the_same_as_all_at_once(tmp_path):
    for name in ("a.jsonl", "b/c.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_jsonl(tmp_path / name, [ROW, {"id": "no text"}])
    (tmp_path / "b" / "x.pdf").write_text("x")
    found = list(files(tmp_path))
    assert [f.page if isinstance(f, Found) else f.reason[:14] for f in found] == [
        "a.jsonl",
        "b/c.jsonl",
        "files of suffix"[:14],
    ]
    one_by_one = [r for f in found for r in ([f] if isinstance(f, Reject) else read_file(f))]
    assert one_by_one == list(read(tmp_path))
    # What is known can be left out.
    assert [r.page for r in read_file(found[1])] == ["b/c.jsonl"] * 2


def test_files_looks_at_its_inputs_at_once(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        files([tmp_path / "nowhere"])


def test_a_stamp_changes_with_the_file(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [ROW])
    [found] = files(path)
    before = stamp(found)
    assert before == (path.stat().st_size, path.stat().st_mtime_ns)
    list(read_file(found))
    assert stamp(found) == before
    write_jsonl(path, [ROW, ROW])
    assert stamp(found) != before
    path.unlink()
    assert stamp(found) is None
    [standard_input] = files("-")
    assert stamp(standard_input) is None
