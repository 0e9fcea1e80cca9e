from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.page import from_html
from tests.linear import assert_linear

TITLE = "الوفد التجاري يعود من جولة المحادثات في جنيف"
PARAGRAPHS = [
    "عاد الوفد التجاري إلى بغداد، مساء الخميس، بعد أسبوع من الاجتماعات المتواصلة مع ممثلي الشركات.",
    "وقال رئيس الوفد إن ثلاث مذكرات تفاهم وقعت في مجالات النقل والزراعة وتخزين الحبوب.",
    "وأضاف أن فريقا فنيا سيزور الموانئ الجنوبية في الشهر المقبل لدراسة توسيع الأرصفة.",
    "وتبلغ كلفة المشاريع المقترحة نحو 340 مليون دولار، يمول نصفها من قروض ميسرة.",
]
BODY = "\n".join(PARAGRAPHS)
TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
ARTICLE = f"<article><h1>{TITLE}</h1>{TEXT}</article>"


def page(body, head="", title=f"{TITLE} | موقع النهرين"):
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def read(html):
    return [(article.title, article.body) for article in from_html(html, page="p.html")]


NESTED = f"<table><tr><td><h1>{TITLE}</h1>{TEXT}</td></tr></table>"
NAV = "<nav><ul><li><a href=/>الرئيسية</a></li><li><a href=/s>رياضة</a></li></ul></nav>"
FOOTER = "<footer><p>جميع الحقوق محفوظة لموقع النهرين 2025</p></footer>"


@pytest.mark.parametrize(
    "html",
    [
        page(ARTICLE),
        page(NAV + ARTICLE + FOOTER),
        page(f"<form id=aspnetForm action=/>{NAV}<div id=content><h1>{TITLE}</h1>{TEXT}</div></form>"),
        page(
            f"<table><tr><td>{NAV}</td><td><table><tr><td><h1>{TITLE}</h1>{TEXT}</td></tr></table></td></tr></table>"
        ),
        page(
            f"<table><tr><td><a href=/>الرئيسية</a></td><td>{'<br><br>'.join(PARAGRAPHS)}</td></tr></table>"
        ),
        page("<div>" * 10_000 + TEXT + "</div>" * 10_000),
        page("<p>" + "<span>" * 10_000 + TEXT),
        page(f"<article><h1>{TITLE}</h1>{TEXT}{TEXT}</article>"),
        page(ARTICLE.replace("التجاري", "الت\x00جاري")),
        page(
            ARTICLE,
            title=f"{TITLE} - موقع النهرين",
            head="<meta property=og:site_name content='موقع النهرين'>",
        ),
        '<?xml version="1.0" encoding="windows-1256"?>' + page(ARTICLE),
        page(
            ARTICLE.replace("</h1>", "</h1><div class=share><a href=#>واتساب</a> <a href=#>تويتر</a></div>")
        ),
    ],
    ids=[
        "plain",
        "menu",
        "form",
        "table",
        "table-br",
        "deep",
        "deep-inline",
        "twice",
        "nul",
        "site",
        "xml",
        "share",
    ],
)
def test_title_and_paragraphs(html):
    assert read(html) == [(TITLE, BODY)]


@pytest.mark.parametrize(
    "data",
    [
        page(ARTICLE).encode("cp1256"),
        page(ARTICLE).encode("iso8859_6"),
        page(ARTICLE, "<meta charset=utf-8>").encode("cp1256"),
        page(ARTICLE, "<meta charset=windows-1256>").encode(),
        page(ARTICLE, "<meta charset=iso-8859-1>").encode("cp1256"),
        page(ARTICLE).encode("utf-16"),
        page(ARTICLE).encode("utf-16-le"),
        page(ARTICLE).encode("utf-8-sig"),
    ],
    ids=["1256", "8859-6", "1256-as-utf8", "utf8-as-1256", "1256-as-latin1", "utf16", "utf16-no-mark", "bom"],
)
def test_bytes_in_any_encoding(data):
    assert read(data) == [(TITLE, BODY)]


def test_a_declared_encoding_that_is_not_guessed():
    text = "<p>Новости дня: делегация вернулась домой, переговоры продолжатся в июне.</p>" * 3
    [article] = from_html(page(text, "<meta charset=windows-1251>", title="x").encode("cp1251"), page="p")
    assert article.body.startswith("Новости дня")


