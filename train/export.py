"""A trained topic model as an ONNX graph: traced, fused, compared with torch, its weights in signed int8."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import nn
from transformers import PreTrainedConfig

from infer.errors import ModelError
from train.model import TopicClassifier
from train.quantization import open_session, quantize
from train.smooth import Feed
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUTS = ["logits", "vectors"]
OPSET = 17
# Largest difference between torch and the float32 graph that rounding explains.
TOLERANCE = 1e-4
BATCHES = (1, 2, 8)
LENGTHS = (1, 2, 17, 128, 512)


@dataclass(frozen=True)
class Graphs:
    """Paths of the float32 graph and of the int8 graph."""

    float32: Path
    int8: Path


def export(
    network: TopicClassifier, folder: Path, feeds: Sequence[Feed], float32_layers: Sequence[int] = ()
) -> Graphs:
    """Write ``model_fp32.onnx`` and ``model.onnx`` (int8) to the folder.

    Args:
        network: A trained model.
        folder: Where to write.
        feeds: Batches of texts like those to come, by which int8 is fitted; see ``quantize``.
        float32_layers: Layers whose feed-forward matrices stay float32; see ``quantize``.

    Raises:
        ModelError: The float32 graph's logits differ from torch's, or a text's in a padded batch from
            the same alone, by more than ``TOLERANCE``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    graphs = Graphs(folder / "model_fp32.onnx", folder / "model.onnx")
    with tempfile.TemporaryDirectory() as scratch:
        traced = Path(scratch) / "traced.onnx"
        trace(network, traced)
        fuse(network, traced, graphs.float32)
    difference = parity(network, graphs.float32)
    log.info("torch and ONNX float32 differ by at most %.1e", difference)
    if difference > TOLERANCE:
        raise ModelError(f"{graphs.float32}: differs from torch by {difference:.1e}, allowed {TOLERANCE:.0e}")
    leaked = padding_effect(network, graphs.float32)
    log.info("a text alone and in a padded batch differ by at most %.1e", leaked)
    if leaked > TOLERANCE:
        raise ModelError(f"{graphs.float32}: padding changes logits by {leaked:.1e}, allowed {TOLERANCE:.0e}")
    quantize(graphs.float32, graphs.int8, feeds, float32_layers)
    return graphs


def trace(network: TopicClassifier, path: Path) -> None:
    """Trace the network with batch and length left open."""
    # Only the plain attention is a pattern that the fusion below knows.
    network.encoder.set_attn_implementation("eager")
    ids = torch.arange(5, 39).reshape(2, 17) % network.encoder.config.vocab_size
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS} | {name: {0: "batch"} for name in OUTPUTS}
    trace_module(_Traced(network), (ids, mask, torch.zeros_like(ids)), path, INPUTS, OUTPUTS, axes)


def trace_module(
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    path: Path,
    names: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    """Trace any module; ``axes`` are those left open, by names of inputs and outputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that stay fixed; parity is checked
        torch.onnx.export(
            module.eval(),
            inputs,
            str(path),
            input_names=names,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def fuse(network: TopicClassifier, source: Path, target: Path) -> None:
    """Fuse attention, layer norm and GELU into ONNX Runtime's own operators.

    Raises:
        ModelError: A layer's attention was not fused, which would cost half the speed unseen.
    """
    config = network.encoder.config
    fuse_bert(
        source,
        target,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        width=config.hidden_size,
    )


def fuse_bert(source: Path, target: Path, *, layers: int, heads: int, width: int) -> None:
    """The same for a graph with a BERT of that many layers in it."""
    fused = optimize_model(
        str(source),
        model_type="bert",
        num_heads=heads,
        hidden_size=width,
        optimization_options=FusionOptions("bert"),
        opt_level=0,
    )
    count = fused.get_fused_operator_statistics()["Attention"]
    if count != layers:
        raise ModelError(f"{target}: only {count} of {layers} attentions were fused")
    fused.save_model_to_file(str(target))


def parity(network: TopicClassifier, graph: Path) -> float:
    """Largest difference of logits between torch and the graph over batches and lengths, with padding."""
    session = open_session(graph)
    worst = 0.0
    for feed in random_feeds(network.encoder.config):
        with torch.inference_mode():
            expected = network(**{k: torch.from_numpy(v) for k, v in feed.items()})["logits"].numpy()
        found = session.run(["logits"], feed)[0]
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def padding_effect(network: TopicClassifier, graph: Path) -> float:
    """Largest difference of a text's logits in a padded batch from those of the text alone."""
    session = open_session(graph)
    worst = 0.0
    for feed in random_feeds(network.encoder.config):
        length = int(feed["attention_mask"][-1].sum())
        alone = {name: values[-1:, :length] for name, values in feed.items()}
        together, apart = (session.run(["logits"], given)[0][-1] for given in (feed, alone))
        worst = max(worst, float(np.abs(together - apart).max()))
    return worst


def copy_tokenizer(backbone: str, folder: Path) -> None:
    """Write the tokenizer of a backbone (folder or hub name), and its SentencePiece model if it has one."""
    open_tokenizer(backbone).save(str(folder / "tokenizer.json"))
    pieces = Path(backbone) / "sentencepiece.bpe.model"
    if pieces.is_file():
        shutil.copyfile(pieces, folder / pieces.name)


def random_feeds(encoder: PreTrainedConfig) -> Iterator[Feed]:
    """Random tokens in batches of every size and length that is compared, one row half padding."""
    draw = np.random.default_rng(0)
    lengths = {min(length, encoder.max_position_embeddings) for length in LENGTHS}
    for batch, length in product(BATCHES, sorted(lengths)):
        ids = draw.integers(5, encoder.vocab_size, (batch, length))
        mask = np.ones_like(ids)
        if batch > 1 and length > 2:
            mask[-1, length // 2 :] = 0
        yield {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


class _Traced(nn.Module):
    """The network with positional inputs and outputs, as the tracer wants them."""

    def __init__(self, network: TopicClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        output = self.network(**dict(zip(INPUTS, inputs, strict=True)))
        return tuple(output[name] for name in OUTPUTS)
