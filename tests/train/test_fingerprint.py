"""What makes a kept result void, and what does not."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.train import toy
from train import classifier, splits

STEPS = {"epochs": 4, "batch_size": 16}
ARTICLES = 45


@pytest.fixture
def data(tmp_path):
    return toy.labelled(tmp_path, ARTICLES)


@pytest.mark.parametrize(
    "change", [{"window": 32}, {"seed": 1}, {"training": {"epochs": 5}}, {"preparation": "arabert-v02"}]
)
def test_what_a_model_depends_on_changes_its_fingerprint(tiny_backbone, tmp_path, data, change):
    config = toy.config(tmp_path, tiny_backbone)
    changed = toy.config(tmp_path, tiny_backbone, **change)
    assert classifier.fingerprint(config, data) != classifier.fingerprint(changed, data)


def test_data_and_backbone_change_the_fingerprint(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone)
    before = classifier.fingerprint(config, data)
    other_titles = dataclasses.replace(data, titles=[*data.titles[:-1], "عنوان آخر"])
    assert classifier.fingerprint(config, other_titles) != before
    assert classifier.fingerprint(config, dataclasses.replace(data, targets=1 - data.targets)) != before
    copy = shutil.copytree(tiny_backbone, tmp_path / "backbone")
    same = toy.config(tmp_path, copy)
    before = classifier.fingerprint(same, data)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert classifier.fingerprint(same, data) != before


def test_trackers_and_what_is_measured_do_not_change_the_fingerprint(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone)
    more = {"left_out": 2, "after": "2024-01-01", "same_outlet": [["a", "b"]]}
    tracked = toy.config(tmp_path, tiny_backbone, training={"report_to": ["x"], "save_steps": 7}, **more)
    assert classifier.fingerprint(config, data) == classifier.fingerprint(tracked, data)


def test_encoders_on_the_hub_are_told_apart(tiny_backbone, tmp_path, data):
    first, second = (toy.config(tmp_path, Path(name)) for name in ("someone/first", "someone/second"))
    assert classifier.fingerprint(first, data) != classifier.fingerprint(second, data)


def test_another_split_of_the_same_name_is_trained_for_itself(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone, training=STEPS)
    split = splits.folds(data, 2, seed=0)[0]
    other = dataclasses.replace(split, train=split.test, test=split.train)
    assert classifier.held_out(config, data, split).shape != ()
    fewer = dataclasses.replace(split, test=split.test & (np.arange(ARTICLES) % 3 > 0))
    assert len(classifier.held_out(config, data, fewer)) == fewer.test.sum() < split.test.sum()
    assert not np.array_equal(
        classifier.held_out(config, data, other), classifier.held_out(config, data, split)
    )


def test_places_and_names_do_not_change_the_fingerprint(tiny_backbone, tmp_path, data):
    config = toy.config(tmp_path, tiny_backbone)
    moved = toy.config(tmp_path, tiny_backbone, name="other", runs=tmp_path / "x", output=tmp_path / "y")
    assert classifier.fingerprint(config, data) == classifier.fingerprint(moved, data)
