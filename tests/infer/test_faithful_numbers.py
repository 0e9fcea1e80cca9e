"""Numbers that are read by what they mean: parts, places, units, and pages that no person wrote."""

import time

import pytest

from infer.faithful import check
from infer.schema import Article


def kinds(summary, body, published=None):
    return {thing.kind for thing in check(summary, Article("1", "", body, published=published)).unsupported}


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        ("في الربع الأخير من العام ارتفعت الأرباح.", "ارتفعت الأرباح 25 بالمئة."),
        ("ارتفعت الصادرات في النصف الأول من العام.", "ارتفعت الصادرات 50%."),
        ("كلف الجسر نصف مليون دولار.", "كلف الجسر مليون دولار."),
        ("وصل الوفد في العشرين من نيسان.", "وصل الوفد في الحادي والعشرين من نيسان."),
        ("حل الفريق في المركز الثالث بعدما سجل 7 أهداف.", "الفريق يحل في المركز السابع."),
        ("زرعت المدرسة خمسا وعشرين شجرة.", "المدرسة تزرع 20 شجرة."),
        ("تراجعت الأسعار قليلا هذا الشهر.", "تراجعت الأسعار 1% هذا الشهر."),
    ],
)
def test_another_number_is_found(body, summary):
    assert kinds(summary, body) == {"number"}


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        ("كلف الجسر نصف مليون دولار.", "كلف الجسر 500 ألف دولار."),
        ("أيد ثلاثة أرباع الأعضاء القرار.", "75% من الأعضاء أيدوا القرار."),
        ("أحيت المدينة الذكرى الثالثة والسبعين لتأسيسها.", "المدينة تحيي الذكرى الـ73 لتأسيسها."),
        ("وصل الوفد في 25 نيسان.", "وصل الوفد في الخامس والعشرين من نيسان."),
        ("زرعت المدرسة خمسا وعشرين شجرة.", "المدرسة تزرع 25 شجرة."),
        ("تظاهر مئتا شخص في الساحة.", "تظاهر 200 شخص في الساحة."),
        ("تظاهر 200 شخص في الساحة.", "تظاهر مئتا شخص في الساحة."),
    ],
)
def test_the_same_number_said_otherwise_passes(body, summary):
    assert kinds(summary, body) == set()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "", "soon"])
def test_a_day_that_stands_for_none_is_none(day):
    assert kinds("وصلت السفينة.", "وصلت السفينة إلى الميناء.", day) == set()


def test_numbers_without_end_are_numbers():
    assert kinds("بلغ العدد 5.", f"بلغ العدد {'1' * 400}.123 في السنة.") == {"number"}


def test_a_page_of_one_verb_is_read_in_time():
    start = time.monotonic()
    check("قال الوزير إن المطر يزيد.", Article("1", "", "قال " * 5_000))
    assert time.monotonic() - start < 5
