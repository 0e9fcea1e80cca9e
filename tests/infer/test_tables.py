"""Rows of JSONL, CSV and Parquet: what becomes of their columns."""

import csv
import datetime
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infer.inputs import Columns, ReadOptions
from infer.schema import Article
from tests.infer.reading import articles, write_jsonl

TITLE = "وزيرة البيئة تفتتح محمية جديدة في الجنوب"
BODY = (
    "افتتحت وزيرة البيئة صباح الأحد محمية طبيعية تضم مئات الأنواع من الطيور المهاجرة.\n"
    "وقالت الوزيرة إن المحمية ستستقبل الزوار بعد شهرين من اليوم."
)
ROW = {"id": "a-1", "title": TITLE, "body": BODY, "date": "2024-02-09", "url": "https://example.org/1"}


def write_parquet(path: Path, **columns: list) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_a_row_becomes_an_article(tmp_path):
    [article] = articles(write_jsonl(tmp_path / "news.jsonl", [ROW]))
    assert article == Article(
        id="a-1",
        title=TITLE,
        body=BODY,
        page="news.jsonl",
        part=1,
        published="2024-02-09",
        url="https://example.org/1",
    )


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson", "T.JSONL", "t.csv", "t.tsv", "t.parquet"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_table_gives_the_same_articles(tmp_path, name, packed):
    rows = [ROW, {**ROW, "id": "a-2", "body": 'نص\tفيه «علامات» و"اقتباس"\nوسطر ثان'}]
    path = tmp_path / name
    if name.endswith("parquet"):
        write_parquet(path, **{key: [row[key] for row in rows] for key in ROW})
    elif name.lower().endswith("json") or "sonl" in name.lower() or "ndjson" in name:
        write_jsonl(path, rows)
    else:
        between = "\t" if name.endswith("tsv") else ","
        quoted = [['"' + v.replace('"', '""') + '"' for v in row.values()] for row in rows]
        lines = [between.join(ROW), *(between.join(row) for row in quoted)]
        path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    if packed:
        packed_path = tmp_path / (name + ".gz")
        packed_path.write_bytes(gzip.compress(path.read_bytes()))
        path = packed_path
    found = articles(path)
    assert [(a.id, a.title, a.body, a.published, a.url) for a in found] == [
        (row["id"], TITLE, row["body"], "2024-02-09", "https://example.org/1") for row in rows
    ]
    assert {a.page for a in found} == {path.name}


def test_text_columns_can_be_named(tmp_path):
    path = write_jsonl(
        tmp_path / "t.jsonl", [{"nr": 7, "h": TITLE, "t": BODY, "on": "2024-02-09", "at": "x"}]
    )
    options = ReadOptions(columns=Columns(id="nr", title="h", text="t", date="on", url="at"))
    [article] = articles(path, options)
    assert (article.id, article.title, article.published, article.url) == ("7", TITLE, "2024-02-09", "x")


@pytest.mark.parametrize(
    ("given", "out"), [(17, "17"), (1.5, "1.5"), ("007", "007"), (" x ", " x "), (0, "0")]
)
def test_ids_that_come_in_go_out(tmp_path, given, out):
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [{**ROW, "id": given}]))
    assert article.id == out


def test_rows_without_id_are_numbered(tmp_path):
    rows = [{"body": "نص أول"}, {"body": "نص ثان", "id": None}, {"body": "نص ثالث", "id": ""}]
    assert [a.id for a in articles(write_jsonl(tmp_path / "t.jsonl", rows))] == [
        f"t.jsonl#{n}" for n in (1, 2, 3)
    ]
    write_parquet(tmp_path / "t.parquet", body=["نص أول", "نص ثان"])
    assert [a.id for a in articles(tmp_path / "t.parquet")] == ["t.parquet#1", "t.parquet#2"]


def test_same_id_twice_is_kept(tmp_path):
    assert [a.id for a in articles(write_jsonl(tmp_path / "t.jsonl", [ROW, ROW]))] == ["a-1", "a-1"]


def test_a_row_with_a_title_alone_is_an_article(tmp_path):
    for row in ({**ROW, "body": None}, {**ROW, "body": " \n"}):
        [article] = articles(write_jsonl(tmp_path / "t.jsonl", [row]))
        assert (article.title, article.body) == (TITLE, "")


