"""Rows that are broken or meant to harm: a Reject that says where and why, and the run goes on."""

import csv
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infer.inputs import Columns, ReadOptions, read
from infer.schema import Article
from tests.infer.reading import one_reject, put, split

BODY = "أعلن النادي الرياضي في المدينة عن بدء التسجيل في دورات السباحة للأطفال خلال الصيف."
GOOD = {"id": "good", "title": "دورات السباحة", "body": BODY}
LINE = json.dumps(GOOD, ensure_ascii=False)


def test_one_bad_line_costs_one_line(tmp_path):
    bad = [
        ('{"body": "نص"', "broken JSON"),
        ("[1, 2]", "line is a list"),
        ('"نص"', "line is a text"),
        ("null", "line is null"),
        ("5", "line is a number"),
        ('{"body": 5}', "'body' is a number, not text"),
        ('{"body": ["نص"]}', "'body' is a list, not text"),
        ('{"body": {"a": 1}}', "'body' is an object, not text"),
        ('{"body": "نص", "title": true}', "'title' is true or false"),
        ('{"body": "نص", "id": ["a"]}', "'id' is a list"),
        ('{"body": "نص", "url": 7}', "'url' is a number"),
        ('{"body": "", "title": null}', "neither title nor text"),
        ('{"title": "عنوان", "text": "نص"}', "no text column 'body'; the columns are: title, text"),
        ("{}", "the columns are: none"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": ' + "9" * 5000 + "}", "a number is too long"),
    ]
    lines = [text for line, _ in bad for text in (line, LINE)]
    articles, rejects = split(put(tmp_path / "t.jsonl", "\n".join(lines)))
    assert [a.id for a in articles] == ["good"] * len(bad)
    for number, (reject, (_, reason)) in enumerate(zip(rejects, bad, strict=True)):
        assert reason in reject.reason
        assert reject.place.startswith(f"line {2 * number + 1}")
        assert reject.page == "t.jsonl"


def test_a_broken_line_is_told_with_its_column(tmp_path):
    reject = one_reject(put(tmp_path / "t.jsonl", '\n  {"body": نص}\n'))
    assert reject.place == "line 2, column 12"


def test_a_reject_carries_the_id_that_its_row_has(tmp_path):
    assert one_reject(put(tmp_path / "t.jsonl", '{"id": 7, "body": []}')).id == "7"
    assert one_reject(put(tmp_path / "t.jsonl", '{"id": 7, "text": "نص"}')).id == "7"


def test_one_json_document_is_refused_once(tmp_path):
    reject = one_reject(put(tmp_path / "t.jsonl", json.dumps([GOOD] * 50, indent=1)))
    assert "one object a line" in reject.reason


def test_missing_text_column_names_the_columns_and_the_option(tmp_path):
    pq.write_table(pa.table({"headline": ["ع"], "\x1b[31mtext": ["نص"]}), tmp_path / "t.parquet")
    put(tmp_path / "t.csv", "headline,text\nع,نص\n")
    _, rejects = split(tmp_path)
    assert [r.page for r in rejects] == ["t.csv", "t.parquet"]
    assert all("the columns are: headline" in r.reason and "--text-column" in r.reason for r in rejects)
    assert "\x1b" not in rejects[1].reason


def test_a_column_that_was_named_must_be_there(tmp_path):
    options = ReadOptions(columns=Columns(title="headline"))
    pq.write_table(pa.table({"title": ["ع"], "body": ["نص"]}), tmp_path / "t.parquet")
    assert "--title-column" in one_reject(tmp_path / "t.parquet", options).reason
    # A line of JSON may leave out what is null, so it is told once, at the end.
    articles, [reject] = split(put(tmp_path / "t.jsonl", f"{LINE}\n{LINE}\n"), options)
    assert len(articles) == 2
    assert "'headline' (--title-column)" in reject.reason
    articles, rejects = split(
        put(tmp_path / "t.jsonl", f'{LINE}\n{{"headline": "ع", "body": "نص"}}\n'), options
    )
    assert len(articles) == 2
    assert not rejects
    reject = one_reject(put(tmp_path / "t.jsonl", LINE), ReadOptions(columns=Columns(id="key")))
    assert "--id-column" in reject.reason


def test_our_own_records_hold_no_article(tmp_path):
    row = {
        "id": "a",
        "title": "ع",
        "topics": [],
        "summary": "خلاصة",
        "summary_method": "lead",
        "model": "m@1",
    }
    path = put(tmp_path / "t.jsonl", json.dumps(row) + f"\n{json.dumps(row)}\n")
    assert "--text-column summary" in one_reject(path).reason
    articles, _ = split(path, ReadOptions(columns=Columns(text="summary")))
    assert [a.body for a in articles] == ["خلاصة"] * 2