def test_bytes_that_are_no_text():
    with pytest.raises(ValueError, match="PDF"):
        from_html(b"%PDF-1.7 ...", page="p.html")


def test_metadata():
    head = (
        "<meta property='og:site_name' content='موقع النهرين'>"
        "<meta property='article:published_time' content='2025-03-04T10:00:00+03:00'>"
        "<link rel='canonical' href='https://news.example/a/1'>"
        "<meta name='keywords' content='تجارة,موانئ'>"
    )
    [article] = from_html(page(ARTICLE, head), page="p.html")
    assert (article.published, article.source) == ("2025-03-04", "موقع النهرين")
    assert (article.url, article.tags) == ("https://news.example/a/1", ("تجارة", "موانئ"))
    assert (article.id, article.page, article.part) == ("p.html#1", "p.html", 1)


def test_what_the_text_says_of_itself_counts_before_the_metadata():
    head = "<meta property='og:site_name' content='موقع النهرين'>"
    body = ARTICLE.replace(PARAGRAPHS[0], f"بغداد (رويترز) - {PARAGRAPHS[0]}")
    [article] = from_html(page(body, head), page="p")
    assert (article.source, article.body) == ("رويترز", BODY)


def test_a_labelled_date_outside_the_text_but_no_bare_one():
    html = page(f"<div>الاثنين 10 مارس 2025</div><div class=d>تاريخ النشر: 4 آذار 2025</div>{ARTICLE}")
    assert from_html(html, page="p")[0].published == "2025-03-04"
    assert from_html(page(f"<div>الاثنين 10 مارس 2025</div>{ARTICLE}"), page="p")[0].published is None


def meta(name, content):
    return f"<meta property='{name}' content='{content}'>"


def linked(**fields):
    return f"<script type='application/ld+json'>{json.dumps(fields)}</script>"


PUBLISHED = meta("article:published_time", "2025-03-04T10:00:00+03:00")
DAY_ALONE = meta("article:published_time", "2025-03-04")
NEWS = {"@type": "NewsArticle", "datePublished": "2025-03-04T07:05:00Z"}


@pytest.mark.parametrize(
    ("head", "body", "at"),
    [
        (PUBLISHED, "", "2025-03-04T10:00+03:00"),
        (PUBLISHED + meta("article:modified_time", "2025-03-04T18:00:00Z"), "", "2025-03-04T10:00+03:00"),
        (PUBLISHED + meta("datePublished", "2025-03-04T07:00:00Z"), "", "2025-03-04T10:00+03:00"),
        (DAY_ALONE, "", None),
        (meta("article:published_time", "2025-03-04T00:00:00Z"), "", None),
        (linked(**NEWS), "", "2025-03-04T07:05+00:00"),
        (DAY_ALONE + linked(**{"@graph": [NEWS]}), "", "2025-03-04T07:05+00:00"),
        (
            DAY_ALONE,
            "<time datetime='2025-03-04T12:15'>1</time><time datetime='2025-03-02T09:00'>2</time>",
            "2025-03-04T12:15",
        ),
        (  # related articles of that day: whose time is it?
            DAY_ALONE,
            "<time datetime='2025-03-04T12:15'>1</time><time datetime='2025-03-04T09:00'>2</time>",
            None,
        ),
        ("", "<div>تاريخ النشر: 4 آذار 2025 - 02:30 م بتوقيت بغداد</div>", "2025-03-04T14:30+03:00"),
    ],
)
def test_the_hour_of_publication(head, body, at):
    [article] = from_html(page(body + ARTICLE, head), page="p")
    assert (article.published, article.published_at) == ("2025-03-04", at)


@pytest.mark.parametrize(("day", "at"), [(4, "2025-03-04T10:00+03:00"), (6, None)])
def test_an_hour_counts_where_the_text_gives_its_day(day, at):
    body = ARTICLE.replace("</h1>", f"</h1><p>تاريخ النشر: {day} آذار 2025</p>")
    [article] = from_html(page(body, PUBLISHED), page="p")
    assert (article.published, article.published_at) == (f"2025-03-0{day}", at)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://news.example/a", "file:///etc/hosts"])
