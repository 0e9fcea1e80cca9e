import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infer.errors import UsageError
from train.data import Labelled, describe, join_data, load_labelled, load_more, select

TOPICS = ["gaza", "sport"]
ROWS = [
    {"title": "قافلة تدخل غزة", "body": "دخلت القافلة صباح اليوم.", "labels": ["gaza"]},
    {"title": "مباراة في غزة", "body": "انتهت المباراة بهدف.", "labels": ["gaza", "sport"]},
    {"title": "طقس الغد", "body": "أمطار على الساحل.", "labels": []},
    {"title": "أسعار الخبز", "body": "ارتفعت الأسعار قليلا.", "labels": ["other"]},
]
TARGETS = [[1, 0], [1, 1], [0, 0], [0, 0]]


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def write_csv(path: Path, rows: list[dict]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


WRITERS = {"jsonl": write_jsonl, "parquet": write_parquet, "csv": write_csv}


def joined(rows: list[dict]) -> list[dict]:
    return [row | {"labels": "|".join(row["labels"])} for row in rows]


def load(path: Path) -> Labelled:
    return load_labelled(path, TOPICS, "mujaz-1")


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        load(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("jsonl", ROWS),
        ("jsonl", joined(ROWS)),
        ("parquet", ROWS),
        ("parquet", joined(ROWS)),
        ("csv", joined(ROWS)),
    ],
)
def test_every_format_gives_the_same_articles_and_targets(tmp_path, kind, rows):
    data = load(WRITERS[kind](tmp_path / f"a.{kind}", rows))
    assert data.topics == TOPICS
    assert data.titles == [row["title"] for row in ROWS]
    assert data.bodies == [row["body"] for row in ROWS]
    assert data.targets.tolist() == TARGETS


def test_targets_follow_the_order_of_the_topics_not_of_the_labels(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [ROWS[0] | {"labels": ["sport", "gaza"]}, ROWS[0]])
    assert load_labelled(path, ["gaza", "sport"], "mujaz-1").targets.tolist() == [[1, 1], [1, 0]]
    assert load_labelled(path, ["sport", "gaza"], "mujaz-1").targets.tolist() == [[1, 1], [0, 1]]


def test_spaces_round_labels_and_missing_labels_mean_nothing(tmp_path):
    rows = [ROWS[0] | {"labels": labels} for labels in (" gaza | sport ", "gaza|", "", None, "other")]
    assert load(write_jsonl(tmp_path / "a.jsonl", rows)).targets.tolist() == [
        [1, 1],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
    ]


def test_a_column_named_text_serves_as_body_and_a_title_may_be_missing(tmp_path):
    data = load(write_csv(tmp_path / "a.csv", [{"text": "مباراة اليوم", "labels": "sport"}]))
    assert data.titles == [""]
    assert data.bodies == data.texts == ["مباراة اليوم"]


@pytest.mark.parametrize("order", [1, -1])
def test_text_stands_in_where_the_body_is_empty(tmp_path, order):
    rows = [{"body": "نص", "text": "غيره", "labels": "gaza"}, {"body": " ", "text": "خبر", "labels": ""}]
    data = load(write_csv(tmp_path / "a.csv", rows[::order]))
    assert data.bodies == ["نص", "خبر"][::order]


@pytest.mark.parametrize("order", [1, -1])
def test_label_studio_tasks_with_other_keys_keep_their_texts(tmp_path, order):
    done = [{"result": [{"type": "choices", "value": {"choices": ["gaza"]}}]}]
    tasks = [
        {"data": content, "annotations": done} for content in ({"title": "أ", "body": "ب"}, {"text": "ج"})
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tasks[::order]), encoding="utf-8")
    assert load(path).texts == ["أ ب", "ج"][::order]


def test_articles_without_any_text_are_refused_with_their_count_and_the_first_row(tmp_path):
    rows = [ROWS[0], *[ROWS[1] | {"title": " ", "body": ""}] * 2]
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    assert refusal(path).startswith(
        f"{path}: 2 articles have neither title nor text, the first in row 2; fill in title, body or text"
    )


