"""A trained topic model as an ONNX graph: traced, fused, its weights in signed int8.

Signed weights are what ONNX Runtime's AVX2, VNNI and AMX kernels multiply (u8 × s8); the unsigned kind
falls back to a path no faster than float.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import nn
from transformers import PreTrainedConfig

from infer.errors import ModelError
from train.model import TopicClassifier
from train.smooth import Feed, reach, smooth
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUTS = ["logits", "vectors"]
OPSET = 17
# Largest difference between torch and the float32 graph that rounding explains.
TOLERANCE = 1e-4
BATCHES = (1, 2, 8)
LENGTHS = (1, 2, 17, 128, 512)
HEAD_BIAS = "head.bias"
# Channels of a block, and the kernel that rounds what enters one to int8 for each token.
BLOCK, INT8_ACTIVATIONS = 128, 4
FEED_FORWARD = re.compile(r"/layer\.(\d+)/(intermediate|output)/dense/MatMul$")


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
    source: Path, target: Path, feeds: Sequence[Feed], float32_layers: Sequence[int] = ()
) -> None:
    """Weights to signed int8, a scale for each output channel; activations at run time, a scale a tensor.

    One scale has to do for all channels of a tensor, so channels that reach far in ``feeds`` are made
    shorter first (see ``train.smooth``). What GELU gives reaches far in other channels with every token:
    the feed-forward's outputs are quantized in blocks instead, of weights and of each token.
    ``float32_layers`` keep their feed-forward matrices in float32.

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


def open_session(graph: Path) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU, warnings off."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


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
