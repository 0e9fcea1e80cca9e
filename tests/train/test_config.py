from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from infer.digest.config import DigestConfig
from infer.errors import UsageError
from infer.settings import load_config
from train.config import BackboneConfig, ClassifierConfig, TopicsConfig

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TRAINING = {"epochs": 2, "learning_rate": 1e-4}
CLASSIFIER = {
    "name": "topics-toy",
    "backbone": "encoder",
    "data": "articles.jsonl",
    "training": TRAINING,
    "runs": "runs",
    "output": "model",
}
TOPICS = {"topics": [{"name": "gaza", "arabic": "غزة"}]}


def write(folder: Path, content: object) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def message(path: Path, kind: type = ClassifierConfig) -> str:
    with pytest.raises(UsageError) as refused:
        load_config(path, kind)
    return str(refused.value)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ("backbone/*.yaml", BackboneConfig),
        ("classifier/*.yaml", ClassifierConfig),
        ("topics.yaml", TopicsConfig),
        ("digest.yaml", DigestConfig),
    ],
)
def test_shipped_configurations_load(files, kind):
    paths = sorted(CONFIGS.glob(files))
    assert paths
    for path in paths:
        assert isinstance(load_config(path, kind), kind)


def test_topics_keep_the_order_of_the_file(tmp_path):
    names = ["gaza", "trade_tariffs", "aleppo"]
    path = write(tmp_path, {"topics": [{"name": name, "arabic": "اسم"} for name in names]})
    assert load_config(path, TopicsConfig).names == names


def test_what_is_not_set_has_its_default(tmp_path):
    config = load_config(write(tmp_path, CLASSIFIER), ClassifierConfig)
    assert (config.window, config.folds, config.seed) == (128, 5, 0)
    assert config.training.batch_size == 16
    assert config.data == Path("articles.jsonl")


def test_an_unknown_key_is_named_with_the_allowed_ones(tmp_path):
    path = write(tmp_path, CLASSIFIER | {"windw": 64})
    text = message(path)
    assert str(path) in text
    assert "unknown key 'windw'" in text
    assert "after, backbone, card, data, float32_layers, folds," in text


def test_an_unknown_key_inside_training_is_named_with_the_keys_allowed_there(tmp_path):
    text = message(write(tmp_path, CLASSIFIER | {"training": TRAINING | {"lerning_rate": 1}}))
    assert "unknown key 'training.lerning_rate'" in text
    assert "learning_rate" in text.partition("allowed:")[2]
    assert "backbone" not in text


def test_an_unknown_key_inside_a_list_is_named_with_the_keys_allowed_there(tmp_path):
    text = message(write(tmp_path, {"topics": [*TOPICS["topics"], {"nam": "x"}]}), TopicsConfig)
    assert "unknown key 'topics.1.nam'; allowed: arabic, keywords, name" in text


def test_every_problem_of_a_file_is_told_at_once(tmp_path):
    text = message(write(tmp_path, {"name": "topics-toy", "training": {"epochs": 0}, "colour": "red"}))
    assert "key 'backbone' is missing" in text
    assert "key 'training.learning_rate' is missing" in text
    assert "training.epochs" in text
    assert "unknown key 'colour'" in text


@pytest.mark.parametrize(
    ("change", "key", "found"),
    [
        ({"window": "wide"}, "window", "'wide'"),
        ({"window": 1024}, "window", "1024"),
        ({"folds": 1}, "folds", "1"),
        ({"name": "Topics Toy"}, "name", "'Topics Toy'"),
        ({"training": 3}, "training", "3"),
        ({"training": TRAINING | {"dropout": 1}}, "training.dropout", "1"),
        ({"training": TRAINING | {"bf16": "maybe"}}, "training.bf16", "'maybe'"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_what_was_found(tmp_path, change, key, found):
    text = message(write(tmp_path, CLASSIFIER | change))
    assert f" {key}: " in text
    assert f"(found {found})" in text


def test_a_topic_name_is_fit_for_a_column(tmp_path):
    for name in ("Gaza", "1st", "a-b", ""):
        path = write(tmp_path, {"topics": [{"name": name, "arabic": ""}]})
        assert "topics.0.name" in message(path, TopicsConfig)


def test_a_backbone_needs_a_source_and_a_corpus(tmp_path):
    text = message(write(tmp_path, {"sources": [], "corpus": [], "output": "x"}), BackboneConfig)
    assert " sources: " in text
    assert " corpus: " in text


def test_a_missing_file_is_named(tmp_path):
    assert message(tmp_path / "none.yaml") == f"{tmp_path / 'none.yaml'}: no such configuration file"


def test_a_folder_is_no_configuration_file(tmp_path):
    assert str(tmp_path) in message(tmp_path)


@pytest.mark.parametrize("content", [b"a: [1, 2", b"\xff\xfe\x00", b"a: 1\n  b: 2\n"])
def test_what_is_not_yaml_is_refused(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    assert f"{path}: not readable as YAML" in message(path)


@pytest.mark.parametrize(("content", "found"), [("", "NoneType"), ("- a\n- b\n", "list"), ("text", "str")])
def test_a_file_without_keys_is_refused(tmp_path, content, found):
    path = tmp_path / "config.yaml"
    path.write_text(content)
    assert message(path) == f"{path}: expected keys and values, found {found}"


def test_a_file_that_builds_python_objects_is_refused(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    assert "not readable as YAML" in message(path)


def test_a_loaded_configuration_cannot_be_changed(tmp_path):
    config = load_config(write(tmp_path, CLASSIFIER), ClassifierConfig)
    with pytest.raises(ValidationError):
        config.window = 64
