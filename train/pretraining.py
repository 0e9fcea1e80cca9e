"""Masked-language training of an encoder on articles without labels, before it is fine-tuned.

Further pretraining on text of the domain: Gururangan et al. 2020, arXiv 2004.10964. Here it also heals
what 4 bits took from the weights.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import PreTrainedModel, set_seed

from train import corpus, frozen, model, trainer
from train.config import PretrainingConfig, TopicsConfig, load_config
from train.data import load_labelled
from train.vocabulary import MASK, SPECIAL, open_tokenizer

log = logging.getLogger(__name__)

# Of the chosen tokens these shares become the mask and a random token; the rest stay: Devlin et al. 2018.
MASKED, RANDOM = 0.8, 0.1
IGNORED = -100


def pretrain(config: PretrainingConfig) -> Path:
    """Train and return the folder; resumes from a checkpoint.

    Raises:
        UsageError: The encoder or a corpus file is missing.
    """
    set_seed(config.seed)
    encoder = model.open_encoder(str(config.backbone))
    texts = Packed(*_tokens(config))
    log.info("%d articles, %d tokens", len(texts), len(texts.ids))
    learner = trainer.LengthTrainer(
        model=MaskedLanguageModel(encoder),
        args=trainer.arguments(
            config.runs / "checkpoints",
            report_to=config.report_to,
            bf16=config.bf16,
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            warmup_steps=config.warmup_ratio,
            weight_decay=config.weight_decay,
            seed=config.seed,
            save_steps=config.save_steps,
        ),
        train_dataset=texts,
        data_collator=masker(config),
    )
    result = learner.train(resume_from_checkpoint=trainer.last_checkpoint(config.runs / "checkpoints"))
    log.info("mean loss %.3f over %.1f epochs", result.training_loss, config.epochs)
    # Half precision is closer than what the weights were rounded to before, and half the size.
    encoder.to("cpu", torch.float16).save_pretrained(config.output)  # type: ignore[arg-type]
    for name in ("tokenizer.json", "tokenizer_config.json", "sentencepiece.bpe.model", "backbone.json"):
        if (file := config.backbone / name).is_file():
            shutil.copyfile(file, config.output / name)
    return config.output


class Packed(Dataset[dict[str, Any]]):
    """Texts of unlike lengths in one array.

    Attributes:
        ids: Token ids of all texts one after another.
        lengths: Tokens of each text.
    """

    def __init__(self, ids: npt.NDArray[np.uint16], lengths: npt.NDArray[np.int64]) -> None:
        self.ids = ids
        self.lengths = lengths
        self._starts = np.cumsum(lengths) - lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> dict[str, Any]:
        start, length = self._starts[index], self.lengths[index]
        return {"input_ids": self.ids[start : start + length], "length": int(length)}


def masker(config: PretrainingConfig) -> Callable[[list[dict[str, Any]]], dict[str, torch.Tensor]]:
    """Pads texts to the longest and hides a share of their tokens.

    The function returns ``input_ids``, ``attention_mask`` and ``labels``, each texts × tokens; a label is
    ``IGNORED`` where nothing is to be guessed.
    """
    tokenizer = open_tokenizer(str(config.backbone))
    ids_of = tokenizer.get_vocab()
    special = [ids_of[name] for name in SPECIAL]
    mask, padding = ids_of[MASK], ids_of["<pad>"]
    size = tokenizer.get_vocab_size()

    def hide(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        ids = torch.full((len(rows), max(row["length"] for row in rows)), padding)
        for row, found in zip(ids, rows, strict=True):
            row[: found["length"]] = torch.from_numpy(found["input_ids"].astype(np.int64))
        chosen = (torch.rand(ids.shape) < config.masked) & ~torch.isin(ids, torch.tensor(special))
        labels = ids.masked_fill(~chosen, IGNORED)
        fate = torch.rand(ids.shape)
        hidden = ids.masked_fill(chosen & (fate < MASKED), mask)
        other = chosen & (fate >= MASKED) & (fate < MASKED + RANDOM)
        hidden[other] = torch.randint(len(special), size, (int(other.sum()),))
        return {"input_ids": hidden, "attention_mask": ids.ne(padding).long(), "labels": labels}

    return hide


def _tokens(config: PretrainingConfig) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """Token ids and lengths of the corpus; kept in ``runs``, and reused."""
    ids, lengths = config.runs / "tokens.npy", config.runs / "lengths.npy"
    if not lengths.is_file():
        names = load_config(config.topics, TopicsConfig).names
        without = load_labelled(config.without, names, config.preparation) if config.without else None
        articles = corpus.load(config.corpus, config.preparation, without)
        tokenizer = open_tokenizer(str(config.backbone))
        tokenizer.enable_truncation(config.window, strategy="longest_first")
        encoded = [np.array(e.ids, np.uint16) for e in tokenizer.encode_batch(articles)]
        frozen.save_whole(ids, np.concatenate(encoded))
        frozen.save_whole(lengths, np.array([len(e) for e in encoded]))
    return np.load(ids), np.load(lengths)


class MaskedLanguageModel(nn.Module):
    """An encoder with BERT's head for guessing tokens, which runs on the hidden ones only.

    The head's last matrix is the encoder's embedding of the vocabulary.
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """``loss``: the mean over the hidden tokens. All inputs are texts × tokens."""
        hidden = self.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        asked = labels != IGNORED
        embeddings: Any = self.encoder.get_input_embeddings()
        logits = nn.functional.linear(self.transform(hidden[asked]), embeddings.weight, self.bias)
        return {"loss": nn.functional.cross_entropy(logits.float(), labels[asked])}
