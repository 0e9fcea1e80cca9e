"""Channels that reach far are made short before int8, and the weights that read them longer.

Dynamic int8 gives all channels of a tensor one scale. A few channels of a BERT reach ten times as far as
the others, which leaves those too few steps. Dividing each channel and multiplying its row of the weights
by the same number changes nothing in float32 and moves the difficulty to the weights, which have a scale
for each output (SmoothQuant; Xiao et al., 2023, https://arxiv.org/abs/2211.10438).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper

Array = npt.NDArray[np.float32]
Feed = dict[str, npt.NDArray[np.int64]]

PRODUCTS = {"Attention", "MatMul"}
# Share of a channel's reach that goes to the weights; with the paper's 0.5 and with 0.8 the decisions of
# topics-compact agreed less often with float32's.
STRENGTH = 0.65
_LEAST = 1e-5


def reach(graph: Path, feeds: Sequence[Feed]) -> dict[str, Array]:
    """The largest absolute value of every channel that is multiplied by weights, padding left out.

    Args:
        graph: A fused float32 graph.
        feeds: Its inputs, batches × tokens, as the texts to come will be.

    Returns:
        By tensor, one number a channel.
    """
    model = onnx.load(graph)
    weights = {tensor.name for tensor in model.graph.initializer}
    products = [n for n in model.graph.node if n.op_type in PRODUCTS and n.input[1] in weights]
    names = sorted({node.input[0] for node in products})
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, Array] = {}
    for feed in feeds:
        read = feed["attention_mask"].astype(bool)
        for name, values in zip(names, session.run(names, feed), strict=True):
            largest = np.abs(values[read]).max(axis=0)
            found[name] = np.maximum(found[name], largest) if name in found else largest
    return found


def smooth(model: onnx.ModelProto, reaches: dict[str, Array], without: Collection[str] = ()) -> None:
    """Rescale, in place, what enters each product with weights; in float32 the outputs stay the same.

    Nodes named in ``without`` are left as they are.

    What attention gives out is linear in its values, so its scale goes into their weights; elsewhere a
    multiplication is put before the product.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    nodes = []
    for node in graph.node:
        if node.op_type in PRODUCTS and node.input[0] in reaches and node.name not in without:
            weight = numpy_helper.to_array(tensors[node.input[1]])
            scale = _scale(reaches[node.input[0]], weight)
            _put(tensors[node.input[1]], weight * scale[:, None])
            maker = makers[node.input[0]]
            if maker.op_type == "Attention":
                _shorten_values(maker, tensors, scale)
            else:
                nodes.append(_division(graph, node, scale))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _scale(reach: Array, weight: Array) -> Array:
    """What each channel is divided by, around 1."""
    channels = np.maximum(reach, _LEAST)
    rows = np.maximum(np.abs(weight).max(axis=1), _LEAST)
    logarithm = STRENGTH * np.log(channels) - (1 - STRENGTH) * np.log(rows)
    return np.asarray(np.exp(logarithm - logarithm.mean()), np.float32)


def _shorten_values(attention: onnx.NodeProto, tensors: dict[str, onnx.TensorProto], scale: Array) -> None:
    for name in attention.input[1:3]:  # weights and bias of queries, keys and values side by side
        merged = numpy_helper.to_array(tensors[name]).copy()
        merged[..., -len(scale) :] /= scale
        _put(tensors[name], merged)


def _division(graph: onnx.GraphProto, product: onnx.NodeProto, scale: Array) -> onnx.NodeProto:
    name, factors = f"{product.name}_smooth", f"{product.name}_factors"
    graph.initializer.append(numpy_helper.from_array(1 / scale, factors))
    division = helper.make_node("Mul", [product.input[0], factors], [name], name=name)
    product.input[0] = name
    return division


def _put(tensor: onnx.TensorProto, values: Array) -> None:
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), tensor.name))