def test_title_is_one_line_and_control_characters_leave(tmp_path):
    [article] = articles(
        write_jsonl(tmp_path / "t.jsonl", [{**ROW, "title": " عنوان\nعلى\r\nأسطر ", "body": "نص\0\r\nتال"}])
    )
    assert (article.title, article.body) == ("عنوان على أسطر", "نص\nتال")


def test_half_a_surrogate_cannot_reach_the_output(tmp_path):
    (tmp_path / "t.jsonl").write_text(
        '{"id": "\\ud800", "title": "ع\\udfff", "body": "نص \\ud83d"}\n', "utf-8"
    )
    [article] = articles(tmp_path / "t.jsonl")
    assert (article.id, article.title, article.body) == ("\ufffd", "ع\ufffd", "نص \ufffd")


@pytest.mark.parametrize(
    "date", ["ليس تاريخا", "", None, [1], {"y": 1}, -1, 1707521400, True, "2024-13-45", "9" * 5000]
)
def test_a_date_that_cannot_be_read_costs_nothing_else(tmp_path, date):
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [{**ROW, "date": date}]))
    assert (article.id, article.published) == ("a-1", None)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime.date(2024, 2, 9)]),
        pa.array([datetime.datetime(2024, 2, 9, 23, 30)]),
        pa.array([datetime.datetime(2024, 2, 9, 23, 30)]).cast(pa.timestamp("s")),
        pa.array([1707521400123456789], pa.timestamp("ns")),
        pa.array([1707521400000], pa.timestamp("ms", tz="UTC")),
        pa.array([1707507000000], pa.timestamp("ms", tz="Asia/Baghdad")),
        pa.array([1707507000000], pa.timestamp("ms", tz="No/Where")),
        pa.array(["2024-02-09"]).dictionary_encode(),
        pa.array(["2024-02-09"], pa.large_string()),
        pa.array([b"2024-02-09"]),
    ],
    ids=lambda values: str(values.type),
)
def test_dates_of_parquet(tmp_path, values):
    write_parquet(tmp_path / "t.parquet", body=["نص"], date=values)
    [article] = articles(tmp_path / "t.parquet")
    assert article.published == "2024-02-09"


@pytest.mark.parametrize(
    ("values", "at"),
    [
        (pa.array([datetime.datetime(2024, 2, 9, 23, 30)]), "2024-02-09T23:30"),
        (pa.array([datetime.datetime(2024, 2, 9)]), None),  # a day, stored as a time
        (pa.array([datetime.date(2024, 2, 9)]), None),
        (pa.array([1707521400123456789], pa.timestamp("ns")), "2024-02-09T23:30"),
        (pa.array([1707521400000], pa.timestamp("ms", tz="UTC")), "2024-02-09T23:30+00:00"),
        (pa.array([1707507000000], pa.timestamp("ms", tz="Asia/Baghdad")), "2024-02-09T22:30+03:00"),
        (pa.array([1707426000], pa.timestamp("s", tz="Asia/Baghdad")), "2024-02-09T00:00+03:00"),
        (pa.array([1707507000000], pa.timestamp("ms", tz="No/Where")), "2024-02-09T19:30+00:00"),
        (pa.array(["2024-02-09T10:05:59+03:00"]), "2024-02-09T10:05+03:00"),
        (pa.array(["2024-02-09 00:00:00"]), None),
        (pa.array(["2024-02-09 10:05"]), "2024-02-09T10:05"),
        (pa.array(["الجمعة ٩ شباط ٢٠٢٤ | ٠٢:٣٠ م"]), "2024-02-09T14:30"),
    ],
    ids=str,
)
def test_hours_of_date_columns(tmp_path, values, at):
    write_parquet(tmp_path / "t.parquet", body=["نص"], date=values)
    [article] = articles(tmp_path / "t.parquet")
    assert (article.published, article.published_at) == ("2024-02-09", at)


@pytest.mark.parametrize(
    ("at", "out"), [("2024-02-09T14:30+03:00", True), ("2024-02-10T14:30", False), ("2", False), (7, False)]
)
def test_a_column_of_our_own_hours_counts_where_it_agrees_with_the_day(tmp_path, at, out):
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [{**ROW, "published_at": at}]))
    assert (article.published, article.published_at) == ("2024-02-09", at if out else None)


