import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import infer
from infer.errors import ModelError, UsageError
from infer.schema import Article
from infer.topics import TopicModel
from tests.train import toy
from train import classifier, export, quantization, run, tokens
from train import folder as model_folder

COUNT = 80


@pytest.fixture(scope="module")
def config(tiny_backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    toy.write(folder / "toy.jsonl", toy.articles(COUNT))
    (folder / "about.md").write_text("Invented articles, for tests alone.\n", encoding="utf-8")
    about = {"license": "mit", "base_model": "nobody/tiny", "about": folder / "about.md"}
    return toy.config(folder, tiny_backbone, card=about)


@pytest.fixture(scope="module")
def folder(config):
    return run.train_classifier(config)


def contents(folder) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def read_json(path):
    def refuse(constant: str):
        raise AssertionError(f"{path}: {constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_a_model_folder_holds_what_labelling_needs_and_no_torch_file(folder, config):
    assert folder == config.output
    assert set(contents(folder)) == {
        "README.md",
        "config.json",
        "manifest.json",
        "metrics.json",
        "model.onnx",
        "precision-recall.svg",
        "reliability.svg",
        "review.svg",
        "sentencepiece.bpe.model",
        "tokenizer.json",
    }


def test_a_trained_model_opens_and_labels(folder):
    rows = toy.articles(40, seed=9)
    articles = [{"title": row["title"], "body": row["body"]} for row in rows]
    records = list(infer.load(folder).analyze(articles))
    expected = [tuple(label for label in row["labels"] if label != "other") for row in rows]
    right = [record.topics == topics for record, topics in zip(records, expected, strict=True)]
    assert np.mean(right) > 0.7
    assert list(records[0].scores) == toy.NAMES
    assert all(record.model.startswith("topics-toy@") for record in records)


def test_the_configuration_freezes_names_preparation_and_calibration(folder, config):
    content = read_json(folder / "config.json")
    assert content["id2label"] == {"0": "iraq_us_relations", "1": "gaza", "2": "trade_tariffs"}
    assert content["label2id"] == {name: int(i) for i, name in content["id2label"].items()}
    assert content["arabic_names"]["gaza"] == "غزة"
    assert content["problem_type"] == "multi_label_classification"
    assert (content["name"], content["preparation"], content["window"]) == ("topics-toy", "mujaz-1", 64)
    assert content["pad_token_id"] == 1
    sizes = {"model_type": "bert", "layers": 2, "width": 32, "vocabulary": 619}
    assert content["encoder"].items() >= sizes.items()
    for calibration in content["calibration"].values():
        assert calibration["slope"] > 0
        assert 0.1 <= calibration["threshold"] <= 0.9
    assert content["review_margin"] >= 0


def test_the_small_graph_gives_the_logits_of_the_trained_network(folder, config):
    data = toy.labelled(config.data.parent, COUNT)
    network = classifier.model.load(next((config.runs / "final").glob("model-*")))
    expected = classifier.predict(config, data, np.ones(COUNT, bool), network)
    session = quantization.open_session(folder / "model.onnx")
    for row, logits in zip(tokens.encode(config, data), expected, strict=True):
        feed = {name: np.array([row[name]]) for name in ("input_ids", "token_type_ids")}
        feed["attention_mask"] = np.ones_like(feed["input_ids"])
        assert session.run(["logits"], feed)[0][0] == pytest.approx(logits, abs=0.1 * float(np.ptp(expected)))


def test_metrics_tell_of_the_data_the_model_the_baselines_and_the_export(folder):
    metrics = read_json(folder / "metrics.json")
    assert metrics["data"]["articles"] == COUNT
    assert metrics["data"]["topics"] == dict.fromkeys(toy.NAMES, COUNT // 4)
    assert metrics["data"]["folds"] == 2
    assert set(metrics["baselines"]) == {
        "keyword rule",
        "TF-IDF words 1-2 + logistic regression",
        "TF-IDF characters 2-5 + logistic regression",
        "frozen encoder + logistic regression",
    }
    for figures in (metrics["cross_validation"], *metrics["baselines"].values()):
        assert 0 <= figures["macro_f1_95"][0] <= figures["macro_f1"] <= figures["macro_f1_95"][1] <= 1
        assert list(figures["topics"]) == toy.NAMES
    assert metrics["export"]["int8_agreement"] >= model_folder.LEAST_AGREEMENT
    assert metrics["speed"]["articles_a_second"] > 0
    assert metrics["versions"].keys() == {"torch", "transformers", "onnxruntime", "tokenizers"}
    assert 0.05 < metrics["size_mb"] < 1


def test_the_model_card_shows_the_figures_of_the_metrics(folder):
    card = (folder / "README.md").read_text(encoding="utf-8")
    metrics = read_json(folder / "metrics.json")
    assert card.startswith("---\nlanguage: ar\npipeline_tag: text-classification\nlicense: mit\n")
    assert "base_model: nobody/tiny\n" in card
    assert "## What it was trained on\n\nInvented articles, for tests alone.\n" in card
    assert "# topics-toy" in card
    assert f"{metrics['cross_validation']['macro_f1']:.3f}" in card
    for name, figures in metrics["baselines"].items():
        assert f"| {name} | {figures['macro_f1']:.3f} (" in card
    assert "windows of 64 tokens" in card
    assert "2-fold cross-validation on 80 labelled articles" in card


def test_one_changed_byte_of_a_trained_model_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "metrics.json").write_text((folder / "metrics.json").read_text() + " ")
    with pytest.raises(ModelError, match=r"metrics\.json"):
        infer.load(copy)


def test_what_is_done_is_not_done_again(folder, config, monkeypatch):
    before = contents(folder)

    def refuse(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier, "fine_tune", refuse)
    assert contents(run.train_classifier(config))["config.json"] == before["config.json"]


def test_a_small_graph_that_decides_otherwise_is_refused_and_the_old_model_stays(folder, config, monkeypatch):
    quantize = quantization.quantize

    def broken(source, target, *arguments):
        quantize(source, target, *arguments)
        graph = onnx.load(target)
        (bias,) = (t for t in graph.graph.initializer if t.name.endswith("head.bias"))
        bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + 50, bias.name))
        onnx.save(graph, target)

    before = contents(folder)
    monkeypatch.setattr(export, "quantize", broken)
    with pytest.raises(ModelError, match=r"int8 agrees with float32 on .*%, needed 99%"):
        run.train_classifier(config)
    assert contents(folder) == before
    infer.load(folder)


