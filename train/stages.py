"""A plain training loop for sequence-to-sequence models: stages that resume, rows kept on the device.

A stage lasts a number of steps, or of seconds where the machine is lent by
the minute; its rate follows the share that is done of either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from infer.errors import ModelError
from train import checkpoints
from train.checkpoints import Progress
from train.pairs import IGNORED, Ints, Rows, batches
from train.pointer import Encoded
from train.states import States

log = logging.getLogger(__name__)

BETAS = (0.9, 0.98)
# Steps between two looks at the loss.
LOOK = 25
MOST_SKIPPED = 100


@dataclass(frozen=True)
class Stage:
    """One stage of training.

    Attributes:
        name: Of its folder.
        steps: How long it lasts, in batches; by ``seconds`` where None.
        seconds: How long it lasts on the clock.
        batch_size: Rows a step.
        learning_rate: Highest rate of what is new: decoder and copy head.
        encoder_learning_rate: Highest rate of encoder and embeddings.
        warmup: Share of the stage in which the rate rises.
        final: Share of the highest rate that is left at the end.
        masked: Share of the source's tokens that are hidden.
        weight_decay: Of matrices.
        frozen_layers: Encoder layers from the bottom through which nothing is learnt.
        save_every: Steps between checkpoints.
    """

    name: str
    steps: int | None
    seconds: float | None
    batch_size: int
    learning_rate: float
    encoder_learning_rate: float
    warmup: float = 0.05
    final: float = 0.0
    masked: float = 0.0
    weight_decay: float = 0.01
    frozen_layers: int = 0
    save_every: int = 500

    def done(self, progress: Progress) -> float:
        """Share of the stage that is over, 1.0 at its end."""
        if self.steps is not None:
            return progress.step / self.steps
        return progress.seconds / (self.seconds or 1.0)

    def rate(self, done: float) -> float:
        """Share of the highest rate when the share ``done`` of the stage is over."""
        if done < self.warmup:
            return done / self.warmup
        left = (1 - done) / (1 - self.warmup)
        return self.final + (1 - self.final) * max(0.0, min(1.0, left))


class Feed:
    """Rows on the device, and batches gathered there.

    Args:
        rows: Sources and targets.
        padding: Token id.
        mask: Token id that hides a source's token.
        special: Token ids that are never hidden.
        device: Where the model is.
        states: What the encoder makes of the sources, where it is frozen.
    """

    def __init__(
        self,
        rows: Rows,
        padding: int,
        mask: int,
        special: list[int],
        device: torch.device,
        states: States | None = None,
    ) -> None:
        self.rows = rows
        self.states = states
        self.places = states.fill(rows.sources) if states else None
        self.sources = torch.from_numpy(rows.sources).to(device)
        self.targets = torch.from_numpy(rows.targets).to(device)
        self.starts = torch.from_numpy(rows.starts).to(device)
        self.special = torch.tensor(special, device=device)
        self.padding, self.mask, self.device = padding, mask, device

    def batch(self, chosen: Ints, masked: float = 0.0) -> dict[str, Any]:
        """What a model takes for some rows, ``labels`` among it.

        It is ``input_ids``, or ``encoder_outputs`` where the feed has states.
        """
        width = int(self.rows.source_lengths[chosen].max())
        length = int(self.rows.target_lengths[chosen].max())
        index = torch.from_numpy(chosen).to(self.device, non_blocking=True)
        ids = self.sources[index, :width].long()
        target = self.targets[index, :length].long()
        there = ids != self.padding
        if masked:
            hidden = (torch.rand(ids.shape, device=self.device) < masked) & ~torch.isin(ids, self.special)
            ids = ids.masked_fill(hidden, self.mask)
        read = torch.cat([self.starts[index].long()[:, None], target[:, :-1]], 1)
        labels = target.masked_fill(target == self.padding, IGNORED)
        batch = {"attention_mask": there.long(), "decoder_input_ids": read, "labels": labels}
        if self.states is None or self.places is None:
            return batch | {"input_ids": ids}
        hidden = self.states.take(self.places[chosen], width).to(self.device)
        return batch | {"encoder_outputs": Encoded(hidden, source_ids=ids)}


def run_stage(
    model: nn.Module,
    feed: Feed,
    stage: Stage,
    *,
    seed: int,
    bf16: bool,
    folder: Path | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train a model through a stage; goes on from a checkpoint in ``folder``, if any.

    Args:
        model: Takes what ``Feed.batch`` gives and returns an object with ``loss``.
        feed: The rows.
        stage: How to train.
        seed: Of the order and of dropout.
        bf16: Multiply in bfloat16.
        folder: Where checkpoints go; nowhere where None.
        watch: Called every ``LOOK`` steps.
    """
    cuts = _freeze(model, feed) if feed.states else _cut(model, stage.frozen_layers)
    optimizer = _optimizer(model, stage)
    progress = checkpoints.resume(model, optimizer, folder) if folder else Progress()
    if progress.step:
        log.info("%s: goes on at step %d", stage.name, progress.step)
    before, start = progress.seconds, time.monotonic()
    order = _order(feed.rows, stage.batch_size, seed, progress.step)
    model.train()
    while stage.done(progress) < 1:
        rate = stage.rate(stage.done(progress))
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * rate
        torch.manual_seed(seed * 1_000_003 + progress.step)
        loss = _step(model, optimizer, feed.batch(next(order), stage.masked), bf16=bf16)
        progress.skipped += loss is None
        if progress.skipped > MOST_SKIPPED:
            raise ModelError(
                f"{stage.name}: the gradient was not finite in {progress.skipped} of {progress.step} steps; "
                "lower learning_rate"
            )
        progress.step += 1
        progress.seconds = before + time.monotonic() - start
        if progress.step % LOOK == 0 or stage.done(progress) >= 1:
            progress.loss = progress.loss if loss is None else loss.item()
            if watch:
                watch(progress)
        if folder and progress.step % stage.save_every == 0:
            checkpoints.save(model, optimizer, progress, folder)
    if folder:
        checkpoints.save(model, optimizer, progress, folder)
    for cut in cuts:
        cut.remove()
    model.requires_grad_(True)
    return progress


