"""The line of what is asked: batches, room, and what nobody waits for any more."""

import time
from concurrent.futures import CancelledError, wait

import pytest

from infer.batching import BatchLimits
from infer.schema import Article
from infer.serve.engine import ANALYZE, LABEL, SUMMARIZE, Engine, OverloadedError
from tests.infer.serve.stub import BODY, Stub


class Counting(Stub):
    sizes = ()

    def analyze(self, articles):
        Counting.sizes += (len(articles),)
        return super().analyze(articles)


def articles(count, body=BODY):
    return [Article(str(n), "خبر", body) for n in range(count)]


@pytest.fixture
def engine():
    made = Engine(BatchLimits(articles=8, tokens=2000, wait_ms=20), 400)
    yield made
    made.close(5)


def test_what_comes_together_is_read_together(engine):
    asked = [future for _ in range(6) for future in engine.submit(articles(1), LABEL, 10)]
    engine.start(Counting())
    wait(asked, 10)
    assert Counting.sizes == (6,)
    assert all(future.result().topics == ("gaza",) for future in asked)
    assert engine.waiting == (0, 0)


def test_a_task_needs_only_its_part_of_the_pipeline(engine):
    engine.start(Stub())
    found = {task: engine.submit(articles(1), task, 10)[0] for task in (LABEL, SUMMARIZE, ANALYZE)}
    label, summary, both = (future.result(10) for future in found.values())
    assert label.summary is None and label.topics and label.evidence is None
    assert summary.summary and summary.topics is None and summary.evidence
    assert both.summary and both.topics


def test_a_full_line_is_refused_whole_and_an_empty_one_takes_anything(engine):
    engine.submit(articles(1, BODY * 200), LABEL, 10)
    with pytest.raises(OverloadedError) as full:
        engine.submit(articles(2), LABEL, 10)
    assert full.value.seconds >= 1 and engine.waiting[0] == 1


def test_what_nobody_waits_for_is_not_read(engine):
    late = engine.submit(articles(3), LABEL, 0.05)
    gone = engine.submit(articles(2), LABEL, 10)
    gone[0].cancel()
    time.sleep(0.1)
    engine.start(Stub())
    assert gone[1].result(10).topics == ("gaza",)
    for future in (*late, gone[0]):
        with pytest.raises(CancelledError):
            future.result(1)


def test_closing_answers_what_was_asked(engine):
    asked = engine.submit(articles(20), LABEL, 10)
    engine.start(Stub(seconds=0.02))
    engine.close(10)
    assert all(future.done() for future in asked) and not engine.alive
