import numpy as np
import pytest

from train.calibration import Calibration, best_threshold, fit


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def drawn(slope: float, intercept: float, count: int = 20_000, seed: int = 0):
    """Logits, and targets that are one as often as a sigmoid of them says."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 2, (count, 1))
    return logits, (draw.random((count, 1)) < sigmoid(slope * logits + intercept)).astype(np.float32)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.4, -1.0), (2.5, 0.7)])
def test_a_known_sigmoid_is_recovered(slope, intercept):
    fitted = fit(*drawn(slope, intercept))
    assert fitted.slopes[0] == pytest.approx(slope, rel=0.06)
    assert fitted.intercepts[0] == pytest.approx(intercept, abs=0.08)
    grid = np.linspace(-3, 3, 7).reshape(-1, 1)
    assert fitted.probabilities(grid) == pytest.approx(sigmoid(slope * grid + intercept), abs=0.02)


def test_every_topic_has_its_own_calibration():
    (first, targets), (second, others) = drawn(0.5, 1.0, seed=1), drawn(2.0, -1.0, seed=2)
    fitted = fit(np.hstack([first, second]), np.hstack([targets, others]))
    assert fitted.slopes == pytest.approx([0.5, 2.0], rel=0.06)
    assert fitted.intercepts == pytest.approx([1.0, -1.0], abs=0.1)
    assert fitted.thresholds.shape == (2,)


def test_a_higher_logit_never_has_a_lower_probability():
    fitted = fit(*drawn(0.8, -0.5, count=300))
    scores = fitted.probabilities(np.linspace(-50, 50, 2_001).reshape(-1, 1))
    assert (np.diff(scores[:, 0]) >= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_a_threshold_lies_in_the_middle_of_the_best_ones():
    scores = np.array([0.05, 0.2, 0.6, 0.8, 0.95])
    # Anything above 0.2 and up to 0.6 parts the two kinds.
    assert best_threshold(scores, np.array([0, 0, 1, 1, 1])) == pytest.approx(0.4, abs=0.005)


def test_of_two_plateaus_the_better_one_counts():
    scores = np.array([0.2, 0.3, 0.5, 0.55, 0.6, 0.9])
    targets = np.array([0, 1, 0, 0, 0, 1])
    # Above 0.2 finds both with three false alarms, F1 4/7; above 0.6 finds one alone, F1 2/3.
    assert best_threshold(scores, targets) == pytest.approx(0.75, abs=0.005)


def test_a_threshold_stays_within_its_range_where_all_scores_agree():
    assert 0.1 <= best_threshold(np.full(4, 0.99), np.ones(4)) <= 0.9
    assert 0.1 <= best_threshold(np.full(4, 0.01), np.zeros(4)) <= 0.9


def test_an_article_is_in_review_where_the_log_odds_of_any_score_are_near_those_of_its_threshold():
    plain = Calibration(np.ones(2), np.zeros(2), np.array([0.5, 0.3]), margin=0.5)
    scores = np.array([[0.95, 0.05], [0.45, 0.05], [0.95, 0.39], [0.63, 0.43], [0.37, 0.19]])
    assert plain.review(scores).tolist() == [False, True, True, False, False]


def test_a_certain_score_is_never_in_review_however_low_the_threshold():
    plain = Calibration(np.ones(1), np.zeros(1), np.array([0.1]), margin=2.0)
    assert plain.review(np.array([[0.0], [0.001], [1.0]])).tolist() == [False, False, False]


def test_the_margin_is_the_distance_that_holds_most_errors():
    logits, targets = drawn(1.0, 0.0, count=4_000)
    fitted = fit(logits, targets)
    scores = fitted.probabilities(logits)
    wrong = ((scores >= fitted.thresholds) != (targets > 0.5)).any(1)
    caught = fitted.review(scores)[wrong].mean()
    assert 0.45 <= caught <= 0.55
    # Errors lie near the threshold, so review is far more often wrong than the rest.
    assert wrong[fitted.review(scores)].mean() > 2 * wrong[~fitted.review(scores)].mean()


def test_without_errors_the_margin_is_small():
    logits = np.array([[-8.0], [-7.5], [-7.0], [7.0], [7.5], [8.0]])
    fitted = fit(logits, (logits > 0).astype(np.float32))
    assert fitted.margin == 0.05
    assert not fitted.review(fitted.probabilities(logits)).any()


def test_float32_logits_give_the_probabilities_of_float64_ones():
    logits, targets = drawn(1.0, 0.0, count=500)
    fitted = fit(logits.astype(np.float32), targets)
    exact = fit(logits, targets).probabilities(logits)
    assert fitted.probabilities(logits.astype(np.float32)) == pytest.approx(exact, abs=1e-4)
