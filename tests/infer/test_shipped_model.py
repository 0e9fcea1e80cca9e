"""What the model that comes with Mujaz must get right, and what its own figures must show."""

import json
from pathlib import Path

import pytest

from infer import Record, load
from infer.inputs import read
from infer.pipeline import default_model

ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"

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
    assert found == SAMPLE_TOPICS


@pytest.mark.parametrize("measured", ["cross_validation", "unseen_outlets"])
def test_it_is_better_than_counting_words(metrics, measured):
    figures = metrics[measured]
    ours = figures.get("model", figures)["macro_f1"]
    baselines = figures.get("baselines", metrics["baselines"])
    assert all(ours > b["macro_f1"] for name, b in baselines.items() if not name.startswith("frozen"))


def test_on_outlets_that_it_has_not_read_it_is_better_than_its_encoder_untrained(metrics):
    outlets = metrics["unseen_outlets"]
    untrained = outlets["baselines"]["frozen encoder + logistic regression"]
    assert outlets["model"]["macro_f1"] > untrained["macro_f1"]


def test_its_card_states_its_own_figures(metrics):
    card = (default_model() / "README.md").read_text(encoding="utf-8")
    assert f"{metrics['cross_validation']['macro_f1']:.3f}" in card
    for topic in metrics["cross_validation"]["topics"].values():
        assert f"{topic['f1']:.3f}" in card


def test_the_model_writes_of_what_is_on_a_topic_and_leads_stand_for_the_rest(pipeline):
    records = label(pipeline, ROOT / "samples")
    on = [record.summary_method for record in records if record.topics]
    assert {record.summary_method for record in records if not record.topics} == {"lead"}
    assert on.count("model") > len(on) / 2


PARAGRAPH = (
    "قالت وزارة الصحة في بيان إن عدد المصابين ارتفع إلى 120 شخصا في المدينة بعد تسرب الغاز من مصنع قديم، "
    "وإن المستشفيات تعمل بكامل طاقتها منذ صباح الأحد."
)


@pytest.mark.parametrize("length", ["headline", "short", "long"])
def test_odd_articles_get_a_summary_or_a_reason(length):
    writing = load(topics=False, method="model", length=length)
    bodies = [
        PARAGRAPH.split("،")[0],
        f"{PARAGRAPH} " * 150,
        "\n".join(f"- البند رقم {i}: توزيع المياه على الحي" for i in range(40)),
        "\n".join(f"| الدولة {i} | {i * 7}% | {i} مليون |" for i in range(40)),
        "عاجل " * 300,
        "The ministry said that the number of injured rose to 120. " * 8,
        "",
    ]
    given = [{"id": str(i), "title": "تسرب غاز في مصنع", "body": body} for i, body in enumerate(bodies)]
    short, long, *lists, english, empty = writing.analyze(given)
    assert short.summary_method == "lead" and long.summary
    assert {record.summary_method for record in lists} == {"lead"}
    assert "Arabic" in english.reason
    assert empty.summary == "تسرب غاز في مصنع"
