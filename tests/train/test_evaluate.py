import json

import numpy as np
import pytest

from tests.tiny import TOPICS
from tests.train import toy
from train import evaluate
from train.config import TopicsConfig, load_config
from train.data import Labelled, load_labelled

TARGETS = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0, 0]], np.float32)
PREDICTED = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]], bool)
SCORES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.9], [0.2, 0.8], [0.85, 0.7], [0.1, 0.1]])


def articles(*texts: str) -> Labelled:
    empty = [""] * len(texts)
    return Labelled(
        empty, list(texts), np.zeros((len(texts), len(toy.NAMES)), np.float32), empty, empty, toy.NAMES
    )


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
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[held_out], new[held_out])
    assert not np.array_equal(before[1][~held_out], after[1][~held_out])


def test_what_a_fold_is_given_does_not_depend_on_its_other_logits():
    logits, targets, folds = example()
    before = evaluate.cross_fitted(logits, targets, folds)[1]
    changed = logits.copy()
    changed[0] += 3  # an article of fold 0
    after = evaluate.cross_fitted(changed, targets, folds)[1]
    others = (folds == 0) & (np.arange(len(folds)) > 0)
    assert np.array_equal(before[others], after[others])


def test_cross_fitting_repairs_overconfident_logits():
    logits, targets, folds = example(2_000)
    _, scores, _ = evaluate.cross_fitted(5 * logits, targets, folds)
    raw = 1 / (1 + np.exp(-5 * logits))
    assert evaluate.calibration_error(targets > 0.5, raw) > 0.1
    assert evaluate.calibration_error(targets > 0.5, scores) < 0.04


def test_figures_after_review_leave_out_what_is_in_review():
    review = np.array([0, 0, 1, 0, 1, 0], bool)
    figures = evaluate.after_review(TARGETS, PREDICTED, review)["review"]
    assert figures == {"share": 0.3333, "accuracy_of_the_rest": 1.0, "accuracy_of_all": 0.6667}


def test_figures_after_review_are_json_where_everything_is_in_review():
    figures = evaluate.after_review(TARGETS, PREDICTED, np.ones(6, bool))
    assert figures["review"]["share"] == 1
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("وزير عراقي يلتقي مسؤولا من البنتاغون", ["iraq_us_relations"]),
        ("وزير عراقي يفتتح مدرسة", []),
        ("الولايات المتحدة تعلن رسوما جمركية جديدة", ["trade_tariffs"]),
        (
            "بغداد تطلب من واشنطن رفع الرسوم الجمركية وإغاثة غزة",
            toy.NAMES,
        ),
        ("مباراة في الدوري", []),
    ],
)
def test_the_keyword_rule_wants_a_word_of_every_group(text, expected):
    config = load_config(TOPICS, TopicsConfig)
    found = evaluate.keyword_rule(articles(text), config)
    assert [name for name, hit in zip(config.names, found[0], strict=True) if hit] == expected


def test_the_keyword_rule_reads_the_first_words_only():
    config = load_config(TOPICS, TopicsConfig)
    text = "كلمة " * 70 + "غزة"
    assert not evaluate.keyword_rule(articles(text), config).any()
    assert evaluate.keyword_rule(articles(text), config, words=71)[0, config.names.index("gaza")]


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_the_linear_baseline_tells_toy_topics_apart(tmp_path, analyzer):
    data = toy.labelled(tmp_path, 80)
    logits = evaluate.linear_logits(data, np.arange(80) // 4 % 4, analyzer)
    right = (logits > 0) == (data.targets > 0.5)
    assert right.mean() > 0.9


def test_the_linear_baseline_does_not_see_the_fold_it_scores(tmp_path):
    path = toy.write(tmp_path / "toy.jsonl", toy.articles(40))
    data = load_labelled(path, toy.NAMES, "mujaz-1")
    folds = np.arange(40) // 4 % 2
    before = evaluate.linear_logits(data, folds, "word")
    data.targets[folds == 1] = 1 - data.targets[folds == 1]
    after = evaluate.linear_logits(data, folds, "word")
    assert np.array_equal(before[folds == 1], after[folds == 1])
    assert not np.array_equal(before[folds == 0], after[folds == 0])
