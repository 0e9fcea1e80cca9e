"""Fine-tuning of a topic model: cross-validation folds, then the model on everything."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset, concatenate_datasets
from tokenizers import Tokenizer
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments, set_seed
from transformers.trainer_pt_utils import LengthGroupedSampler

from train import data, joining, model
from train.config import ClassifierConfig, TrainingConfig
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]
Collate = Callable[[list[dict[str, Any]]], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class CrossValidation:
    """Logits that each article got from the model that had not seen it (articles × topics)."""

    logits: Array
    folds: npt.NDArray[np.int64]


def cross_validate(config: ClassifierConfig, labelled: data.Labelled) -> CrossValidation:
    """Train one model a fold and score the fold with it; finished folds are not trained again."""
    fold_of = data.folds(labelled, config.folds, config.seed)
    logits = np.zeros_like(labelled.targets)
    for fold in range(config.folds):
        held_out = fold_of == fold
        run = config.runs / f"fold-{fold}"
        stored = run / f"logits-{fingerprint(config, labelled)}.npy"
        if not stored.is_file():
            trained = fine_tune(config, labelled, ~held_out, run)
            tokens = encode(config, data.select(labelled, held_out))
            _save(stored, predict(trained, tokens, collator(open_tokenizer(config.backbone))))
            log.info("fold %d of %d done", fold + 1, config.folds)
        logits[held_out] = np.load(stored)
    return CrossValidation(logits, fold_of)


def fine_tune(
    config: ClassifierConfig, labelled: data.Labelled, chosen: npt.NDArray[np.bool_] | None, run: Path
) -> model.TopicClassifier:
    """Train on the chosen articles, all where None; resumes from a checkpoint in ``run`` that fits."""
    set_seed(config.seed)
    network = model.from_backbone(config.backbone, len(labelled.topics), config.training.dropout)
    seen = data.select(labelled, chosen)
    made = joining.join(seen, round(config.training.joined * len(seen.titles)), config.seed)
    tokens = concatenate_datasets([encode(config, part) for part in (seen, made) if part.titles])
    arguments = _arguments(config.training, config.seed, run / fingerprint(config, labelled))
    trainer = _Trainer(
        model=network,
        args=arguments,
        train_dataset=tokens,
        data_collator=collator(open_tokenizer(config.backbone)),
        optimizers=(_optimizer(network, config.training), None),
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(arguments))
    return network.eval()


def encode(config: ClassifierConfig, labelled: data.Labelled) -> Dataset:
    """First window of every article as token ids, with its labels and its length."""
    tokenizer = open_tokenizer(config.backbone)
    tokenizer.enable_truncation(config.window, strategy="longest_first")
    encodings = tokenizer.encode_batch(list(zip(labelled.titles, labelled.bodies, strict=True)))
    return Dataset.from_dict(
        {
            "input_ids": [e.ids for e in encodings],
            "token_type_ids": [e.type_ids for e in encodings],
            "labels": labelled.targets.tolist(),
            "length": [len(e.ids) for e in encodings],
        }
    )


def predict(network: model.TopicClassifier, tokens: Dataset, collate: Collate) -> Array:
    """Logits of encoded articles (articles × topics), in their order."""
    by_length = np.argsort(np.array(tokens["length"]), kind="stable")
    result = np.zeros((len(tokens), network.head.out_features), np.float32)
    device = next(network.parameters()).device
    for start in range(0, len(by_length), 64):
        rows = by_length[start : start + 64]
        batch = {k: v.to(device) for k, v in collate([tokens[int(i)] for i in rows]).items() if k != "labels"}
        with torch.inference_mode():
            result[rows] = network(**batch)["logits"].float().cpu().numpy()
    return result


def collator(tokenizer: Tokenizer) -> Collate:
    """Pads a list of encoded articles to the longest of them."""
    padding = next((i for t in ("<pad>", "[PAD]") if (i := tokenizer.token_to_id(t)) is not None), 0)

    def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        width = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), width), padding)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for i, row in enumerate(rows):
            n = len(row["input_ids"])
            ids[i, :n] = torch.tensor(row["input_ids"])
            types[i, :n] = torch.tensor(row["token_type_ids"])
            mask[i, :n] = 1
        labels = torch.tensor([row["labels"] for row in rows], dtype=torch.float32)
        return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask, "labels": labels}

    return collate


def fingerprint(config: ClassifierConfig, labelled: data.Labelled) -> str:
    """Identifies what a trained model depends on: settings, data and backbone, not where it is written."""
    settings = config.model_dump(mode="json", exclude={"runs", "output", "name", "data", "float32_layers"})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update("\n".join(labelled.texts).encode())
    digest.update(labelled.targets.tobytes())
    for name in (model.WEIGHTS, "tokenizer.json"):
        if (file := Path(config.backbone) / name).is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


class _ByLength(LengthGroupedSampler):
    """Batches of like lengths, in an order that depends on the seed and the epoch alone.

    The library draws the order from the global state of the random numbers, which an epoch that is
    resumed midway does not have again: it would see some articles twice and others not at all.
    """

    def __init__(self, batch_size: int, lengths: list[int], seed: int) -> None:
        super().__init__(batch_size, lengths=lengths)
        self.seed = seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        self.generator = torch.Generator().manual_seed(1_000 * self.seed + epoch)


class _Trainer(Trainer):
    def get_train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """The training articles, in the order of ``_ByLength``."""
        dataset: Any = self.train_dataset
        size = self.args.train_batch_size
        sampler = _ByLength(size, list(dataset["length"]), self.args.seed)
        loader = DataLoader(dataset, size, sampler=sampler, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]


def _save(path: Path, logits: Array) -> None:
    """Write the logits of a fold, whole or not at all."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        np.save(file, logits)
    draft.replace(path)


def _last_checkpoint(arguments: TrainingArguments) -> str | None:
    """The latest whole checkpoint: its state is what is written last."""
    states = list(Path(str(arguments.output_dir)).glob("checkpoint-*/trainer_state.json"))
    whole = [state.parent for state in states if _is_json(state)]
    return str(max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]))) if whole else None


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def _optimizer(network: model.TopicClassifier, training: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with a rate that falls by ``layer_decay`` a layer from the head to the embeddings.

    Discriminative fine-tuning: Howard and Ruder 2018, arXiv 1801.06146.
    """
    layers = network.encoder.config.num_hidden_layers
    groups = []
    for name, parameter in network.named_parameters():
        if name.startswith("head."):
            rate = training.head_learning_rate
        else:
            parts = name.split(".")
            depth = int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else 0
            if training.frozen_layers and depth <= training.frozen_layers:
                parameter.requires_grad = False
                continue
            rate = training.learning_rate * training.layer_decay ** (layers - depth)
        decay = 0.0 if parameter.ndim < 2 else training.weight_decay
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def _arguments(training: TrainingConfig, seed: int, output: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(output),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        warmup_steps=training.warmup_ratio,
        lr_scheduler_type="linear",
        bf16=training.bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        data_seed=seed,
        save_steps=training.save_steps,
        save_total_limit=1,
        logging_steps=20,
        remove_unused_columns=False,
        report_to="none",
        dataloader_pin_memory=False,
        disable_tqdm=not os.isatty(2),
    )
