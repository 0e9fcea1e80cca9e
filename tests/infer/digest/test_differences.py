"""Numbers on which reports differ: floors on the written cases, and what a difference holds."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.digest.day import Difference, Figure
from infer.digest.differences import differences

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("differing.jsonl").read_text(encoding="utf-8").splitlines()
]


@dataclass
class Outcome:
    """Differences of the cases: found rightly, found wrongly, not found."""

    right: int = 0
    false: int = 0
    missed: int = 0

    @property
    def figures(self) -> str:
        """What a log should have."""
        found, there = self.right + self.false, self.right + self.missed
        return f"precision {self.right}/{found}, recall {self.right}/{there}"


def outcome():
    """Hold what is found in the cases against what they say."""
    all_ = Outcome()
    for case in CASES:
        wanted = [tuple(values) for values in case["differ"]]
        found = [tuple(figure.value for figure in each.figures) for each in differences(case["texts"])]
        hits = sum(values in wanted for values in found)
        all_.right += hits
        all_.false += len(found) - hits
        all_.missed += len(wanted) - hits
    return all_


def test_precision_and_recall_of_the_written_cases():
    found = outcome()
    assert found.false == 0, found.figures
    assert found.right / (found.right + found.missed) >= 0.9, found.figures


def test_a_difference_names_what_is_counted_and_who_says_what():
    texts = [
        "مقتل ٤٢ عاملا في انهيار المنجم",
        "انهيار منجم. لا أرقام بعد.",
        "انهيار المنجم: مقتل خمسة وأربعين عاملا",
        "مقتل 42 عاملا بعد انهيار المنجم",
    ]
    assert differences(texts) == (Difference("عاملا", (Figure("42", (0, 3)), Figure("45", (2,)))),)


@pytest.mark.parametrize(
    ("texts", "about"),
    [
        (["وفاة 15 شخصا غرقا", "غرق المركب: 16 قتيلا"], "وفاة"),
        (["حادث أدى لإصابة 7 أشخاص", "ثمانية جرحى في الحادث"], "إصابة"),
        (["كلفة بناء الجسر 3 ملايين دولار", "بناء الجسر بكلفة 5 ملايين دولار"], "كلفة بناء الجسر"),
    ],
)
def test_what_is_counted_is_said_in_the_words_of_a_report(texts, about):
    [found] = differences(texts)
    assert found.about == about


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["42 قتيلا"], ["42", "45"], ["\ud800 42", "x" * 9999]])
def test_where_there_is_nothing_to_compare(texts):
    assert differences(texts) == ()


def test_the_order_of_reports_changes_places_alone():
    for case in CASES:
        turned = differences(case["texts"][::-1])
        straight = differences(case["texts"])
        values = [sorted(figure.value for figure in each.figures) for each in straight]
        assert sorted(values) == sorted(sorted(figure.value for figure in each.figures) for each in turned)


WORDS = (
    "42 45 ٤٢ 1,200 % مقتل قتيلا شخصا جرحى خمسة عشر مليون دولار بين و إلى نحو أكثر من منذ رسوم شاحنة . ، -"
)


@given(st.lists(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join), max_size=4))
def test_figures_are_of_the_texts_and_apart(texts):
    for difference in differences(texts):
        places = [place for figure in difference.figures for place in figure.reports]
        assert len(difference.figures) >= 2
        assert len(places) == len(set(places))
        assert set(places) <= set(range(len(texts)))
        assert difference.about
