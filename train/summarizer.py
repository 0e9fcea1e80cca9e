"""The stages of a summarizer in order, from articles to a model folder; what is done is not done again."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from infer.errors import UsageError
from infer.schema import LENGTHS
from train import model as encoders
from train import packing, reading, stages, trainer
from train.checkpoints import Progress as Done
from train.pairs import Builder, Format, Packed, Rows, mix
from train.pointer import from_encoder
from train.seq2seq_config import StageConfig, SummarizerConfig
from train.states import States
from train.vocabulary import MASK, SPECIAL, open_tokenizer

log = logging.getLogger(__name__)

STARTS = tuple(f"<{name}>" for name in LENGTHS)
"""Start tokens of the decoder: the first token that it reads says how much it is to write."""
# References longer than a training target are measured on all the same.
LONGEST_REFERENCE = 256
SAMPLES = 5


@dataclass
class Run:
    """A model in training, and what it reads with.

    Attributes:
        network: Takes ``input_ids``, ``attention_mask``, ``decoder_input_ids`` and ``labels``.
        tokenizer: With the start tokens.
        form: How sources and targets are framed.
        mask: Token that hides a token of the source.
        special: Tokens that are no text.
        published: The tokenizer as its own library has it, of a published model.
    """

    network: PreTrainedModel
    tokenizer: Tokenizer
    form: Format
    mask: int
    special: list[int]
    published: PreTrainedTokenizerBase | None = None

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @property
    def encoder_layers(self) -> int:
        """How many layers the encoder has."""
        encoder: Any = self.network.get_encoder()
        return len(encoder.layers if hasattr(encoder, "layers") else encoder.block)

    def feed(self, rows: Rows, states: Path | None = None) -> stages.Feed:
        """The rows as the training loop takes them.

        Args:
            rows: Sources and targets.
            states: Folder for what the encoder makes of the sources, where it stays as it is.
        """
        kept = States(states, self.network.get_encoder(), self.form.padding) if states else None
        return stages.Feed(rows, self.form.padding, self.mask, self.special, self.device, kept)


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
    packed, validation = _packed(config, run)
    builder = Builder(validation, run.form, config.window, LONGEST_REFERENCE)
    measured = builder.summary()
    done = hashlib.sha256(_digest(config, run).encode())
    encoder = done.copy()
    for number, settings in enumerate(config.stages):
        done.update(settings.model_dump_json().encode())
        folder = config.runs / f"{number + 1}-{settings.name}-{done.hexdigest()[:10]}"
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
        _stage(config, run, settings, rows, folder, states)
        _measure(config, run, measured, settings.name, folder)
        _write(run.network, weights)
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    run.network.train(False)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if report["settings"] != _measured_by(config):
        report = _measure(config, run, measured, settings.name, folder)
    return run, measured, report


def start(config: SummarizerConfig) -> Run:
    """The model before its first stage.

    Raises:
        UsageError: The backbone is missing or is not what ``kind`` needs.
    """
    device = encoders.device()
    if config.kind == "pretrained":
        return _fits(config, _published(config, device))
    encoder = encoders.open_encoder(config.backbone)
    if not isinstance(encoder, BertModel):
        raise UsageError(
            f"{config.backbone}: a copying summarizer starts from a BERT, this is {encoder.config.model_type}"
        )
    if (deepest := max(config.decoder_layers)) > encoder.config.num_hidden_layers:
        raise UsageError(
            f"decoder_layers: {deepest} is not a layer of {config.backbone}, "
            f"which has {encoder.config.num_hidden_layers}"
        )
    tokenizer = open_tokenizer(config.backbone)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in STARTS])
    ids = tokenizer.get_vocab()
    if missing := [name for name in (*SPECIAL, MASK) if name not in ids]:
        raise UsageError(
            f"{config.backbone}: its vocabulary has no {missing[0]!r}; `mujaz-train backbone` makes one"
        )
    network = from_encoder(
        encoder,
        tokens=tokenizer.get_vocab_size(),
        start=ids[STARTS[1]],
        text=(len(SPECIAL), ids[MASK]),
        layers=config.decoder_layers,
    )
    form = Format(ids["<s>"], ids["</s>"], ids["<pad>"], tuple(ids[name] for name in STARTS))
    special = [ids[name] for name in (*SPECIAL, MASK, *STARTS)]
    network.to(device)  # type: ignore[arg-type]
    return _fits(config, Run(network, tokenizer, form, ids[MASK], special))


def _fits(config: SummarizerConfig, run: Run) -> Run:
    """The run, if its model has a position for every token.

    Raises:
        UsageError: It has not.
    """
    most = getattr(run.network.config, "max_position_embeddings", None)  # T5 has no such limit
    wanted = {"window": config.window, "longest": config.longest}
    wanted["writing.max_new_tokens"] = max(config.writing.max_new_tokens) + 1
    for name, value in wanted.items():
        if most is not None and value > most:
            raise UsageError(f"{name}: {value} is more than the {most} positions of {config.backbone}")
    return run


def _published(config: SummarizerConfig, device: torch.device) -> Run:
    try:
        tokens = AutoTokenizer.from_pretrained(config.backbone)
        network = AutoModelForSeq2SeqLM.from_pretrained(config.backbone, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{config.backbone}: no sequence-to-sequence model: {str(error).splitlines()[0]}"
        ) from None
    tokens.add_special_tokens({"additional_special_tokens": list(STARTS)})
    if len(tokens) > network.get_input_embeddings().num_embeddings:
        network.resize_token_embeddings(len(tokens))
    ids = tokens.get_vocab()
    starts = tuple(ids[name] for name in STARTS)
    network.config.decoder_start_token_id = network.generation_config.decoder_start_token_id = starts[1]
    network.generation_config.forced_bos_token_id = network.generation_config.forced_eos_token_id = None
    begin = tokens.cls_token_id if tokens.cls_token_id is not None else tokens.bos_token_id
    form = Format(begin, tokens.eos_token_id, tokens.pad_token_id, starts)
    mask = tokens.mask_token_id if tokens.mask_token_id is not None else tokens.unk_token_id
    tokenizer = tokens.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = [i for i in {*tokens.all_special_ids, *starts} if i is not None]
    return Run(network.to(device), tokenizer, form, mask, special, tokens)


def _stage(
    config: SummarizerConfig, run: Run, settings: StageConfig, rows: Rows, folder: Path, states: Path | None
) -> None:
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

        stages.run_stage(
            run.network,
            run.feed(rows, states),
            stage,
            seed=config.seed + 1,
            bf16=_bf16(config),
            folder=folder / "checkpoint",
            watch=watch,
        )


def _packed(config: SummarizerConfig, run: Run) -> tuple[Packed, Packed]:
    """The articles to train on and those to measure on, as tokens; kept in ``runs``, and reused."""
    digest = _digest(config, run)
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
    text = json.dumps(report, ensure_ascii=False, indent=2)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    return report


def _bf16(config: SummarizerConfig) -> bool:
    return trainer.multiplies_bf16() if config.bf16 is None else config.bf16


def _write(network: PreTrainedModel, path: Path) -> None:
    """Write the weights, whole or not at all: what is there is taken for finished."""
    state = {name: p.detach().cpu().contiguous() for name, p in network.named_parameters()}
    save_file(state, path.with_suffix(".draft"))
    path.with_suffix(".draft").replace(path)


@torch.no_grad()
def _load(network: PreTrainedModel, path: Path) -> None:
    state = load_file(path)
    for name, parameter in network.named_parameters():
        parameter.copy_(state[name])
