import json

import numpy as np
import pytest

from train import evaluate

TARGETS = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0, 0]], np.float32)
PREDICTED = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]], bool)
SCORES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.9], [0.2, 0.8], [0.85, 0.7], [0.1, 0.1]])


def test_a_report_has_the_figures_that_one_counts_by_hand():
    report = evaluate.report(TARGETS, PREDICTED, SCORES, ["gaza", "sport"])
    # gaza: 2 of its 3 found, 1 of 3 guesses false. sport: both found, 1 of 3 guesses false.
    gaza, sport = report["topics"]["gaza"], report["topics"]["sport"]
    assert (gaza["precision"], gaza["recall"], gaza["f1"], gaza["articles"]) == (0.6667, 0.6667, 0.6667, 3)
    assert (sport["precision"], sport["recall"], sport["f1"], sport["articles"]) == (0.6667, 1.0, 0.8, 2)
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2, abs=1e-4)
    # Rows 0, 1, 3 and 5 have both topics right.
    assert report["accuracy_all_topics"] == pytest.approx(4 / 6, abs=1e-4)
    # In order of score: gaza right, wrong, right, right; sport right, right.
    assert gaza["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3, abs=1e-4)
    assert sport["average_precision"] == 1.0


def test_intervals_hold_their_figure_and_narrow_with_more_articles():
    def interval(copies: int) -> tuple[float, float, float]:
        tiled = [np.tile(part, (copies, 1)) for part in (TARGETS, PREDICTED, SCORES)]
        report = evaluate.report(*tiled, ["gaza", "sport"])
        return *report["macro_f1_95"], report["macro_f1"]

    few, many = interval(4), interval(100)
    for low, high, figure in (few, many):
        assert 0 <= low < figure < high <= 1
    assert many[1] - many[0] < (few[1] - few[0]) / 3


def test_intervals_depend_on_the_seed_alone():
    tiled = [np.tile(part, (20, 1)) for part in (TARGETS, PREDICTED, SCORES)]
    first, again, other = (evaluate.report(*tiled, ["gaza", "sport"], seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first["macro_f1_95"] != other["macro_f1_95"]


def test_a_topic_that_is_never_guessed_scores_nothing():
    report = evaluate.report(TARGETS, np.zeros_like(PREDICTED), SCORES, ["gaza", "sport"])
    assert report["macro_f1"] == 0
    assert report["topics"]["gaza"]["precision"] == 0


def test_a_topic_that_no_article_has_does_not_count_in_the_mean():
    none = TARGETS * [1, 0]
    report = evaluate.report(none, PREDICTED, SCORES, ["gaza", "sport"])
    assert report["macro_f1"] == report["topics"]["gaza"]["f1"] > 0
    assert report["topics"]["sport"]["articles"] == 0


def test_the_calibration_error_of_true_probabilities_is_nothing():
    draw = np.random.default_rng(0)
    scores = draw.random((40_000, 2))
    truth = draw.random(scores.shape) < scores
    assert evaluate.calibration_error(truth, scores) < 0.01


def test_the_calibration_error_of_overconfident_probabilities_is_large():
    draw = np.random.default_rng(0)
    truth = draw.random((10_000, 1)) < 0.6
    assert evaluate.calibration_error(truth, np.full(truth.shape, 0.99)) == pytest.approx(0.39, abs=0.02)


def test_the_calibration_error_is_the_mean_gap_weighed_by_bin():
    scores = np.array([[0.05], [0.05], [0.95], [1.0]])
    truth = np.array([[True], [False], [True], [True]])
    # Two scores of 0.05 of which half are true, two of 0.975 that are all true.
    assert evaluate.calibration_error(truth, scores) == pytest.approx(0.5 * 0.45 + 0.5 * 0.025)


def example(count: int = 200, seed: int = 0):
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 2, (count, 2))
    targets = (draw.random((count, 2)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    return logits, targets, np.arange(count) % 4


def test_what_a_fold_is_given_does_not_depend_on_its_own_targets():
    logits, targets, folds = example()
    before = evaluate.cross_fitted(logits, targets, folds)
    held_out = folds == 2
    turned = np.where(held_out[:, None], 1 - targets, targets)
    after = evaluate.cross_fitted(logits, turned, folds)
    for name in ("predicted", "scores", "distance", "review"):
        old, new = getattr(before, name), getattr(after, name)
        assert np.array_equal(old[held_out], new[held_out])
    assert not np.array_equal(before.scores[~held_out], after.scores[~held_out])


def test_what_a_fold_is_given_does_not_depend_on_its_other_logits():
    logits, targets, folds = example()
    before = evaluate.cross_fitted(logits, targets, folds).scores
    changed = logits.copy()
    changed[0] += 3  # an article of fold 0
    after = evaluate.cross_fitted(changed, targets, folds).scores
    others = (folds == 0) & (np.arange(len(folds)) > 0)
    assert np.array_equal(before[others], after[others])


def test_cross_fitting_repairs_overconfident_logits():
    logits, targets, folds = example(2_000)
    scores = evaluate.cross_fitted(5 * logits, targets, folds).scores
    raw = 1 / (1 + np.exp(-5 * logits))
    assert evaluate.calibration_error(targets > 0.5, raw) > 0.1
    assert evaluate.calibration_error(targets > 0.5, scores) < 0.04


def decided(review) -> evaluate.Decisions:
    return evaluate.Decisions(PREDICTED, SCORES, np.arange(6.0), np.array(review, bool))


def test_figures_after_review_leave_out_what_is_in_review():
    figures = evaluate.after_review(TARGETS, decided([0, 0, 1, 0, 1, 0]))["review"]
    expected = {"share": 0.3333, "accuracy_of_the_rest": 1.0, "accuracy_of_all": 0.6667}
    assert figures.items() >= expected.items()


def test_figures_after_review_are_json_where_everything_is_in_review():
    figures = evaluate.after_review(TARGETS, decided(np.ones(6)))
    assert figures["review"]["share"] == 1
    json.dumps(figures, allow_nan=False)


def test_the_most_doubtful_are_reviewed_first():
    right = np.array([True, False, True, True])
    # Reviewed in this order: the wrong one, then those that are right.
    rest = evaluate.accuracy_after_review(right, np.array([3.0, 0.1, 2.0, 1.0]))
    assert rest == pytest.approx([0.75, 1, 1, 1])


def test_the_review_that_99_percent_need_is_the_smallest_that_gives_them():
    targets, predicted = np.ones((10, 1)), np.ones((10, 1), bool)
    predicted[:2] = False  # the two most doubtful are wrong
    doubt = evaluate.Decisions(predicted, predicted * 1.0, np.arange(10.0), np.zeros(10, bool))
    assert evaluate.after_review(targets, doubt)["review"]["share_for_99_percent"] == 0.2
