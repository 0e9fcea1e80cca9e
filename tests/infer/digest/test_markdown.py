"""The digest as Markdown: read back by a CommonMark library, the news is text and nothing else."""

import pytest
from markdown_it import MarkdownIt

from infer.digest.config import load_digest_config
from infer.digest.markdown import escaped, link, markdown
from infer.digest.plain import harmless
from tests.infer.digest.days import digest, empty
from tests.infer.digest.hostile_markup import TEXTS, hostile

CONFIG = load_digest_config()
READER = MarkdownIt("gfm-like", {"linkify": False, "html": True})
OWN_HTML = {'<div dir="rtl" lang="ar">', '<div dir="ltr" lang="en">', "</div>", "<span>", "</span>"}


def tokens(text):
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def text_of(markdown_text):
    kinds = ("text", "text_special")
    shown = "".join(token.content for token in tokens(markdown_text) if token.type in kinds)
    return shown.replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_as_text(text):
    safe = harmless(text)
    for before in ("", "### ", "- ", "> ", "1. "):
        assert text_of(before + escaped(safe)) == safe
        kinds = {token.type for token in tokens(before + escaped(safe))}
        assert not kinds & {
            "link_open",
            "image",
            "code_inline",
            "fence",
            "table_open",
            "em_open",
            "strong_open",
        }
    assert "\ue000" not in escaped(safe)


@pytest.mark.parametrize("made", [digest(), digest("en"), empty(), empty("en"), hostile()])
def test_the_only_html_is_direction_and_the_only_links_are_sources(made):
    written = markdown(made, CONFIG)
    html = {token.content.strip() for token in tokens(written) if token.type in ("html_block", "html_inline")}
    assert html <= OWN_HTML
    assert written.startswith("<div dir=") and written.endswith("\n</div>\n")
    links = [token.attrs["href"] for token in tokens(written) if token.type == "link_open"]
    assert all(href.startswith(("https://outlet", "https://ok.example/")) for href in links)
    assert not any(token.type in ("image", "fence", "code_block") for token in tokens(written))


def test_every_story_and_source_is_there():
    written = markdown(digest(), CONFIG)
    links = {token.attrs["href"] for token in tokens(written) if token.type == "link_open"}
    for story in digest().stories:
        assert story.headline in text_of(written)
        assert {report.url for report in story.reports if report.url} <= links
    assert "⁨Norvik Steel (NVK)⁩" in written
    assert "table_open" in {token.type for token in tokens(written)}
    assert CONFIG.words("en").nothing in text_of(markdown(empty("en"), CONFIG))


def test_an_address_stays_whole():
    (url,) = [
        token.attrs["href"]
        for token in tokens(link("س", "https://a.example/x(1)?a=1&copy;=2&lt=3"))
        if token.type == "link_open"
    ]
    assert url == "https://a.example/x(1)?a=1&copy;=2&lt=3"
    assert escaped("www.evil.example a@b.example").count("<span>") == 4
