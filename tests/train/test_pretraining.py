"""Masked-language training of a tiny encoder on invented articles."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import load_file

from infer.errors import UsageError
from tests import tiny
from tests.train import toy
from train import model, pretraining
from train.config import PretrainingConfig


@pytest.fixture
def config(tmp_path):
    rows = toy.articles(60)
    table = {"title": [row["title"] for row in rows], "body": [row["body"] for row in rows]}
    pq.write_table(pa.table(table), tmp_path / "corpus.parquet")
    return PretrainingConfig(
        backbone=tiny.write_backbone(tmp_path / "backbone"),
        corpus=[tmp_path / "corpus.parquet"],
        topics=tiny.TOPICS,
        window=32,
        epochs=4,
        batch_size=8,
        learning_rate=2e-2,
        bf16=False,
        runs=tmp_path / "runs",
        output=tmp_path / "read",
    )


def loss(config, caplog):
    """Mean loss of a training, as it is told."""
    caplog.clear()
    with caplog.at_level("INFO", "train"):
        pretraining.pretrain(config)
    return float(re.search(r"mean loss ([\d.]+)", caplog.text)[1])


def test_the_encoder_that_read_is_a_backbone_with_the_same_vocabulary(config):
    output = pretraining.pretrain(config)
    for name in ("tokenizer.json", "tokenizer_config.json", "sentencepiece.bpe.model"):
        assert (output / name).read_bytes() == (config.backbone / name).read_bytes()
    before, after = load_file(config.backbone / "model.safetensors"), load_file(output / "model.safetensors")
    assert before.keys() == after.keys()
    assert not np.allclose(
        before["embeddings.word_embeddings.weight"], after["embeddings.word_embeddings.weight"]
    )
    network = model.from_backbone(str(output), 3)
    assert next(network.parameters()).dtype == torch.float32
    assert json.loads((output / "config.json").read_text())["num_hidden_layers"] == 2


def test_an_encoder_that_read_guesses_better_from_the_start(config, tmp_path, caplog):
    first = loss(config, caplog)
    again = config.model_copy(
        update={"backbone": config.output, "runs": tmp_path / "b", "output": tmp_path / "c"}
    )
    assert loss(again, caplog) < first - 0.2


def test_a_share_of_the_tokens_is_hidden_and_no_special_one(config):
    rows = [{"input_ids": np.array([0, *range(5, 95), 2], np.uint16), "length": 92} for _ in range(50)]
    rows.append({"input_ids": np.array([0, 5, 2], np.uint16), "length": 3})
    batch = pretraining.masker(config)(rows)
    asked = batch["labels"] != pretraining.IGNORED
    assert 0.1 < asked[:50].float().mean() < 0.2
    assert not asked[:, 0].any()
    assert not asked[50, 2:].any()
    assert batch["attention_mask"][50].tolist() == [1] * 3 + [0] * 89
    mask = tiny.vocabulary.tokenizer(tiny.pieces()).token_to_id("<mask>")
    assert 0.7 < (batch["input_ids"][asked] == mask).float().mean() < 0.9
    assert (batch["input_ids"][~asked] != mask).all()


def test_copies_of_labelled_articles_are_not_read(config, tmp_path):
    toy.write(tmp_path / "labelled.jsonl", toy.articles(10))
    apart = config.model_copy(update={"without": tmp_path / "labelled.jsonl", "runs": tmp_path / "apart"})
    assert len(pretraining._tokens(apart)[1]) == 50


@pytest.mark.parametrize(
    ("key", "named"), [("backbone", "nowhere: no encoder"), ("corpus", "no such corpus")]
)
def test_what_is_missing_is_named(config, tmp_path, key, named):
    missing = tmp_path / "nowhere"
    changed = config.model_copy(update={key: [missing] if key == "corpus" else missing})
    with pytest.raises(UsageError, match=named):
        pretraining.pretrain(changed)
