from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from infer.errors import UsageError
from tests.train import toy
from train import splits
from train.data import Labelled, load_labelled
from train.splits import duplicate_groups


def numbers(data: Labelled, seed: int = 0) -> np.ndarray:
    """The fold of four that each article is scored in."""
    fold_of = np.full(len(data.titles), -1)
    for number, split in enumerate(splits.folds(data, 4, seed)):
        assert not (split.train & split.test).any()
        fold_of[split.test] = number
    return fold_of


def test_an_edited_copy_shares_a_group_and_another_report_of_the_event_does_not():
    story = (
        "أعلنت بلدية المدينة اليوم افتتاح جسر جديد فوق النهر بعد عامين من العمل وقال رئيسها إن الجسر سيخفف "
        "الزحام عن وسط المدينة وإن كلفته بلغت أربعين مليونا"
    )
    edited = "عاجل " + story.replace("أربعين مليونا", "نحو أربعين مليون دينار")
    report = (
        "شهد وسط المدينة احتفالا بافتتاح الجسر الذي طال انتظاره وعبرته مئات السيارات في الساعة الأولى بينما "
        "شكا تجار من طول مدة العمل وطالبوا بتعويض"
    )
    weather = "تهطل أمطار غزيرة على الساحل في نهاية الأسبوع وتنخفض درجات الحرارة بعد موجة حر دامت عشرة أيام"
    groups = duplicate_groups([story, report, weather, edited])
    assert groups[3] == groups[0]
    assert len(set(groups)) == 3


def test_a_chain_of_near_duplicates_is_one_group():
    words = toy.FILLER
    chain = [" ".join(words[start : start + 24]) for start in range(0, 48, 8)]
    groups = duplicate_groups([*chain, *(row["body"] for row in toy.articles(8, seed=3))])
    assert len(set(groups[: len(chain)])) == 1
    assert groups[0] not in groups[len(chain) :]


@pytest.mark.parametrize("texts", [["", "", ""], ["و", "و", "و"], ["خبر", "خبر", "خبر"]])
def test_the_same_text_is_one_group_even_without_words(texts):
    assert duplicate_groups(texts).tolist() == [0, 0, 0]


@pytest.mark.parametrize("rarest", [1, 2])
def test_texts_without_a_word_in_common_stand_alone(rarest):
    assert duplicate_groups(toy.FILLER[:20], rarest).tolist() == list(range(20))
    assert duplicate_groups(["قمر"], rarest).tolist() == [0]
    assert duplicate_groups(["و", "", "و"], rarest).tolist() == [0, 1, 0]


def test_few_short_texts_with_a_word_in_common_are_not_near_duplicates():
    texts = [f"كرة {' '.join(toy.FILLER[i : i + 5])}" for i in range(0, 80, 5)]
    assert len(set(duplicate_groups(texts, rarest=1))) == 16
    assert len(set(duplicate_groups([*texts, f"{texts[0]} عاجل"], rarest=1))) == 16


def with_copies(folder: Path) -> Labelled:
    """Forty articles, the first eight of them three times each, a word added to every copy."""
    rows = toy.articles(40)
    copies = [row | {"body": f"{row['body']} {word}"} for row in rows[:8] for word in ("عاجل", "متابعة")]
    return load_labelled(toy.write(folder / "toy.jsonl", rows + copies), toy.NAMES, "mujaz-1")


def test_near_duplicates_land_in_one_fold(tmp_path):
    data = with_copies(tmp_path)
    fold_of = numbers(data)
    groups = duplicate_groups(data.plain_texts)
    assert len(set(groups)) <= 40
    for group in set(groups):
        assert len(set(fold_of[groups == group])) == 1


def test_folds_are_balanced_by_topic(tmp_path):
    data = toy.labelled(tmp_path, 80)
    fold_of = numbers(data)
    assert sorted(set(fold_of)) == [0, 1, 2, 3]
    for fold in range(4):
        assert 16 <= (fold_of == fold).sum() <= 24
        counts = data.targets[fold_of == fold].sum(0)
        assert counts.min() >= 3
        assert counts.max() <= 7


