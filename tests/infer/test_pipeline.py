import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from infer import Article, Record, Reject, load
from infer import pipeline as pipelines
from infer.errors import ModelError, UsageError
from infer.pipeline import Pipeline
from infer.summary import Guarded, Lead, Summary
from tests.infer.says import Says

TITLE = "افتتاح جسر جديد فوق النهر"
BODY = "افتتحت وزارة النقل جسرا جديدا فوق النهر بعد عامين من العمل. وحضر الافتتاح عدد من السكان."


@pytest.fixture(scope="module")
def pipeline(tiny_model):
    return load(tiny_model)


def test_articles_become_records_with_everything_that_came_in(pipeline):
    article = Article(
        id="a7",
        title=TITLE,
        body=BODY,
        page="day.csv",
        part=2,
        published="2025-03-05",
        source="وكالة",
        tags=("جسور", "نقل"),
        url="https://example.org/7",
    )
    [record] = pipeline.analyze([article])
    for name in ("id", "title", "page", "part", "published", "source", "tags", "url"):
        assert getattr(record, name) == getattr(article, name)
    assert record.summary == "افتتحت وزارة النقل جسرا جديدا فوق النهر بعد عامين من العمل."
    assert record.summary_method == "lead"
    assert list(record.scores) == list(pipeline.topics.topics)
    assert record.model == pipeline.topics.name


def test_mappings_do_as_well_as_articles(pipeline):
    [record] = pipeline.analyze([{"title": TITLE, "body": BODY, "url": None}])
    assert (record.id, record.title, record.url) == ("1", TITLE, None)


@pytest.mark.parametrize(
    ("published", "text"),
    [
        (date(2025, 3, 5), "2025-03-05"),
        (datetime(2025, 3, 5, 9, 30, tzinfo=UTC), "2025-03-05"),
        ("2025-03-05", "2025-03-05"),
        (None, None),
    ],
)
def test_a_mappings_date_becomes_iso_text_before_the_guard_reads_it(published, text):
    pipeline = Pipeline(None, Guarded(Says("افتتحت وزارة النقل جسرا جديدا.")))
    [record] = pipeline.analyze([{"title": TITLE, "body": f"{BODY}\n" * 3, "published": published}])
    assert (record.published, record.summary_method) == (text, "model")


@pytest.mark.parametrize(
    ("given", "out"),
    [
        ({"published": datetime(2025, 3, 5, 9, 30, tzinfo=UTC)}, "2025-03-05T09:30+00:00"),
        ({"published": datetime(2025, 3, 5, 9, 30)}, "2025-03-05T09:30"),
        ({"published": datetime(2025, 3, 5)}, None),
        ({"published": date(2025, 3, 5)}, None),
        ({"published": date(2025, 3, 5), "published_at": "2025-03-05T09:30"}, "2025-03-05T09:30"),
        ({"published": "2025-03-05", "published_at": None}, None),
    ],
)
def test_a_mappings_datetime_gives_the_hour(pipeline, given, out):
    [record] = pipeline.analyze([{"title": TITLE, "body": BODY, **given}])
    assert (record.published, record.published_at) == ("2025-03-05", out)


@pytest.mark.parametrize("at", ["2025-03-06T09:30", "soon", 5])
def test_a_time_on_another_day_is_refused(pipeline, at):
    with pytest.raises(UsageError, match=r"article 1: 'published_at' is .*no time on the day"):
        pipeline.analyze([{"body": BODY, "published": "2025-03-05", "published_at": at}])


@pytest.mark.parametrize("published", [20250305, 1.5, b"2025-03-05", ["2025-03-05"]])
def test_a_date_of_another_type_is_refused_with_its_article_and_key(pipeline, published):
    name = type(published).__name__
    with pytest.raises(UsageError, match=f"article 2: 'published' is of type {name};"):
        pipeline.analyze([{"body": BODY}, {"body": BODY, "published": published}])


def test_an_unknown_key_is_refused_with_the_known_ones(pipeline):
    with pytest.raises(UsageError, match=r"article 1: unknown key 'text'; known: body"):
        pipeline.analyze([{"text": BODY}])


def test_unusable_text_is_rejected_in_its_place(pipeline):
    results = pipeline.analyze(
        [
            {"title": TITLE, "body": BODY},
            {"title": "", "body": "  \n"},
            {"title": "The port opens", "body": "The new port opened on Monday after two years."},
            {"title": TITLE, "body": BODY},
        ]
    )
    assert [type(result) for result in results] == [Record, Reject, Reject, Record]
    assert "Arabic" in results[2].reason


