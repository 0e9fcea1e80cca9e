import copy

import numpy as np
import onnx
import pytest
import torch

from infer.errors import ModelError
from tests.tiny import write_backbone
from train import export, model, quantization


@pytest.fixture(scope="module")
def network(tiny_backbone):
    torch.manual_seed(0)
    return model.from_backbone(str(tiny_backbone), topics=3).eval()


@pytest.fixture(scope="module")
def graphs(network, tmp_path_factory):
    return export.export(network, tmp_path_factory.mktemp("export"), [feed(8, 30)])


def feed(batch: int, length: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Random tokens, every row but the first with padding at its end, some of the second token type."""
    draw = np.random.default_rng(seed)
    mask = np.ones((batch, length), np.int64)
    for row in range(1, batch):
        mask[row, max(1, length - row) :] = 0
    types = np.zeros_like(mask)
    types[:, length // 2 :] = 1
    return {"input_ids": draw.integers(5, 600, mask.shape), "attention_mask": mask, "token_type_ids": types}


def torch_output(network, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        output = network(**{name: torch.from_numpy(values) for name, values in inputs.items()})
    return {name: values.numpy() for name, values in output.items()}


def test_padding_changes_nothing_or_the_graph_is_refused(network, graphs, monkeypatch, tmp_path):
    assert export.padding_effect(network, graphs.float32) <= export.TOLERANCE
    monkeypatch.setattr(export, "padding_effect", lambda *_: 2 * export.TOLERANCE)
    with pytest.raises(ModelError, match=r"padding changes logits by 2\.0e-04"):
        export.export(network, tmp_path, [feed(8, 30)])


def test_a_graph_that_does_not_hide_padding_is_noticed(network, tmp_path):
    class Blind(type(network)):
        def forward(self, attention_mask, labels=None, **inputs):
            return super().forward(torch.ones_like(attention_mask), labels, **inputs)

    blind = Blind(network.encoder, 3)
    blind.load_state_dict(network.state_dict())
    export.trace(blind.eval(), tmp_path / "blind.onnx")
    assert export.padding_effect(network, tmp_path / "blind.onnx") > export.TOLERANCE


@pytest.mark.parametrize(("batch", "length"), [(1, 1), (1, 3), (3, 5), (5, 40), (2, 512)])
def test_the_float_graph_gives_torch_logits_and_vectors(network, graphs, batch, length):
    inputs = feed(batch, length)
    expected = torch_output(network, inputs)
    logits, vectors = quantization.open_session(graphs.float32).run(["logits", "vectors"], inputs)
    assert np.abs(logits - expected["logits"]).max() <= export.TOLERANCE
    assert np.abs(vectors - expected["vectors"]).max() <= export.TOLERANCE


def test_the_small_graph_stays_near_the_float_one(network, graphs):
    session = quantization.open_session(graphs.int8)
    for seed in range(5):
        inputs = feed(8, 30, seed)
        expected = torch_output(network, inputs)
        logits, vectors = session.run(["logits", "vectors"], inputs)
        assert np.abs(logits - expected["logits"]).max() < 0.1 * np.ptp(expected["logits"])
        assert (vectors * expected["vectors"]).sum(1).min() > 0.98


def test_what_is_multiplied_is_signed_bytes_with_a_scale_for_each_output(graphs):
    graph = onnx.load(graphs.int8).graph
    constants = {t.name: t for t in graph.initializer}
    products = [node for node in graph.node if node.op_type in {"MatMulInteger", "QAttention"}]
    # In each layer attention, its output and the feed-forward's first matrix; last the head.
    assert len(products) == 2 * 3 + 1
    for node in products:
        weight = constants[node.input[1]]
        assert weight.data_type == onnx.TensorProto.INT8
        assert list(constants[weight.name.replace("_quantized", "_scale")].dims) == [weight.dims[1]]
    blockwise = [node for node in graph.node if node.op_type == "MatMulNBits"]
    assert [a.i for node in blockwise for a in node.attribute if a.name == "bits"] == [8] * 2
    assert not [node.op_type for node in graph.node if node.op_type in {"MatMul", "Gemm", "Attention"}]


def test_a_layer_may_keep_its_feed_forward_matrices_in_float32(graphs, tmp_path):
    quantization.quantize(graphs.float32, tmp_path / "kept.onnx", [feed(8, 30)], [1])
    operators = [node.op_type for node in onnx.load(tmp_path / "kept.onnx").graph.node]
    assert [operators.count(name) for name in ("MatMulInteger", "MatMulNBits", "MatMul")] == [2 + 1 + 1, 1, 2]
    with pytest.raises(ModelError, match=r"no layer 7 to keep in float32; layers: \[0, 1\]"):
        quantization.quantize(graphs.float32, tmp_path / "none.onnx", [feed(8, 30)], [7])


def test_int8_shifts_the_logits_it_was_fitted_on_by_nothing(graphs):
    exact, small = (
        quantization.open_session(graph).run(["logits"], feed(8, 30))[0]
        for graph in (graphs.float32, graphs.int8)
    )
    np.testing.assert_allclose((small - exact).mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("damaged", [0, 1])
def test_the_most_harmed_layer_stands_first(network, tmp_path, damaged):
    network = copy.deepcopy(network)
    layer = network.encoder.encoder.layer[damaged]
    with torch.no_grad():
        # A unit that is always active and weighs much, for nothing: the bias takes it away again, but its
        # weight sets the scale of all the others.
        layer.intermediate.dense.weight[0] = 0
        layer.intermediate.dense.bias[0] = 50
        layer.output.dense.weight[:, 0] = 20
        layer.output.dense.bias -= 20 * 50
    export.trace(network, tmp_path / "traced.onnx")
    export.fuse(network, tmp_path / "traced.onnx", tmp_path / "float32.onnx")
    assert quantization.most_harmed(tmp_path / "float32.onnx", [feed(4, 20)]) == [damaged, 1 - damaged]


def test_the_small_graph_is_small(graphs):
    assert graphs.int8.stat().st_size < 0.5 * graphs.float32.stat().st_size


def test_attention_and_layer_norm_are_fused(graphs):
    operators = [node.op_type for node in onnx.load(graphs.float32).graph.node]
    assert operators.count("Attention") == 2
    assert "Softmax" not in operators
    assert "Erf" not in operators
    assert operators.count("SkipLayerNormalization") == 4


def test_inputs_and_outputs_have_their_names_and_an_open_shape(graphs):
    for path in (graphs.float32, graphs.int8):
        session = quantization.open_session(path)
        assert {i.name for i in session.get_inputs()} == {"input_ids", "attention_mask", "token_type_ids"}
        assert [o.name for o in session.get_outputs()] == ["logits", "vectors"]
        assert all(i.shape == ["batch", "length"] for i in session.get_inputs())


def test_only_the_two_graphs_are_left_in_the_folder(graphs):
    assert sorted(p.name for p in graphs.int8.parent.iterdir()) == ["model.onnx", "model_fp32.onnx"]


def test_a_graph_whose_attention_was_not_fused_is_refused(tiny_backbone, tmp_path):
    network = model.from_backbone(str(tiny_backbone), topics=3).eval()
    export.trace(network, tmp_path / "traced.onnx")
    network.encoder.config.num_hidden_layers = 3
    with pytest.raises(ModelError, match="only 2 of 3 attentions were fused"):
        export.fuse(network, tmp_path / "traced.onnx", tmp_path / "fused.onnx")
    assert not (tmp_path / "fused.onnx").exists()


def test_a_graph_of_another_network_is_refused(network, graphs, monkeypatch, tmp_path):
    other = model.from_backbone(str(write_backbone(tmp_path / "backbone")), topics=3).eval()
    with torch.no_grad():
        other.head.bias += 0.5
    assert export.parity(other, graphs.float32) > 0.1
    trace = export.trace
    monkeypatch.setattr(export, "trace", lambda _, path: trace(network, path))
    with pytest.raises(ModelError, match="differs from torch by"):
        export.export(other, tmp_path / "out", [feed(8, 30)])
    assert not (tmp_path / "out" / "model.onnx").exists()


def test_the_tokenizer_is_copied_in_both_formats(tiny_backbone, tmp_path):
    export.copy_tokenizer(str(tiny_backbone), tmp_path)
    names = ["sentencepiece.bpe.model", "tokenizer.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all((tmp_path / name).read_bytes() == (tiny_backbone / name).read_bytes() for name in names)
