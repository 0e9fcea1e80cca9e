import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from infer.errors import UsageError
from train import tables


def choices(*names: str, **more) -> dict:
    return {"result": [{"type": "choices", "value": {"choices": list(names)}}]} | more


TASKS = [
    {"data": {"title": "قافلة تدخل غزة", "body": "دخلت صباحا."}, "annotations": [choices("gaza")]},
    {"data": {"text": "خبر بلا موضوع"}, "annotations": [choices("gaza"), choices("other")]},
    {"data": {"text": "خبر ملغى"}, "annotations": [choices("sport"), choices("gaza", was_cancelled=True)]},
    {"data": {"text": "خبر لم يقرأ"}, "annotations": []},
]


def write(folder: Path, content: object) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_label_studio_export_gives_the_latest_annotation_that_stands(tmp_path):
    path = write(tmp_path, TASKS)
    table = tables.load_table(path)
    assert tables.column(table, "title") == ["قافلة تدخل غزة", "", ""]
    assert tables.labels(table, path) == [["gaza"], [], ["sport"]]


def test_tasks_that_nobody_labelled_are_counted(tmp_path, caplog):
    tables.load_table(write(tmp_path, TASKS))
    assert "1 of 4 tasks have no annotation yet" in caplog.text


def test_an_export_without_annotations_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no task is annotated"):
        tables.load_table(write(tmp_path, TASKS[3:]))


@pytest.mark.parametrize("content", [{"a": 1}, [1], [{"data": {}}], "text"])
def test_json_that_is_no_export_is_refused(tmp_path, content):
    with pytest.raises(UsageError, match=r"export\.json: not a Label Studio export"):
        tables.load_table(write(tmp_path, content))


@pytest.mark.parametrize("order", [1, -1])
def test_tasks_with_other_keys_keep_all_of_them(tmp_path, order):
    table = tables.load_table(write(tmp_path, TASKS[:2][::order]))
    assert tables.column(table, "title") == ["قافلة تدخل غزة", ""][::order]
    assert tables.column(table, "body") == ["دخلت صباحا.", ""][::order]
    assert tables.column(table, "text") == ["", "خبر بلا موضوع"][::order]
    assert "outlet" not in table.column_names


@pytest.mark.parametrize(
    ("annotations", "latest"),
    [
        (
            [
                choices("gaza", created_at="2024-01-01T08:00:00Z", updated_at="2024-01-03T08:00:00.5Z"),
                choices("sport", created_at="2024-01-02T08:00:00Z", updated_at="2024-01-03T08:00:00Z"),
            ],
            "gaza",
        ),
        (
            [
                choices("gaza", created_at="2024-01-02T08:00:00Z"),
                choices("sport", created_at="2024-01-02T10:00:00+03:00"),
            ],
            "gaza",
        ),
        (
            [
                choices("gaza", created_at="2024-01-01T08:00:00Z", updated_at="2024-01-03T08:00:00Z"),
                choices("sport", created_at="2024-01-02T08:00:00"),
            ],
            "gaza",
        ),
        ([choices("gaza", created_at="2024-01-02T08:00:00Z"), choices("sport")], "sport"),
        ([choices("gaza", created_at="2024-01-02"), choices("sport", created_at="2024-01-02")], "sport"),
    ],
)
def test_the_latest_annotation_is_the_one_updated_or_made_last(tmp_path, annotations, latest):
    path = write(tmp_path, [{"data": {"text": "خبر"}, "annotations": annotations}])
    assert tables.labels(tables.load_table(path), path) == [[latest]]


def test_a_cancelled_annotation_is_none(tmp_path, caplog):
    cancelled = {"data": {"text": "خبر"}, "annotations": [choices("gaza", was_cancelled=True)]}
    assert len(tables.load_table(write(tmp_path, [cancelled, TASKS[0]]))) == 1
    assert "1 of 2 tasks have no annotation yet" in caplog.text


def test_a_choice_may_be_a_plain_string(tmp_path):
    result = [{"type": "choices", "value": {"choices": "gaza"}}]
    path = write(tmp_path, [{"data": {"text": "خبر"}, "annotations": [{"result": result}]}])
    assert tables.labels(tables.load_table(path), path) == [["gaza"]]


def test_zero_is_text_and_nothing_is_not(tmp_path):
    table = Dataset.from_dict({"id": [0, 1, None]})
    assert tables.column(table, "id") == ["0", "1", ""]
    path = write(tmp_path, [{"data": {"id": 0, "text": None}, "annotations": [choices("gaza")]}])
    exported = tables.load_table(path)
    assert (tables.column(exported, "id"), tables.column(exported, "text")) == (["0"], [""])