def test_one_huge_line_does_not_stop_the_next(tmp_path):
    options = ReadOptions(max_line_bytes=300_000)
    path = put(tmp_path / "t.jsonl", f'{LINE}\n{{"body": "{"x" * 3_000_000}"}}\n{LINE}\n')
    articles, [reject] = split(path, options)
    assert len(articles) == 2
    assert reject.place == "line 2"
    assert "line is 3.0 MB; the limit is 0.3 MB" in reject.reason


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "t.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for n in range(8000):
            file.write(json.dumps({"id": n, "body": BODY * 10}, ensure_ascii=False) + "\n")
        file.write('{"body": "' + "x" * 8_000_000 + '"}\n')
    assert path.stat().st_size > 18_000_000
    tracemalloc.start()
    count = sum(isinstance(a, Article) for a in read(path, ReadOptions(max_line_bytes=1_000_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 8000
    assert peak < 3_000_000


def test_bad_rows_of_csv(tmp_path):
    rows = [
        "id,title,body",
        "1,ع,نص",
        "2,ع",
        "3,ع,نص,زائد",
        '4,"ع"x,نص',
        "5,ع,نص\0",
        "",
        '6,"سطر أول\nسطر ثان",نص',
        '7,"لا يغلق,نص',
        "8,ع,نص",
        "9,ع,نص",
    ]
    articles, rejects = split(put(tmp_path / "t.csv", "\n".join(rows) + "\n"))
    assert [a.id for a in articles] == ["1", "5", "6", "8", "9"]
    assert articles[1].body == "نص"
    assert articles[2].title == "سطر أول سطر ثان"
    reasons = [(r.place, r.reason) for r in rejects]
    assert reasons[0] == ("line 3", "row has 2 cells, the header has 3")
    assert reasons[1] == ("line 4", "row has 4 cells, the header has 3")
    assert [place for place, _ in reasons[2:]] == ["line 5", "line 10"]
    assert all("broken CSV" in reason for _, reason in reasons[2:])


def test_a_quote_that_is_never_closed_is_bounded(tmp_path):
    text = 'id,body\n1,"نص\n' + "".join(f"{n},نص\n" for n in range(2, 5000))
    for options in (ReadOptions(max_row_lines=100), ReadOptions(max_line_bytes=2000), ReadOptions()):
        articles, [reject] = split(put(tmp_path / "t.csv", text), options)
        assert len(articles) == 4998
        assert reject.place == "line 2"


def test_a_huge_csv_field_costs_its_row(tmp_path):
    text = f"id,body\n1,نص\n2,{'x' * 500_000}\n3,نص\n"
    articles, [reject] = split(put(tmp_path / "t.csv", text), ReadOptions(max_line_bytes=100_000))
    assert [a.id for a in articles] == ["1", "3"]
    assert "0.5 MB" in reject.reason


@pytest.mark.parametrize("header", ['id,"body\n1,نص\n', "body,body\nنص,نص\n", "id;nothing\n1;2\n"])
def test_a_bad_header_costs_the_file(tmp_path, header):
    assert one_reject(put(tmp_path / "t.csv", header)).page == "t.csv"


def test_bytes_that_are_no_text_cost_their_row(tmp_path):
    junk = bytes(range(128, 256)) * 3
    data = LINE.encode() + b'\n{"body": "' + junk + b'"}\n' + LINE.encode()
    articles, rejects = split(put(tmp_path / "t.jsonl", data))
    assert [a.id for a in articles if a.id == "good"] == ["good", "good"]
    assert all(r.place == "line 2" for r in rejects)


def test_a_cut_parquet_file(tmp_path):
    pq.write_table(pa.table({"body": [BODY] * 1000}), tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    for size in (len(data) - 1, len(data) // 2, 12):
        assert "cut or damaged" in one_reject(put(tmp_path / "t.parquet", data[:size])).reason


def test_a_damaged_parquet_file_keeps_the_rows_before(tmp_path):
    table = pa.table({"id": list(range(4000)), "body": [f"{BODY} {n}" for n in range(4000)]})
    pq.write_table(
        table, tmp_path / "t.parquet", row_group_size=1000, compression="zstd", use_dictionary=False
    )
    data = bytearray((tmp_path / "t.parquet").read_bytes())
    start = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(2).column(1).data_page_offset
    data[start : start + 2000] = b"\xff" * 2000
    articles, [reject] = split(put(tmp_path / "t.parquet", bytes(data)))
    assert 1000 <= len(articles) <= 2000
    assert [a.id for a in articles] == [str(n) for n in range(len(articles))]
    assert reject.place == f"row {len(articles) + 1}"


def test_parquet_text_that_is_not_utf8(tmp_path):
    words = pa.array([BODY.encode(), BODY.encode("cp1256"), BODY.encode()])
    view = pa.StringArray.from_buffers(3, words.buffers()[1], words.buffers()[2])
    pq.write_table(pa.table({"body": view}), tmp_path / "t.parquet")
    articles, rejects = split(tmp_path / "t.parquet")
    assert [a.body for a in articles] == [BODY] * 3
    assert not rejects


def test_parquet_of_the_wrong_types_or_without_rows(tmp_path):
    for column, reason in (([1, 2], "int64"), ([["a"], ["b"]], "list<")):
        pq.write_table(pa.table({"body": column}), tmp_path / "t.parquet")
        assert reason in one_reject(tmp_path / "t.parquet").reason
    pq.write_table(pa.table({"body": pa.array([], pa.string())}), tmp_path / "t.parquet")
    assert "no rows" in one_reject(tmp_path / "t.parquet").reason
    pq.write_table(pa.table({"body": ["نص", None], "title": ["", None]}), tmp_path / "t.parquet")
    [article], [reject] = split(tmp_path / "t.parquet")
    assert (article.body, reject.place) == ("نص", "row 2")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.text("ab\",\n\r;'=", max_size=12), max_size=6))
def test_no_row_of_csv_is_lost_silently(tmp_path, rows):
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
            [["id", "body"], *([str(n), r] for n, r in enumerate(rows))]
        )
    articles, rejects = split(tmp_path / "t.csv")
    assert len(articles) + len(rejects) == max(1, len(rows))
    assert {a.id for a in articles} >= {str(n) for n, r in enumerate(rows) if r.strip()}
