"""Invented articles with standfirsts, and the settings to train a tiny summarizer on them."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from tests.tiny import pieces
from tests.train.toy import FILLER
from train import vocabulary
from train.seq2seq_config import SummarizerConfig


def articles(count: int, seed: int = 0) -> list[dict]:
    """Articles of four sentences; the standfirst is the first, its words in another order."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        body = [draw.sample(FILLER, 12) for _ in range(4)]
        rows.append(
            {
                "id": f"{seed}-{i}",
                "title": " ".join(draw.sample(body[0], 5)),
                "body": "\n".join(f"{' '.join(sentence)}." for sentence in body),
                "summary": " ".join(body[0][4:] + body[0][:4]),
            }
        )
    return rows


def write(path: Path, rows: list[dict]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def config(folder: Path, backbone: Path, **changes) -> SummarizerConfig:
    stage = {"batch_size": 8, "learning_rate": 3e-3, "encoder_learning_rate": 1e-3}
    return SummarizerConfig(
        **{
            "name": "summary-toy",
            "kind": "pointer",
            "backbone": str(backbone),
            "decoder_layers": [1, 2],
            "articles": [write(folder / "articles.parquet", articles(40))],
            "validation": write(folder / "validation.parquet", articles(8, seed=1)),
            "window": 120,
            "longest": 100,
            "stages": [
                {"name": "copy", "tasks": {"lead": 1}, "passes": 1, "masked": 0.1, **stage},
                {"name": "summaries", "tasks": {"summary": 1, "headline": 0.5}, "passes": 1, **stage},
            ],
            "bf16": False,
            "measured": 4,
            "save_steps": 2,
            "runs": folder / "runs",
            "output": folder / "models" / "summary-toy",
        }
        | changes
    )


STAND_INS = {
    "arabart": (MBartForConditionalGeneration, MBartConfig),
    "bart": (BartForConditionalGeneration, BartConfig),
    "mt5": (MT5ForConditionalGeneration, MT5Config),
    "arat5": (T5ForConditionalGeneration, T5Config),
}


def published(name: str, folder: Path) -> Path:
    """A random model of a published one's class, in its library's layout."""
    model, kind = STAND_INS[name]
    shared = {"vocab_size": len(pieces()), "pad_token_id": 1, "eos_token_id": 2, "bos_token_id": 0}
    if "t5" in name:
        sizes = {
            "d_model": 32,
            "d_kv": 16,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 2,
            "feed_forward_proj": "gated-gelu",
        }
    else:
        sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64}
        sizes |= {"decoder_ffn_dim": 64, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
        sizes |= {"max_position_embeddings": 256}
    model(kind(**shared, **sizes)).save_pretrained(folder)
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=vocabulary.tokenizer(pieces()),
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )
    tokens.save_pretrained(folder)
    return folder
