import dataclasses
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Trainer

from infer.errors import UsageError
from tests.train import toy
from train import classifier, splits, tokens
from train.data import select

REPOSITORY = Path(__file__).resolve().parents[2]
# Long enough for a step to lie in the second and third of the epochs: 45 articles are 3 steps each.
ARTICLES = 45
STEPS = {"epochs": 4, "batch_size": 16, "save_steps": 2, "dropout": 0.1}


def every(data) -> np.ndarray:
    return np.ones(len(data.titles), bool)


def logits(network, config, data) -> np.ndarray:
    return classifier.predict(config, data, every(data), network)


def trained(config, data, run: Path, chosen=None) -> np.ndarray:
    chosen = every(data) if chosen is None else chosen
    return logits(classifier.fine_tune(config, data, chosen, run), config, data)


@pytest.fixture
def data(tmp_path):
    return toy.labelled(tmp_path, ARTICLES)


def test_a_short_training_learns_a_task_that_can_be_learnt(tiny_backbone, tmp_path):
    data = toy.labelled(tmp_path, 240)
    config = toy.config(tmp_path, tiny_backbone)
    seen = np.arange(240) < 200
    found = trained(config, data, tmp_path / "run", seen)
    right = ((found > 0) == (data.targets > 0.5)).all(1)
    assert right[seen].mean() > 0.9
    assert right[~seen].mean() > 0.8


