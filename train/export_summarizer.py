"""A trained copying summarizer as two ONNX graphs: traced, fused, its weights in signed int8."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from infer.errors import ModelError
from infer.search import RECENT
from train.export import fuse_bert, trace_module
from train.pointer import PointerBart
from train.quantization import quantize_encoder, quantize_weights
from train.smooth import Feed
from train.writing_graphs import Reader, Step

READER, STEP = "encoder.onnx", "decoder.onnx"


@dataclass(frozen=True)
class Graphs:
    """Folders of the float32 and of the int8 graphs, each with ``READER`` and ``STEP``."""

    float32: Path
    int8: Path


def export(model: PointerBart, folder: Path, suppressed: list[int], feeds: Sequence[Feed]) -> Graphs:
    """Write both pairs of graphs.

    Args:
        model: A trained summarizer, on the CPU.
        folder: Where to write.
        suppressed: Tokens that are no text, of which only the end is ever written.
        feeds: Batches of sources like those to come, by which the encoder's int8 is fitted.

    Raises:
        ModelError: A layer's attention was not fused, which would cost half the speed unseen.
    """
    graphs = Graphs(folder / "float32", folder / "int8")
    for kind in (graphs.float32, graphs.int8):
        kind.mkdir(parents=True, exist_ok=True)
    model.train(False)
    with tempfile.TemporaryDirectory() as scratch:
        traced = Path(scratch) / READER
        _trace_reader(model, traced)
        config: Any = model.config  # whose sizes the library takes for optional
        fuse_bert(
            traced,
            graphs.float32 / READER,
            layers=config.encoder_layers,
            heads=config.encoder_attention_heads,
            width=config.d_model,
        )
    _trace_step(model, graphs.float32 / STEP, suppressed)
    quantize_encoder(graphs.float32 / READER, graphs.int8 / READER, feeds)
    quantize_step(graphs.float32 / STEP, graphs.int8 / STEP)
    return graphs


def cross_names(layers: int) -> list[str]:
    """Names of the reader's outputs for the decoder's layers."""
    return [f"cross_{kind}_{i}" for i in range(layers) for kind in ("key", "value")]


def past_names(layers: int, when: str) -> list[str]:
    """Names of a step's past (``past``) or of the past for the next step (``present``)."""
    return [f"{when}_{kind}_{i}" for i in range(layers) for kind in ("key", "value")]


def _trace_reader(model: PointerBart, path: Path) -> None:
    outputs = ["copy_keys", *cross_names(len(model.model.decoder.layers))]
    axes: dict[str, Any] = {name: {0: "batch", 1: "source"} for name in ("input_ids", "attention_mask")}
    for name in outputs:
        axes[name] = {0: "batch", (3 if "cross_key" in name else 1 if name == "copy_keys" else 2): "source"}
    ids = torch.arange(5, 39).reshape(2, 17) % model.config.vocab_size
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    trace_module(Reader(model), (ids, mask), path, ["input_ids", "attention_mask"], outputs, axes)


def _trace_step(model: PointerBart, path: Path, suppressed: list[int]) -> None:
    config: Any = model.config
    layers, heads = config.decoder_layers, config.decoder_attention_heads
    head = config.d_model // heads
    batch, beams, source, before = 2, 3, 7, 5
    inputs = [
        torch.randint(5, 50, (batch, beams, RECENT)),
        torch.tensor([before]),
        torch.arange(batch * beams),
        torch.ones(batch, beams, 2, dtype=torch.int64),
        torch.randint(5, 50, (batch, source)),
        torch.ones(batch, source, dtype=torch.int64),
        torch.randn(batch, source, config.d_model),
    ]
    for _ in range(layers):
        inputs += [torch.randn(batch, heads, head, source), torch.randn(batch, heads, source, head)]
    inputs += [torch.randn(batch * beams, heads, before, head) for _ in range(2 * layers)]
    names = ["recent", "position", "order", "banned", "source", "mask", "copy_keys"]
    names += [*cross_names(layers), *past_names(layers, "past")]
    outputs = ["scores", "tokens", *past_names(layers, "present")]
    axes: dict[str, Any] = {
        "recent": {0: "batch", 1: "beams"},
        "order": {0: "rows"},
        "banned": {0: "batch", 1: "beams", 2: "banned"},
        "source": {0: "batch", 1: "source"},
        "mask": {0: "batch", 1: "source"},
        "copy_keys": {0: "batch", 1: "source"},
        "scores": {0: "batch", 1: "beams"},
        "tokens": {0: "batch", 1: "beams"},
    }
    for name in cross_names(layers):
        axes[name] = {0: "batch", (2 if "value" in name else 3): "source"}
    for name in past_names(layers, "past"):
        axes[name] = {0: "before", 2: "length"}
    for name in past_names(layers, "present"):
        axes[name] = {0: "rows", 2: "longer"}
    trace_module(Step(model, suppressed), tuple(inputs), path, names, outputs, axes)


def quantize_step(source: Path, target: Path) -> None:
    """Weights of the decoder's graph to signed int8; what is read of the vocabulary is what is written."""
    graph = onnx.load(source)
    blocked = {node.name for node in graph.graph.node if node.name.endswith("/output/dense/MatMul")}
    words = [node.name for node in graph.graph.node if node.name.startswith("/words/")]
    quantize_weights(graph, target, blocked, words, ["MatMul"])
    graph = onnx.load(target)
    _share_vocabulary(graph)
    onnx.save(graph, target)


def _share_vocabulary(graph: onnx.ModelProto) -> None:
    """Let the embedding read columns of the vocabulary's int8 matrix, instead of a float copy of it."""
    nodes = graph.graph.node
    product = next(n for n in nodes if n.op_type == "MatMulInteger" and n.name.startswith("/vocabulary/"))
    weight = product.input[1]
    scale = weight.removesuffix("_quantized") + "_scale"
    lookup = next(n for n in nodes if n.op_type == "Gather" and n.name.startswith("/words/"))
    table = lookup.input[0]
    known = {i.name: numpy_helper.to_array(i) for i in graph.graph.initializer if i.name in (weight, scale)}
    if len(known) != 2 or known[scale].shape != known[weight].shape[1:]:
        raise ModelError("the vocabulary's matrix was not quantized by token")
    place = list(nodes).index(lookup)
    new = [  # width × batch × beams, in units of each token's scale
        helper.make_node("Gather", [weight, lookup.input[1]], ["words_int8"], axis=1),
        helper.make_node("Cast", ["words_int8"], ["words_float"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Gather", [scale, lookup.input[1]], ["words_scale"], axis=0),
        helper.make_node("Mul", ["words_float", "words_scale"], ["words_scaled"]),
        helper.make_node("Transpose", ["words_scaled"], [lookup.output[0]], perm=[1, 2, 0]),
    ]
    nodes.remove(lookup)
    for node in reversed(new):
        nodes.insert(place, node)
    used = {name for node in nodes for name in node.input}
    for initializer in [i for i in graph.graph.initializer if i.name == table and table not in used]:
        graph.graph.initializer.remove(initializer)


def size(folder: Path) -> float:
    """Megabytes of a folder's graphs."""
    return float(np.round(sum(path.stat().st_size for path in folder.glob("*.onnx")) / 1e6, 1))
