import numpy as np

from tests.train import toy
from train.joining import WORDS, join


def test_a_joined_article_has_the_text_and_the_labels_of_both(tmp_path):
    data = toy.labelled(tmp_path, 60)
    kinds = {tuple(row) for row in data.targets}
    made = join(data, 200, seed=0)
    assert made.targets.shape == (200, len(data.topics))
    leads = {" ".join(body.split()[:WORDS]): row for body, row in zip(data.bodies, data.targets, strict=True)}
    for body, targets in zip(made.bodies, made.targets, strict=True):
        first, second = (leads[part] for part in body.split("\n"))
        assert tuple(first) in kinds
        assert not np.array_equal(first, second)
        assert np.array_equal(np.maximum(first, second), targets)


def test_every_joined_article_is_on_two_topics(tmp_path):
    made = join(toy.labelled(tmp_path, 60), 200, seed=0)
    assert (made.targets.sum(1) == 2).all()


def test_the_same_seed_joins_the_same(tmp_path):
    data = toy.labelled(tmp_path, 40)
    assert join(data, 30, seed=3).bodies == join(data, 30, seed=3).bodies
    assert join(data, 30, seed=3).bodies != join(data, 30, seed=4).bodies


def test_data_of_one_kind_cannot_be_joined(tmp_path):
    data = toy.labelled(tmp_path, 40)
    same = toy.labelled(tmp_path, 40)
    same.targets[:] = data.targets[:1]
    assert join(same, 10, seed=0).titles == []
    same.targets[:] = 0
    assert join(same, 10, seed=0).titles == []


def test_none_are_made_where_none_are_asked_for(tmp_path):
    assert join(toy.labelled(tmp_path, 40), 0, seed=0).bodies == []
