from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.page import split_page
from tests.linear import assert_linear

FIRST = (
    "أعلنت وزارة الموارد المائية، الاثنين، بدء ملء خزان السد الجديد بعد صيانة استمرت عامين.",
    "وقال مدير السد إن منسوب المياه سيرتفع مترين في الشهر، وإن القرى المجاورة لن تتأثر بالملء.",
)
SECOND = (
    "أقر مجلس بلدية الموصل، الأربعاء، ميزانية لترميم أسواق المدينة القديمة بقيمة 12 مليار دينار.",
    "وأوضح رئيس المجلس أن الأعمال تبدأ من سوق السرجخانة وتستمر ثمانية أشهر.",
)
FIRST_TITLE = "بدء ملء خزان السد الجديد في كركوك"
SECOND_TITLE = "ميزانية جديدة لترميم أسواق الموصل القديمة"
LINKS = (
    "مهرجان للتمور في البصرة يجذب آلاف الزوار",
    "افتتاح مكتبة عامة في حي المنصور",
    "طلاب عراقيون يفوزون بمسابقة للروبوتات",
)

MARKERS = [
    "إقرأ أيضاً:",
    "إقرأ أيضا",
    "اقرأ أيضا",
    "اقرأ أيضاً:",
    "اقرا ايضا",
    "اقرا ايضا :",
    "اقــرأ أيضــاً",
    "اقرأ ايضًا",
    "إقرأ المزيد",
    "اقرأ المزيد:",
    "مقالات ذات صلة",
    "مواضيع ذات صلة:",
    "موضوعات ذات صلة",
    "أخبار ذات صلة",
    "اخبار ذات صله",
    "مقالات مشابهة",
    "شاهد أيضا",
    "شاهد أيضاً:",
    "قد يعجبك أيضا",
    "قد يهمك أيضاً",
    "طالع أيضا",
    "** اقرأ أيضا **",
    "🔴 اقرأ أيضاً",
    "\u202bاقرأ أيضا\u202c",
    "[اقرأ أيضا]",
    "ذات صلة",
    "Read also:",
]


def page(*lines):
    return "\n".join(lines)


def closed(*lines):
    return page(FIRST_TITLE, *FIRST, "المصدر: وكالات", *lines)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_opens_the_next_article(marker):
    articles = split_page(closed(marker, SECOND_TITLE, *SECOND), page="p.txt")
    assert [article.title for article in articles] == [FIRST_TITLE, SECOND_TITLE]
    assert [article.body for article in articles] == [page(*FIRST), page(*SECOND)]
    assert [article.id for article in articles] == ["p.txt#1", "p.txt#2"]
    assert [article.part for article in articles] == [1, 2]
    assert articles[1].source is None


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("bullet", ["", "• ", "- ", "* ", "▪ "])
def test_a_marker_before_headlines_in_mid_text(marker, bullet):
    text = page(FIRST_TITLE, FIRST[0], marker, *(bullet + link for link in LINKS), FIRST[1])
    [article] = split_page(text, page="p")
    assert (article.title, article.body) == (FIRST_TITLE, page(*FIRST))


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("links", [LINKS[:1], LINKS])
def test_a_marker_before_headlines_at_the_end(marker, links):
    [article] = split_page(page(FIRST_TITLE, *FIRST, marker, *links), page="p")
    assert article.body == page(*FIRST)


@pytest.mark.parametrize(
    "line",
    [
        f"اقرأ أيضا: {LINKS[0]}",
        f"اقرأ أيضاً {LINKS[0]}",
        f"إقرأ أيضا | {LINKS[0]}",
        f"اقرأ.. {LINKS[0]}",
        f"شاهد: {LINKS[0]}",
        f"للمزيد: {LINKS[0]}",
        f"للمزيد - {LINKS[0]}",
        f"قد يهمك| {LINKS[0]}",
        f"(اقرأ أيضا: {LINKS[0]})",
        f"طالع أيضا: {LINKS[0]}؟",
    ],
)
def test_a_link_on_the_markers_line_is_dropped_and_the_text_goes_on(line):
    [article] = split_page(page(FIRST_TITLE, FIRST[0], line, FIRST[1]), page="p")
    assert article.body == page(*FIRST)


