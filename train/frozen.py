"""Frozen layers, computed once: what they make of an article is the same in every fold and epoch.

Their hidden states are kept as packed float16, and only the layers above are trained on them. With 8 of
12 layers frozen a fold costs a third of what running the whole encoder costs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import PreTrainedModel

from infer.errors import UsageError
from train.files import save_whole
from train.model import TopicClassifier
from train.tokens import Collate, Row

log = logging.getLogger(__name__)

# Articles that the frozen layers read at once.
BATCH = 32


@dataclass(frozen=True)
class Frozen:
    """Rows of articles with their hidden states.

    Attributes:
        rows: As ``tokens.encode`` makes them.
        states: Float16, tokens of all articles one after another × width.
        starts: Where each article begins in ``states``.
    """

    rows: Sequence[Row]
    states: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        row, start = self.rows[index], self.starts[index]
        return row | {"hidden": np.array(self.states[start : start + row["length"]])}


def split(network: TopicClassifier, layers: int) -> tuple[PreTrainedModel, TopicClassifier]:
    """The encoder's lowest ``layers``, and the network from there on; both share the whole's weights.

    The upper part takes ``inputs_embeds``: what the lower one returns as ``last_hidden_state``.

    Raises:
        UsageError: The encoder has not so many layers, or is not built as BERT is.
    """
    encoder = network.encoder
    whole = getattr(getattr(encoder, "encoder", None), "layer", None)
    if whole is None:
        raise UsageError(f"frozen_layers: needs an encoder built as BERT is, not {type(encoder).__name__}")
    if layers >= len(whole):
        raise UsageError(f"frozen_layers: {layers} leaves no layer to train of the encoder's {len(whole)}")
    learning = _shallow(network)
    learning.encoder = _with_layers(encoder, whole[layers:])
    learning.encoder.embeddings = _Given()
    return _with_layers(encoder, whole[:layers]), learning


def compute(lower: PreTrainedModel, rows: Sequence[Row], collate: Collate, kept: Path | None) -> Frozen:
    """Run the frozen layers over rows, without dropout.

    Args:
        lower: The first part of ``split``.
        rows: As ``tokens.encode`` makes them.
        collate: Pads them.
        kept: File that keeps the states; where it is there, nothing is computed.
    """
    lengths = np.array([row["length"] for row in rows], np.int64)
    starts = np.cumsum(lengths) - lengths
    if kept and kept.is_file():
        return Frozen(rows, np.load(kept, mmap_mode="r"), starts)
    states = np.empty((lengths.sum(), lower.config.hidden_size), np.float16)
    device = next(lower.parameters()).device
    lower.eval()  # type: ignore[no-untyped-call]
    order = np.argsort(lengths, kind="stable")
    for first in range(0, len(order), BATCH):
        chosen = [int(row) for row in order[first : first + BATCH]]
        batch = {k: v.to(device) for k, v in collate([rows[i] for i in chosen]).items() if k != "labels"}
        with torch.inference_mode():
            hidden = lower(**batch).last_hidden_state.half().cpu().numpy()
        for i, found in zip(chosen, hidden, strict=True):
            states[starts[i] : starts[i] + lengths[i]] = found[: lengths[i]]
    if kept:
        save_whole(kept, states)
        log.info("hidden states of %d articles kept in %s", len(rows), kept)
    return Frozen(rows, states, starts)


class _Given(nn.Module):
    """Stands where the embeddings were, and passes on the hidden states that it is given."""

    def forward(self, inputs_embeds: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ANN401
        return inputs_embeds


def _with_layers(encoder: Any, layers: nn.ModuleList) -> Any:  # noqa: ANN401
    twin = _shallow(encoder)
    twin.encoder = _shallow(encoder.encoder)
    twin.encoder.layer = layers
    return twin


def _shallow(module: Any) -> Any:  # noqa: ANN401
    """A copy whose parts can be exchanged without the original losing them; the weights are shared."""
    twin = copy(module)
    twin._modules = dict(module._modules)
    return twin
