import numpy as np
import pytest

from train.settling import Limits, Teacher, best_limits, calibrate, figures, limits, nested

BORDERS = np.array([0.0, -1.0])


def articles(count=20_000, rare=0.005, seed=0):
    """Two topics, one of them rare: a teacher, and log-odds that follow the teacher's with noise."""
    draw = np.random.default_rng(seed)
    on = draw.random((count, 2)) < [rare, 0.2]
    theirs = np.where(on, 4.0, -6.0) + draw.normal(size=(count, 2))
    return Teacher(theirs, BORDERS, 1.0), theirs + draw.normal(scale=3.0, size=(count, 2))


def folds(log_odds):
    return np.arange(len(log_odds)) % 5


@pytest.fixture(scope="module")
def told():
    return articles()


def test_no_topic_loses_more_than_its_share_however_rare_it_is(told):
    teacher, log_odds = told
    for share in (0.0, 0.01, 0.05):
        settled, given = limits(log_odds, teacher, share).settled(log_odds)
        lost = (settled[:, None] & teacher.given & ~given).sum(0)
        wrong = (settled[:, None] & ~teacher.given & given).sum(0)
        assert (lost <= share * teacher.given.sum(0)).all()
        assert (wrong <= share * teacher.given.sum(0)).all()
    assert settled.mean() > 0.5


def test_wider_limits_settle_more(told):
    teacher, log_odds = told
    settled = [limits(log_odds, teacher, share).settled(log_odds)[0].mean() for share in (0.0, 0.01, 0.05)]
    assert settled == sorted(settled)
    assert settled[0] < settled[-1]


def test_nothing_near_a_border_is_plain(told):
    teacher, log_odds = told
    found = limits(log_odds, teacher, 0.5)
    assert (found.low <= BORDERS - 1).all()
    assert (found.high >= BORDERS + 1).all()


def test_sums_become_the_probabilities_that_the_encoder_gives_on_average(told):
    teacher, sums = told
    slopes, offsets = calibrate(sums, teacher)
    ours, theirs = (1 / (1 + np.exp(-z)) for z in (sums * slopes + offsets, teacher.log_odds))
    assert ours.mean(0) == pytest.approx(theirs.mean(0), rel=0.02)


@pytest.mark.parametrize("agreement", [0.99, 0.995, 0.999])
def test_errors_stay_within_what_is_allowed_on_articles_that_limits_were_not_chosen_by(told, agreement):
    found = best_limits(told[1], folds(told[1]), told[0], agreement)
    teacher, log_odds = articles(seed=1)
    settled, given = found.settled(log_odds)
    assert (settled & (given != teacher.given).any(1)).mean() <= 1 - agreement


def test_where_no_limits_are_safe_there_are_none(told):
    teacher, log_odds = told
    assert best_limits(log_odds, folds(log_odds), teacher, 1 - 1e-6) is None
    chosen = nested(log_odds, folds(log_odds), teacher, lambda *_: None)
    assert not chosen.settled.any()


def test_a_fold_is_settled_by_limits_of_the_others(told):
    teacher, log_odds = told
    parts = np.arange(len(log_odds)) % 2
    asked = []

    def choose(given, by, _):
        asked.append((given, by))

    nested(log_odds, parts, teacher, choose)
    assert [(given == log_odds[parts == 1 - i]).all() for i, (given, _) in enumerate(asked)] == [True, True]
    assert [set(by) for _, by in asked] == [{1}, {0}]


def test_figures_count_what_each_topic_loses():
    teacher = Teacher(np.array([[5.0, -5], [5, -5], [-5, -5], [-5, 5], [0.5, -5]]), BORDERS, 1.0)
    plain = Limits(np.full(2, -1.0), np.full(2, 1.0), 0.01)
    log_odds = np.array([[2.0, -2], [-2, -2], [2, -2], [0, 2], [2, -2]])
    told = figures(nested(log_odds, np.arange(5), teacher, lambda *_: plain), teacher, ["a", "b"])
    assert told["topics"]["a"] == {"articles": 3, "lost": 1, "wrongly_given": 1}
    assert told["topics"]["b"] == {"articles": 1, "lost": 0, "wrongly_given": 0}
    assert (told["settled"], told["agreement"], told["settled_of_review"]) == (0.8, 0.6, 1.0)
    assert told["settled_on_a_topic"] == 0.6