def test_a_link_in_a_paragraph_is_cut_off():
    text = page(FIRST_TITLE, f"{FIRST[0]} اقرأ أيضا: {LINKS[0]}", FIRST[1])
    [article] = split_page(text, page="p")
    assert article.body == page(*FIRST)


def test_a_headline_on_the_markers_line_with_its_article_below():
    articles = split_page(closed(f"اقرأ أيضا: {SECOND_TITLE}", *SECOND), page="p")
    assert [article.title for article in articles] == [FIRST_TITLE, SECOND_TITLE]
    assert articles[1].body == page(*SECOND)


def test_a_marker_without_headline_and_the_text_goes_on():
    [article] = split_page(page(FIRST_TITLE, FIRST[0], "اقرأ أيضا:", FIRST[1]), page="p")
    assert article.body == page(*FIRST)


def test_glued_without_any_sign_of_the_first_ones_end():
    articles = split_page(page(FIRST_TITLE, *FIRST, "اقرأ أيضا:", SECOND_TITLE, *SECOND), page="p")
    assert [article.title for article in articles] == [FIRST_TITLE, SECOND_TITLE]


def test_headlines_between_the_marker_and_the_glued_article():
    articles = split_page(closed("مقالات ذات صلة", *LINKS, SECOND_TITLE, *SECOND), page="p")
    assert [article.title for article in articles] == [FIRST_TITLE, SECOND_TITLE]
    assert LINKS[2] not in articles[0].body + articles[1].body


def test_glued_without_a_marker_after_source_and_tags():
    articles = split_page(closed("كلمات دلالية: السدود", SECOND_TITLE, *SECOND), page="p")
    assert [article.title for article in articles] == [FIRST_TITLE, SECOND_TITLE]
    assert [article.tags for article in articles] == [("السدود",), ()]


def test_glued_at_a_second_date():
    text = page(FIRST_TITLE, "9 فبراير 2024", *FIRST, SECOND_TITLE, "تاريخ النشر: 11 فبراير 2024", *SECOND)
    articles = split_page(text, page="p")
    assert [(article.title, article.published) for article in articles] == [
        (FIRST_TITLE, "2024-02-09"),
        (SECOND_TITLE, "2024-02-11"),
    ]


def test_four_articles_on_a_page():
    text = page(*[closed("إقرأ أيضاً:", SECOND_TITLE, *SECOND, "المصدر: الصباح", "إقرأ أيضاً:")] * 2)
    assert [article.part for article in split_page(text, page="p")] == [1, 2, 3, 4]


def test_a_page_without_headline():
    [article] = split_page(page(*FIRST), page="p")
    assert (article.title, article.body) == ("", page(*FIRST))


def test_a_headline_alone_is_a_body():
    [article] = split_page(FIRST_TITLE, page="p")
    assert (article.title, article.body) == ("", FIRST_TITLE)


def test_a_post_of_a_line_and_a_name():
    [article] = split_page(f"{FIRST_TITLE}\n@writer", page="p")
    assert (article.title, article.body) == ("", f"{FIRST_TITLE}\n@writer")


def test_section_names_and_writers_round_the_headline():
    text = page("الرئيسية > أخبار", "محليات", FIRST_TITLE, "سعد الكرخي", "بقلم: سعد الكرخي", *FIRST)
    [article] = split_page(text, page="p")
    assert (article.title, article.body) == (FIRST_TITLE, page(*FIRST))


def test_the_headline_said_twice_and_paragraphs_said_twice():
    [article] = split_page(page(FIRST_TITLE, FIRST_TITLE, *FIRST, *FIRST), page="p")
    assert (article.title, article.body) == (FIRST_TITLE, page(*FIRST))