def test_a_date_in_another_form_is_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [{"text": "نص", "labels": "gaza", "date": "5/1/2024"}])
    assert refusal(path).startswith(f"{path}: 1 dates are not in ISO form, such as '5/1/2024'")


def test_null_titles_and_bodies_are_empty(tmp_path):
    rows = [ROWS[0], ROWS[1] | {"title": None}, ROWS[2] | {"body": None}]
    data = load(write_parquet(tmp_path / "a.parquet", rows))
    assert data.titles[1] == data.bodies[2] == ""


def test_text_is_prepared_as_named(tmp_path):
    path = write_jsonl(
        tmp_path / "a.jsonl", [{"title": "الــعراق", "body": "نسبة 3.5 في المئة", "labels": []}]
    )
    assert load(path).titles == ["العراق"]
    assert load_labelled(path, TOPICS, "arabert-v02").bodies == ["نسبة 3 . 5 في المئة"]


def test_an_unknown_label_is_refused_with_its_count_and_the_topics(tmp_path):
    rows = [ROWS[0], *(ROWS[1] | {"labels": ["gaza", "sports"]} for _ in range(3))]
    text = refusal(write_jsonl(tmp_path / "a.jsonl", rows))
    assert str(tmp_path / "a.jsonl") in text
    assert "{'sports': 3}" in text
    assert "['gaza', 'sport']" in text


@pytest.mark.parametrize("missing", ["labels", "body"])
def test_a_missing_column_is_refused_with_those_that_are_there(tmp_path, missing):
    rows = [{key: value for key, value in row.items() if key != missing} for row in ROWS]
    text = refusal(write_parquet(tmp_path / "a.parquet", rows))
    assert f"needed too: {'body or text' if missing == 'body' else 'labels or label'}" in text
    assert "title" in text


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path / "none.csv") == f"{tmp_path / 'none.csv'}: no such data file"


def test_another_format_is_refused_with_the_known_ones(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK")
    assert refusal(path).startswith(
        f"{path}: suffix '.xlsx'; labelled data is read from .parquet, .jsonl, .csv, .json or from the hub"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"title": "a", "body"'),
        ("a.parquet", b"PAR1 and no more"),
        ("a.jsonl", b""),
        ("a.csv", b""),
    ],
)
def test_a_broken_or_empty_file_is_refused_by_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert str(path) in refusal(path)


def test_labels_that_are_not_names_are_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [{"body": "نص", "labels": 1}, {"body": "نص", "labels": 2}])
    assert str(path) in refusal(path)


def test_a_description_counts_topics_outlets_and_years(tmp_path):
    rows = [row | {"outlet": "القناة", "date": "2024-01-05"} for row in ROWS[:3]] + [ROWS[3]]
    text = describe(load(write_jsonl(tmp_path / "a.jsonl", rows)))
    assert "4 articles" in text
    assert "{'gaza': 2, 'sport': 1, 'other': 2}" in text
    assert "'القناة': 3" in text
    assert "'2024': 3" in text
    assert "'undated': 1" in text


LABELS = [{"id": "a2", "labels": "gaza|sport"}, {"id": "b1", "labels": ""}]


def elsewhere(folder: Path, labels: list[dict]) -> tuple[list[Path], Path]:
    """Two files of articles without labels, and labels for some of them."""
    texts = [
        {
            "id": f"{part}{i}",
            "title": f"عنوان {i}",
            "body": f"نص {part} {i}",
            "outlet": "القناة",
            "date": None,
        }
        for part in "ab"
        for i in (1, 2)
    ]
    files = [
        write_parquet(folder / f"{part}.parquet", texts[2 * n : 2 * n + 2]) for n, part in enumerate("ab")
    ]
    return files, write_csv(folder / "labels.csv", labels)