def test_values_in_csv_stay_as_they_are_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('\ufeffid,title,text,labels\n001,2024,NA,\n002,,"a\n""b""",null\n', encoding="utf-8")
    table = tables.load_table(path)
    assert tables.column(table, "id") == ["001", "002"]
    assert tables.column(table, "title") == ["2024", ""]
    assert tables.column(table, "text") == ["NA", 'a\n"b"']
    assert tables.labels(table, path) == [[], ["null"]]


@pytest.mark.parametrize("content", ["id,labels\n1,gaza,sport\n", "id,id\n1,2\n", "id\n\x00\xff"])
def test_csv_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=r"a\.csv: not readable as csv: "):
        tables.load_table(path)


def test_a_long_article_in_csv_is_read_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'text,label\n"{"خبر " * 300_000}",gaza\n', encoding="utf-8")
    assert len(tables.column(tables.load_table(path), "text")[0]) == 1_200_000


@pytest.mark.parametrize(
    "value", ["2024-01-05", "2024-01-05T10:00:00+03:00", "2024-01-05 10:00", "2024-01-05T10:00Z", ""]
)
def test_iso_dates_stay_as_they_are(value):
    assert tables.dates(Dataset.from_dict({"date": [value]}), Path("x")) == [value]


def test_dates_and_times_are_written_in_iso_form():
    day, hour = date(2024, 1, 5), datetime(2024, 1, 5, 10, tzinfo=UTC)
    assert tables.dates(Dataset.from_dict({"date": [day, None]}), Path("x")) == ["2024-01-05", ""]
    assert tables.dates(Dataset.from_dict({"date": [hour]}), Path("x")) == ["2024-01-05T10:00:00+00:00"]


def test_dates_that_jsonl_takes_for_times_come_back(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"date": "2024-01-05"}\n{"date": null}\n', encoding="utf-8")
    assert tables.dates(tables.load_table(path), path) == ["2024-01-05", ""]


@pytest.mark.parametrize("value", ["05/01/2024", "20240105", "2024-1-5", "2024-02-30", "2024", "2024-01-05x"])
def test_dates_in_another_form_are_refused(value):
    table = Dataset.from_dict({"date": ["2024-01-05", value]})
    with pytest.raises(
        UsageError, match=rf"x: 1 dates are not in ISO form, such as '{value}'; write them as"
    ):
        tables.dates(table, Path("x"))


def test_lists_of_class_numbers_give_their_names():
    features = Features({"labels": List(ClassLabel(names=["other", "gaza", "sport"]))})
    table = Dataset.from_dict({"labels": [[1, 2], [0], [], None]}, features=features)
    assert tables.labels(table, Path("x")) == [["gaza", "sport"], [], [], []]


def test_a_column_of_class_numbers_gives_their_names():
    features = Features({"text": Value("string"), "label": ClassLabel(names=["other", "gaza"])})
    table = Dataset.from_dict({"text": ["أ", "ب"], "label": [1, 0]}, features=features)
    assert tables.labels(table, Path("x")) == [["gaza"], []]


def test_a_table_without_labels_is_refused_with_its_columns():
    table = Dataset.from_dict({"text": ["أ"]})
    with pytest.raises(UsageError, match=r"x: columns are \['text'\]; needed too: labels or label"):
        tables.labels(table, Path("x"))


@pytest.mark.parametrize("name", ["user/news", "news", "user/ar-news-v1.5"])
def test_a_name_of_a_data_set_is_asked_of_the_hub(monkeypatch, name):
    asked = []

    def load_dataset(source, split):
        asked.append((source, split))
        return Dataset.from_dict({"text": ["أ"], "label": ["gaza"]})

    monkeypatch.setattr(tables, "load_dataset", load_dataset)
    assert len(tables.load_table(Path(name))) == 1
    assert asked == [(name, "train")]


@pytest.mark.parametrize("name", ["news.xlsx", "a/b/news-v1.5", "/news-v1.5", "../news-v1.5", "tests/train"])
def test_other_names_are_not_asked_of_the_hub(monkeypatch, name):
    monkeypatch.setattr(tables, "load_dataset", None)
    with pytest.raises(UsageError, match=r"labelled data is read from .parquet, .* or from the hub"):
        tables.load_table(Path(name))


def test_a_table_in_a_folder_is_not_asked_of_the_hub():
    with pytest.raises(UsageError, match=r"user/news\.csv: no such data file"):
        tables.load_table(Path("user/news.csv"))


def test_a_data_set_that_the_hub_does_not_give_is_named(monkeypatch):
    def load_dataset(*_, **__):
        raise ConnectionError("no network\nmore")

    monkeypatch.setattr(tables, "load_dataset", load_dataset)
    with pytest.raises(UsageError, match=r"user/news: no file, and the hub does not give .*: no network$"):
        tables.load_table(Path("user/news"))
