"""What the model was unsure of, as people get it to correct."""

import csv
import json
import math
from xml.etree import ElementTree

import pytest

from infer.errors import UsageError
from infer.questions.model import TopicNames, topic_names
from infer.questions.review import export, report
from tests.infer.archive import TOPICS, record, write_archive

MODEL = TopicNames("model", dict.fromkeys(TOPICS, 0.5), {"gaza": "غزة"})
PAGE = "{title}\n\nقالت البلدية إن العمل في الطريق رقم {number} يبدأ صباح الأحد ويستمر شهرين كاملين.\n"
RECORDS = [
    record(1, "بعيد عن الحد", ["gaza"], review=True, scores={"gaza": 0.8}),
    record(2, "أقرب الأخبار إلى الحد", review=True, scores={"trade_tariffs": 0.48}),
    record(3, "نسخة أبعد من الأول", ["gaza"], review=True, scores={"gaza": 0.9}, day=None, source=None),
    record(4, "خبر واضح", ["gaza"]),
    record(5, "-خبر ثان قريب", ["gaza", "trade_tariffs"], review=True, scores={"gaza": 0.55}),
    record(6, "خبر بالبعد نفسه", ["gaza"], review=True, scores={"gaza": 0.55}, page="p50.txt"),
]
STORIES = {each.id: f"s{number}" for number, each in enumerate(RECORDS)} | {"p3.txt#1": "s0"}


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "labels", RECORDS, STORIES)


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in (1, 2, 4, 5):
        text = PAGE.format(title=RECORDS[number - 1].title, number=number)
        (folder / f"p{number}.txt").write_text(text, encoding="utf-8")
    return folder


def test_the_nearest_to_a_threshold_come_first_one_of_each_story(labels, tmp_path):
    done = export(labels, str(tmp_path / "r.json"), MODEL)
    tasks = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    ids = [task["data"]["id"] for task in tasks]
    assert ids == ["p2.txt#1", "p5.txt#1", "p6.txt#1", "p1.txt#1"]  # 5 and 6 are as near: by page
    assert (done.uncertain, done.stories, done.written) == (5, 4, 4)
    scores = [task["predictions"][0]["score"] for task in tasks]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(0.52, abs=1e-4)  # 1 - 0.48: half way is 0.5


def test_nearness_is_to_each_topics_own_threshold(labels, tmp_path):
    model = TopicNames("model", {"iraq_us_relations": 0.5, "gaza": 0.7, "trade_tariffs": 0.9}, {})
    export(labels, str(tmp_path / "r.json"), model, most=1)
    [task] = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert task["data"]["id"] == "p5.txt#1"  # trade_tariffs 0.9
    assert task["predictions"][0]["score"] == pytest.approx(0.5, abs=1e-3)


def test_texts_come_from_the_articles_and_what_lacks_one_is_told(labels, pages, tmp_path):
    (pages / "broken.txt").write_bytes(b"")
    done = export(labels, str(tmp_path / "r.json"), MODEL, [str(pages)])
    data = [task["data"] for task in json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))]
    assert "الطريق رقم 2" in data[0]["body"]
    assert [row["body_is"] for row in data] == ["article", "article", "summary", "article"]
    assert data[2]["body"] == "ملخص خبر بالبعد نفسه"
    assert (done.without_text, [reject.page for reject in done.rejects]) == (1, ["broken.txt"])
    lines = report(done, "r.json")
    assert lines[0] == "rejected: broken.txt: empty file"
    assert lines[1].startswith("1 of 4 have title and summary alone")
    assert lines[2].startswith(
        "in review: records 5, stories 4; 4 written to r.json; its labelling interface"
    )


def test_the_same_id_on_another_page_is_another_article(labels, tmp_path):
    row = {"id": "p6.txt#1", "title": "خبر", "body": "نص من صفحة أخرى."}
    lines = [row | {"page": "p6.txt"}, row | {"page": "p50.txt", "body": "نص الصفحة نفسها."}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, lines)))
    export(labels, str(tmp_path / "r.json"), MODEL, [str(tmp_path / "t.jsonl")])
    data = [task["data"] for task in json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))]
    assert [row["body"] for row in data if row["body_is"] == "article"] == ["نص الصفحة نفسها."]


def test_label_studio_finds_every_choice_in_its_interface(labels, tmp_path):
    done = export(labels, str(tmp_path / "r.json"), MODEL)
    view = ElementTree.parse(done.interface).getroot()
    choices = view.find("Choices")
    named = {choice.get("alias"): choice.get("value") for choice in choices}
    assert list(named) == [*TOPICS, "other"]
    assert named["gaza"] == "غزة"
    for task in json.loads((tmp_path / "r.json").read_text(encoding="utf-8")):
        assert {tag.get("value") for tag in view if tag.get("value")} <= {f"${key}" for key in task["data"]}
        [prediction] = task["predictions"]
        [result] = prediction["result"]
        assert (result["from_name"], result["to_name"]) == (choices.get("name"), choices.get("toName"))
        assert result["type"] == "choices"
        assert set(result["value"]["choices"]) <= set(named)
        assert prediction["model_version"] == "topics-compact@1a2b3c"


def test_a_spreadsheet_marks_what_nobody_looked_at(labels, pages, tmp_path):
    done = export(labels, str(tmp_path / "r.csv"), MODEL, [str(pages)])
    assert done.interface is None
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["labels"] for row in rows] == ["other?", "gaza|trade_tariffs?", "gaza?", "gaza?"]
    assert rows[1]["title"] == "'-خبر ثان قريب"
    assert rows[0]["date"] == "2025-03-05"


def test_scores_that_were_rounded_to_an_end_are_no_error(tmp_path):
    rows = [record(1, "خبر", ["gaza"], review=True, scores={"gaza": 1.0, "trade_tariffs": 0.0})]
    folder = write_archive(tmp_path / "labels", rows)
    export(folder, str(tmp_path / "r.json"), MODEL)
    [task] = json.loads((tmp_path / "r.json").read_text())
    assert math.isfinite(task["predictions"][0]["score"])


@pytest.mark.parametrize(
    ("to", "model", "message"),
    [
        ("r.txt", MODEL, r"ends in \.json or \.csv"),
        ("r.json", TopicNames("other-model", {"sport": 0.5}, {}), "'iraq_us_relations'.*--model"),
    ],
)
def test_what_cannot_be_exported_is_refused(labels, tmp_path, to, model, message):
    with pytest.raises(UsageError, match=message):
        export(labels, str(tmp_path / to), model)
    assert not list(tmp_path.iterdir())


def test_an_archive_that_is_sure_of_all_has_nothing_to_correct(tmp_path):
    folder = write_archive(tmp_path / "labels", [record(1, "خبر")])
    with pytest.raises(UsageError, match="no record is in review"):
        export(folder, str(tmp_path / "r.json"), MODEL)


def test_the_shipped_model_has_thresholds_and_arabic_names():
    model = topic_names(None)
    assert set(TOPICS) <= model.thresholds.keys() & model.arabic.keys()
