"""The page as people meet it: in Chromium, on a phone and a desk, light and dark, with the shipped model."""

from itertools import product
from pathlib import Path

import pytest

from infer.pipeline import load
from tests.infer.digest.browser import chromium
from tests.infer.serve.stub import Server, Stub

KEY = "k" * 32
WIDTHS = (360, 1200)
HOSTILE = '<img src=x onerror="alert(1)"> خبر <script>alert(2)</script> عن \u202eغزة\u202c'


@pytest.fixture(scope="module")
def shipped():
    server = Server(lambda: load(explain=True))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def locked():
    server = Server(Stub, [KEY])
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser, shipped):
    opened = []

    def load_page(url=None, width=1200, scheme="light"):
        shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(shown)
        shown.heard = []
        shown.on("dialog", lambda dialog: (shown.heard.append(dialog.message), dialog.dismiss()))
        shown.on("pageerror", lambda error: shown.heard.append(str(error)))
        shown.on("request", lambda request: shown.heard.append(request.url))
        shown.goto(url or shipped.url)
        # By hand, as wait_for_function evaluates strings in the page, which its policy forbids.
        for _ in range(500):
            if shown.evaluate("Object.keys(topics).length"):
                break
            shown.wait_for_timeout(20)
        asked = {address.removeprefix(url or shipped.url) for address in shown.heard}
        assert asked - {"data:,"} == {"", "style.css", "app.js", "readyz"}
        shown.heard.clear()
        return shown

    yield load_page
    for shown in opened:
        shown.close()


def analyze(shown, text, kind="body"):
    shown.check(f"input[value={kind}]")
    # Typed in, a long text takes the browser half a minute.
    shown.evaluate("text => { document.getElementById('text').value = text }", text)
    shown.click("#go")
    shown.wait_for_selector("#results[aria-busy=false] article, #status.wrong")


def example(shown):
    shown.click("#example")
    shown.click("#go")
    shown.wait_for_selector("article")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_example_is_labelled_summarized_and_its_evidence_marked(open_page, shipped, width):
    shown = open_page(width=width)
    example(shown)
    assert shown.get_attribute("html", "dir") == "rtl"
    first = shown.locator(".topics li").first
    assert "غزة" in first.inner_text() and "موضوعه" in first.inner_text() and "%" in first.inner_text()
    assert shown.inner_text("mark") == shown.input_value("#text").split("\n")[0]
    assert "60 شاحنة" in shown.inner_text(".summary")
    assert shown.inner_text("#status") == "مقالة واحدة"
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    assert shown.heard == [f"{shipped.url}v1/analyze"]


def test_results_stand_right_to_left_beside_the_form_and_under_it_on_a_phone(open_page):
    desk, phone = open_page(width=1200), open_page(width=360)
    for shown in (desk, phone):
        example(shown)
    form, results = (desk.locator(each).bounding_box() for each in ("#form", "#results"))
    assert results["x"] < form["x"] and abs(results["y"] - form["y"]) < 40
    form, results = (phone.locator(each).bounding_box() for each in ("#form", "#results"))
    assert results["y"] > form["y"] + form["height"]


def test_a_page_gives_each_of_its_articles(open_page):
    shown = open_page()
    analyze(shown, Path("samples/talks-and-aluminium.txt").read_text(encoding="utf-8"), "page")
    assert shown.locator("article").count() == 2 and shown.inner_text("#status") == "مقالتان"


@pytest.mark.parametrize("kind", ["body", "page", "html"])
def test_what_is_pasted_is_shown_as_text(open_page, shipped, kind):
    shown = open_page()
    analyze(shown, f"{HOSTILE}\n" + "قتل سبعة في قصف على غزة، وفق ما أعلن مسعفون. " * 8, kind)
    assert shown.heard == [f"{shipped.url}v1/analyze"]
    assert shown.locator("article img, article script").count() == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ألصق نصا"),
        ("Only English here, and nothing else at all.", "لا يمكن تحليل"),
        ("خبر " * 51_000, "أطول"),
    ],
)
def test_what_cannot_be_read_is_said_in_arabic(open_page, text, told):
    shown = open_page()
    shown.evaluate("document.getElementById('text').required = false")
    analyze(shown, text)
    assert told in shown.inner_text("#results")


def test_a_key_is_asked_for_and_forgotten_with_the_window(open_page, locked):
    shown = open_page(locked.url)
    analyze(shown, "خبر عن غزة")
    assert "مفتاح" in shown.inner_text("#status") and shown.is_visible("#key")
    shown.fill("#key", KEY)
    shown.keyboard.press("Enter")
    shown.wait_for_selector("article")
    assert shown.evaluate("localStorage.length") == 0
    assert shown.evaluate("sessionStorage.getItem('key')") == KEY


def test_it_works_by_keyboard(open_page):
    shown = open_page()
    shown.focus("#example")
    shown.keyboard.press("Enter")
    shown.focus("#text")
    for _ in range(4):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.id") == "go":
            break
    shown.keyboard.press("Enter")
    shown.wait_for_selector("article")
    assert shown.evaluate("document.activeElement.id") == "results"


@pytest.mark.parametrize(("width", "scheme"), list(product(WIDTHS, ("light", "dark"))))
def test_axe_finds_nothing_serious(open_page, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    shown = open_page(width=width, scheme=scheme)
    example(shown)
    shown.evaluate("document.querySelector('meta[http-equiv]')?.remove()")
    found = Axe().run(shown).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
    ] == []
