"""A line that moves too slowly for what waits in it."""

import time

import pytest

from infer.batching import BatchLimits
from infer.serve.engine import LABEL, SUMMARIZE, Engine, OverloadedError
from tests.infer.serve.stub import BODY, Stub, client
from tests.infer.serve.test_engine import articles


class Slow(Stub):
    """Takes a tenth of a second for each article, batch or no batch."""

    def analyze(self, articles):
        articles = list(articles)
        time.sleep(0.1 * len(articles))
        return super().analyze(articles)


def test_what_would_come_too_late_is_refused_at_once_though_there_is_room():
    engine = Engine(BatchLimits(articles=1, wait_ms=0), waiting_tokens=1_000_000)
    engine.start(Slow())
    for _ in range(4):
        engine.submit(articles(1), LABEL, 10)[0].result(10)
    taken = []
    with pytest.raises(OverloadedError) as late:
        for _ in range(100):
            taken += engine.submit(articles(1), LABEL, 3)
    assert late.value.seconds >= 1 and len(taken) > 2
    assert all(future.result(10).topics for future in taken)
    engine.close(10)


class Writes(Stub):
    """Labels at once, and takes a tenth of a second for each summary."""

    def analyze(self, articles):
        articles = list(articles)
        time.sleep(0.1 * len(articles) if self.summarizer else 0)
        return super().analyze(articles)


def test_quick_labels_do_not_hide_that_summaries_wait_long():
    engine = Engine(BatchLimits(articles=1, wait_ms=0), waiting_tokens=1_000_000)
    engine.start(Writes())
    engine.submit(articles(1), SUMMARIZE, 10)[0].result(10)
    for _ in range(40):
        engine.submit(articles(1), LABEL, 10)[0].result(10)
    taken = []
    with pytest.raises(OverloadedError):
        for _ in range(200):
            taken += engine.submit(articles(1), SUMMARIZE, 3)
    assert len(taken) < 150
    engine.close(30)


def test_a_date_that_no_calendar_has_is_refused():
    with client() as asking:
        wrong = asking.post("/v1/label", json={"body": BODY, "published": "2024-13-99"})
        right = asking.post("/v1/label", json={"body": BODY, "published": "2024-02-29"})
    assert wrong.status_code == 422 and wrong.json()["error"]["field"] == "published"
    assert "2024" not in wrong.json()["error"]["message"]
    assert right.json()["results"][0]["published"] == "2024-02-29"
