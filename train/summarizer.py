"""The stages of a summarizer in order, from articles to a model folder; what is done is not done again."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel, set_seed

from infer.bundle import available_cores
from infer.errors import UsageError
from train import model as encoders
from train import packing, reading, stages, trainer
from train.checkpoints import Progress as Done
from train.files import whole, write_json
from train.pairs import Builder, Packed, Rows, mix
from train.seq2seq import Run, start
from train.seq2seq_config import StageConfig, SummarizerConfig

log = logging.getLogger(__name__)

# References longer than a training target are measured on all the same.
LONGEST_REFERENCE = 256
SAMPLES = 5
# In a stage's folder: what it took, and what was measured after it.
NOTE, REPORT = "stage.json", "report.json"


def train(config: SummarizerConfig) -> tuple[Run, Rows, dict[str, Any]]:
    """Run every stage that has not been run.

    Each stage leaves ``model.safetensors`` and ``report.json`` in its folder under ``runs``; one that was
    cut off goes on from its last checkpoint.

    Returns:
        The trained model, the rows that it is measured on, and what the last stage measured.

    Raises:
        UsageError: The backbone or a file of articles cannot be used.
    """
    set_seed(config.seed)
    run = start(config)
    digest = _digest(config, run)
    packed, validation = _packed(config, run, digest)
    builder = Builder(validation, run.form, config.window, LONGEST_REFERENCE)
    measured = builder.summary()
    done = hashlib.sha256(digest.encode())
    encoder = done.copy()
    folders: list[Path] = []
    for number, settings in enumerate(config.stages):
        done.update(settings.model_dump_json().encode())
        folder = config.runs / f"{number + 1}-{settings.name}-{done.hexdigest()[:10]}"
        folders.append(folder)
        weights = folder / encoders.WEIGHTS
        frozen = settings.frozen_layers >= run.encoder_layers
        if frozen and settings.masked:
            raise UsageError(f"{settings.name}: masked: a frozen encoder reads each source once; drop it")
        if not frozen:
            encoder.update(settings.model_dump_json().encode())
        if weights.is_file():
            _load(run.network, weights)
            shutil.rmtree(folder / "checkpoint", ignore_errors=True)
            continue
        rows = mix(
            Builder(packed, run.form, config.window, config.longest, config.seed + number), settings.tasks
        )
        states = config.runs / f"states-{encoder.hexdigest()[:10]}" if frozen else None
        _note(folder, settings, rows, _stage(config, run, settings, rows, folder, states))
        _measure(config, run, measured, settings.name, folder)
        _write(run.network, weights)
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    run.network.train(False)
    report = _read(folder / REPORT)
    if report["settings"] != _measured_by(config):
        report = _measure(config, run, measured, settings.name, folder)
    return run, measured, report | {"stages": [_read(each / NOTE) for each in folders]}


def _stage(
    config: SummarizerConfig, run: Run, settings: StageConfig, rows: Rows, folder: Path, states: Path | None
) -> Done:
    steps = None
    if settings.passes is not None:
        steps = max(1, round(settings.passes * len(rows) / settings.batch_size))
    given = settings.model_dump(exclude={"tasks", "passes"})
    stage = stages.Stage(**given | {"steps": steps, "save_every": config.save_steps})
    log.info("%s: %d rows, %s", stage.name, len(rows), f"{steps} steps" if steps else f"{stage.seconds} s")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not os.isatty(2)) as bar:
        task = bar.add_task(stage.name, total=1.0)

        def watch(progress: Done) -> None:
            done = stage.done(progress)
            bar.update(task, completed=done, description=f"{stage.name} loss {progress.loss:.2f}")
            if progress.step % (4 * stages.LOOK) == 0 or done >= 1:
                log.info(
                    "%s: step %d, %.0f%%, loss %.3f", stage.name, progress.step, 100 * done, progress.loss
                )

        return stages.run_stage(
            run.network,
            run.feed(rows, states),
            stage,
            seed=config.seed + 1,
            bf16=_bf16(config),
            folder=folder / "checkpoint",
            watch=watch,
        )


def _note(folder: Path, settings: StageConfig, rows: Rows, done: Done) -> None:
    """Keep what a stage took, for the model card."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    note = {
        "name": settings.name,
        "rows": len(rows),
        "steps": done.step,
        "skipped": done.skipped,
        "minutes": round(done.seconds / 60, 1),
        "device": gpu or f"{available_cores()} cores of {trainer.processor()}",
    }
    write_json(folder / NOTE, note)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _packed(config: SummarizerConfig, run: Run, digest: str) -> tuple[Packed, Packed]:
    """The articles to train on and those to measure on, as tokens; kept in ``runs``, and reused."""
    kept = [config.runs / f"{kind}-{digest}.npz" for kind in ("train", "validation")]
    if not all(path.is_file() for path in kept):
        measured = packing.read([config.validation], config.preparation)
        texts = packing.read(config.articles, config.preparation, [config.validation])
        packing.pack(texts, run.tokenizer, config.window).save(kept[0])
        packing.pack(measured, run.tokenizer, config.window, judged=False).save(kept[1])
    train, validation = (Packed.load(path) for path in kept)
    log.info(
        "%d articles, %d with a title and %d with a summary to learn from; measured on %d",
        *(len(train), train.good_title.sum(), train.good_summary.sum(), len(validation)),
    )
    return train, validation


def _digest(config: SummarizerConfig, run: Run) -> str:
    """Identifies what tokens and weights depend on beside the stages."""
    kept = {"kind", "decoder_layers", "preparation", "window", "longest", "seed", "bf16"}
    settings = config.model_dump(mode="json", include=kept) | {"packing": packing.VERSION}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    encoders.hash_backbone(config.backbone, digest)
    digest.update(run.tokenizer.to_str().encode())
    for path in (*config.articles, config.validation):
        if not path.is_file():
            raise UsageError(f"{path}: no such file of articles; name Parquet files with title and body")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _measured_by(config: SummarizerConfig) -> dict[str, Any]:
    """Settings that figures depend on and training does not."""
    return {"writing": config.writing.model_dump(mode="json"), "measured": config.measured}


def _measure(config: SummarizerConfig, run: Run, rows: Rows, stage: str, folder: Path) -> dict[str, Any]:
    """Score what is written now, and keep it in the stage's folder."""
    report = reading.measure(run, rows, config.writing, config.measured, bf16=_bf16(config))
    report["settings"] = _measured_by(config)
    figures = "/".join(f"{100 * report[name]:.1f}" for name in ("rouge1", "rouge2", "rougeL"))
    log.info("%s: validation loss %.3f, ROUGE-1/2/L %s", stage, report["loss"], figures)
    for sample in report["samples"][:SAMPLES]:
        log.info("  %s", sample["written"])
    write_json(folder / REPORT, report)
    return report


def _bf16(config: SummarizerConfig) -> bool:
    return trainer.multiplies_bf16() if config.bf16 is None else config.bf16


def _write(network: PreTrainedModel, path: Path) -> None:
    """Write the weights, whole or not at all: what is there is taken for finished."""
    state = {name: p.detach().cpu().contiguous() for name, p in network.named_parameters()}
    with whole(path) as draft:
        save_file(state, draft)


@torch.no_grad()
def _load(network: PreTrainedModel, path: Path) -> None:
    state = load_file(path)
    for name, parameter in network.named_parameters():
        parameter.copy_(state[name])
