from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.encoding import common_share, decode
from tests.linear import assert_linear

TEXT = (
    "قال وزير التجارة إن الوفد عاد من جولة المحادثات في العاصمة، وأضاف أن الاتفاق لم يوقع بعد.\n"
    "وذكرت الغرفة التجارية أن الرسوم على الواردات لا تزال قائمة حتى نهاية العام."
)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1256", "iso8859_6"],
)
def test_undeclared_encodings(encoding):
    assert decode(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("mark, encoding", [(b"\xfe\xff", "utf-16-be"), (b"\x00\x00\xfe\xff", "utf-32-be")])
def test_big_endian_marks(mark, encoding):
    assert decode(mark + TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859_6", "utf-8", "utf-16-le"])
def test_one_headline_is_enough(encoding):
    headline = "الغرفة التجارية تدعو إلى خفض الرسوم على القمح"
    assert decode(headline.encode(encoding)) == headline


def test_vowel_marks_in_a_code_page():
    text = "أعلنتِ الوِزارةُ أنَّ المُفاوضاتِ تُستأنَف في اليوم التالي"
    assert decode(text.encode("cp1256")) == text


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_utf8_cut_inside_a_character(cut):
    emoji = "خبر عاجل 🔴".encode()
    assert decode(emoji[:-cut]) == "خبر عاجل "


def test_damaged_utf8_stays_utf8():
    data = TEXT.encode().replace("،".encode(), b"\xa0\x8c")
    assert decode(data).startswith("قال وزير التجارة")


def test_latin_text_with_some_high_bytes():
    assert decode("un café à Bagdad".encode("cp1252")) == "un café à Bagdad"


def test_empty():
    assert decode(b"") == ""


@pytest.mark.parametrize(
    "data, word",
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"PK\x03\x04\x14", "ZIP"),
        (b"\x00" * 5000, "control"),
        (bytes(range(32)) * 40, "control"),
        (os.urandom(20_000), "UTF-8"),
        ("привет мир, как дела сегодня".encode("cp1251"), "UTF-8"),
        ("中文新闻报道今天的新闻".encode("gbk"), "UTF-8"),
    ],
)
def test_what_is_no_text_says_so(data, word):
    with pytest.raises(ValueError, match=word):
        decode(data)


@given(st.binary(max_size=300))
def test_never_anything_but_value_error(data):
    try:
        assert isinstance(decode(data), str)
    except ValueError as error:
        assert not isinstance(error, UnicodeDecodeError)


def test_time_grows_with_length_only():
    assert_linear(decode, lambda n: (TEXT * n).encode("cp1256"), 2_000)


def test_common_share_tells_the_code_pages_apart():
    assert common_share(TEXT) > 0.3
    assert common_share(TEXT.encode("iso8859_6").decode("cp1256")) < common_share(TEXT) / 3
