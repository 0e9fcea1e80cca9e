"""``transformers.Trainer`` with batches of like lengths, resumable to the same result."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments
from transformers.integrations.integration_utils import get_available_reporting_integrations
from transformers.trainer_pt_utils import LengthGroupedSampler

from infer.errors import UsageError
from train.config import TrainingConfig


class ByLength(LengthGroupedSampler):
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


class LengthTrainer(Trainer):
    """A trainer whose training rows have a ``length``, and come in the order of ``ByLength``."""

    def get_train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """The training rows, in the order of ``ByLength``."""
        dataset: Any = self.train_dataset
        size = self.args.train_batch_size
        sampler = ByLength(size, [row["length"] for row in dataset], self.args.seed)
        loader = DataLoader(dataset, size, sampler=sampler, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]


def arguments(training: TrainingConfig, seed: int, output: Path) -> TrainingArguments:
    """The settings of a training as the library takes them; checkpoints go to ``output``.

    Raises:
        UsageError: A tracker is unknown or not installed.
    """
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
        bf16=multiplies_bf16() if training.bf16 is None else training.bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        data_seed=seed,
        save_strategy="epoch" if training.early_stopping else "steps",
        save_steps=training.save_steps,
        save_total_limit=1,
        eval_strategy="epoch" if training.early_stopping else "no",
        load_best_model_at_end=training.early_stopping is not None,
        # The count of epochs without a better loss is part of what a resumed training needs.
        restore_callback_states_from_checkpoint=True,
        label_names=["labels"],
        logging_steps=20,
        remove_unused_columns=False,
        report_to=training.report_to or "none",
        dataloader_pin_memory=False,
        disable_tqdm=not os.isatty(2),
    )


def last_checkpoint(output: Path) -> str | None:
    """The latest whole checkpoint in a folder: its state is what is written last."""
    states = list(output.glob("checkpoint-*/trainer_state.json"))
    whole = [state.parent for state in states if _is_json(state)]
    return str(max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]))) if whole else None


def multiplies_bf16() -> bool:
    """Whether the GPU, or else the processor, has instructions for bfloat16; without them it crawls."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def processor() -> str:
    """The processor's name as Linux knows it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
