"""What both queues promise."""

import time
from dataclasses import replace
from threading import Thread

import pytest

from infer.queues import Failed, Finished
from infer.schema import Article, Record, Reject
from tests.infer.queues.stores import LEASE, article, opened

LATE = LEASE + 0.3


def record(job):
    return Record(job.article.id, "", 1, job.article.title, None, None, (), None, topics=("gaza",))


def finish(queue, *jobs):
    return queue.finish([Finished(job, record(job)) for job in jobs])


def ids(jobs):
    return [job.article.id for job in jobs]


def test_jobs_come_in_order_and_whole(queue):
    articles = [article(n) for n in range(5)]
    assert len(set(queue.put(articles))) == 5
    jobs = queue.take(3, 10_000, 0)
    assert [job.article for job in jobs] == articles[:3]
    assert ids(queue.take(9, 10_000, 0)) == ["a3", "a4"]
    assert queue.take(9, 10_000, 0) == []


def test_counts_follow_a_job_through_its_states(queue):
    queue.put([article(n) for n in range(4)])
    first, second, third = queue.take(3, 10_000, 0)
    finish(queue, first)
    queue.fail([Failed(second, "odd", None)])
    counts = queue.counts()
    assert (counts.pending, counts.leased, counts.done, counts.dead) == (1, 1, 1, 1)
    assert 0 <= counts.oldest < 60
    queue.release([third])
    assert (queue.counts().pending, queue.counts().leased) == (2, 0)


def test_a_batch_keeps_to_its_tokens_but_has_one_job(queue):
    queue.put([article(1, 400), article(2, 20), article(3, 20), article(4, 400)])
    assert ids(queue.take(9, 50, 0)) == ["a1"]
    assert ids(queue.take(9, 100, 0)) == ["a2", "a3"]
    assert queue.take(9, 50, 0, joining=True) == []
    assert ids(queue.take(9, 50, 0)) == ["a4"]


def test_results_are_kept_in_the_order_in_which_jobs_were_done(queue):
    queue.put([article(n) for n in range(3)])
    a, b, c = queue.take(3, 10_000, 0)
    finish(queue, b)
    finish(queue, a)
    queue.finish([Finished(c, Reject("", "", "no Arabic", "a2"))])
    found = list(queue.results())
    assert [result.job for result in found] == [b.id, a.id, c.id]
    assert found[0].content["topics"] == ["gaza"] and found[0].content["job"] == b.id
    assert found[2].content["reject"]["reason"] == "no Arabic"


