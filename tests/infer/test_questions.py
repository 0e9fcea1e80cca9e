"""Questions to a labelled archive: what they answer, and that they can harm nothing."""

import csv
import json
import sys

import pyarrow.parquet as pq
import pytest

from infer import cli
from infer.errors import UsageError
from infer.outputs import open_output
from infer.questions import open_labels
from infer.questions.stats import stats
from tests.infer.archive import TOPICS, record, write_archive

RECORDS = [
    record(1, "هدنة في غزة", ["gaza"], review=True, scores={"gaza": 0.3}),
    record(2, "رسوم على الصلب", ["trade_tariffs"], day="2025-03-09", source="رويترز"),
    record(3, "مؤتمر عن غزة والرسوم", ["gaza", "trade_tariffs"], day="2025-04-01"),
    record(4, "بطولة كرة القدم", day="2025-04-02", source=None),
    record(5, "=خبر بلا يوم", day=None, tags=("رياضة", "كرة")),
    record(6, "هدنة في غزة", ["gaza"], day="2025-03-06", source="رويترز"),
]
STORIES = {each.id: f"s{number}" for number, each in enumerate(RECORDS)} | {"p6.txt#1": "s0"}
COPIES = {"p6.txt#1": "p1.txt#1"}


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "labels", RECORDS, STORIES, COPIES)