def test_only_web_addresses(url):
    assert from_html(page(ARTICLE, f"<link rel=canonical href='{url}'>"), page="p")[0].url is None


def test_glued_articles_and_related_links_in_html():
    second = "أقر مجلس البلدية ميزانية الطرق الجديدة، وقال رئيس المجلس إن الأعمال تبدأ مطلع الشهر المقبل."
    glued = (
        f"<article><h1>{TITLE}</h1>{TEXT}<p>المصدر: وكالات</p><p>اقرأ أيضا:</p>"
        f"<h2>مجلس البلدية يقر ميزانية الطرق الجديدة</h2><p>{second}</p></article>"
    )
    articles = from_html(page(glued), page="p")
    assert [(article.title, article.body) for article in articles] == [
        (TITLE, BODY),
        ("مجلس البلدية يقر ميزانية الطرق الجديدة", second),
    ]
    assert [article.source for article in articles] == ["وكالات", None]


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "NewsArticle", "articleBody": BODY},
        {"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "articleBody": BODY}]},
        [{"@type": "NewsArticle", "articleBody": TEXT}],
    ],
)
def test_json_ld_where_the_markup_has_no_text(data):
    script = f"<script type='application/ld+json'>{json.dumps(data, ensure_ascii=False)}</script>"
    assert read(page("<div id=app>جار التحميل</div>", script)) == [(TITLE, BODY)]


def test_broken_json_ld_is_passed_over():
    script = "<script type='application/ld+json'>" + "[" * 100_000 + "</script>"
    assert read(page(ARTICLE, script)) == [(TITLE, BODY)]


@pytest.mark.parametrize(
    "html",
    [
        "",
        b"",
        "<html></html>",
        "<html><head><title>عنوان بلا نص</title></head></html>",
        page(""),
        page(NAV),
        page("".join(f"<a href=/{number}>خبر قصير رقم {number}</a> " for number in range(80))),
        page(
            "<ul>"
            + "".join(f"<li><a href=/{number}>خبر قصير رقم {number}</a></li>" for number in range(80))
            + "</ul>"
        ),
        page("<p>كلمة قصيرة هنا</p>" * 300),
        page("<script>var x = 'نص طويل، داخل برنامج، لا يقرؤه أحد.';</script>"),
    ],
)
def test_pages_without_an_article(html):
    assert from_html(html, page="p.html") == []


def test_text_without_markup_is_read_as_a_page():
    assert read(f"{TITLE}\n{BODY}") == [(TITLE, BODY)]


# What stands beside an article in a hostile page, of a given size in units.
HOSTILE = {
    "links": lambda n: ARTICLE + "<a href='/x'>خبر قصير</a> " * n,
    "attributes": lambda n: "<div " + " ".join(f"a{k}='x'" for k in range(n)) + ">" + ARTICLE,
    "angle brackets": lambda n: ARTICLE + "<" * n * 20,
    "scripts": lambda n: ARTICLE + "<script>" * n,
    "comments": lambda n: ARTICLE + "<!--" * n,
    "entities": lambda n: ARTICLE + "<p>" + "&nbsp;" * n * 5,
    "breaks": lambda n: "<div>" + "كلمة قصيرة<br>" * n + "</div>" + ARTICLE,
    "tables": lambda n: ARTICLE + "<table><tr><td>" * (n // 8),
    "paragraphs": lambda n: ARTICLE + "<p>كلمة قصيرة هنا</p>" * n,
    "unclosed": lambda n: ARTICLE + "<p>كلمة<div>" * n,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_of_a_page_only(name):
    assert_linear(lambda html: from_html(html, page="p"), lambda n: page(HOSTILE[name](n)), 700)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_article_is_found_beside_hostile_markup(name):
    [article] = from_html(page(HOSTILE[name](20_000)), page="p")
    assert PARAGRAPHS[1] in article.body


def test_a_page_of_repeated_paragraphs_gives_each_once():
    [article] = from_html(page(ARTICLE * 2_000), page="p")
    assert article.body == BODY


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<p>", "</div>", "<table>", "<!--", "<script>", "&#x", "<", "]]>", *PARAGRAPHS])
    )
)
def test_any_markup(pieces):
    for article in from_html("".join(pieces), page="p"):
        assert article.body.strip()
