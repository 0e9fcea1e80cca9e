"""Fine-tuning of a topic model, and the scores that it gives to articles it has not seen."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import ConcatDataset, DataLoader, Subset
from transformers import EarlyStoppingCallback, Trainer, TrainingArguments, set_seed
from transformers.integrations.integration_utils import get_available_reporting_integrations
from transformers.trainer_pt_utils import LengthGroupedSampler

from infer.errors import UsageError
from train import data, frozen, joining, model, splits
from train.config import ClassifierConfig, TrainingConfig
from train.splits import Split
from train.tokens import collator, encode
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
# Articles that are scored at once.
PREDICTED_AT_ONCE = 64


def held_out(config: ClassifierConfig, labelled: data.Labelled, split: Split) -> Array:
    """Logits of the test articles from a model trained on the training articles; kept, and reused."""
    run = config.runs / split.name
    stored = run / f"logits-{fingerprint(config, labelled)}.npy"
    if not stored.is_file():
        trained = fine_tune(config, labelled, split.train, run)
        frozen.save_whole(stored, predict(config, labelled, split.test, trained))
        log.info("%s: trained on %d, scored %d", split.name, split.train.sum(), split.test.sum())
    return np.asarray(np.load(stored))


def fine_tune(
    config: ClassifierConfig, labelled: data.Labelled, chosen: Bool, run: Path
) -> model.TopicClassifier:
    """Train on the chosen articles; resumes from a checkpoint in ``run`` that fits."""
    set_seed(config.seed)
    network = model.from_backbone(config.backbone, len(labelled.topics), config.training.dropout)
    learning, rows = _learning(config, labelled, network, config.runs)
    patience = config.training.early_stopping
    seen, watched = np.flatnonzero(chosen), np.array([], int)
    if patience:
        seen, watched = splits.watched(labelled, chosen, config.training.validation_share, config.seed)
    made = joining.join(
        data.select(labelled, np.isin(np.arange(len(chosen)), seen)),
        round(config.training.joined * len(seen)),
        config.seed,
    )
    _, made_rows = _learning(config, made, network, None)
    articles: Any = ConcatDataset([Subset(rows, seen.tolist()), made_rows])
    arguments = _arguments(config.training, config.seed, run / fingerprint(config, labelled))
    trainer = _Trainer(
        model=learning,
        args=arguments,
        train_dataset=articles,
        eval_dataset=Subset(rows, watched.tolist()) if len(watched) else None,
        data_collator=collator(open_tokenizer(config.backbone)),
        optimizers=(_optimizer(learning, config.training), None),
        callbacks=[EarlyStoppingCallback(patience)] if patience else [],
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(arguments))
    return network.eval()


def predict(
    config: ClassifierConfig, labelled: data.Labelled, chosen: Bool, network: model.TopicClassifier
) -> Array:
    """Logits of the chosen articles (articles × topics), in their order."""
    learning, rows = _learning(config, labelled, network, config.runs)
    return _run(learning, Subset(rows, np.flatnonzero(chosen).tolist()), config.backbone, "logits")


def pretrained_vectors(config: ClassifierConfig, labelled: data.Labelled) -> Array:
    """Vectors of all articles by the encoder before fine-tuning (articles × width); kept, and reused."""
    kept = config.runs / f"vectors-{_digest(config, labelled, str(config.window))}.npy"
    if not kept.is_file():
        network = model.from_backbone(config.backbone, len(labelled.topics))
        learning, rows = _learning(config, labelled, network, config.runs)
        frozen.save_whole(kept, _run(learning, rows, config.backbone, "vectors"))
    return np.asarray(np.load(kept))


def _run(network: model.TopicClassifier, rows: Any, backbone: str, output: str) -> Array:  # noqa: ANN401
    """One output of the network for all rows, in their order."""
    collate = collator(open_tokenizer(backbone))
    device = next(network.parameters()).device
    network.eval()
    by_length = np.argsort([row["length"] for row in rows], kind="stable")
    parts = []
    for start in range(0, len(by_length), PREDICTED_AT_ONCE):
        batch = collate([rows[int(i)] for i in by_length[start : start + PREDICTED_AT_ONCE]])
        del batch["labels"]
        with torch.inference_mode():
            found = network(**{name: tensor.to(device) for name, tensor in batch.items()})[output]
        parts.append(found.float().cpu().numpy())
    result = np.empty((len(by_length), parts[0].shape[1]), np.float32)
    result[by_length] = np.concatenate(parts)
    return result


def _learning(
    config: ClassifierConfig, labelled: data.Labelled, network: model.TopicClassifier, kept: Path | None
) -> tuple[model.TopicClassifier, Any]:
    """The part of the network that is trained, and the articles as it takes them."""
    rows = encode(config, labelled)
    if not (layers := config.training.frozen_layers):
        return network, rows
    lower, learning = frozen.split(network, layers)
    states = kept and kept / f"frozen-{_digest(config, labelled, f'{layers} {config.window}')}.npy"
    return learning, frozen.compute(lower, rows, collator(open_tokenizer(config.backbone)), states)


def fingerprint(config: ClassifierConfig, labelled: data.Labelled) -> str:
    """Identifies what a trained model depends on: settings, data and backbone, not where it is written."""
    elsewhere = {
        "runs",
        "output",
        "name",
        "data",
        "more",
        "float32_layers",
        "left_out",
        "after",
        "learning_curve",
    }
    # Without defaults: a key that is new in a version of Mujaz must not make old results void.
    settings = config.model_dump(mode="json", exclude=elsewhere, exclude_defaults=True)
    return _digest(config, labelled, json.dumps(settings, sort_keys=True))


def _digest(config: ClassifierConfig, labelled: data.Labelled, settings: str) -> str:
    digest = hashlib.sha256(settings.encode())
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
        sampler = _ByLength(size, [row["length"] for row in dataset], self.args.seed)
        loader = DataLoader(dataset, size, sampler=sampler, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]


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
    depths = {name: _depth(name) for name, _ in network.named_parameters()}
    top = max(depths.values())
    groups = []
    for name, parameter in network.named_parameters():
        head = name.startswith("head.")
        rate = (
            training.head_learning_rate
            if head
            else training.learning_rate * training.layer_decay ** (top - depths[name])
        )
        decay = 0.0 if parameter.ndim < 2 else training.weight_decay
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def _depth(name: str) -> int:
    """Number of a parameter's layer from the bottom, 0 for the embeddings."""
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else 0


def _arguments(training: TrainingConfig, seed: int, output: Path) -> TrainingArguments:
    installed = get_available_reporting_integrations()  # type: ignore[no-untyped-call]
    if missing := sorted(set(training.report_to) - set(installed)):
        here = ", ".join(installed) or "none"
        raise UsageError(
            f"report_to: tracker {missing[0]!r} is not known or not installed; installed: {here}"
        )
    return TrainingArguments(
        output_dir=str(output),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        warmup_steps=training.warmup_ratio,
        lr_scheduler_type="linear",
        bf16=_multiplies_bf16() if training.bf16 is None else training.bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        data_seed=seed,
        save_strategy="epoch" if training.early_stopping else "steps",
        save_steps=training.save_steps,
        save_total_limit=1,
        eval_strategy="epoch" if training.early_stopping else "no",
        load_best_model_at_end=training.early_stopping is not None,
        label_names=["labels"],
        logging_steps=20,
        remove_unused_columns=False,
        report_to=training.report_to or "none",
        dataloader_pin_memory=False,
        disable_tqdm=not os.isatty(2),
    )


def _multiplies_bf16() -> bool:
    """Whether the GPU, or else the processor, has instructions for bfloat16; without them it crawls."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
