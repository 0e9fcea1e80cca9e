import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from train import model, tokens

TEXTS = ["غزة", "قال وزير إن أسعار الخبز في بغداد ارتفعت أمس بعد رسوم جديدة", "مطر على الساحل اليوم"]


@pytest.fixture(scope="module")
def network(tiny_backbone):
    torch.manual_seed(0)
    return model.from_backbone(str(tiny_backbone), topics=3).eval()


@pytest.fixture(scope="module")
def batch_of(tiny_backbone):
    tokenizer = Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))
    collate = tokens.collator(tokenizer)

    def batch(texts: list[str]) -> dict[str, torch.Tensor]:
        encodings = tokenizer.encode_batch(texts)
        rows = [
            {"input_ids": e.ids, "token_type_ids": e.type_ids, "labels": [1, 0, 1], "length": len(e.ids)}
            for e in encodings
        ]
        return collate(rows)

    return batch


def test_the_mean_leaves_padding_out():
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, -100.0]]])
    assert model.mean_pool(hidden, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 4.0]]
    assert model.mean_pool(hidden, torch.tensor([[1, 0, 0]])).tolist() == [[1.0, 2.0]]


def test_the_mean_of_nothing_is_no_division_by_zero():
    assert model.mean_pool(torch.ones(1, 2, 3), torch.zeros(1, 2, dtype=torch.long)).tolist() == [[0, 0, 0]]


@torch.inference_mode()
def test_a_text_scores_alike_alone_and_in_a_padded_batch(network, batch_of):
    together = network(**batch_of(TEXTS))
    for i, text in enumerate(TEXTS):
        alone = network(**batch_of([text]))
        assert torch.allclose(alone["logits"][0], together["logits"][i], atol=1e-5)
        assert torch.allclose(alone["vectors"][0], together["vectors"][i], atol=1e-5)


@torch.inference_mode()
def test_what_lies_under_padding_does_not_matter(network, batch_of):
    batch = batch_of(TEXTS)
    garbled = batch | {"input_ids": torch.where(batch["attention_mask"] == 1, batch["input_ids"], 77)}
    assert not torch.equal(batch["input_ids"], garbled["input_ids"])
    assert torch.allclose(network(**batch)["logits"], network(**garbled)["logits"], atol=1e-6)


@torch.inference_mode()
def test_texts_differ_in_logits_and_vectors_have_unit_length(network, batch_of):
    output = network(**batch_of(TEXTS))
    assert output["logits"].shape == (3, 3)
    assert output["logits"].std(0).min() > 0.01
    assert output["vectors"].norm(dim=-1).tolist() == pytest.approx([1, 1, 1])


@torch.inference_mode()
def test_the_loss_is_the_mean_cross_entropy_of_every_topic(network, batch_of):
    batch = batch_of(TEXTS)
    output = network(**batch)
    p = torch.sigmoid(output["logits"])
    by_hand = -(batch["labels"] * p.log() + (1 - batch["labels"]) * (1 - p).log()).mean()
    assert output["loss"].item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert "loss" not in network(**{k: v for k, v in batch.items() if k != "labels"})


def test_dropout_is_off_outside_training(network, batch_of):
    batch = batch_of(TEXTS)
    with torch.inference_mode():
        assert torch.equal(network(**batch)["logits"], network(**batch)["logits"])


def test_the_backbone_keeps_its_weights_and_loses_its_pooler(network, tiny_backbone):
    whole = BertModel.from_pretrained(tiny_backbone, add_pooling_layer=False).state_dict()
    ours = network.encoder.state_dict()
    assert whole.keys() == ours.keys()
    assert all(torch.equal(whole[name], ours[name]) for name in whole)


@torch.inference_mode()
def test_a_saved_model_is_read_back_as_it_was(network, batch_of, tmp_path):
    model.save(network, tmp_path / "deep" / "model")
    again = model.load(tmp_path / "deep" / "model")
    assert not again.training
    assert again.head.out_features == 3
    assert torch.equal(again(**batch_of(TEXTS))["logits"], network(**batch_of(TEXTS))["logits"])


def test_a_save_that_was_cut_short_leaves_nothing_that_looks_finished(network, tmp_path, monkeypatch):
    def dying(state, path):
        path.write_bytes(b"half of the weights")
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save_file", dying)
    with pytest.raises(KeyboardInterrupt):
        model.save(network, tmp_path)
    assert not (tmp_path / model.WEIGHTS).exists()


def test_a_saved_model_is_safetensors_and_json_only(network, tmp_path):
    model.save(network, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
