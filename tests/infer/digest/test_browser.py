"""The page as people meet it: in Chromium, on a phone and a desk, light and dark, on screen and on paper."""

from itertools import product

import pytest

from infer.digest import page
from infer.digest.config import load_digest_config
from tests.infer.digest.browser import chromium
from tests.infer.digest.days import digest, empty
from tests.infer.digest.hostile import hostile

CONFIG = load_digest_config()
DAYS = {"full": digest, "empty": empty, "hostile": hostile}
WIDTHS = (360, 1200)
# An svg element clips what it holds: a topic's name of forty W ends at the picture's edge.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect(), seen = !e.closest('.skip, svg text') && box.width && box.height
  const wide = e instanceof HTMLElement && e.clientWidth && e.scrollWidth > e.clientWidth + 1
  return seen && (wide || box.left < -1 || box.right > innerWidth + 1)
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens a day's page as a file; what it asks for, shows or says is kept in its ``heard``."""
    opened = []

    def load(day, lang="ar", width=1200, scheme="light"):
        path = tmp_path / "digest.html"
        path.write_text(page.html(DAYS[day](lang), CONFIG), encoding="utf-8")
        shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        opened.append(shown)
        shown.heard = []
        shown.on("request", lambda request: shown.heard.append(request.url))
        shown.on("dialog", lambda dialog: (shown.heard.append(dialog.message), dialog.dismiss()))
        shown.on("console", lambda message: shown.heard.append(message.text))
        shown.goto(path.as_uri())
        assert shown.heard.pop(0) == path.as_uri()
        return shown

    yield load
    for shown in opened:
        shown.close()


def tops(shown, selector):
    return shown.eval_on_selector_all(selector, "all => all.map(e => e.getBoundingClientRect().top)")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("day", DAYS)
def test_nothing_overflows_runs_or_asks_for_anything(open_page, day, lang, width):
    shown = open_page(day, lang, width)
    shown.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(OVERFLOWING) == []
    shown.mouse.move(width // 2, 400)
    assert shown.evaluate("window.ran") is None
    assert shown.heard == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_direction_and_order(open_page, lang, width):
    shown = open_page("full", lang, width)
    assert shown.evaluate("getComputedStyle(document.body).direction") == {"ar": "rtl", "en": "ltr"}[lang]
    for selector in (".topic > h2", ".story", ".topic .story, .review .story, footer"):
        assert tops(shown, selector) == sorted(tops(shown, selector))
    headlines = shown.eval_on_selector_all(
        ".topic h3",
        """all => all.map(e => {
          const range = document.createRange(); range.selectNodeContents(e)
          const text = range.getClientRects()[0], box = e.getBoundingClientRect()
          return [getComputedStyle(e).direction, Math.round(box.right - text.right)]
        })""",
    )
    assert headlines == [["rtl", 0]] * 3
    beside = shown.evaluate(
        "document.querySelector('.contents').getBoundingClientRect().left"
        " - document.querySelector('main').getBoundingClientRect().left"
    )
    assert (beside < 0 if lang == "ar" else beside > 0) if width == 1200 else beside == 0


def test_latin_names_and_percentages_keep_their_order(open_page):
    shown = open_page("full")
    places = shown.eval_on_selector_all(
        "h3 bdi",
        """all => all.map(e => [...e.textContent].map((_, i) => {
          const range = document.createRange(); range.setStart(e.firstChild, i)
          range.setEnd(e.firstChild, i + 1)
          return range.getBoundingClientRect().left
        }))""",
    )
    assert [len(each) for each in places] == [3, 12]  # 25%, Norvik Steel
    assert all(each == sorted(each) for each in places)


# Source marks that stand in a line without the end of their sentence.
PARTED = """() => [...document.querySelectorAll('.summary .mark')].filter(mark => {
  const text = mark.previousSibling, end = text.data.trimEnd().length, range = document.createRange()
  range.setStart(text, end - 1); range.setEnd(text, end)
  return range.getBoundingClientRect().bottom < mark.getBoundingClientRect().top + 4
}).length"""


def test_no_mark_leaves_its_sentence(open_page):
    shown = open_page("full")
    marks = shown.eval_on_selector_all(".summary .mark", "all => all.length")
    assert marks == 5
    for width in range(320, 700, 7):  # whatever room the last line has
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate(PARTED) == 0, width


def test_anchors_lead_somewhere(open_page):
    shown = open_page("full")
    lost = """() => [...document.querySelectorAll('a[href^="#"]')].map(a => a.hash.slice(1))
      .filter(id => document.querySelectorAll('#' + CSS.escape(id)).length != 1)"""
    assert shown.evaluate(lost) == []
    assert shown.eval_on_selector_all(".mark", "all => all.length") == 6
    mark = shown.locator(".summary .mark").nth(3)
    assert mark.get_attribute("aria-label") == "المصدر 2: Harbour Wire"
    mark.click()
    assert "Harbour Wire" in shown.locator(":target").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_chart_is_seen_and_its_table_says_the_same(open_page, width):
    shown = open_page("full", width=width)
    box = shown.locator("svg.chart").bounding_box()
    assert box["width"] > 250
    assert box["height"] > 200
    shown.locator(".trend summary").click()
    rows = shown.locator("table tr").all_inner_texts()
    assert [row.split()[-3:] for row in rows[1:]] == [
        ["1", "1", "3"],
        ["0", "6", "2"],
        ["1", "4", "1"],
        ["2", "3", "0"],
        ["0", "5", "0"],
    ]


def test_dark_mode_is_dark(open_page):
    dark, light = (
        open_page("full", scheme=scheme).evaluate(
            "['backgroundColor', 'color'].map(p => getComputedStyle(document.body)[p].match(/\\d+/)[0] * 1)"
        )
        for scheme in ("dark", "light")
    )
    assert dark[0] < 60 < 200 < dark[1]
    assert light[1] < 60 < 200 < light[0]


def test_paper_has_addresses_and_opened_details_and_no_navigation(open_page):
    shown = open_page("full")
    shown.emulate_media(media="print")
    assert shown.locator(".contents").is_hidden()
    after = "e => getComputedStyle(e, '::after').content"
    assert shown.locator(".sources a").first.evaluate(after) == '"https://outlet4.example/news/4?a=1&b=2"'
    assert shown.locator(".story").first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"
    assert shown.locator("blockquote").first.bounding_box()["height"] > 10
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_skip_link_is_first_and_shows_itself(open_page):
    shown = open_page("full")
    shown.keyboard.press("Tab")
    assert shown.locator(":focus").get_attribute("href") == "#news"
    assert shown.locator(":focus").bounding_box()["y"] >= 0
    shown.keyboard.press("Tab")
    assert shown.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


# The hostile day's long texts take axe-core seconds each, and its frame is that of the full day.
LOOKED_AT = [
    *product(("full", "empty"), ("ar", "en"), WIDTHS, ("light", "dark")),
    ("hostile", "ar", 360, "light"),
    ("hostile", "en", 1200, "dark"),
]


@pytest.mark.parametrize(("day", "lang", "width", "scheme"), LOOKED_AT)
def test_axe_finds_nothing_serious(open_page, day, lang, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    shown = open_page(day, lang, width, scheme)
    shown.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    results = Axe().run(shown)
    found = [each for each in results.response["violations"] if each["impact"] in ("serious", "critical")]
    assert not found, "\n".join(f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found)
