"""A graph's weights in signed int8, near enough to float32 that what is decided stays.

Signed weights are what ONNX Runtime's AVX2, VNNI and AMX kernels multiply (u8 × s8); the unsigned kind
falls back to a path no faster than float.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

from infer.errors import ModelError
from train.smooth import Feed, reach, smooth

Array = npt.NDArray[np.float32]

HEAD_BIAS = "head.bias"
# Channels of a block, and the kernel that rounds what enters one to int8 for each token.
BLOCK, INT8_ACTIVATIONS = 128, 4
FEED_FORWARD = re.compile(r"/layer\.(\d+)/(intermediate|output)/dense/MatMul$")


def quantize(source: Path, target: Path, feeds: Sequence[Feed], float32_layers: Sequence[int] = ()) -> None:
    """As ``quantize_encoder``; what int8 still shifts the logits of ``feeds`` by is taken from their bias.

    Bias correction: Nagel et al., 2019, https://arxiv.org/abs/1906.04721.
    """
    quantize_encoder(source, target, feeds, float32_layers)
    shift = (_logits(source, feeds) - _logits(target, feeds)).mean(axis=0)
    small = onnx.load(target)
    (bias,) = (tensor for tensor in small.graph.initializer if tensor.name.endswith(HEAD_BIAS))
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + shift, bias.name))
    onnx.save(small, target)


def quantize_encoder(
    source: Path,
    target: Path,
    feeds: Sequence[Feed],
    float32_layers: Sequence[int] = (),
) -> None:
    """Weights to signed int8, a scale for each output channel; activations at run time, a scale a tensor.

    One scale has to do for all channels of a tensor, so channels that reach far in ``feeds`` are made
    shorter first (see ``train.smooth``). What GELU gives reaches far in other channels with every token:
    the feed-forward's outputs are quantized in blocks instead, of weights and of each token, which makes
    the whole a quarter slower. ``float32_layers`` keep their feed-forward matrices in float32.

    Raises:
        ModelError: There is no such layer.
    """
    graph = onnx.load(source)
    matrices = _feed_forward(graph)
    if missing := [layer for layer in float32_layers if layer not in matrices]:
        raise ModelError(f"{source}: no layer {missing[0]} to keep in float32; layers: {sorted(matrices)}")
    kept = {name for layer in float32_layers for name in matrices[layer].values()}
    outputs = {names["output"] for names in matrices.values()} - kept
    smooth(graph, reach(source, feeds), without=outputs | kept)
    quantize_weights(graph, target, outputs, kept)


def quantize_weights(
    graph: onnx.ModelProto,
    target: Path,
    blocked: Collection[str],
    kept: Collection[str],
    operators: list[str] | None = None,
) -> None:
    """Quantize nodes: some in blocks, some not at all, the others with a scale for each output channel.

    Args:
        graph: In float32; it is changed.
        target: File to write.
        blocked: Names of the nodes whose weights are quantized in blocks.
        kept: Names of the nodes that stay in float32.
        operators: Kinds of nodes to quantize; all that can be where None.
    """
    blockwise = MatMulNBitsQuantizer(
        graph,
        nodes_to_exclude=[node.name for node in graph.graph.node if node.name not in blocked],
        algo_config=DefaultWeightOnlyQuantConfig(
            block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS, bits=8
        ),
    )
    blockwise.process()
    quantize_dynamic(
        blockwise.model.model,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,  # 7 bits: on processors without VNNI the sums of 8 would overflow
        op_types_to_quantize=operators,
        nodes_to_exclude=sorted(kept),
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _feed_forward(graph: onnx.ModelProto) -> dict[int, dict[str, str]]:
    """Names of the nodes that multiply by each layer's feed-forward matrices, intermediate and output."""
    layers: dict[int, dict[str, str]] = defaultdict(dict)
    for match in (FEED_FORWARD.search(node.name) for node in graph.graph.node):
        if match:
            layers[int(match[1])][match[2]] = match.string
    return dict(layers)


def most_harmed(float32: Path, feeds: Sequence[Feed]) -> list[int]:
    """Layers whose feed-forward matrices int8 harms, the most harmed first.

    A layer is judged by how near the logits of ``feeds`` come to float32's when it alone is left out.
    """
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "int8.onnx"
        exact = _logits(float32, feeds)
        harm = []
        for layer in _feed_forward(onnx.load(float32)):
            quantize(float32, small, feeds, [layer])
            harm.append((float(np.abs(_logits(small, feeds) - exact).mean()), layer))
    return [layer for _, layer in sorted(harm)]


def _logits(graph: Path, feeds: Sequence[Feed]) -> Array:
    session = open_session(graph)
    return np.concatenate([session.run(["logits"], feed)[0] for feed in feeds])


def open_session(graph: Path) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU, warnings off."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