@pytest.fixture
def mujaz(monkeypatch, capsys):
    """The command; gives its exit code, and what it printed on standard output and error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["mujaz", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code or 0, printed.out, printed.err

    return run


def answer(place, sql):
    with open_labels(place) as opened:
        return list(opened.ask(sql).rows())


def test_a_folder_is_one_table_of_its_records_alone(labels):
    assert answer(labels, "SELECT count(*), count(published), count(duplicate_of) FROM labels") == [(6, 5, 1)]
    with open_labels(labels) as opened:
        assert opened.topics == TOPICS
        assert opened.columns[-2:] == ("story", "duplicate_of")
        assert "date" not in opened.columns  # published says it


def test_parts_may_lack_columns_and_topics(tmp_path):
    folder = write_archive(tmp_path / "labels", RECORDS[:1])
    assert answer(folder, "SELECT story, duplicate_of FROM labels") == [(None, None)]
    later = record(9, "خبر عن النفط", ["oil"], day="2025-05-01", scores={"oil": 0.75})
    write_archive(folder, [later], {later.id: "s9"}, topics=(*TOPICS, "oil"))
    sql = "SELECT story, scores.oil, scores.gaza > 0.2 FROM labels ORDER BY published"
    assert answer(folder, sql) == [(None, None, True), ("s9", 0.75, False)]


def test_parts_of_before_hours_were_kept(tmp_path, mujaz):
    folder = write_archive(tmp_path / "labels", RECORDS[:4])
    for part in folder.glob("date=*/part-*.parquet"):
        pq.write_table(pq.read_table(part, partitioning=None).drop_columns("published_at"), part)
    assert answer(folder, "SELECT count(*), count(published_at) FROM labels") == [(4, 0)]
    assert mujaz("stats", folder)[0] == 0
    at = "2025-05-01T08:05+03:00"
    write_archive(folder, [record(9, "خبر", ["gaza"], day="2025-05-01", published_at=at)])
    sql = "SELECT id, published_at FROM labels WHERE published_at IS NOT NULL"
    assert answer(folder, sql) == [("p9.txt#1", at)]
    assert stats(folder).articles == 5


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_a_single_file_is_the_same_table(tmp_path, suffix):
    with open_output(tmp_path / f"labels.{suffix}", TOPICS) as out:
        for each in RECORDS:
            out.write(each)
    rows = answer(tmp_path / f"labels.{suffix}", "SELECT * EXCLUDE (scores), scores.gaza FROM labels")
    expected = answer(
        write_archive(tmp_path / "folder", RECORDS), "SELECT * EXCLUDE (scores), scores.gaza FROM labels"
    )
    assert sorted(rows) == sorted(expected)


def test_order_and_names_are_those_of_the_query(labels):
    sql = "SELECT id AS معرف FROM labels ORDER BY id DESC LIMIT 2"
    with open_labels(labels) as opened:
        got = opened.ask(sql)
        assert got.names == ("معرف",)
        assert list(got.rows()) == [("p6.txt#1",), ("p5.txt#1",)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", "nothing else"),
        ("SELECT * FROM read_text('PLACE/_ledger/part-0000.parquet')", "nothing else"),
        ("SELECT * FROM glob('/etc/*')", "nothing else"),
        ("SELECT * FROM read_parquet('https://example.org/x.parquet')", "nothing else"),
        ("COPY labels TO 'PLACE/x.csv'", "this is COPY"),
        ("ATTACH 'PLACE/x.db'", "this is ATTACH"),
        ("INSTALL httpfs", "this is LOAD"),
        ("SET memory_limit = '1TB'", "this is SET"),
        ("DROP VIEW labels", "this is DROP"),
        ("SELECT 1; SELECT 2", "this is SELECT, SELECT"),
        ("EXPLAIN ANALYZE COPY labels TO 'PLACE/x.csv'", "this is EXPLAIN"),
        ("", "this is nothing"),
        # A part may be read, so only the kind of statement keeps it from being written over.
        ("WITH x AS (COPY (SELECT 1) TO 'PART' (USE_TMP_FILE false)) SELECT 1", "never changed"),
        ("SELECT * FROM query('COPY labels TO ''PART''')", "single SELECT"),
        ("WITH x AS (CREATE TABLE t AS SELECT 1) SELECT 1", "must be a SELECT"),
    ],
)
def test_a_query_reads_the_labels_and_does_nothing_else(labels, sql, message):
    before = {path: path.read_bytes() for path in labels.rglob("*.parquet")}
    part = next(labels.glob("date=2025-03-05/*.parquet"))
    with pytest.raises(UsageError, match=message):
        answer(labels, sql.replace("PLACE", str(labels)).replace("PART", str(part)))
    assert {path: path.read_bytes() for path in labels.rglob("*") if path.is_file()} == before


def test_variables_of_the_program_are_no_tables(labels):
    with pytest.raises(UsageError, match="RECORDS"):
        answer(labels, "SELECT * FROM RECORDS")


def test_errors_are_one_sentence_with_the_columns(labels, mujaz):
    code, out, err = mujaz("query", labels, "SELECT topik FROM labels")
    assert (code, out) == (2, "")
    assert "topik" in err
    assert "duplicate_of" in err
    assert err.count("\n") == 1


def test_what_fails_midway_leaves_no_file(labels, mujaz, tmp_path):
    code, _, err = mujaz("query", labels, "SELECT title::INT FROM labels", "-o", tmp_path / "o.csv")
    assert code == 2
    assert "Could not convert" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "no such file or folder"), ("empty", "holds no labels"), ("a.txt", "a file in .parquet")],
)
def test_a_place_without_labels_is_refused(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UsageError, match=message):
        answer(tmp_path / name, "SELECT 1")


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "id,title\n1,x\n"), ("a.jsonl", '{"id": 1}\n'), ("a.parquet", "PAR1")]
)
def test_other_tables_and_damaged_ones_are_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=r"not what `mujaz label` wrote|cannot be read"):
        answer(tmp_path / name, "SELECT 1")


def test_an_answer_as_csv_is_harmless_in_a_spreadsheet(labels, mujaz, tmp_path):
    sql = "SELECT title, topics, -part AS \"=x\" FROM labels WHERE id IN ('p3.txt#1', 'p5.txt#1') ORDER BY id"
    code, out, err = mujaz("query", labels, sql, "-o", tmp_path / "o.csv")
    assert (code, out, err) == (0, "", f"2 rows in {tmp_path / 'o.csv'}\n")
    with (tmp_path / "o.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["title", "topics", "'=x"],
        ["مؤتمر عن غزة والرسوم", "gaza|trade_tariffs", "-1"],
        ["'=خبر بلا يوم", "", "-1"],
    ]


def test_an_answer_as_jsonl_and_parquet_keeps_its_types(labels, mujaz, tmp_path):
    sql = "SELECT min(published) AS day, sum(part) AS n, 'nan'::DOUBLE AS no, min(scores) AS s FROM labels"
    mujaz("query", labels, sql, "-o", tmp_path / "o.jsonl")
    row = json.loads((tmp_path / "o.jsonl").read_text(encoding="utf-8"))
    assert (row["day"], row["n"], row["no"], list(row["s"])) == ("2025-03-05", 6, None, list(TOPICS))
    mujaz("query", labels, sql, "-o", tmp_path / "o.parquet")
    assert pq.read_table(tmp_path / "o.parquet").to_pylist()[0]["day"].isoformat() == "2025-03-05"
    code, _, err = mujaz("query", labels, "SELECT INTERVAL 1 DAY", "-o", tmp_path / "i.parquet")
    assert code == 2
    assert "cast the column" in err


def test_a_table_at_the_terminal_has_columns_or_blocks(labels, mujaz):
    code, out, err = mujaz("query", labels, "SELECT title, part FROM labels ORDER BY id LIMIT 1")
    assert (code, err) == (0, "1 row\n")
    assert "\u200fهدنة في غزة\u200f │    1 │" in out
    _, out, _ = mujaz("query", labels, "SELECT * FROM labels ORDER BY id LIMIT 1")
    assert "│ summary_method │ lead" in out
    _, out, err = mujaz("query", labels, "SELECT 'a\x1b[2J' AS x FROM range(101)")
    assert "\x1b" not in out
    assert err == "the first 100 rows; -o FILE writes all\n"


def test_stats_count_topics_periods_and_sources(labels):
    figures = stats(labels, "month")
    counted = {count.name: (count.articles, count.review, count.copies) for count in figures.topics}
    assert counted == {
        "iraq_us_relations": (0, 0, 0),
        "gaza": (3, 1, 1),
        "trade_tariffs": (2, 0, 0),
        "other": (2, 0, 0),
    }
    assert [(p.name, p.articles, p.topics) for p in figures.periods] == [
        ("2025-03", 3, {"gaza": 2, "trade_tariffs": 1}),
        ("2025-04", 2, {"gaza": 1, "trade_tariffs": 1, "other": 1}),
    ]
    assert [(s.name, s.articles) for s in figures.sources] == [("وكالة الأنباء", 3), ("رويترز", 2), (None, 1)]
    totals = (figures.articles, figures.labelled, figures.review, figures.copies, figures.undated)
    assert totals == (6, 6, 1, 1, 1)


@pytest.mark.parametrize(
    ("last", "by"), [("2025-03-31", "day"), ("2027-01-01", "month"), ("2045-01-01", "year")]
)
def test_the_period_suits_the_time(tmp_path, last, by):
    folder = write_archive(tmp_path, [record(1, "خبر"), record(2, "خبر", day=last)])
    assert stats(folder).by == by


def test_stats_are_printed_and_are_json(labels, mujaz):
    code, out, _ = mujaz("stats", labels, "--by", "year")
    assert code == 0
    assert "│ gaza              │        3 │   50% │    33% │      1 │" in out
    assert out.endswith("6 articles · 2025-03-05 to 2025-04-02 · 17% in review · copies 1 · undated 1\n")
    _, out, _ = mujaz("stats", labels, "--json")
    assert json.loads(out)["periods"][0] == {"name": "2025-03-05", "articles": 1, "topics": {"gaza": 1}}


def test_a_chart_is_drawn_the_same_each_time(labels, mujaz, tmp_path):
    for name in ("a.svg", "b.svg", "c.png"):
        assert mujaz("stats", labels, "--chart", tmp_path / name)[0] == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = mujaz("stats", labels, "--chart", tmp_path / "d.gif")
    assert code == 2
    assert ".svg or .png" in err


def test_undated_articles_cannot_be_drawn(mujaz, tmp_path):
    folder = write_archive(tmp_path / "labels", [record(1, "خبر", day=None)])
    code, _, err = mujaz("stats", folder, "--chart", tmp_path / "a.svg")
    assert code == 2
    assert "no article has a date" in err
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    ("package", "command"), [("duckdb", ["stats"]), ("matplotlib", ["stats", "--chart", "a.svg"])]
)
def test_what_is_not_installed_is_named(labels, mujaz, monkeypatch, package, command):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = mujaz(command[0], labels, *command[1:])
    assert code == 2
    assert "pip install 'mujaz[archive]'" in err