def test_a_float_graph_unlike_torch_is_refused_and_the_old_model_stays(folder, config, monkeypatch):
    before = contents(folder)
    monkeypatch.setattr(export, "parity", lambda *_: 0.02)
    with pytest.raises(ModelError, match="differs from torch by"):
        run.train_classifier(config)
    assert contents(folder) == before


def test_a_refused_first_model_leaves_no_folder(folder, config, monkeypatch, tmp_path):
    monkeypatch.setattr(export, "parity", lambda *_: 0.02)
    with pytest.raises(ModelError):
        run.train_classifier(config.model_copy(update={"output": tmp_path / "models" / "new"}))
    assert not (tmp_path / "models" / "new").exists()


def test_an_untrained_model_folder_made_for_tests_opens(tiny_model):
    model = TopicModel.from_pretrained(tiny_model)
    assert model.topics == tuple(toy.NAMES)
    long = Article("1", "غزة اليوم", "قال وزير من بغداد إن أسعار الخبز مع مطر " * 20)
    (scores,) = model.predict([long])
    assert scores.windows > 3


def test_topics_that_cannot_be_read_are_named(config, tmp_path):
    with pytest.raises(UsageError, match=r"none\.yaml: no such configuration file"):
        run.train_classifier(config.model_copy(update={"topics": tmp_path / "none.yaml"}))


def test_a_split_without_a_topic_is_refused_before_training(config, tmp_path, monkeypatch):
    rows = toy.articles(COUNT)
    for row in rows:
        row["date"] = "2024-05-01" if "gaza" in row["labels"] else "2023-05-01"
    data = toy.write(tmp_path / "dated.jsonl", rows)
    monkeypatch.setattr(classifier, "fine_tune", lambda *_: pytest.fail("trained"))
    changes = {"data": data, "after": "2024-01-01", "runs": tmp_path / "runs"}
    with pytest.raises(UsageError, match=r"after-2024-01-01: 0 of the .* are on gaza"):
        run.train_classifier(config.model_copy(update=changes))


def test_a_missing_backbone_is_named(config, tmp_path):
    with pytest.raises(UsageError, match="no-encoder"):
        run.train_classifier(config.model_copy(update={"backbone": str(tmp_path / "no-encoder")}))


def test_export_alone_needs_a_trained_model(config, tmp_path):
    with pytest.raises(
        UsageError, match="nothing is trained with these settings; run mujaz-train classifier"
    ):
        run.export_classifier(config.model_copy(update={"runs": tmp_path / "none"}))


def test_export_alone_writes_the_same_graph_again(folder, config, monkeypatch):
    def refuse(*_):
        raise AssertionError("trained again")

    before = contents(folder)
    monkeypatch.setattr(classifier, "fine_tune", refuse)
    assert contents(run.export_classifier(config))["model.onnx"] == before["model.onnx"]
