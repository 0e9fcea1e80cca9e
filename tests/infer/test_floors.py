"""The floors under the figures of the models that come with Mujaz: a worse model does not pass."""

import json
from pathlib import Path

import pytest
import yaml

from infer.pipeline import DEFAULT_WRITER, default_model

FLOORS = yaml.safe_load((Path(__file__).parents[1] / "floors.yaml").read_text(encoding="utf-8"))
# How far a figure may stand above its floor before the floor is raised to it.
SLACK = 0.005


@pytest.fixture(scope="module")
def metrics():
    return json.loads((default_model() / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def figures(metrics):
    """Figures by the names that the floors have; what is better smaller is negated."""
    crossed, cascade = metrics["cross_validation"], metrics["cascade"]
    lost = max(topic["lost"] / topic["articles"] for topic in cascade["topics"].values())
    return {
        "macro_f1": crossed["macro_f1"],
        **{name: topic["f1"] for name, topic in crossed["topics"].items()},
        "unseen_outlets_macro_f1": metrics["unseen_outlets"]["model"]["macro_f1"],
        "later_macro_f1": metrics["later"]["model"]["macro_f1"],
        "int8_agreement": metrics["export"]["int8_agreement"],
        "cascade_settled": cascade["settled"],
        "cascade_agreement": cascade["agreement"],
        "cascade_kept_of_each_topic": 1 - lost,
        "expected_calibration_error": -crossed["expected_calibration_error"],
        "size_mb": -sum(path.stat().st_size for path in default_model().iterdir()) / 1e6,
    }


def test_the_figures_are_of_the_articles_that_the_floors_are_of(metrics):
    assert metrics["data"]["sha256"] == FLOORS["evaluation_set"]


@pytest.mark.parametrize("name", FLOORS["least"])
def test_no_figure_is_below_its_floor_and_no_floor_is_left_behind(figures, name):
    assert FLOORS["least"][name] <= figures[name] <= FLOORS["least"][name] + SLACK, "raise the floor"


@pytest.mark.parametrize("name", FLOORS["most"])
def test_no_figure_is_above_its_ceiling(figures, name):
    assert -figures[name] <= FLOORS["most"][name]


def test_every_figure_has_a_floor_or_a_ceiling(figures):
    assert figures.keys() == FLOORS["least"].keys() | FLOORS["most"].keys()
    assert not FLOORS["least"].keys() & FLOORS["most"].keys()


SUMMARIES = FLOORS["summaries"]
# Points of ROUGE-2.
SUMMARY_SLACK = 0.15


@pytest.fixture(scope="module")
def summaries():
    """The summarizer's figures by the names that the floors have."""
    folder = default_model(DEFAULT_WRITER)
    report = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["summaries"]
    assert report["articles"] == SUMMARIES["articles"]
    systems = report["systems"]
    ours, lead = systems["**this model**"], systems["lead-1"]
    found = {outlet: ours[outlet]["rouge2"][0] for outlet in ours if outlet != "all"}
    found |= {f"{outlet}_above_lead": found[outlet] - lead[outlet]["rouge2"][0] for outlet in found}
    found |= {name: ours["all"][name][0] for name in ("unsupported_number", "unsupported_name")}
    return found | {"size_mb": sum(path.stat().st_size for path in folder.iterdir()) / 1e6}


@pytest.mark.parametrize("name", SUMMARIES["least"])
def test_no_summary_figure_is_below_its_floor_and_no_floor_is_left_behind(summaries, name):
    floor = SUMMARIES["least"][name]
    assert floor <= summaries[name] <= floor + SUMMARY_SLACK, "raise the floor"


@pytest.mark.parametrize("name", SUMMARIES["most"])
def test_no_summary_figure_is_above_its_ceiling(summaries, name):
    assert summaries[name] <= SUMMARIES["most"][name]


def test_every_summary_figure_has_a_floor_or_a_ceiling(summaries):
    assert summaries.keys() == SUMMARIES["least"].keys() | SUMMARIES["most"].keys()