def test_folds_depend_on_the_seed_alone(tmp_path):
    data = with_copies(tmp_path)
    assert np.array_equal(numbers(data, seed=1), numbers(data, seed=1))
    assert not np.array_equal(numbers(data, seed=1), numbers(data, seed=2))


def test_folds_do_not_depend_on_the_preparation(tmp_path):
    path = toy.write(tmp_path / "toy.jsonl", toy.articles(40))
    first, second = (load_labelled(path, toy.NAMES, name) for name in ("mujaz-1", "arabert-v02"))
    assert np.array_equal(numbers(first), numbers(second))


def by_outlet(folder: Path) -> Labelled:
    """Eighty articles of four outlets, 40, 20, 12 and 8 of them, of ten months."""
    data = toy.labelled(folder, 80)
    outlets = ["أ"] * 40 + ["ب"] * 20 + ["ج"] * 12 + ["د"] * 8
    return replace(data, outlets=outlets, dates=[f"2024-{1 + i % 10:02}-01" for i in range(80)])


def test_an_outlet_that_is_left_out_is_not_trained_on(tmp_path):
    data = by_outlet(tmp_path)
    names = np.array(data.outlets)
    parts = splits.outlets(data, 3)
    assert [sorted(set(names[split.test])) for split in parts] == [["أ"], ["ب"], ["ج", "د"]]
    for split in parts:
        assert not set(names[split.test]) & set(names[split.train])
    assert np.sum([split.test for split in parts], axis=0).tolist() == [1] * 80


def test_a_single_outlet_cannot_be_left_out(tmp_path):
    with pytest.raises(UsageError, match=r"3 parts of 0 outlets \(none named\): needed are two of each"):
        splits.outlets(toy.labelled(tmp_path, 12), 3)


def test_an_article_of_no_known_outlet_is_in_neither_part(tmp_path):
    data = by_outlet(tmp_path)
    unknown = replace(data, outlets=["" if i < 8 else name for i, name in enumerate(data.outlets)])
    for split in splits.outlets(unknown, 2):
        assert not (split.train | split.test)[:8].any()


def test_what_is_older_is_trained_on_and_what_is_not_is_scored(tmp_path):
    data = by_outlet(tmp_path)
    dates = np.array(data.dates)
    dates[0] = ""
    split = splits.before_and_after(replace(data, dates=dates.tolist()), "2024-06-01")
    assert (dates[split.test] >= "2024-06-01").all()
    assert set(dates[split.train]) == {f"2024-0{month}-01" for month in range(1, 6)}
    assert not split.train[0]


def test_a_date_that_leaves_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError, match="after: 2030-01-01: 80 articles are older and 0 not"):
        splits.before_and_after(by_outlet(tmp_path), "2030-01-01")


def test_articles_that_are_not_measured_are_trained_on_and_never_scored(tmp_path):
    data = with_copies(tmp_path)
    extra = np.arange(len(data.titles)) >= 40  # the copies
    data = replace(data, measured=~extra)
    groups = duplicate_groups(data.plain_texts)
    for split in splits.folds(data, 4, seed=0):
        assert not split.test[extra].any()
        # A copy is trained on in every fold but the one that scores its original.
        assert not set(groups[split.test]) & set(groups[split.train])
    trained = np.sum([split.train for split in splits.folds(data, 4, seed=0)], axis=0)
    assert (trained[extra] == 3).all()


def test_a_thinned_split_scores_the_same_articles(tmp_path):
    whole = splits.folds(toy.labelled(tmp_path, 400), 4, seed=0)[0]
    half = splits.thinned(whole, 0.5, seed=0)
    assert np.array_equal(half.test, whole.test)
    assert not (half.train & ~whole.train).any()
    assert half.train.sum() == pytest.approx(whole.train.sum() / 2, rel=0.2)
    assert half.name != whole.name
