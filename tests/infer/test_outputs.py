"""Records on disk: what each form holds, and that a file is whole or not there."""

import csv
import gzip
import io
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infer.errors import UsageError
from infer.inputs import Columns, ReadOptions, read
from infer.outputs import open_output, record_dict
from infer.schema import Article, Record, RefusedSummary, Reject

TOPICS = ("water", "sport")
FULL = Record(
    id="a-1",
    page="p/x.txt",
    part=2,
    title="السد الجديد يمتلئ قبل موعده",
    published="2024-02-09",
    source="وكالة الأنباء",
    tags=("مياه", "سدود"),
    url="https://example.org/1",
    topics=("water",),
    scores={"water": 0.98125, "sport": 0.01},
    review=False,
    summary='امتلأ السد.\nوبدأ الري، قال «المدير»: "نعم".',
    summary_method="model",
    model="topics-compact@1a2b3c",
    published_at="2024-02-09T14:30+03:00",
)
BARE = Record("a-2", "y.txt", 1, "", None, None, (), None)
REJECT = Reject("z.txt", "line 3", "سطر مكسور", "r-1")


def put(path: Path, *records: Record, rejects: tuple[Reject, ...] = (), topics=TOPICS) -> Path:
    with open_output(path, topics) as out:
        for record in records:
            out.write(record)
        for reject in rejects:
            out.reject(reject)
    assert (out.written, out.rejected) == (len(records), len(rejects))
    return path


def test_record_dict_has_the_fields_in_their_order():
    row = record_dict(FULL)
    assert ",".join(row) == (
        "id,page,part,title,published,published_at,source,tags,url,topics,scores,review,"
        "summary,summary_method,model"
    )
    assert row["scores"] == {"water": 0.9812, "sport": 0.01}
    assert row["tags"] == ["مياه", "سدود"]
    assert record_dict(BARE)["topics"] is None


def test_jsonl(tmp_path):
    data = put(tmp_path / "o.jsonl", FULL, BARE, replace(FULL, topics=())).read_bytes()
    assert "السد الجديد".encode() in data
    rows = [json.loads(line) for line in data.decode().split("\n")[:-1]]
    assert rows[:2] == [record_dict(FULL), record_dict(BARE)]
    assert rows[2]["topics"] == []


def test_parquet(tmp_path):
    table = pq.read_table(put(tmp_path / "o.parquet", FULL, BARE))
    assert table.schema.names == list(record_dict(FULL))
    assert table.schema.field("published").type == pa.date32()
    assert table.schema.field("published_at").type == pa.string()
    assert table.schema.field("part").type == pa.int32()
    assert table.schema.field("scores").type == pa.struct([(t, pa.float32()) for t in TOPICS])
    full, bare = table.to_pylist()
    assert full["published"].isoformat() == "2024-02-09"
    assert full["scores"]["water"] == pytest.approx(0.9812, abs=1e-6)
    assert {**full, "published": None, "scores": None} == {
        **record_dict(FULL),
        "published": None,
        "scores": None,
    }
    assert bare == record_dict(BARE)
    assert pq.ParquetFile(tmp_path / "o.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_parquet_is_written_a_row_group_at_a_time(tmp_path):
    path = put(tmp_path / "o.parquet", *[replace(FULL, id=str(n)) for n in range(9000)])
    meta = pq.ParquetFile(path).metadata
    assert [meta.row_group(n).num_rows for n in range(meta.num_row_groups)] == [4096, 4096, 808]
    assert pq.read_table(path, columns=["id"])["id"].to_pylist() == [str(n) for n in range(9000)]


def test_parquet_without_topics_or_rows(tmp_path):
    record = replace(FULL, topics=None, scores=None)
    [row] = pq.read_table(put(tmp_path / "o.parquet", record, topics=())).to_pylist()
    assert (row["scores"], row["topics"], row["summary"]) == (None, None, FULL.summary)
    assert pq.read_table(put(tmp_path / "e.parquet")).num_rows == 0
    assert put(tmp_path / "e.jsonl").read_bytes() == b""


def test_a_date_that_is_none_is_null_in_parquet(tmp_path):
    path = put(tmp_path / "o.parquet", replace(FULL, published="أمس"))
    assert pq.read_table(path)["published"].to_pylist() == [None]


def test_csv(tmp_path):
    data = put(tmp_path / "o.csv", FULL, BARE).read_bytes()
    assert data.startswith(b"\xef\xbb\xbfid,page")
    full, bare = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert full["tags"] == "مياه|سدود"
    assert (full["topics"], full["review"], full["part"]) == ("water", "false", "2")
    assert (full["score_water"], full["score_sport"]) == ("0.9812", "0.01")
    assert full["summary"] == FULL.summary
    assert bare == dict.fromkeys(full, "") | {"id": "a-2", "page": "y.txt", "part": "1"}
    assert data.count(b"\r\n") == 3


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'="])
def test_csv_holds_no_formula(tmp_path, start):
    hostile = start + "HYPERLINK(1)"
    record = replace(FULL, title=hostile, source=hostile, summary=hostile, tags=(hostile,), id=hostile)
    data = put(tmp_path / "o.csv", record).read_bytes().decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(data, newline=""))
    for name in ("title", "source", "summary", "tags", "id"):
        assert row[name] == "'" + hostile


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.parquet", "o.jsonl.gz"])
def test_our_records_can_be_read_back(tmp_path, name):
    records = [
        FULL,
        replace(
            FULL,
            id="-7",
            title="=1+1",
            tags=("سد",),
            published=None,
            source=None,
            url=None,
            published_at=None,
        ),
    ]
    path = put(tmp_path / name.removesuffix(".gz"), *records)
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
    found = list(read(tmp_path / name, ReadOptions(columns=Columns(text="summary"))))
    assert found == [
        Article(
            r.id, r.title, r.summary, r.page, r.part, r.published, r.source, r.tags, r.url, r.published_at
        )
        for r in records
    ]


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.parquet"])
def test_nothing_half_written_is_seen(tmp_path, name):
    path = put(tmp_path / name, FULL, rejects=(REJECT,))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    for error in (RuntimeError, KeyboardInterrupt, GeneratorExit):
        with pytest.raises(error), open_output(path, TOPICS) as out:
            for _ in range(5000):
                out.write(BARE)
            out.reject(REJECT)
            assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.name[0] != "."} == before
            raise error
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_write_that_fails_at_the_end_leaves_the_older_output(tmp_path, monkeypatch):
    path = put(tmp_path / "o.jsonl", FULL)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"), open_output(path, TOPICS) as out:
        out.write(BARE)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["o.jsonl"]


