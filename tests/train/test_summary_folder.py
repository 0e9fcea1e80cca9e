import json

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from infer.errors import ModelError, UsageError
from infer.ranking import FEATURES
from infer.schema import LENGTHS, Article
from infer.writer import Writer
from tests.train import news
from train import summarizer, summary_folder
from train.summary_card import OURS


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_backbone):
    """A toy that is trained, exported and in its place; what int8 costs a toy says nothing."""
    config = news.config(tmp_path_factory.mktemp("folder"), tiny_backbone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary_folder, "MOST_LOSS", 1.0)
        assert summary_folder.train_summarizer(config) == config.output
    return config


def test_the_folder_opens_and_writes(made):
    names = {path.name for path in made.output.iterdir()}
    assert {"encoder.onnx", "decoder.onnx", "tokenizer.json", "generation_config.json"} <= names
    row = news.articles(1, seed=5)[0]
    article = Article("1", row["title"], row["body"])
    writer = Writer.from_pretrained(made.output)
    assert writer.name.startswith("summary-toy@") and set(writer.ranking) == set(FEATURES)
    for length in LENGTHS:
        assert len(writer.write([article], length)[0]) == made.writing.num_beams


def test_its_figures_say_what_was_measured(made):
    metrics = json.loads((made.output / "metrics.json").read_text())
    assert {"loss", "rouge1", "rouge2", "rougeL", "export", "size_mb", "versions"} <= metrics.keys()
    assert "samples" not in metrics  # sentences of the articles stay with whoever has them
    assert [stage["name"] for stage in metrics["stages"]] == ["copy", "summaries"]
    assert all(stage["steps"] and stage["minutes"] >= 0 and stage["device"] for stage in metrics["stages"])
    assert metrics["summaries"]["articles"]["all"] == 8
    assert 0 <= metrics["summaries"]["written_by_the_model"] <= 1


def test_its_card_says_what_the_figures_say(made):
    metrics = json.loads((made.output / "metrics.json").read_text())
    card = (made.output / "README.md").read_text()
    [row] = [line for line in card.splitlines() if line.startswith("| **this model")]
    figures = metrics["summaries"]["systems"][OURS]["all"]
    assert f"{figures['chrf'][0]:.1f}" in row and f"{figures['unsupported_number'][0]:.1f}%" in row
    assert f"{metrics['stages'][0]['rows']:,} rows" in card
    assert "| lead-1 |" in card and "| best sentence (oracle) |" in card


def test_graphs_that_write_worse_are_refused_and_the_older_folder_stays(made, monkeypatch):
    before = (made.output / "manifest.json").read_bytes()
    monkeypatch.setattr(summary_folder, "MOST_LOSS", -1.0)
    with pytest.raises(ModelError, match=r"int8 loses .* ROUGE-L points, allowed -100.0"):
        summary_folder.train_summarizer(made)
    assert (made.output / "manifest.json").read_bytes() == before


def test_a_place_that_is_no_models_is_refused_before_training(tmp_path, tiny_backbone, monkeypatch):
    monkeypatch.setattr(summarizer, "train", lambda _: pytest.fail("trained"))
    (tmp_path / "mine").mkdir()
    with pytest.raises(UsageError, match="not a model folder"):
        summary_folder.train_summarizer(news.config(tmp_path, tiny_backbone, output=tmp_path / "mine"))


def test_a_published_model_is_written_as_its_library_reads_it(tmp_path):
    backbone = news.published("arabart", tmp_path / "arabart")
    stages = [{"name": "summaries", "tasks": {"summary": 1}, "passes": 1, "batch_size": 8}]
    stages[0] |= {"learning_rate": 1e-3, "encoder_learning_rate": 1e-3}
    config = news.config(tmp_path, backbone, kind="pretrained", stages=stages)
    place = summary_folder.train_summarizer(config)
    assert summary_folder.train_summarizer(config) == place  # what is there is a model's, and is replaced
    network, tokens = AutoModelForSeq2SeqLM.from_pretrained(place), AutoTokenizer.from_pretrained(place)
    run = summarizer.train(config)[0]
    assert all(map(torch.equal, network.parameters(), run.network.parameters()))
    assert tokens.convert_tokens_to_ids("<short>") == run.form.starts[1]
    assert tokens.eos_token_id == run.form.end
    assert network.generation_config.decoder_start_token_id == run.form.starts[1]
