"""The page as HTML: what stands in it, and that nothing in it is more than text."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import jinja2
import pytest

from infer.digest import chart, page
from infer.digest.config import load_digest_config
from infer.digest.day import Trend
from infer.digest.runs import runs
from tests.infer.digest.days import TREND, digest, empty
from tests.infer.digest.hostile import hostile

CONFIG = load_digest_config()


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text outside of the style sheet."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] != "style":
            self.text += data


def test_the_environment_escapes_and_refuses_missing_names():
    environment = page.environment()
    assert (
        environment.from_string("{{ x }}").render(x="<b a='\"'>\u202e\x00") == "&lt;b a=&#39;&#34;&#39;&gt;"
    )
    with pytest.raises(jinja2.UndefinedError):
        environment.from_string("{{ missing }}").render()


@pytest.mark.parametrize("day", [digest("ar"), digest("en"), empty("ar"), hostile("ar"), hostile("en")])
def test_a_page_has_no_script_no_style_attribute_and_no_resource(day):
    text = page.html(day, CONFIG)
    text.encode()  # no half surrogates
    elements = Elements(text)
    names = {tag for tag, _ in elements.tags}
    assert not names & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "link",
        "base",
        "form",
        "audio",
        "video",
    }
    for tag, attributes in elements.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")], tag
        if "href" in attributes:
            assert re.match(r"#|https?://", attributes["href"])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert not re.search(r"url\(|@import", text)


def test_hostile_text_is_shown_as_far_as_it_is_text():
    shown = Elements(page.html(hostile(), CONFIG)).text
    for piece in (
        "<script>window.ran = 1; alert(1)</script>",
        "{{ 7 * 7 }}",
        "javascript:window.ran=1",
        "]]>",
    ):
        assert piece in shown


def test_links_have_rel_and_what_is_no_link_says_so():
    shown = page.html(digest(), CONFIG)
    outside = [each for tag, each in Elements(shown).tags if tag == "a" and each["href"].startswith("http")]
    assert len(outside) == 5 and all(each["rel"] == "noopener noreferrer" for each in outside)
    assert outside[1]["href"] == "https://outlet1.example/news/1?a=1&b=2"
    assert CONFIG.words("ar").no_address in shown


def test_a_digest_of_several_days_gives_the_day_beside_the_hour():
    several = replace(digest(), first=date(2025, 3, 3))
    assert ">5 مارس 09:15</time>" in page.html(several, CONFIG)
    assert ">09:15</time>" in page.html(digest(), CONFIG)


def test_an_empty_day_says_so_and_keeps_the_chart():
    shown = Elements(page.html(empty(), CONFIG))
    assert CONFIG.words("ar").nothing in shown.text
    assert "article" not in {tag for tag, _ in shown.tags}
    assert "svg" in {tag for tag, _ in shown.tags}


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("وقالت شركة Norvik Steel (NVK) إن 42 من", ["Norvik Steel (NVK)"]),
        ("رسوما نسبتها 25% على", ["25%"]),
        ("منظمة (WHO) في", ["WHO"]),
        ("انخفض -5.2% ثم +3 نقاط", ["-5.2%", "+3"]),
        ("انظر https://a.example/x?y=1. ثم", ["https://a.example/x?y=1"]),
        ("طائرة F-16 أو Boeing 737 MAX بين 10-15 مترا", ["F-16", "Boeing 737 MAX"]),
        ("بمبلغ $3.5 أو 20€", ["$3.5", "20€"]),
        ("طائرة U.S. F-16 بقرار من U.N. ونص A. ثم", ["U.S. F-16", "U.N.", "A"]),
        ("لا شيء هنا 42", []),
    ],
)
def test_runs_that_would_reorder_are_isolated(text, isolated):
    pieces = list(runs(text))
    assert [piece for piece, apart in pieces if apart] == isolated
    assert "".join(piece for piece, _ in pieces) == text


def test_isolating_takes_linear_time():
    for text in (
        "a" * 200_000,
        "a " * 100_000,
        "1" * 200_000,
        "(a " * 70_000,
        "a-" * 100_000,
        "1.1," * 50_000,
        "U." * 100_000,
        "U.S. " * 50_000,
    ):
        assert "".join(piece for piece, _ in runs(text)) == text


def test_a_chart_draws_each_count_and_mirrors_time_in_arabic():
    sections = digest().sections
    for lang, descending in (("ar", True), ("en", False)):
        drawn = chart.svg(TREND, sections, CONFIG.words(lang))
        across = [float(x) for x in re.findall(r'<rect x="([\d.]+)" y="1[\d.]+"', drawn)]  # Gaza's, all five
        assert len(across) == 5
        assert across == sorted(across, reverse=descending)
    assert "المقالات" in drawn or "Articles" in drawn


def test_a_chart_of_many_days_numbers_the_highest_and_the_last():
    days = tuple(date.fromordinal(date(2025, 3, 5).toordinal() - 59 + i) for i in range(60))
    trend = Trend(days, {"gaza": (*range(1, 59), 999, 3)})
    drawn = chart.svg(trend, digest().sections[1:2], CONFIG.words("en"))
    assert re.findall(r">(\d+)</text>", drawn) == ["999", "3"]