def _step(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: dict[str, Any], *, bf16: bool
) -> torch.Tensor | None:
    """Learn from a batch; None where its gradient is not finite, which would spoil every weight."""
    device = batch["labels"].device
    with _autocast(device) if bf16 else nullcontext():
        loss: torch.Tensor = model(**batch).loss
    loss.backward()  # type: ignore[no-untyped-call]
    finite = bool(torch.isfinite(nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
    if finite:
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.detach() if finite else None


@torch.inference_mode()
def mean_loss(model: nn.Module, feed: Feed, batch_size: int, *, bf16: bool) -> float:
    """Mean loss of a token over all rows of a feed."""
    model.eval()
    total, count = torch.zeros((), device=feed.device), torch.zeros((), device=feed.device)
    for start in range(0, len(feed.rows), batch_size):
        batch = feed.batch(np.arange(start, min(start + batch_size, len(feed.rows))))
        asked = (batch["labels"] != IGNORED).sum()
        with _autocast(feed.device) if bf16 else nullcontext():
            total += model(**batch).loss.float() * asked
        count += asked
    model.train()
    return float(total / count)


def _autocast(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16)


def _order(rows: Rows, size: int, seed: int, done: int) -> Iterator[Ints]:
    """Batches without end, from number ``done`` on."""
    epoch = 0
    while True:
        found = batches(rows, size, seed, epoch)
        if done >= len(found):
            done -= len(found)
        else:
            yield from found[done:]
            done = 0
        epoch += 1


def _optimizer(model: nn.Module, stage: Stage) -> torch.optim.Optimizer:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        old = "encoder." in name or "shared" in name
        rate = stage.encoder_learning_rate if old else stage.learning_rate
        # Without decay for the embeddings, of which a stage may train a few rows alone.
        decay = stage.weight_decay if parameter.ndim > 1 and "shared" not in name else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    settings: list[dict[str, Any]] = [
        {"params": found, "lr": rate, "top": rate, "weight_decay": decay}
        for (rate, decay), found in groups.items()
    ]
    cuda = next(model.parameters()).is_cuda
    return torch.optim.AdamW(settings, betas=BETAS, eps=1e-8, fused=cuda)


def _freeze(model: Any, feed: Feed) -> list[RemovableHandle]:  # noqa: ANN401
    """Keep the encoder as it is, and of the embeddings all but those of the start tokens."""
    embeddings = model.get_input_embeddings().weight
    model.get_encoder().requires_grad_(False)
    embeddings.requires_grad_(True)
    learnt = torch.zeros(len(embeddings), 1, device=embeddings.device)
    learnt[feed.starts.long()] = 1
    return [embeddings.register_hook(lambda gradient: gradient * learnt)]


def _cut(model: Any, layers: int) -> list[RemovableHandle]:  # noqa: ANN401
    """Stop gradients above the encoder's lowest layers, which spares their backward pass."""
    if not layers:
        return []

    def detach(_module: nn.Module, _inputs: Any, output: Any) -> Any:  # noqa: ANN401
        if isinstance(output, tuple):
            return (output[0].detach(), *output[1:])
        return output.detach()

    return [encoder_layers(model)[layers - 1].register_forward_hook(detach)]


def encoder_layers(model: Any) -> nn.ModuleList:  # noqa: ANN401
    """The encoder's layers from the bottom, by either of the names that transformers has for them."""
    encoder = model.get_encoder()
    return encoder.layers if hasattr(encoder, "layers") else encoder.block  # type: ignore[no-any-return]
