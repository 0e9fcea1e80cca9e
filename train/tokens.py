"""Labelled articles as rows of tokens, and rows as padded batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from tokenizers import Tokenizer

from train.config import ClassifierConfig
from train.data import Labelled
from train.vocabulary import open_tokenizer

Row = dict[str, Any]
Collate = Callable[[list[Row]], dict[str, torch.Tensor]]


def encode(config: ClassifierConfig, labelled: Labelled) -> list[Row]:
    """First window of every article as token ids, with its labels and its length."""
    tokenizer = open_tokenizer(config.backbone)
    tokenizer.enable_truncation(config.window, strategy="longest_first")
    encodings = tokenizer.encode_batch(list(zip(labelled.titles, labelled.bodies, strict=True)))
    return [
        {"input_ids": e.ids, "token_type_ids": e.type_ids, "labels": targets, "length": len(e.ids)}
        for e, targets in zip(encodings, labelled.targets.tolist(), strict=True)
    ]


def collator(tokenizer: Tokenizer) -> Collate:
    """Pads a list of rows to the longest; a row with ``hidden`` states goes in as those, not as its ids."""
    padding = next((i for t in ("<pad>", "[PAD]") if (i := tokenizer.token_to_id(t)) is not None), 0)

    def collate(rows: list[Row]) -> dict[str, torch.Tensor]:
        mask = _pad([torch.ones(row["length"], dtype=torch.int64) for row in rows], 0)
        labels = torch.tensor([row["labels"] for row in rows], dtype=torch.float32)
        batch = {"attention_mask": mask, "labels": labels}
        if "hidden" in rows[0]:
            return batch | {"inputs_embeds": _pad([torch.tensor(row["hidden"]) for row in rows], 0).float()}
        ids = _pad([torch.tensor(row["input_ids"]) for row in rows], padding)
        types = _pad([torch.tensor(row["token_type_ids"]) for row in rows], 0)
        return batch | {"input_ids": ids, "token_type_ids": types}

    return collate


def _pad(texts: list[torch.Tensor], value: int) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=value)
