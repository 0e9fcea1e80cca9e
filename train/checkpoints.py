"""Checkpoints of a training loop: model, optimizer and progress in one file without pickles."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from train.files import whole

TENSORS = "state.safetensors"


@dataclass
class Progress:
    """How far a stage is.

    Attributes:
        step: Batches done.
        seconds: Time they took.
        loss: Of the last batch that was looked at.
        skipped: Batches passed over because their gradient was not finite.
    """

    step: int = 0
    seconds: float = 0.0
    loss: float = math.nan
    skipped: int = 0


def _tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Every tensor that training goes on from; parameters that are one are named once."""
    found: dict[str, torch.Tensor] = {f"model.{name}": p for name, p in model.named_parameters()}
    names: dict[torch.Tensor, str] = {p: name for name, p in model.named_parameters()}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            found[f"optimizer.{key}.{names[parameter]}"] = value
    return found


@torch.no_grad()
def _restore(model: nn.Module, optimizer: torch.optim.Optimizer, kept: dict[str, torch.Tensor]) -> None:
    for name, parameter in model.named_parameters():
        parameter.copy_(kept[f"model.{name}"])
        state = {
            key: kept[f"optimizer.{key}.{name}"].to(parameter.device if key != "step" else "cpu").clone()
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"optimizer.{key}.{name}" in kept
        }
        if "step" in state and optimizer.param_groups[0].get("fused"):
            state["step"] = state["step"].to(parameter.device)
        if state:
            optimizer.state[parameter] = state
        else:
            optimizer.state.pop(parameter, None)


def save(model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, folder: Path) -> None:
    """Write a checkpoint; the one before stays until this is whole."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in _tensors(model, optimizer).items()}
    state = {"progress": json.dumps(vars(progress))}
    with whole(folder / TENSORS) as draft:
        save_file(tensors, draft, metadata=state)


def resume(model: nn.Module, optimizer: torch.optim.Optimizer, folder: Path) -> Progress:
    """Take over the checkpoint of a folder; a fresh start where there is none."""
    if not (folder / TENSORS).is_file():
        return Progress()
    kept = load_file(folder / TENSORS)
    with (folder / TENSORS).open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    _restore(model, optimizer, kept)
    return Progress(**json.loads(header["__metadata__"]["progress"]))