def test_times_outside_the_calendar_are_null(tmp_path):
    times = pa.array([1707471000, 2**45, None], pa.timestamp("s"))
    write_parquet(tmp_path / "t.parquet", body=["نص"] * 3, date=times)
    assert [a.published_at for a in articles(tmp_path / "t.parquet")] == ["2024-02-09T09:30", None, None]


def test_dates_outside_the_calendar_are_null(tmp_path):
    days = pa.array([19762, 2**31 - 1], pa.int32()).cast(pa.date32())
    write_parquet(tmp_path / "t.parquet", body=["نص", "نص"], date=days)
    assert [a.published for a in articles(tmp_path / "t.parquet")] == ["2024-02-09", None]


@pytest.mark.parametrize(
    "body",
    [pa.array([BODY], pa.large_string()), pa.array([BODY]).dictionary_encode(), pa.array([BODY.encode()])],
    ids=lambda body: str(body.type),
)
def test_text_types_of_parquet(tmp_path, body):
    write_parquet(tmp_path / "t.parquet", body=body, id=pa.array([5], pa.int64()), other=[[1, 2]])
    [article] = articles(tmp_path / "t.parquet")
    assert (article.id, article.body) == ("5", BODY)


def test_metadata_of_our_own_records_is_taken(tmp_path):
    extra = {
        "source": "وكالة",
        "tags": ["بيئة", "طيور"],
        "part": 3,
        "page": "p/x.txt",
        "published": "2023-01-02",
    }
    row = {**ROW, **extra, "date": None}
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [row]))
    assert (article.source, article.tags, article.part) == ("وكالة", ("بيئة", "طيور"), 3)
    assert (article.page, article.published) == ("p/x.txt", "2023-01-02")


@pytest.mark.parametrize(
    ("tags", "out"),
    [
        ("بيئة، طيور", ("بيئة", "طيور")),
        ("a, b,", ("a", "b")),
        ("a|b, c", ("a", "b, c")),
        (5, ()),
        ([1, "a"], ("a",)),
    ],
)
def test_tags_are_a_list_or_a_text(tmp_path, tags, out):
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [{**ROW, "tags": tags}]))
    assert article.tags == out


def test_metadata_of_other_types_is_left_out(tmp_path):
    row = {**ROW, "source": {"name": "وكالة"}, "part": "first", "page": 12, "published": 5.5}
    [article] = articles(write_jsonl(tmp_path / "t.jsonl", [row]))
    assert (article.source, article.part, article.page) == (None, 1, "t.jsonl")


def test_rows_are_not_split_unless_asked(tmp_path, monkeypatch):
    def two(text, *, page, url=None):
        return [
            Article(id="x", title="أول", body=text[:9], page=page, url=url),
            Article(id="y", title="ثان", body="نص", page=page, part=2, source="غيره"),
        ]

    monkeypatch.setattr("infer.inputs.fields.split_page", two)
    path = write_jsonl(tmp_path / "t.jsonl", [{**ROW, "source": "وكالة"}])
    assert [a.id for a in articles(path)] == ["a-1"]
    found = articles(path, ReadOptions(split=True))
    assert [(a.id, a.part, a.source, a.url, a.published) for a in found] == [
        ("a-1#1", 1, "وكالة", ROW["url"], "2024-02-09"),
        ("a-1#2", 2, "غيره", ROW["url"], "2024-02-09"),
    ]
    monkeypatch.setattr("infer.inputs.fields.split_page", lambda text, **kw: two(text, **kw)[:1])
    assert [a.id for a in articles(path, ReadOptions(split=True))] == ["a-1"]
    monkeypatch.setattr("infer.inputs.fields.split_page", lambda text, **kw: [])
    assert [(a.id, a.title) for a in articles(path, ReadOptions(split=True))] == [("a-1", TITLE)]


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_csv_of_other_locales(tmp_path, between):
    lines = [between.join(("id", "title", "body")), between.join(("1", TITLE, f'"أ{between}ب"'))]
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8")
    [article] = articles(tmp_path / "t.csv")
    assert (article.id, article.body) == ("1", f"أ{between}ب")


def test_a_long_csv_field_is_read_and_the_process_limit_left_alone(tmp_path):
    before = csv.field_size_limit()
    (tmp_path / "t.csv").write_text("body\n" + "نص " * 200_000, "utf-8")
    [article] = articles(tmp_path / "t.csv")
    assert len(article.body) > 500_000
    assert csv.field_size_limit() == before
