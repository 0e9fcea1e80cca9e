import json
import random
import shutil

import numpy as np
import pytest

import infer
from infer.errors import UsageError
from infer.topics import TopicModel
from tests.train import toy
from train import folder as model_folder
from train import topic
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


@pytest.mark.parametrize(("count", "on_topic"), [(16, 5), (16, 6), (16, 8), (16, 10), (16, 11), (40, 5)])
def test_as_few_examples_as_promised_are_enough(tiny_model, tmp_path, count, on_topic):
    path = toy.write(tmp_path / "a.jsonl", examples(count, on_topic))
    figures = add_topic("football", path, tiny_model, tmp_path / "out")
    assert (figures["examples"], figures["articles"], figures["folds"]) == (count, on_topic, 5)
    assert TopicModel.from_pretrained(tmp_path / "out").topics[-1] == "football"


def test_near_duplicates_make_fewer_folds(tiny_model, tmp_path):
    rows = sorted(examples(16, 8), key=lambda row: row["labels"] != ["football"])
    two = [rows[i // 4] | {"body": f"{rows[i // 4]['body']} {toy.FILLER[i]}"} for i in range(8)]
    figures = add_topic(
        "football", toy.write(tmp_path / "a.jsonl", two + rows[8:]), tiny_model, tmp_path / "out"
    )
    assert figures["folds"] == 2
    assert "2-fold cross-validation" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_examples_that_all_say_the_same_are_refused(tiny_model, tmp_path):
    rows = examples(16, 8)
    on = next(row for row in rows if row["labels"] == ["football"])
    rows = [on | {"labels": row["labels"]} if row["labels"] == ["football"] else row for row in rows]
    path = toy.write(tmp_path / "a.jsonl", rows)
    with pytest.raises(UsageError, match=r"16 examples, but with .* only 1 on football and 8 not; "):
        add_topic("football", path, tiny_model, tmp_path / "out")


def test_examples_without_text_are_refused(tiny_model, tmp_path):
    rows = [row | {"title": "", "body": ""} for row in examples(16, 8)]
    path = toy.write(tmp_path / "a.jsonl", rows)
    with pytest.raises(UsageError, match=r"a\.jsonl: 16 articles have neither title nor text"):
        add_topic("football", path, tiny_model, tmp_path / "out")


def test_texts_without_a_word_in_common_are_learnt_from(tiny_model, tmp_path):
    rows = [
        {"title": "", "body": word, "labels": ["football"] if i < 10 else []}
        for i, word in enumerate(toy.FILLER[:20])
    ]
    figures = add_topic("football", toy.write(tmp_path / "a.jsonl", rows), tiny_model, tmp_path / "out")
    assert figures["folds"] == 5


def test_every_fold_has_both_kinds_and_whole_groups():
    draw = np.random.default_rng(0)
    for _ in range(200):
        targets, groups = draw.integers(0, 2, 20).astype(float), draw.integers(0, 12, 20)
        part = topic._folds(targets, groups, 5)
        kinds = topic._kinds(targets, groups)
        assert (part is None) == (min(map(len, kinds)) < 2)
        if part is None:
            continue
        assert part.max() + 1 == min(5, *map(len, kinds))
        assert all(set(targets[part == fold]) == {0, 1} for fold in range(part.max() + 1))
        assert all(len(set(part[groups == group])) == 1 for group in groups)


def test_any_other_label_is_off_the_topic(tiny_model, tmp_path):
    rows = [row | {"labels": row["labels"] or ["sport", "طقس"]} for row in examples(20, 8)]
    figures = add_topic("football", toy.write(tmp_path / "a.jsonl", rows), tiny_model, tmp_path / "out")
    assert (figures["examples"], figures["articles"]) == (20, 8)
    with pytest.raises(UsageError, match=r"0 of them on futball; .*labels: \{'football': 8"):
        add_topic("futball", tmp_path / "a.jsonl", tiny_model, tmp_path / "none")


def refuse_output(model, output, message, monkeypatch):
    def learn(*_):
        raise AssertionError("learnt before the output was refused")

    monkeypatch.setattr(TopicModel, "from_pretrained", learn)
    with pytest.raises(UsageError, match=message):
        add_topic("football", output.parent / "none.jsonl", model, output)


def test_a_folder_that_is_no_model_is_not_replaced(tiny_model, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    refuse_output(tiny_model, home, r"home: not a model folder, since it has no manifest\.json", monkeypatch)
    with pytest.raises(UsageError, match="home: not a model folder"):
        model_folder.replace(home, tmp_path / "new")
    refuse_output(tiny_model, home / "letter.txt", r"letter\.txt is a file; name a new folder", monkeypatch)
    refuse_output(tiny_model, home / "letter.txt" / "a", r"letter\.txt is a file; name a new", monkeypatch)
    assert (home / "letter.txt").read_text() == "dear"


def test_the_folder_that_the_command_runs_in_is_not_replaced(tiny_model, tmp_path, monkeypatch):
    inside = shutil.copytree(tiny_model, tmp_path / "model") / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    for place in (".", "..", "../inside", tmp_path):
        with pytest.raises(UsageError, match="the folder this runs in, or one above it; name a new folder"):
            model_folder.check_place(type(tmp_path)(place))


def test_the_model_that_is_started_from_is_not_replaced(tiny_model, tmp_path, monkeypatch):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "link").symlink_to(model)
    for output in (model, tmp_path / "link", model / "more"):
        refuse_output(model, output, "the model to start from, .*name another folder as output", monkeypatch)


def test_an_older_model_is_replaced_and_nothing_is_left_beside_it(tiny_model, tmp_path):
    place = shutil.copytree(tiny_model, tmp_path / "models" / "mine")
    (tmp_path / "models" / ".mine.older").mkdir()
    (tmp_path / "models" / ".mine.new").mkdir()
    path = toy.write(tmp_path / "a.jsonl", examples(16, 8))
    add_topic("football", path, tiny_model, place)
    assert TopicModel.from_pretrained(place).topics[-1] == "football"
    assert [path.name for path in place.parent.iterdir()] == ["mine"]


def test_a_draft_that_fails_leaves_the_older_model_and_nothing_beside_it(tiny_model, tmp_path, monkeypatch):
    place = shutil.copytree(tiny_model, tmp_path / "models" / "mine")
    path = toy.write(tmp_path / "a.jsonl", examples(16, 8))

    def fail(draft):
        assert draft.parent.parent == place.parent
        raise OSError("disk full")

    monkeypatch.setattr(model_folder, "write_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        add_topic("football", path, tiny_model, place)
    assert TopicModel.from_pretrained(place).topics == tuple(toy.NAMES)
    assert [path.name for path in place.parent.iterdir()] == ["mine"]


def test_an_older_model_left_by_a_killed_run_is_put_back_first(tiny_model, tmp_path):
    place, older = tmp_path / "mine", shutil.copytree(tiny_model, tmp_path / ".mine.older")
    with pytest.raises(FileNotFoundError):
        model_folder.replace(place, tmp_path / "missing")
    assert TopicModel.from_pretrained(place).topics == tuple(toy.NAMES)
    assert not older.exists()
