import dataclasses

import pytest
import torch
from tokenizers import Tokenizer

from tests.train import toy
from train import tokens

ARTICLES = 45


@pytest.fixture
def data(tmp_path):
    return toy.labelled(tmp_path, ARTICLES)


def test_an_article_is_cut_to_the_window_title_first(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, window=16)
    long = dataclasses.replace(data, titles=["غزة اليوم"] * ARTICLES, bodies=["مطر " * 100] * ARTICLES)
    encoded = tokens.encode(config, long)
    tokenizer = Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))
    assert encoded[0]["length"] == len(encoded[0]["input_ids"]) == 16
    pieces = [tokenizer.id_to_token(i) for i in encoded[0]["input_ids"]]
    assert pieces == ["<s>", "▁غزة", "▁اليوم", "</s>", *["▁مطر"] * 11, "</s>"]
    assert encoded[0]["labels"] == data.targets[0].tolist()


def test_the_name_of_a_special_token_in_an_article_is_only_text(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone)
    named = dataclasses.replace(data, titles=["<mask>"] * ARTICLES, bodies=["</s> نص <pad>"] * ARTICLES)
    ids = list(tokens.encode(config, named)[0]["input_ids"])
    tokenizer = Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))
    assert ids.count(0) == 1
    assert ids.count(2) == 2
    assert tokenizer.token_to_id("<pad>") not in ids
    assert tokenizer.token_to_id("<mask>") not in ids


def test_a_batch_is_padded_to_its_longest_text(tiny_backbone):
    collate = tokens.collator(Tokenizer.from_file(str(tiny_backbone / "tokenizer.json")))
    batch = collate(
        [
            {"input_ids": [0, 9, 2], "token_type_ids": [0, 0, 0], "labels": [1.0, 0.0], "length": 3},
            {
                "input_ids": [0, 9, 9, 9, 2],
                "token_type_ids": [0, 0, 0, 1, 1],
                "labels": [0.0, 1.0],
                "length": 5,
            },
        ]
    )
    assert batch["input_ids"].tolist() == [[0, 9, 2, 1, 1], [0, 9, 9, 9, 2]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert batch["token_type_ids"].tolist() == [[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]
    assert batch["labels"].dtype == torch.float32
