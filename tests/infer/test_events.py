import json
from pathlib import Path

import numpy as np
import pytest

from infer.stems import light_stem
from infer.stories.events import READ, WINDOW, Told, group
from infer.stories.linkage import Pairs, link
from infer.stories.rarity import at_large, weigh

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "event-pairs.jsonl").read_text(encoding="utf-8").splitlines()
]
BRIDGE = Told(
    "افتتاح جسر المرسى في العمارة",
    "افتتح محافظ ميسان جسر المرسى بعد ست سنوات من بدء العمل فيه بكلفة 40 مليار دينار.",
    "2025-03-05",
    "وكالة الضفاف",
)
SAME_BRIDGE = Told(
    "جسر المرسى يدخل الخدمة بعد ست سنوات",
    "عبرت أولى السيارات جسر المرسى في العمارة صباح الأربعاء بحضور محافظ ميسان.",
    "2025-03-05",
    "صحيفة المرفأ",
)
FLOOD = Told(
    "سيول تقطع طريق بدرة",
    "قطعت السيول الطريق بين بدرة وزرباطية وجرفت ثلاث مركبات فارغة.",
    "2025-03-05",
    "صحيفة المرفأ",
)


def test_one_event_in_other_words_is_one_group_and_another_event_is_not():
    assert group([BRIDGE, FLOOD, SAME_BRIDGE]) == [[0, 2], [1]]


def test_no_report_and_one_report():
    assert group([]) == []
    assert group([FLOOD]) == [[0]]
    assert group([], np.empty((0, 8), np.float32)) == []


def with_day(told, published):
    return Told(told.title, told.text, published, told.source)


def test_reports_too_many_days_apart_are_of_different_events():
    assert group([BRIDGE, with_day(SAME_BRIDGE, f"2025-03-{6 + WINDOW:02}")]) == [[0], [1]]


def test_hours_and_missing_days_and_outlets_do_no_harm():
    assert group([with_day(BRIDGE, "2025-03-05T23:50"), with_day(SAME_BRIDGE, "2025-03-05T06:00")]) == [
        [0, 1]
    ]
    unknown = [Told(each.title, each.text, None, None) for each in (BRIDGE, FLOOD, BRIDGE)]
    assert group(unknown) == [[0, 2], [1]]


def test_one_outlet_seldom_tells_an_event_twice():
    words = "السيارات تعبر جسر المرسى", "عبرت عشرات السيارات صباح الأربعاء بحضور محافظ ميسان."
    assert group([BRIDGE, Told(*words, BRIDGE.published, "صحيفة المرفأ")]) == [[0, 1]]
    assert group([BRIDGE, Told(*words, BRIDGE.published, BRIDGE.source)]) == [[0], [1]]


def test_vectors_tell_what_words_do_not():
    reports = [BRIDGE, SAME_BRIDGE]
    near = np.array([[1, 0], [1, 0]], np.float32)
    far = np.array([[1, 0], [0, 1]], np.float32)
    assert group(reports, near) == [[0, 1]]
    assert group(reports, far) == [[0], [1]]


def test_the_order_of_the_reports_changes_nothing():
    reports = [Told(**row[name]) for row in PAIRS for name in ("first", "second")]
    order = np.random.default_rng(0).permutation(len(reports))
    again = group([reports[i] for i in order])
    assert sorted(sorted(int(order[i]) for i in members) for members in again) == group(reports)


def test_as_many_vectors_as_reports_are_wanted():
    with pytest.raises(ValueError, match="1 vectors for 2 reports"):
        group([BRIDGE, FLOOD], np.ones((1, 4), np.float32))


def test_texts_of_strangers_are_read_only_so_far_and_break_nothing():
    strange = ["", "\x00\u202e", "9" * 5000, "😀 <b>", "ا" * 100_000, "\ud83d"]
    reports = [Told(text, text, "2025-03-05", str(i)) for i, text in enumerate(strange)]
    assert sorted(i for members in group(reports) for i in members) == list(range(len(reports)))
    long = [Told(BRIDGE.title, "كلمات " * READ + end, "2025-03-05", end) for end in ("جسر", "سيل")]
    assert group(long) == [[0, 1]]


def test_written_pairs_are_told_apart_as_well_as_was_measured():
    """Floors a little below what ``benchmarks/events.py`` prints; these pairs are hard, and chose nothing."""
    reports = [Told(**row[name]) for row in PAIRS for name in ("first", "second")]
    groups = group(reports)
    of = {place: number for number, members in enumerate(groups) for place in members}
    found = [of[2 * i] == of[2 * i + 1] for i in range(len(PAIRS))]
    both = sum(f and row["same"] for f, row in zip(found, PAIRS, strict=True))
    strangers = sum(i // 2 != j // 2 for members in groups for i in members for j in members if i < j)
    assert both / sum(found) >= 0.62
    assert both / sum(row["same"] for row in PAIRS) >= 0.34
    assert strangers <= 2


def pairs(**probability):
    """``ab=0.9``: the first two of a group of letters."""
    return Pairs(
        np.array([ord(name[0]) - 97 for name in probability]),
        np.array([ord(name[1]) - 97 for name in probability]),
        np.array([*probability.values()], np.float32),
    )


def test_two_are_not_joined_through_a_third():
    assert link(3, pairs(ab=0.9, bc=0.8), 0.5) == [[0, 1], [2]]
    assert link(3, pairs(ab=0.9, bc=0.8, ac=0.2), 0.5) == [[0, 1, 2]]
    # Two events of two reports each, with one report that is like one of the other's.
    assert link(4, pairs(ab=0.9, cd=0.9, bc=0.8), 0.5) == [[0, 1], [2, 3]]


def test_linking_is_average_linkage():
    draw = np.random.default_rng(1)
    for count in (2, 5, 12):
        table = np.triu(draw.random((count, count)).astype(np.float32), 1)
        first, second = np.nonzero(table)
        found = link(count, Pairs(first, second, table[first, second]), 0.55)
        assert found == plainly(table + table.T, 0.55)


def plainly(table, together):
    groups = [[i] for i in range(len(table))]
    while len(groups) > 1:
        means = {
            (a, b): table[np.ix_(groups[a], groups[b])].mean() for b in range(len(groups)) for a in range(b)
        }
        a, b = max(means, key=means.get)
        if means[a, b] < together:
            break
        groups[a] = sorted(groups[a] + groups.pop(b))
    return sorted(groups)


def test_words_are_as_rare_as_they_are_in_news_and_among_the_reports():
    assert at_large(light_stem("في")) > at_large(light_stem("غزة")) > at_large(light_stem("زرباطية"))
    rows, _, width = weigh(["غزة جسر", "غزة سيول", "غزة"], ["", "", ""])
    columns, weights = rows.row(0)
    assert width == 3
    assert weights[columns != 0] > weights[columns == 0]  # غزة, the first, is in all
    assert np.linalg.norm(weights) == pytest.approx(1)
