"""The sample day, labelled by the model that comes with Mujaz."""

import json
from pathlib import Path

import pytest

from infer import cli
from infer.pipeline import DEFAULT_MODEL, default_model

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "sample-day.jsonl"


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    default_model(DEFAULT_MODEL)
    out = tmp_path_factory.mktemp("digest")
    cli.app(["digest", "--input", str(SAMPLE), "--form", "json", "-o", str(out)], standalone_mode=False)
    return json.loads((out / "digest.json").read_text(encoding="utf-8"))


def reports(digest):
    return {
        section["topic"]: {report["id"] for story in section["stories"] for report in story["reports"]}
        for section in digest["sections"]
    }


def test_each_report_stands_in_its_section(digest):
    assert reports(digest) == {
        "iraq_us_relations": {"day-09", "day-10", "day-11"},
        "gaza": {"day-05", "day-06", "day-07", "day-08"},
        "trade_tariffs": {"day-01", "day-02", "day-03", "day-04"},
    }
    assert (digest["last"], digest["articles"], digest["undated"]) == ("2025-03-05", 14, 1)


def test_the_unsure_one_is_apart(digest):
    assert [story["reports"][0]["id"] for story in digest["review"]] == ["day-12"]


def test_the_copy_is_with_its_original(digest):
    [story] = [
        story
        for story in digest["sections"][2]["stories"]
        if {"day-01"} & {r["id"] for r in story["reports"]}
    ]
    copies = {report["id"]: report["copy"] for report in story["reports"]}
    assert copies["day-01"] is False and copies["day-02"] is True


def test_the_trend_has_the_days_before(digest):
    days = dict(zip(digest["trend"]["days"], digest["trend"]["counts"]["gaza"], strict=True))
    assert (days["2025-03-01"], days["2025-03-02"], days["2025-03-03"], days["2025-03-05"]) == (1, 0, 2, 4)


def test_reports_of_one_event_are_one_story_with_the_numbers_they_differ_on(digest):
    stories = [story for section in digest["sections"] for story in section["stories"]]
    events = {frozenset(report["id"] for report in story["reports"]) for story in stories}
    assert {frozenset({"day-05", "day-06", "day-07"}), frozenset({"day-09", "day-10"})} <= events
    [toll] = [story for story in stories if story["reports"][0]["id"] == "day-05"]
    assert [figure["value"] for figure in toll["differences"][0]["figures"]] == ["42", "45"]
