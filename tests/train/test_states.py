import numpy as np
import pytest
import torch

from infer.errors import UsageError
from tests.train import news
from train import states, summarizer

FROZEN = {
    "batch_size": 8,
    "learning_rate": 1e-3,
    "encoder_learning_rate": 1e-3,
    "passes": 1,
    "frozen_layers": 2,
}
SUMMARIES = {"name": "summaries", "tasks": {"summary": 1}} | FROZEN
PADDING = 1


@pytest.fixture
def run(tiny_backbone, tmp_path):
    return summarizer.start(news.config(tmp_path, tiny_backbone))


def sources():
    draw = np.random.default_rng(0)
    found = np.full((7, 20), PADDING, np.int32)
    for row, length in zip(found, (5, 20, 11, 5, 3, 17, 9), strict=True):
        row[:length] = draw.integers(5, 200, length)
    found[3] = found[0]
    return found


def test_states_are_what_the_encoder_gives(run, tmp_path, monkeypatch):
    monkeypatch.setattr(states, "SHARD", 4)
    read = sources()
    kept = states.States(tmp_path / "states", run.network.get_encoder(), PADDING)
    places = kept.fill(read)
    assert len(list((tmp_path / "states").glob("*.states.npy"))) == 2  # six different sources
    ids = torch.from_numpy(read).long()
    mask = (ids != PADDING).long()
    with torch.inference_mode():
        expected = run.network.eval().get_encoder()(ids, attention_mask=mask).last_hidden_state
    found = kept.take(places, 20)
    torch.testing.assert_close(found[mask > 0], expected[mask > 0], rtol=2e-3, atol=2e-3)
    assert torch.equal(kept.take(places[[2]], 6), found[[2], :6])


def test_what_is_kept_is_not_encoded_again_and_what_was_cut_off_is(run, tmp_path, monkeypatch):
    monkeypatch.setattr(states, "SHARD", 4)
    first = states.States(tmp_path / "states", run.network.get_encoder(), PADDING)
    first.fill(sources())
    (tmp_path / "states" / "00001.keys.npy").unlink()
    asked = []
    encode = states.States._encode
    monkeypatch.setattr(
        states.States, "_encode", lambda self, *given: (asked.append(len(given[0])), encode(self, *given))
    )
    again = states.States(tmp_path / "states", run.network.get_encoder(), PADDING)
    places = again.fill(sources())
    assert asked == [2]
    torch.testing.assert_close(again.take(places, 20), first.take(first.fill(sources()), 20))
    assert asked == [2]


def stages(*given) -> dict:
    return {"stages": list(given)}


def test_a_stage_with_a_frozen_encoder_trains_the_decoder_and_the_start_tokens_alone(tmp_path, tiny_backbone):
    config = news.config(tmp_path, tiny_backbone, **stages(SUMMARIES))
    before = {name: value.clone() for name, value in summarizer.start(config).network.state_dict().items()}
    run = summarizer.train(config)[0]
    after = run.network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert not [name for name in changed if name.startswith("model.encoder.layers")]
    assert {"copy.gate.weight", "model.decoder.layers.0.fc1.weight", "model.shared.weight"} <= changed
    moved = (
        (before["model.shared.weight"] != after["model.shared.weight"]).any(1).nonzero().flatten().tolist()
    )
    assert set(moved) <= set(run.form.starts) and moved


def test_states_outlive_a_frozen_stage_and_not_one_that_trains_the_encoder(tmp_path, tiny_backbone):
    learns = {**SUMMARIES, "name": "adapted", "frozen_layers": 0}
    more = {**SUMMARIES, "name": "more"}
    config = news.config(tmp_path, tiny_backbone, **stages(SUMMARIES, more, learns, more))
    run = summarizer.train(config)[0]
    assert len(list(config.runs.glob("states-*"))) == 2
    assert all(parameter.requires_grad for parameter in run.network.parameters())


def test_hiding_tokens_from_a_frozen_encoder_is_refused(tmp_path, tiny_backbone):
    config = news.config(tmp_path, tiny_backbone, **stages(SUMMARIES | {"masked": 0.1}))
    with pytest.raises(UsageError, match="summaries: masked: a frozen encoder reads each source once"):
        summarizer.train(config)