def test_the_same_seed_gives_the_same_model_and_another_seed_another(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    first = trained(config, data, tmp_path / "first")
    assert np.array_equal(first, trained(config, data, tmp_path / "second"))
    reseeded = toy.config(tmp_path, tiny_backbone, training=STEPS, seed=1)
    assert not np.allclose(first, trained(reseeded, data, tmp_path / "third"))


def test_only_the_chosen_articles_are_learnt_from(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    chosen = np.arange(ARTICLES) < 30
    first = trained(config, data, tmp_path / "first", chosen)
    changed = dataclasses.replace(data, targets=np.where(chosen[:, None], data.targets, 1 - data.targets))
    assert np.array_equal(first, trained(config, changed, tmp_path / "second", chosen))


class KilledError(Exception):
    pass


def killed_after(monkeypatch, step: int) -> None:
    """Training dies when the checkpoint of that step is written."""
    save = Trainer._save_checkpoint

    def dying(self, *args, **kwargs):
        save(self, *args, **kwargs)
        if self.state.global_step == step:
            raise KilledError

    monkeypatch.setattr(Trainer, "_save_checkpoint", dying)


# Two is in the first epoch, four and eight amid later ones, six is the end of the second.
@pytest.mark.parametrize("step", [2, 4, 6, 8])
def test_a_training_cut_off_ends_like_one_that_was_not(tiny_backbone, tmp_path, data, monkeypatch, step):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    whole = trained(config, data, tmp_path / "whole")
    with monkeypatch.context() as patch:
        killed_after(patch, step)
        with pytest.raises(KilledError):
            trained(config, data, tmp_path / "cut")
    assert np.array_equal(trained(config, data, tmp_path / "cut"), whole)


def test_a_training_goes_on_from_its_checkpoint(tiny_backbone, tmp_path, data, monkeypatch):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    with monkeypatch.context() as patch:
        killed_after(patch, 8)
        with pytest.raises(KilledError):
            trained(config, data, tmp_path / "cut")
    taken = []
    step = Trainer.training_step
    monkeypatch.setattr(Trainer, "training_step", lambda *a, **k: taken.append(1) or step(*a, **k))
    trained(config, data, tmp_path / "cut")
    assert len(taken) == 12 - 8


@pytest.mark.parametrize("cut", ["model.safetensors", "trainer_state.json"])
def test_a_checkpoint_that_was_cut_short_is_passed_over(tiny_backbone, tmp_path, data, monkeypatch, cut):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    whole = trained(config, data, tmp_path / "whole")
    with monkeypatch.context() as patch:
        killed_after(patch, 2)
        with pytest.raises(KilledError):
            trained(config, data, tmp_path / "cut")
    (good,) = (tmp_path / "cut").glob("*/checkpoint-2")
    broken = shutil.copytree(good, good.with_name("checkpoint-4"))
    content = (broken / cut).read_bytes()
    (broken / cut).write_bytes(content[: len(content) // 2])
    if cut == "model.safetensors":  # the first file to be written, as the state is the last
        (broken / "trainer_state.json").unlink()
    assert np.array_equal(trained(config, data, tmp_path / "cut"), whole)


SCRIPT = """
import sys, time
from pathlib import Path
import torch
from tests.train import toy
from train import classifier
from transformers import Trainer

torch.set_num_threads(1)
folder, backbone = Path(sys.argv[1]), Path(sys.argv[2])
step = Trainer.training_step
Trainer.training_step = lambda *a, **k: time.sleep(0.1) or step(*a, **k)  # time to be killed in
import numpy as np
config = toy.config(folder, backbone, training={training!r})
classifier.fine_tune(config, toy.labelled(folder, {articles}), np.ones({articles}, bool), folder / "cut")
print("finished")
"""


def test_a_training_killed_by_the_system_ends_like_one_that_was_not(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    whole = trained(config, data, tmp_path / "whole")
    script = SCRIPT.format(training=STEPS, articles=ARTICLES)
    command = [sys.executable, "-c", script, str(tmp_path), str(tiny_backbone)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 120
        while not list((tmp_path / "cut").glob("*/checkpoint-*/trainer_state.json")):
            assert process.poll() is None, "the training ended before it could be killed"
            assert time.monotonic() < give_up
            time.sleep(0.01)
    finally:
        process.kill()
        output, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert output == b""
    assert np.array_equal(trained(config, data, tmp_path / "cut"), whole)


def test_an_article_is_scored_by_a_model_that_had_not_seen_it(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    for split in splits.folds(data, 2, seed=0):
        expected = trained(config, data, tmp_path / "again" / split.name, split.train)
        found = classifier.held_out(config, data, split)
        assert not (split.train & split.test).any()
        assert np.allclose(found, expected[split.test], atol=1e-5)


def test_what_is_scored_is_not_trained_for_again(tiny_backbone, tmp_path, data, monkeypatch):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    split = splits.folds(data, 2, seed=0)[0]
    first = classifier.held_out(config, data, split)

    def refuse(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier, "fine_tune", refuse)
    assert np.array_equal(classifier.held_out(config, data, split), first)


def test_scores_whose_file_was_cut_short_are_made_again(tiny_backbone, tmp_path, data, monkeypatch):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    split = splits.folds(data, 2, seed=0)[0]
    whole = classifier.held_out(config.model_copy(update={"runs": tmp_path / "whole"}), data, split)

    def dying(file, array, **_):
        file.write_bytes(array.tobytes()[:40])
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", dying)
        with pytest.raises(KilledError):
            classifier.held_out(config, data, split)
    assert np.array_equal(classifier.held_out(config, data, split), whole)


def test_logits_come_in_the_order_of_the_articles(tiny_backbone, tmp_path):
    data = toy.labelled(tmp_path, 90)  # more than one batch
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    network = classifier.fine_tune(config, data, every(data), tmp_path / "run")
    together = logits(network, config, data)
    for i in (0, 41, 89):
        alone = select(data, np.arange(90) == i)
        assert logits(network, config, alone)[0] == pytest.approx(together[i], abs=1e-5)


def test_frozen_layers_and_embeddings_stay_as_they_are_and_the_rest_learns(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS | {"frozen_layers": 1})
    before = classifier.model.from_backbone(str(tiny_backbone), 3).state_dict()
    after = classifier.fine_tune(config, data, every(data), tmp_path / "run").state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert not [name for name in moved if "embeddings" in name or "layer.0." in name]
    assert {name for name in before if "layer.1." in name or "head" in name} == moved


def test_lower_layers_learn_at_a_lower_rate(tiny_backbone, tmp_path, data):
    training = {"epochs": 1, "layer_decay": 0.01, "learning_rate": 1e-3, "weight_decay": 0, "dropout": 0}
    config = toy.config(tmp_path, tiny_backbone, training=training)
    before = classifier.model.from_backbone(str(tiny_backbone), 3).state_dict()
    after = classifier.fine_tune(config, data, every(data), tmp_path / "run").state_dict()

    def change(name: str) -> float:
        return (after[name] - before[name]).abs().max().item()

    dense = "encoder.encoder.layer.{}.output.dense.weight"
    assert change("encoder.embeddings.word_embeddings.weight") < 0.1 * change(dense.format(0))
    assert change(dense.format(0)) < 0.1 * change(dense.format(1))


def test_frozen_layers_change_nothing_but_what_must_be_computed(tiny_backbone, tmp_path, data):
    """Hidden states that are kept give the logits that the whole network gives."""
    config = toy.config(tmp_path, tiny_backbone, training=STEPS | {"frozen_layers": 1})
    network = classifier.fine_tune(config, data, every(data), tmp_path / "run")
    whole = toy.config(tmp_path, tiny_backbone, training=STEPS)
    assert logits(network, config, data) == pytest.approx(logits(network, whole, data), abs=5e-3)


def test_freezing_every_layer_is_refused(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS | {"frozen_layers": 2})
    with pytest.raises(UsageError, match="frozen_layers: 2 leaves no layer to train of the encoder's 2"):
        classifier.fine_tune(config, data, every(data), tmp_path / "run")


def test_vectors_of_the_pretrained_encoder_are_those_of_the_network_before_training(
    tiny_backbone, tmp_path, data
):
    config = toy.config(tmp_path, tiny_backbone)
    vectors = classifier.pretrained_vectors(config, data)
    network = classifier.model.from_backbone(str(tiny_backbone), 3).eval()
    row = tokens.encode(config, data)[7]
    with torch.inference_mode():
        found = network(
            attention_mask=torch.ones(1, row["length"]), input_ids=torch.tensor([row["input_ids"]])
        )["pooled"][0]
    assert vectors.shape == (ARTICLES, 32)
    assert vectors[7] == pytest.approx(found.numpy(), abs=1e-5)


def test_a_probed_head_knows_the_topics_before_training(tiny_backbone, tmp_path, data):
    settings = {"probe": True, "epochs": 1, "learning_rate": 1e-9, "head_learning_rate": 1e-9}
    probed = toy.config(tmp_path, tiny_backbone, training=settings)
    fresh = toy.config(tmp_path, tiny_backbone, training=settings | {"probe": False})
    right = {}
    for name, config in (("probed", probed), ("fresh", fresh)):
        given = trained(config, data, tmp_path / name) > 0
        right[name] = (given == (data.targets > 0.5)).mean()
    assert right["probed"] > max(0.8, right["fresh"])


def test_training_stops_early_and_takes_the_best_epoch(tiny_backbone, tmp_path, data, monkeypatch):
    """With a rate that wrecks the model after its first steps, the epochs left are not run."""
    training = {"epochs": 30, "learning_rate": 5.0, "head_learning_rate": 5.0, "early_stopping": 2}
    config = toy.config(tmp_path, tiny_backbone, training=training | {"validation_share": 0.3})
    taken = []
    step = Trainer.training_step
    monkeypatch.setattr(Trainer, "training_step", lambda *a, **k: taken.append(1) or step(*a, **k))
    classifier.fine_tune(config, data, every(data), tmp_path / "run")
    assert len(taken) < 0.7 * 30 * np.ceil(0.7 * ARTICLES / 8)


def test_a_tracker_that_is_not_installed_is_refused(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS | {"report_to": ["nonesuch"]})
    with pytest.raises(UsageError, match="tracker 'nonesuch' is not known or not installed"):
        classifier.fine_tune(config, data, every(data), tmp_path / "run")


def test_a_probe_does_not_see_the_articles_that_the_training_is_watched_by(tiny_backbone, tmp_path, data):
    settings = {"probe": True, "early_stopping": 1, "validation_share": 0.3, "epochs": 1}
    rates = {"learning_rate": 1e-12, "head_learning_rate": 1e-12, "joined": 0, "weight_decay": 0}
    config = toy.config(tmp_path, tiny_backbone, training=settings | rates)
    _, watched = splits.watched(data, every(data), 0.3, config.seed)
    targets = data.targets.copy()
    targets[watched] = 1 - targets[watched]
    heads = [
        classifier.fine_tune(config, labelled, every(data), tmp_path / name).head.weight.detach().numpy()
        for name, labelled in (("as it is", data), ("turned", dataclasses.replace(data, targets=targets)))
    ]
    assert heads[0] == pytest.approx(heads[1], abs=1e-5)
