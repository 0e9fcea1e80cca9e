"""From what a model was unsure of to training data: export, correction, and back."""

import csv
import json

import numpy as np
import pytest

from infer.errors import UsageError
from infer.questions.model import TopicNames
from infer.questions.review import export
from tests.infer.archive import TOPICS, record, write_archive
from train.data import load_labelled

MODEL = TopicNames("model", dict.fromkeys(TOPICS, 0.5), {})
RECORDS = [
    record(1, "مساعدات تصل إلى القطاع", review=True, scores={"gaza": 0.45}),
    record(2, "اجتماع عن رسوم الواردات", ["trade_tariffs"], review=True, scores={"trade_tariffs": 0.6}),
    record(3, "نتائج مباريات الدوري", ["gaza"], review=True, scores={"gaza": 0.7}, source=None, day=None),
    record(4, "لم يراجعه أحد", ["gaza"], review=True, scores={"gaza": 0.8}),
]
CORRECT = {"p1.txt#1": ["gaza"], "p2.txt#1": ["trade_tariffs", "gaza"], "p3.txt#1": ["other"]}
TARGETS = [[0, 1, 0], [0, 1, 1], [0, 0, 0]]


@pytest.fixture
def archive(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    for number, each in enumerate(RECORDS, 1):
        body = f"قال المتحدث إن الفقرة رقم {number} من البيان صدرت صباح اليوم بعد اجتماع طويل للجنة."
        (pages / each.page).write_text(f"{each.title}\n\n{body}\n", encoding="utf-8")
    return write_archive(tmp_path / "labels", RECORDS), pages


def annotated(task, number):
    """The task as Label Studio exports it after somebody submitted (JSON export form)."""
    chosen = CORRECT.get(task["data"]["id"])
    [predicted] = task["predictions"][0]["result"]
    result = predicted | {"value": {"choices": chosen}, "origin": "manual"}
    annotation = {
        "id": 100 + number,
        "completed_by": 1,
        "result": [result],
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2025-06-01T08:00:00.000000Z",
        "updated_at": "2025-06-01T08:00:00.000000Z",
        "lead_time": 4.5,
    }
    annotations = [annotation] if chosen else []
    return {"id": number, "data": task["data"], "annotations": annotations, "predictions": [], "project": 1}


def check(data):
    assert np.array_equal(data.targets, TARGETS)
    assert [title.split()[0] for title in data.titles] == ["مساعدات", "اجتماع", "نتائج"]
    assert all(f"رقم {number} من" in body for number, body in enumerate(data.bodies, 1))
    assert data.outlets == ["وكالة الأنباء", "وكالة الأنباء", ""]
    assert data.dates == ["2025-03-05", "2025-03-05", ""]


def test_label_studio_and_back(archive, tmp_path):
    labels, pages = archive
    export(labels, str(tmp_path / "review.json"), MODEL, [str(pages)])
    tasks = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))
    exported = [annotated(task, number) for number, task in enumerate(tasks, 1)]
    (tmp_path / "corrected.json").write_text(json.dumps(exported), encoding="utf-8")
    check(load_labelled(tmp_path / "corrected.json", list(TOPICS), "mujaz-1"))


def test_a_spreadsheet_and_back(archive, tmp_path):
    labels, pages = archive
    path = tmp_path / "review.csv"
    export(labels, str(path), MODEL, [str(pages)])
    with pytest.raises(UsageError, match=r"gaza\?"):  # nobody looked at it
        load_labelled(path, list(TOPICS), "mujaz-1")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id"] in CORRECT]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(row | {"labels": "|".join(CORRECT[row["id"]])} for row in rows)
    check(load_labelled(path, list(TOPICS), "mujaz-1"))
