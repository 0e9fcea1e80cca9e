"""Counts, dates and titles of the frame in its languages."""

from dataclasses import replace
from datetime import date

import pytest

from infer.digest import wording
from infer.digest.config import load_digest_config
from infer.errors import UsageError
from tests.infer.digest.days import CLINIC, DAY, STEEL, digest

CONFIG = load_digest_config()
AR, EN = CONFIG.words("ar"), CONFIG.words("en")
ARAB = AR.model_copy(update={"digits": "arab"})


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "لا مصادر"),
        (1, "مصدر واحد"),
        (2, "مصدران"),
        (3, "3 مصادر"),
        (10, "10 مصادر"),
        (11, "11 مصدرا"),
        (100, "100 مصدر"),
        (1103, "1,103 مصادر"),
    ],
)
def test_arabic_counts_in_all_six_categories(n, text):
    assert wording.counted(AR, AR.outlets, n) == text


def test_english_counts_and_a_category_that_is_left_out():
    assert [wording.counted(EN, EN.stories, n) for n in (0, 1, 2)] == ["no stories", "one story", "2 stories"]
    assert wording.counted(AR, AR.more, 15) == "و15 خبرا آخر لم يُعرض"  # many, said as other


def test_days_and_numbers_in_the_frames_digits():
    assert wording.day(AR, DAY) == "الأربعاء 5 مارس 2025"
    assert wording.day(EN, DAY) == "Wednesday 5 March 2025"
    assert wording.day(ARAB, DAY) == "الأربعاء ٥ مارس ٢٠٢٥"
    assert wording.day(AR.model_copy(update={"locale": "ar_IQ"}), DAY) == "الأربعاء 5 آذار 2025"
    assert wording.number(ARAB, 12345) == "١٢٬٣٤٥"
    assert wording.counted(ARAB, AR.outlets, 11) == "١١ مصدرا"


def test_title_of_a_day_and_of_several():
    assert wording.title(digest(), AR) == "موجز الأخبار: الأربعاء 5 مارس 2025"
    several = replace(digest("en"), first=date(2025, 3, 3))
    assert wording.title(several, EN) == "News digest: Monday 3 March 2025 to Wednesday 5 March 2025"


def test_overview_counts_the_stories_left_out_too():
    assert wording.overview(digest("en"), EN) == "5 stories from 9 articles by 4 sources"


def test_byline_names_the_outlet_or_says_that_none_is_named():
    assert wording.byline(STEEL.reports[1], AR) == "Harbour Wire"
    assert wording.byline(CLINIC.reports[0], AR) == AR.no_source


def test_what_is_filled_in_is_not_read_as_a_template():
    assert wording.filled("{value} عند {sources}", value="{sources}", sources="أ") == "{sources} عند أ"
    assert wording.filled("{no} {n}", n="1") == "{no} 1"


def test_isolation_cannot_be_ended_from_within():
    assert wording.isolated("Harbour\u2069\u202e Wire") == "\u2068Harbour Wire\u2069"


def test_an_unknown_locale_is_named():
    with pytest.raises(UsageError, match="no locale 'xx-nowhere'"):
        wording.counted(AR.model_copy(update={"locale": "xx-nowhere"}), AR.outlets, 1)
