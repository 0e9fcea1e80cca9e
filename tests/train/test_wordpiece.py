"""An encoder of AraBERT's kind, tiny and random: WordPiece, ``[PAD]``, AraBERT's text preparation."""

import pytest
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel

import infer
from infer.settings import load_config
from infer.text import prepare
from tests.train import toy
from train import run
from train.config import ClassifierConfig

COUNT = 48


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arabert")
    texts = [prepare(f"{row['title']} {row['body']}", "arabert-v02") for row in toy.articles(200)]
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(texts, vocab_size=400, show_progress=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), **shape)).save_pretrained(folder)
    return folder


def test_an_encoder_of_araberts_kind_goes_from_training_to_labels(backbone, tmp_path):
    toy.write(tmp_path / "toy.jsonl", toy.articles(COUNT))
    training = {"epochs": 12, "early_stopping": 3, "validation_share": 0.2}
    config = toy.config(tmp_path, backbone, training=training, preparation="arabert-v02")
    folder = run.train_classifier(config)
    assert not (folder / "sentencepiece.bpe.model").exists()
    (record,) = infer.load(folder).analyze([{"title": "مباراة اليوم 3.5", "body": "انتهت المباراة بهدف."}])
    assert list(record.scores) == toy.NAMES
    assert record.model.startswith("topics-toy@")


@pytest.mark.parametrize("name", ["compact", "arabert", "camelbert", "marbert"])
def test_the_configurations_that_come_with_mujaz_are_valid(name):
    config = load_config(toy.TOPICS.parent / "classifier" / f"{name}.yaml", ClassifierConfig)
    assert config.name == f"topics-{name}"
    assert config.preparation == ("arabert-v02" if name == "arabert" else "mujaz-1")