def test_two_workers_never_hold_one_job(url):
    one, two = opened(url), opened(url)
    one.put([article(n) for n in range(60)])
    taken = {0: [], 1: []}

    def work(number, queue):
        while jobs := queue.take(4, 10_000, 0):
            taken[number] += ids(jobs)
            finish(queue, *jobs)

    threads = [Thread(target=work, args=each) for each in enumerate((one, two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken[0] + taken[1]) == sorted(f"a{n}" for n in range(60))
    assert one.counts().done == 60


def test_a_lease_that_ran_out_goes_to_another_and_the_late_one_is_refused(url):
    late, other = opened(url), opened(url)
    late.put([article(1)])
    [lost] = late.take(1, 10_000, 0)
    assert other.take(1, 10_000, 0) == []
    time.sleep(LATE)
    [job] = other.take(1, 10_000, 0)
    assert (job.id, job.attempts, job.alone) == (lost.id, 1, True)
    assert finish(late, lost) == {lost.id}
    assert late.fail([Failed(lost, "late", None)]) == {lost.id}
    assert late.extend([lost]) == {lost.id}
    late.release([lost])
    assert (late.counts().leased, late.counts().done) == (1, 0)
    assert finish(other, job) == set()
    assert [result.job for result in other.results()] == [job.id]
    assert finish(late, lost) == {lost.id}
    assert len(list(other.results())) == 1


def test_a_lease_that_is_extended_holds(url):
    queue, other = opened(url), opened(url)
    queue.put([article(1)])
    [job] = queue.take(1, 10_000, 0)
    for _ in range(3):
        time.sleep(LEASE / 2)
        assert queue.extend([job]) == set()
    assert other.take(1, 10_000, 0) == []
    assert finish(queue, job) == set()


def test_what_killed_a_worker_comes_alone_and_joins_none(url):
    dead, queue = opened(url), opened(url)
    dead.put([article(n) for n in range(3)])
    assert len(dead.take(3, 10_000, 0)) == 3
    dead.put([article(n) for n in range(3, 6)])
    time.sleep(LATE)
    assert ids(queue.take(2, 10_000, 0, joining=True)) == ["a3", "a4"]
    batches = [ids(queue.take(9, 10_000, 0)) for _ in range(4)]
    assert sorted(batches[:3]) == [["a0"], ["a1"], ["a2"]]
    assert batches[3] == ["a5"]


def test_a_job_that_fails_too_often_is_a_dead_letter_and_can_be_tried_again(queue):
    [id_] = queue.put([article(1)])
    for attempt in (1, 2, 3):
        [job] = queue.take(1, 10_000, 1)
        assert job.attempts == attempt
        queue.fail([Failed(job, f"attempt {attempt}: عطل", 0.0)])
    assert queue.take(1, 10_000, 0) == []
    [letter] = queue.dead()
    assert (letter.job, letter.attempts, letter.article) == (id_, 3, article(1))
    assert letter.error == "attempt 3: عطل"
    assert queue.retry(["none", id_]) == [id_]
    [job] = queue.take(1, 10_000, 0)
    assert job.attempts == 1 and queue.counts().dead == 0
    queue.fail([Failed(job, "again", None)])
    assert queue.retry() == [id_]


def test_a_job_that_too_many_workers_died_of_is_a_dead_letter(url):
    queue = opened(url, lease_seconds=0.1, max_deaths=2)
    queue.put([article(1)])
    for alone in (False, True):
        [job] = queue.take(1, 10_000, 0)
        assert (job.attempts, job.alone) == (1, alone)
        time.sleep(0.2)
    assert queue.take(1, 10_000, 0) == []
    [letter] = queue.dead()
    assert "died" in letter.error and letter.attempts == 0


def test_a_job_waits_for_its_next_attempt(queue):
    queue.put([article(1)])
    [job] = queue.take(1, 10_000, 0)
    queue.fail([Failed(job, "odd", 0.5)])
    assert queue.take(1, 10_000, 0) == [] and queue.counts().pending == 1
    time.sleep(0.6)
    assert len(queue.take(1, 10_000, 0)) == 1


def test_a_job_that_was_not_begun_loses_no_attempt(queue):
    queue.put([article(1)])
    queue.release(queue.take(1, 10_000, 0))
    [job] = queue.take(1, 10_000, 0)
    assert job.attempts == 1


def test_taking_waits_for_what_comes(url):
    queue, other = opened(url), opened(url)
    start = time.monotonic()
    assert queue.take(1, 100, 0.2) == []
    assert time.monotonic() - start >= 0.15
    thread = Thread(target=lambda: (time.sleep(0.2), other.put([article(1)])))
    thread.start()
    assert len(queue.take(1, 10_000, 5)) == 1
    assert time.monotonic() - start < 3
    thread.join()


def test_old_results_are_removed_and_counted(url):
    queue = opened(url, keep_days=0.5 / 86_400)
    queue.put([article(1), article(2)])
    [job, other] = queue.take(2, 10_000, 0)
    finish(queue, job)
    time.sleep(0.7)
    finish(queue, other)
    assert queue.expire() == 1
    assert [result.job for result in queue.results()] == [other.id] and queue.counts().done == 1


@pytest.mark.parametrize("text", ["\ud800 نصف", "a\x00b", "😀 ‮ \u2028", '"}{', "'; DROP TABLE jobs; --"])
def test_odd_text_comes_back_as_it_can_be_kept(queue, text):
    queue.put([Article("x", text, text)])
    [job] = queue.take(1, 10_000, 0)
    assert job.article.title == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    queue.fail([Failed(job, text, None)])
    [letter] = queue.dead()
    assert letter.article == job.article


def test_more_than_a_page_of_results_and_letters(queue):
    queue.put([article(n) for n in range(1203)])
    done = []
    while jobs := queue.take(100, 10**9, 0):
        finish(queue, *jobs[::2])
        queue.fail([Failed(job, "odd", None) for job in jobs[1::2]])
        done += jobs[::2]
    assert [result.job for result in queue.results()] == [job.id for job in done]
    assert len(list(queue.dead())) == 1203 - len(done)
    assert len(queue.retry()) == 1203 - len(done)


def test_nothing_is_put_where_one_article_cannot_be(queue):
    with pytest.raises(TypeError):
        queue.put([article(1), replace(article(2), tags=object())])
    assert queue.counts().pending == 0
