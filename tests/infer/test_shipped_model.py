"""What the model that comes with Mujaz must get right, and what its own figures must show."""

import json
from pathlib import Path

import pytest

from infer import Record, load
from infer.inputs import read
from infer.pipeline import default_model

ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
MOST_MEGABYTES = 35
LEAST_MACRO_F1 = 0.90

SEED_TOPICS = [("iraq_us_relations",), ("trade_tariffs",), ("iraq_us_relations",), ("gaza",)]
SAMPLE_TOPICS = {
    "sample-101": (),
    "sample-102": (),
    "sample-103": ("gaza",),
    "sample-104": ("trade_tariffs",),
    "sample-105": (),
    "sample-106": (),
    "central-bank.html#1": ("iraq_us_relations",),
    "erbil-drone.txt#1": ("iraq_us_relations",),
    "gaza-clinic.txt#1": ("gaza",),
    "gaza-flour.txt#1": ("gaza",),
    "port-seizure.txt#1": (),
    "press-conference.txt#1": ("gaza", "trade_tariffs"),
    "steel-quotas.txt#1": ("trade_tariffs",),
    "sample-201": ("iraq_us_relations",),
    "sample-202": ("trade_tariffs",),
    "talks-and-aluminium.txt#1": ("iraq_us_relations",),
    "talks-and-aluminium.txt#2": ("trade_tariffs",),
}
TWO_TOPICS = "press-conference.txt#1"
FURNITURE = ["إقرأ أيضاً", "كلمات دلالية", "المصدر:", "تاريخ النشر", "مقالات مشابهة", "•"]


@pytest.fixture(scope="module")
def pipeline():
    return load()


@pytest.fixture(scope="module")
def metrics():
    return json.loads((default_model() / "metrics.json").read_text(encoding="utf-8"))


def label(pipeline, folder):
    results = list(pipeline.stream(read(folder)))
    assert all(isinstance(result, Record) for result in results)
    return results


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the two real pages are not part of the repository")
def test_the_four_seed_articles(pipeline):
    records = label(pipeline, SEEDS)
    assert [record.topics for record in records] == SEED_TOPICS
    assert (records[0].published, records[0].source) == ("2024-02-09", "الحرة")
    assert records[2].source == "الجزيرة"
    for record in records:
        assert record.summary
        assert not any(mark in record.summary for mark in FURNITURE)


def test_the_samples(pipeline):
    records = label(pipeline, ROOT / "samples")
    found = {record.id: record.topics for record in records}
    assert found.keys() == SAMPLE_TOPICS.keys()
    for name in SAMPLE_TOPICS.keys() - {TWO_TOPICS}:
        assert found[name] == SAMPLE_TOPICS[name], name


@pytest.mark.xfail(reason="the training data has three articles of two topics, so the second is missed")
def test_the_sample_of_two_topics(pipeline):
    found = {record.id: record.topics for record in label(pipeline, ROOT / "samples")}
    assert found[TWO_TOPICS] == SAMPLE_TOPICS[TWO_TOPICS]


def test_it_is_small_enough_to_ship():
    size = sum(path.stat().st_size for path in default_model().iterdir())
    assert size <= MOST_MEGABYTES * 1e6


def test_its_figures_are_above_the_floor_and_above_the_baselines(metrics):
    ours = metrics["cross_validation"]["macro_f1"]
    assert ours >= LEAST_MACRO_F1
    assert all(ours > baseline["macro_f1"] for baseline in metrics["baselines"].values())


def test_its_card_states_its_own_figures(metrics):
    card = (default_model() / "README.md").read_text(encoding="utf-8")
    assert f"{metrics['cross_validation']['macro_f1']:.3f}" in card
    for topic in metrics["cross_validation"]["topics"].values():
        assert f"{topic['f1']:.3f}" in card
