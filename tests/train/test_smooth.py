import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from train import export, model, quantization, smooth


@pytest.fixture(scope="module")
def float32(tiny_backbone, tmp_path_factory):
    """A graph in which a channel of every layer reaches far and weighs little, as they do in BERT."""
    torch.manual_seed(0)
    network = model.from_backbone(str(tiny_backbone), topics=3).eval()
    with torch.no_grad():
        for layer in network.encoder.encoder.layer:
            layer.attention.output.LayerNorm.weight[7] *= 300
            layer.intermediate.dense.weight *= 10
            layer.intermediate.dense.weight[:, 7] /= 3000
    folder = tmp_path_factory.mktemp("smooth")
    export.trace(network, folder / "traced.onnx")
    export.fuse(network, folder / "traced.onnx", folder / "float32.onnx")
    return folder / "float32.onnx"


def feed(seed: int) -> smooth.Feed:
    ids = np.random.default_rng(seed).integers(5, 600, (4, 24))
    mask = np.ones_like(ids)
    mask[1:, 15:] = 0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def logits(graph, seed: int) -> np.ndarray:
    return quantization.open_session(graph).run(["logits"], feed(seed))[0]


def smoothed(float32, folder, without=()):
    graph = onnx.load(float32)
    smooth.smooth(graph, smooth.reach(float32, [feed(0)]), without)
    onnx.save(graph, folder / "smoothed.onnx")
    return folder / "smoothed.onnx"


def test_smoothing_changes_nothing_in_float32(float32, tmp_path):
    graph = smoothed(float32, tmp_path)
    assert np.abs(logits(graph, 1) - logits(float32, 1)).max() < 1e-4


def test_channels_reach_about_as_far_afterwards(float32, tmp_path):
    before = smooth.reach(float32, [feed(0)])
    after = smooth.reach(smoothed(float32, tmp_path), [feed(0)])

    def spread(reaches):
        return max(float(channels.max() / np.median(channels)) for channels in reaches.values())

    assert spread(after) < spread(before) / 5


def test_int8_is_nearer_to_float32_than_without(float32, tmp_path, monkeypatch):
    quantization.quantize(float32, tmp_path / "smooth.onnx", [feed(0)])
    monkeypatch.setattr(quantization, "smooth", lambda *_, **__: None)
    quantization.quantize(float32, tmp_path / "plain.onnx", [feed(0)])

    def error(name):
        return np.mean([np.abs(logits(tmp_path / name, s) - logits(float32, s)).mean() for s in range(1, 6)])

    assert error("smooth.onnx") < error("plain.onnx") / 2


def test_reach_is_over_all_batches_and_leaves_padding_out(float32):
    def padded(filler: int) -> smooth.Feed:
        other = feed(2)
        other["input_ids"] = np.where(other["attention_mask"] == 1, other["input_ids"], filler)
        return other

    one, other = smooth.reach(float32, [padded(7)]), smooth.reach(float32, [padded(11)])
    both = smooth.reach(float32, [feed(0), padded(7)])
    first = smooth.reach(float32, [feed(0)])
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(both[name], np.maximum(one[name], first[name]))


def weights(path) -> dict[str, np.ndarray]:
    graph = onnx.load(path).graph
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    products = {"Attention", "MatMul", "Gemm"}
    return {node.name: tensors[node.input[1]] for node in graph.node if node.op_type in products}


@pytest.mark.parametrize("left", [set(), {"/network/encoder/encoder/layer.1/intermediate/dense/MatMul"}])
def test_every_product_with_weights_is_smoothed_but_those_left_out(float32, tmp_path, left):
    before, after = weights(float32), weights(smoothed(float32, tmp_path, left))
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {name for name in before if "Gemm" not in name} - left
