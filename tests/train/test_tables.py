import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, Value

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


def test_a_column_of_class_numbers_gives_their_names():
    features = Features({"text": Value("string"), "label": ClassLabel(names=["other", "gaza"])})
    table = Dataset.from_dict({"text": ["أ", "ب"], "label": [1, 0]}, features=features)
    assert tables.labels(table, Path("x")) == [["gaza"], []]


def test_a_table_without_labels_is_refused_with_its_columns():
    table = Dataset.from_dict({"text": ["أ"]})
    with pytest.raises(UsageError, match=r"x: columns are \['text'\]; needed too: labels or label"):
        tables.labels(table, Path("x"))


def test_a_name_without_a_suffix_is_asked_of_the_hub(monkeypatch):
    asked = []

    def load_dataset(name, split):
        asked.append((name, split))
        return Dataset.from_dict({"text": ["أ"], "label": ["gaza"]})

    monkeypatch.setattr(tables, "load_dataset", load_dataset)
    assert len(tables.load_table(Path("user/news"))) == 1
    assert asked == [("user/news", "train")]


def test_a_data_set_that_the_hub_does_not_give_is_named(monkeypatch):
    def load_dataset(*_, **__):
        raise ConnectionError("no network\nmore")

    monkeypatch.setattr(tables, "load_dataset", load_dataset)
    with pytest.raises(UsageError, match=r"user/news: no file, and the hub does not give .*: no network$"):
        tables.load_table(Path("user/news"))