def test_labels_in_a_file_of_their_own_find_their_articles_by_id(tmp_path):
    data = load_more(*elsewhere(tmp_path, LABELS), TOPICS, "mujaz-1")
    assert data.bodies == ["نص a 2", "نص b 1"]
    assert data.targets.tolist() == [[1, 1], [0, 0]]
    assert (data.outlets, data.dates) == (["القناة"] * 2, [""] * 2)
    assert not data.measured.any()


def test_the_same_labels_twice_are_counted_once(tmp_path, caplog):
    again = [{"id": "a2", "labels": "sport | gaza"}, {"id": "b1", "labels": "other"}]
    data = load_more(*elsewhere(tmp_path, [*LABELS, *again]), TOPICS, "mujaz-1")
    assert data.targets.tolist() == [[1, 1], [0, 0]]
    assert "labels.csv: 2 rows repeat an id with the same labels; counted once" in caplog.text


def test_contradictory_labels_are_refused_with_up_to_three_ids(tmp_path):
    ids = ["a1", "a2", "b1", "b2"]
    rows = [{"id": name, "labels": label} for label in TOPICS for name in ids]
    with pytest.raises(UsageError, match=r"labels\.csv: 4 ids have contradictory labels: a1, a2, b1; keep"):
        load_more(*elsewhere(tmp_path, rows), TOPICS, "mujaz-1")


def test_an_id_in_two_files_is_used_once(tmp_path, caplog):
    files, labels = elsewhere(tmp_path, LABELS)
    again = {"id": "a2", "title": "آخر", "body": "نص آخر"}
    second = write_parquet(tmp_path / "c.parquet", [again, again | {"id": "a1"}])
    data = load_more([*files, second], labels, TOPICS, "mujaz-1")
    assert data.bodies == ["نص a 2", "نص b 1"]
    assert data.targets.tolist() == [[1, 1], [0, 0]]
    assert "c.parquet: 1 articles have an id that was read before; the first is used" in caplog.text


def test_an_article_without_text_is_refused_where_labels_are_asked_for(tmp_path):
    files, labels = elsewhere(tmp_path, LABELS)
    rows = [{"id": name, "title": "", "body": None} for name in ("a1", "a2")]
    files[0] = write_parquet(tmp_path / "a.parquet", rows)
    with pytest.raises(UsageError, match=r"a\.parquet: 1 articles have neither .* the first in row 2;"):
        load_more(files, labels, TOPICS, "mujaz-1")


def test_ids_in_csv_keep_their_zeros(tmp_path):
    articles = write_csv(tmp_path / "a.csv", [{"id": "001", "title": "2024", "body": "نص"}])
    labels = write_csv(tmp_path / "labels.csv", [{"id": "001", "labels": "gaza"}])
    assert load_more([articles], labels, TOPICS, "mujaz-1").titles == ["2024"]


def test_an_id_that_is_in_no_file_is_named(tmp_path):
    files, labels = elsewhere(tmp_path, [*LABELS, {"id": "c9", "labels": "gaza"}])
    with pytest.raises(UsageError, match=r"labels\.csv: 1 ids are not in .*a\.parquet, .*b\.parquet: c9"):
        load_more(files, labels, TOPICS, "mujaz-1")


def test_a_column_that_the_labels_lack_is_named(tmp_path):
    files, labels = elsewhere(tmp_path, [{"id": "a1", "topic": "gaza"}])
    with pytest.raises(UsageError, match=r"labels\.csv: columns are \['id', 'topic'\]; needed too: labels"):
        load_more(files, labels, TOPICS, "mujaz-1")


def test_joined_data_has_the_articles_of_both_and_knows_which_are_measured(tmp_path):
    first = load(write_jsonl(tmp_path / "a.jsonl", ROWS))
    both = join_data(first, load_more(*elsewhere(tmp_path, LABELS), TOPICS, "mujaz-1"))
    assert len(both.titles) == len(both.targets) == len(both.outlets) == 6
    assert both.measured.tolist() == [True] * 4 + [False] * 2
    assert select(both, ~both.measured).bodies == ["نص a 2", "نص b 1"]
