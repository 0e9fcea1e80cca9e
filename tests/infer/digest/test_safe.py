"""Text and addresses of strangers, made safe to show."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.digest import safe

ANY = st.text(st.characters(codec=None) | st.sampled_from("\u061c\u202e\u2066\ud800\x00\x85\u2028\ufffe"))
SEEN = "\u200c\u200d\u0600\u06dd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("عنوان\r\nX-Header: 1", "عنوان X-Header: 1"),
        ("قبل \u202eبعد\u202c \u2066و\u2069\u061c", "قبل بعد و"),
        ("\x00\x1b[31mأحمر\x9b", "[31mأحمر"),
        ("نصف \ud83d وكامل \U0001f600", "نصف وكامل \U0001f600"),
        ("<script>alert(1)</script> ]]>", "<script>alert(1)</script> ]]>"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\U000e0041\ufeff\u200bb", "ab"),
        ("\ufffe\uffff\ufdd0\U0001ffff", ""),
        (None, ""),
    ],
)
def test_a_line_keeps_what_is_text(text, shown):
    assert safe.line(text, 100) == shown


@given(ANY, st.integers(1, 30))
def test_a_line_is_one_line_of_bounded_length(text, most):
    shown = safe.line(text, most)
    assert len(shown) <= most
    assert shown == safe.line(shown, most)
    assert shown == shown.strip()
    shown.encode("utf-8")
    for char in shown:
        kind = unicodedata.category(char)
        assert kind not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in (
            "RLE",
            "LRE",
            "RLO",
            "LRO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
        assert char not in "\u061c\u200e\u200f"


def test_no_format_character_passes_but_those_that_are_seen():
    passed = {char for char in map(chr, range(0x110000)) if unicodedata.category(char) == "Cf"}
    passed = {char for char in passed if safe.line(char, 9)}
    named = {char for char in passed if "SIGN" in unicodedata.name(char) or "MARK" in unicodedata.name(char)}
    named |= {char for char in passed if "HIEROGLYPH" in unicodedata.name(char)}
    assert passed - named == {"\u200c", "\u200d", "\u06dd", "\u08e2"}
    assert not {
        char for char in named if unicodedata.bidirectional(char) in ("L", "R", "AL") and char < "\u0600"
    }


def test_what_is_cut_says_so():
    assert safe.line("س" * 10_000, 300) == "س" * 299 + "…"
    assert safe.line("كلمة أخرى", 6) == "كلمة…"
    assert safe.line("ab\u0301c", 3) == "a…"  # the accent stays with its letter, or goes with it


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example/",
        "https://a.example/ b",
        "https://a.example/\r\nX: 1",
        "https://a.example/\u202etxt",
        "https://a.example/\ud800",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//a.example/x",
        "/x",
        "https:",
        "https:///x",
        "https://",
        "https://bank.example@evil.example/",
        "https://a.example\\@evil.example/",
        "https://a.example:port/",
        "https://[::1/",
        "https://a.example/" + "x" * 3000,
        "",
        None,
    ],
)
def test_only_web_addresses_are_followed(url):
    assert safe.address(url) is None


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://a.example/news?a=1&b=2#c", "https://a.example/news?a=1&b=2#c"),
        ("HTTP://A.example:8080/", "HTTP://A.example:8080/"),
        ("https://a.example/أخبار/1", "https://a.example/أخبار/1"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ("https://a.example/\"onclick='x'<b>`", "https://a.example/%22onclick=%27x%27%3Cb%3E%60"),
    ],
)
def test_an_address_holds_nothing_that_ends_an_attribute(url, followed):
    assert safe.address(url) == followed


@given(ANY | ANY.map("https://a.example/{}".format) | ANY.map("https://{}".format))
def test_an_address_is_whole_or_not_there(url):
    followed = safe.address(url)
    assert followed is None or re.fullmatch(
        r"https?://[^\s\"'<>\\\x00-\x20\x7f-\x9f]+", followed, re.IGNORECASE
    )
    assert followed is None or safe.address(followed) == followed