def test_order_is_kept_across_chunks_and_rejects_pass_through(pipeline):
    reject = Reject("p", "line 3", "broken JSON")
    items = [Article(str(i), f"{TITLE} {i}", BODY * (i % 5 + 1)) for i in range(23)]
    mixed = [*items[:7], reject, *items[7:]]
    results = list(pipeline.stream(iter(mixed), chunk=4))
    assert results[7] is reject
    assert [r.id for r in results if isinstance(r, Record)] == [item.id for item in items]


def test_stages_can_be_left_out(tiny_model):
    [labelled] = load(tiny_model, summaries=False).analyze([{"title": TITLE, "body": BODY}])
    assert labelled.summary is None
    assert labelled.topics is not None
    [summarized] = Pipeline(None, load(tiny_model).summarizer).analyze([{"title": TITLE, "body": BODY}])
    assert summarized.topics is None
    assert summarized.summary


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="not a model folder"):
        load(tmp_path / "none")


def test_nothing_in_infer_needs_torch_or_the_training_code():
    blocked = ["torch", "transformers", "datasets", "sentencepiece", "sklearn", "train"]
    code = f"""
import importlib, pkgutil, sys
for name in {blocked!r}:
    sys.modules[name] = None
import infer
for module in pkgutil.walk_packages(infer.__path__, "infer."):
    importlib.import_module(module.name)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_a_summarizer_the_lead_is_taken_unless_the_model_is_asked_for(monkeypatch):
    monkeypatch.setattr(pipelines, "DEFAULT_WRITER", "summary-missing")
    [record] = load(topics=False, method="auto").analyze([{"title": TITLE, "body": BODY}])
    assert record.summary_method == "lead"
    with pytest.raises(
        ModelError, match=r"no model 'summary-missing' .*mujaz-train summarizer .*--method lead"
    ):
        load(topics=False, method="model")


def test_the_summarizer_that_is_there_writes_and_its_lead_can_be_asked_for(monkeypatch, tmp_path):
    from tests.tiny_summarizer import write_summarizer

    _, folder, _ = write_summarizer(tmp_path / "tiny")
    monkeypatch.setattr(pipelines, "default_model", lambda name: folder)
    assert isinstance(load(topics=False).summarizer, Guarded)
    assert isinstance(load(topics=False, method="lead").summarizer, Lead)
    assert isinstance(load(topics=False, length="headline").summarizer, Lead)  # an editor's title is better
    assert isinstance(load(topics=False, length="headline", method="model").summarizer, Guarded)


class Marks:
    """A summarizer that says its name."""

    def __init__(self, version):
        self.version = version

    def summarize(self, articles):
        return [Summary(f"{self.version} {article.id}", "model") for article in articles]


def test_what_is_on_no_topic_is_summarized_apart(pipeline):
    articles = [Article(id=id_, title=TITLE, body=BODY) for id_ in "abc"]
    scores = [SimpleNamespace(topics=topics) for topics in ((), ("gaza",), ())]
    split = replace(pipeline, summarizer=Marks("model"), off_topic=Marks("lead"))
    assert [s.text for s in split.summarize(articles, scores)] == ["lead a", "model b", "lead c"]
    for alone in (replace(split, topics=None), replace(split, off_topic=None)):
        assert [s.text for s in alone.summarize(articles, scores)] == ["model a", "model b", "model c"]
    for record in split.analyze(articles):
        assert record.summary.startswith("model" if record.topics else "lead")


def test_what_summaries_depend_on_is_told_apart(pipeline):
    split = replace(pipeline, summarizer=Marks("model"), off_topic=Marks("lead"))
    versions = {
        each.writing
        for each in (
            replace(pipeline, summarizer=None),
            replace(split, off_topic=None),
            split,
            replace(split, explain=True),
        )
    }
    assert len(versions) == 4
    assert replace(split, topics=None).writing == replace(split, off_topic=None).writing


@pytest.mark.parametrize(
    "needless", [{"method": "model"}, {"length": "long"}, {"explain": True}, {"summarizer": "models/mine"}]
)
def test_what_is_of_no_use_without_summaries_is_refused(tiny_model, needless):
    with pytest.raises(UsageError, match=f"{next(iter(needless))}: of no use without summaries"):
        load(tiny_model, summaries=False, **needless)


def test_a_record_without_a_summary_explains_that_nothing_carries_it():
    pipeline = Pipeline(None, Lead(), explain=True)
    [record] = pipeline.analyze([{"title": "", "body": "كلمة " * 80}])
    assert (record.summary, record.evidence, record.refused) == (None, (), ())


def test_unknown_methods_are_refused_by_name():
    with pytest.raises(UsageError, match="no method 'magic'; known are auto, model, lead"):
        load(topics=False, method="magic")
