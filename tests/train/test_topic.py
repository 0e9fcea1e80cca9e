import json
import random

import numpy as np
import pytest

import infer
from infer.errors import UsageError
from infer.topics import TopicModel
from tests.train import toy
from train.topic import add_topic


def examples(count: int, on_topic: int, seed: int = 0) -> list[dict]:
    """Articles of invented words, those on the topic about a match; as many on other subjects."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        signs = ["كرة", "مباراة", "هدف"] if i < on_topic else ["مطر", "طقس", "حرارة"]
        body = draw.sample(toy.FILLER, 5) + signs * 2
        draw.shuffle(body)
        rows.append(
            {
                "title": " ".join([*draw.sample(toy.FILLER, 1), signs[0]]),
                "body": " ".join(body),
                "labels": ["football"] if i < on_topic else draw.choice([[], ["gaza"]]),
            }
        )
    draw.shuffle(rows)
    return rows


@pytest.fixture(scope="module")
def added(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("topic")
    path = toy.write(folder / "examples.jsonl", examples(60, 25))
    figures = add_topic("football", path, tiny_model, folder / "topics-mine", "كرة القدم")
    return folder / "topics-mine", figures


def articles(rows: list[dict]) -> list[dict]:
    return [{"title": row["title"], "body": row["body"]} for row in rows]


def test_a_topic_is_learnt_from_a_few_examples(added):
    folder, figures = added
    assert figures["f1"] > 0.8
    rows = examples(40, 20, seed=5)
    records = infer.load(folder).analyze(articles(rows))
    right = [
        ("football" in record.topics) == ("football" in row["labels"])
        for record, row in zip(records, rows, strict=True)
    ]
    assert np.mean(right) > 0.8
    assert list(records[0].scores) == [*toy.NAMES, "football"]
    assert records[0].model.startswith("topics-mine@")


def test_the_other_topics_score_as_before(added, tiny_model):
    rows = articles(examples(20, 10, seed=6))
    before, after = infer.load(tiny_model).analyze(rows), infer.load(added[0]).analyze(rows)
    for old, new in zip(before, after, strict=True):
        assert {name: new.scores[name] for name in toy.NAMES} == old.scores
        assert tuple(name for name in new.topics if name != "football") == old.topics


def test_the_folder_tells_of_the_added_topic(added):
    folder, figures = added
    assert TopicModel.from_pretrained(folder).arabic_names["football"] == "كرة القدم"
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["added_topics"] == {"football": figures}
    assert (figures["examples"], figures["articles"]) == (60, 25)
    assert f"F1 {figures['f1']:.3f}" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_second_topic_is_added_to_the_first(added, tmp_path):
    folder, _ = added
    rows = [
        row | {"labels": ["weather"] if "مطر" in row["body"] else ["football"]} for row in examples(40, 20)
    ]
    path = toy.write(tmp_path / "more.jsonl", rows)
    add_topic("weather", path, folder, tmp_path / "topics-two")
    model = TopicModel.from_pretrained(tmp_path / "topics-two")
    assert model.topics == (*toy.NAMES, "football", "weather")
    records = infer.load(tmp_path / "topics-two").analyze(articles(examples(6, 3, seed=7)))
    before = infer.load(folder).analyze(articles(examples(6, 3, seed=7)))
    assert [r.scores["football"] for r in records] == [r.scores["football"] for r in before]


@pytest.mark.parametrize("name", ["Football", "كرة", "other", "a b", ""])
def test_a_name_that_cannot_be_used_is_refused(tiny_model, tmp_path, name):
    path = toy.write(tmp_path / "a.jsonl", examples(20, 10))
    with pytest.raises(UsageError, match="a topic's name has small letters"):
        add_topic(name, path, tiny_model, tmp_path / "out")


def test_a_topic_that_the_model_has_is_refused(tiny_model, tmp_path):
    with pytest.raises(UsageError, match="gaza: the model has this topic already; its topics: iraq_us"):
        add_topic("gaza", tmp_path / "none.jsonl", tiny_model, tmp_path / "out")


@pytest.mark.parametrize(
    ("count", "on_topic", "message"),
    [
        (12, 6, "12 examples, 6 of them on football; at least 16 are needed"),
        (30, 2, "30 examples, 2 of them on football; at least 5 on the topic and 5"),
        (30, 30, "30 examples, 30 of them on football; at least 5 on the topic and 5"),
    ],
)
def test_too_few_examples_are_counted(tiny_model, tmp_path, count, on_topic, message):
    path = toy.write(tmp_path / "a.jsonl", examples(count, on_topic))
    with pytest.raises(UsageError, match=message):
        add_topic("football", path, tiny_model, tmp_path / "out")
    assert not (tmp_path / "out").exists()
