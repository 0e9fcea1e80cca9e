"""The floors under the figures of the models that come with Mujaz: a worse model does not pass."""

import json
from pathlib import Path

import pytest
import yaml

from infer.pipeline import default_model

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