def test_rejects_lie_beside_the_output(tmp_path):
    path = put(tmp_path / "o.parquet", FULL, rejects=(REJECT, replace(REJECT, id=None)))
    rejects = tmp_path / "o.parquet.rejects.jsonl"
    rows = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert rows[0] == {"page": "z.txt", "place": "line 3", "reason": "سطر مكسور", "id": "r-1"}
    assert rows[1]["id"] is None
    put(path, FULL)
    assert not rejects.exists(), "what an earlier run rejected is not true of this one"


def test_folders_are_made_and_modes_are_plain(tmp_path):
    path = put(tmp_path / "a" / "b" / "o.JSONL", FULL)
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_link_stays_a_link(tmp_path):
    real = put(tmp_path / "real.jsonl", BARE)
    (tmp_path / "o.jsonl").symlink_to(real)
    put(tmp_path / "o.jsonl", FULL)
    assert (tmp_path / "o.jsonl").is_symlink()
    assert json.loads(real.read_text("utf-8"))["id"] == "a-1"


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("o.txt", r"\.jsonl, \.csv, \.parquet"),
        ("o", "output ends in"),
        ("d.jsonl", "folder"),
        ("f/o.csv", "cannot"),
    ],
)
def test_places_that_cannot_be_written(tmp_path, name, match):
    (tmp_path / "d.jsonl").mkdir()
    (tmp_path / "f").touch()
    with pytest.raises(UsageError, match=match):
        open_output(tmp_path / name, TOPICS)
    assert {p.name for p in tmp_path.iterdir()} == {"d.jsonl", "f"}


def test_standard_output(capfd):
    with open_output(Path("-"), TOPICS) as out:
        out.write(FULL)
        out.reject(REJECT)
        seen = capfd.readouterr()
    assert json.loads(seen.out) == record_dict(FULL)
    assert json.loads(seen.err)["reason"] == "سطر مكسور"
    assert not sys.stdout.closed


@pytest.mark.parametrize("name", ["o.csv", "o.parquet"])
def test_a_score_without_a_column_is_no_silent_loss(tmp_path, name):
    with pytest.raises(ValueError, match="'gaza'"), open_output(tmp_path / name, TOPICS) as out:
        out.write(replace(FULL, scores={"gaza": 0.5}))
    assert not list(tmp_path.iterdir())


def test_a_score_that_is_no_number_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="JSON"), open_output(tmp_path / "o.jsonl", TOPICS) as out:
        out.write(replace(FULL, scores={"water": float("nan")}))


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.parquet"])
def test_half_a_surrogate_does_not_end_the_run(tmp_path, name):
    path = put(tmp_path / name, replace(FULL, title="ع\ud83d", tags=("\udfff",)), BARE)
    ids = [a.id for a in read(path, ReadOptions(columns=Columns(text="summary"))) if isinstance(a, Article)]
    assert ids == ["a-1"]


EXPLAINED = replace(
    FULL,
    evidence=("امتلأ | السد.", "وبدأ الري."),
    refused=(RefusedSummary("امتلأ 45 سدا.", ("number 45: the article has no such number",)),),
)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_what_explains_a_summary_is_in_every_form(tmp_path, suffix):
    path = tmp_path / f"o.{suffix}"
    with open_output(path, TOPICS, explained=True) as out:
        for record in (EXPLAINED, BARE):
            out.write(record)
    if suffix == "jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    elif suffix == "parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        rows = [
            {**row, "evidence": json.loads(row["evidence"]), "refused": json.loads(row["refused"])}
            for row in rows
        ]
    assert rows[0]["evidence"] == ["امتلأ | السد.", "وبدأ الري."]
    assert rows[0]["refused"] == [
        {"text": "امتلأ 45 سدا.", "reasons": ["number 45: the article has no such number"]}
    ]
    assert rows[1].get("evidence") is None
    assert rows[1].get("refused") is None


def test_half_a_surrogate_in_an_explanation_does_not_end_a_run(tmp_path):
    broken = replace(EXPLAINED, evidence=("\ud800 سد",), refused=(RefusedSummary("\ud800", ("\ud800",)),))
    with open_output(tmp_path / "o.parquet", TOPICS, explained=True) as out:
        out.write(broken)
    assert pq.read_table(tmp_path / "o.parquet").to_pylist()[0]["refused"][0]["text"] == "\ufffd"
