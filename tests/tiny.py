"""A random encoder and a model folder made from it, small enough to be made anew for every test run."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertModel

from infer.bundle import write_manifest
from infer.settings import load_config
from train import calibration, export, model, vocabulary
from train import folder as model_folder
from train.config import ClassifierConfig, TopicsConfig, TrainingConfig

TOPICS = Path(__file__).resolve().parent.parent / "configs" / "topics.yaml"
# The longest text that ``train.export`` checks a graph with.
POSITIONS = 512
WINDOW = 32
WORDS = (
    "غزة رفح العراق بغداد أميركا واشنطن رسوم جمركية الصين أسعار كرة مباراة هدف مطر طقس حرارة وزير رئيس "
    "حكومة قال اليوم أمس في من على إلى عن مع بعد قبل هذا التي الذي"
)
COMMON_LETTERS = "ابتجحدرسشطعفقكلمنهوية"


def pieces() -> list[vocabulary.Piece]:
    """Special tokens, every letter, pairs of letters, a few words, ``<mask>`` last."""
    letters = [(letter, -9.0) for letter in (vocabulary.WORD_START, *vocabulary.ALPHABET)]
    parts = [(a + b, -7 - i / 64) for i, (a, b) in enumerate(product(COMMON_LETTERS, repeat=2))]
    words = [(vocabulary.WORD_START + word, -5 - i / 128) for i, word in enumerate(WORDS.split())]
    special = [(name, 0.0) for name in vocabulary.SPECIAL]
    return vocabulary.exact([*special, *letters, *parts, *words, (vocabulary.MASK, 0.0)])


def write_backbone(folder: Path, *, layers: int = 2, width: int = 32, heads: int = 2) -> Path:
    """Write a random encoder with its vocabulary in both formats, in the hub's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.tokenizer(pieces()).save(str(folder / "tokenizer.json"))
    vocabulary.save_sentencepiece(pieces(), folder / "sentencepiece.bpe.model")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    config = BertConfig(
        vocab_size=len(pieces()),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=2 * width,
        max_position_embeddings=POSITIONS,
        pad_token_id=1,
        initializer_range=0.3,  # wide enough for two texts to differ
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = BertModel(config, add_pooling_layer=False)
        for name, parameter in encoder.named_parameters():
            if parameter.ndim == 1:  # all zeros or all ones, so that one could stand for another unseen
                parameter.data += 0.1 * torch.randn_like(parameter)
            elif "word_embeddings" not in name:  # what a text says is to weigh more than chance
                parameter.data *= 0.3
        encoder.save_pretrained(folder)
    return folder


def write_topic_model(folder: Path) -> Path:
    """Write an untrained topic model, exported as trained ones are; its probabilities mean nothing."""
    backbone = str(write_backbone(folder.with_name(f"{folder.name}-backbone")))
    topics = load_config(TOPICS, TopicsConfig)
    config = ClassifierConfig(
        name=folder.name,
        backbone=backbone,
        topics=TOPICS,
        data=Path("none.jsonl"),
        window=WINDOW,
        training=TrainingConfig(epochs=1, learning_rate=1e-3),
        runs=folder,
        output=folder,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = model.from_backbone(backbone, len(topics.names)).eval()
    graphs = export.export(network, folder, list(export.random_feeds(network.encoder.config)))
    graphs.float32.unlink()
    export.copy_tokenizer(backbone, folder)
    count = len(topics.names)
    plain = calibration.Calibration(np.ones(count), np.zeros(count), np.full(count, 0.5), margin=0.05)
    content = json.dumps(model_folder.model_config(config, topics, network, plain), ensure_ascii=False)
    (folder / "config.json").write_text(content, encoding="utf-8")
    write_manifest(folder)
    return folder