def test_cut_off_in_mid_sentence():
    cut = SECOND[0][:60]
    articles = split_page(closed("إقرأ أيضاً:", SECOND_TITLE, "(CNN)-- " + cut), page="p")
    assert (articles[1].title, articles[1].body, articles[1].source) == (SECOND_TITLE, cut, "CNN")
    [article] = split_page(page(FIRST_TITLE, FIRST[0], FIRST[1][:50]), page="p")
    assert article.body == page(FIRST[0], FIRST[1][:50])


def test_a_page_squeezed_into_one_line():
    labels = ["المصدر: الصباح", "كلمات دلالية: السدود", "إقرأ أيضاً:", SECOND_TITLE, *SECOND, "مقالات مشابهة"]
    bullets = [f"• {link}" for link in LINKS]
    text = " ".join([FIRST_TITLE, "تاريخ النشر: 9th, February 2024 GMT", *FIRST, *labels, *bullets])
    first, second = split_page(text, page="p")
    assert (first.title, first.published, first.source) == (FIRST_TITLE, "2024-02-09", "الصباح")
    assert (first.body, first.tags) == (" ".join(FIRST), ("السدود",))
    assert second.body == " ".join([SECOND_TITLE, *SECOND])


def test_wording_stays_and_invisible_characters_go():
    marked = "أعلنتِ  الوِزارةُ\u00a0بدءَ \u202bالمَلء\u202c\x00 في \ufeffالسدّ،\u200f وقالت إنها ۳ مراحل."
    [article] = split_page(page(FIRST_TITLE, marked), page="p", url="https://example.org/1")
    assert article.body == "أعلنتِ الوِزارةُ بدءَ المَلء في السدّ، وقالت إنها ۳ مراحل."
    assert article.url == "https://example.org/1"


@pytest.mark.parametrize(
    "text", ["", " \n\t\n", "\x00" * 50, "شارك\nواتساب", "- - -", "كلمتان فقط", "123\n456"]
)
def test_nothing_usable(text):
    assert split_page(text, page="p") == []


# Pages of a given size in units.
HOSTILE = {
    "one line": lambda n: FIRST[0] * n,
    "one word": lambda n: "ك" * n * 100,
    "short lines": lambda n: "خبر قصير هنا\n" * n * 4,
    "markers": lambda n: "اقرأ أيضا\nعنوان خبر قصير هنا\n" * n,
    "closed and open": lambda n: f"{FIRST[0]}\nالمصدر: وكالات\nعنوان خبر قصير هنا\n" * (n // 2),
    "links in lines": lambda n: f"{FIRST[0]} اقرأ أيضا: خبر " * n,
    "lists never closed": lambda n: "list of 2 items " * n + "end of list",
    "dates": lambda n: "9 شباط 2024\n" * n,
    "labels": lambda n: "تاريخ النشر: " * n,
    "tags": lambda n: "كلمات دلالية: " + "غزة، " * n,
    "brackets": lambda n: "(" * n * 100,
    "blanks": lambda n: " " * n * 100,
    "NULs": lambda n: "\x00" * n * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_of_a_page_only(name):
    assert_linear(lambda text: split_page(text, page="p"), HOSTILE[name], 1_000)


PIECES = [
    *MARKERS[:6],
    *LINKS,
    *FIRST,
    *SECOND,
    FIRST_TITLE,
    "المصدر: الصباح",
    "المصدر",
    "وسوم:",
    "9 فبراير 2024",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=60)), max_size=25).map("\n".join))
def test_any_page(text):
    articles = split_page(text, page="p")
    assert [article.part for article in articles] == list(range(1, len(articles) + 1))
    for article in articles:
        assert article.body.strip()
        assert "\n" not in article.title
        kept = article.title + article.body.replace("\n", "")
        assert not [char for char in kept if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")]
