"""Bytes of unknown encoding into text: Unicode first, then the two Arabic code pages of older sites."""

from __future__ import annotations

import codecs
import re

_BOMS = (  # UTF-32 before UTF-16, whose mark begins its own
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = {
    b"%PDF": "a PDF: extract its text first, for example with pdftotext",
    b"\x89PNG": "a PNG image: give the article's text instead",
    b"\xff\xd8\xff": "a JPEG image: give the article's text instead",
    b"GIF8": "a GIF image: give the article's text instead",
    b"PK\x03\x04": "a ZIP archive or an office document: unpack it or save it as plain text first",
    b"\xd0\xcf\x11\xe0": "an old office document: save it as plain text first",
    b"\x1f\x8b": "gzip data: give it the suffix .gz, or pipe it through gunzip -c",
    b"\x28\xb5\x2f\xfd": "zstd data: give it the suffix .zst, or pipe it through zstd -dc",
    b"BZh": "bzip2 data: unpack it first",
    b"\xfd7zXZ": "xz data: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"WARC/1.": "a WARC: give it the suffix .warc",
    b"PAR1": "a Parquet table: give it the suffix .parquet",
    b"PARE": "an encrypted Parquet table, which is not read",
    b"SQLite format 3": "an SQLite database: export its rows first",
    b"\x7fELF": "a program",
}
_SAMPLE = 1 << 16
_CODE_PAGES = ("cp1256", "iso8859_6")
_WORD = re.compile(r"[^\W\d_][\w\u064b-\u0652]*")
_COMMON = frozenset(
    _WORD.findall(
        "من في على إلى الى أن ان إن التي الذي هذا هذه ذلك عن مع كان كانت قال قالت لا ما لم قد"
        " بعد قبل بين كل أو او غير يوم اليوم خلال هو هي حتى أكثر تم منذ"
    )
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# The share of words that are common ones or begin with the article: about 0.35 in news; the wrong one
# of the two code pages reaches 0.02.
LEAST_ARABIC = 0.08


def decode(data: bytes) -> str:
    """Decode text whose encoding nobody declared.

    UTF-8, UTF-16 and UTF-32 with a byte order mark; UTF-16 without one, known by the byte that all
    Arabic (or all Latin) letters share; UTF-8, also where a cut went through its last character or a
    few bytes are damaged; windows-1256 or ISO-8859-6, whichever reads more like Arabic. A byte order
    mark is not part of the text. Line ends stay as they are.

    Raises:
        ValueError: The bytes are not text, or not in one of these encodings; says what would help.
    """
    if kind := binary_kind(data):
        raise ValueError(f"not text but {kind}")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if order := _utf16(data[:_SAMPLE]):
        return data[: len(data) // 2 * 2].decode(order, "replace")
    text = _utf8(data)
    if text is None:
        text = _code_page(data)
    controls = len(_CONTROL.findall(text[:_SAMPLE]))
    if controls * 5 > min(len(text), _SAMPLE):
        raise ValueError(
            f"not text: {controls} of the first {min(len(text), _SAMPLE)} characters are control codes;"
            " give the article's text instead"
        )
    return text


def binary_kind(head: bytes) -> str | None:
    """Say what a file is that starts so and is no text, and what helps; None where it may be text."""
    return next((kind for magic, kind in _BINARY.items() if head.startswith(magic)), None)


def common_share(text: str) -> float:
    """Return the share of words that are common Arabic ones or begin with ال, near a text's start."""
    words = _WORD.findall(text[:_SAMPLE])
    hits = sum(word in _COMMON or (len(word) > 4 and word.startswith("ال")) for word in words)
    return hits / len(words) if words else 0.0


def _utf16(sample: bytes) -> str | None:
    """Name the byte order of UTF-16 without a mark: one byte of nearly every pair is 0x00 or 0x06."""
    if len(sample) < 4:
        return None
    for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        low = sample[0::2] if encoding == "utf-16-le" else sample[1::2]
        shared = high.count(0) + high.count(6)
        if shared > 0.7 * len(high) and low.count(0) + low.count(6) < 0.3 * len(low):
            return encoding
    return None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    # A code page's Arabic is nearly all damage when read as UTF-8.
    damaged = text.count("\ufffd")
    sound = sum(char > "\x7f" for char in text[:_SAMPLE]) * max(1.0, len(text) / _SAMPLE) - damaged
    if data[-4:].decode("utf-8", "ignore") != data[-4:].decode("utf-8", "replace") and damaged == 1:
        return text.rstrip("\ufffd")
    return text if damaged * 20 <= sound else None


def _code_page(data: bytes) -> str:
    readings = []
    for encoding in _CODE_PAGES:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        readings.append((common_share(text), text))
    share, text = max(readings, default=(0.0, ""), key=lambda reading: reading[0])
    high = sum(byte > 0x7F for byte in data[:_SAMPLE])
    # Latin text with a few curly quotes or accents: windows-1256 has them where windows-1252 has.
    if share >= LEAST_ARABIC or (text and high * 4 <= min(len(data), _SAMPLE)):
        return text
    raise ValueError(
        f"cannot tell the encoding of {len(data)} bytes: neither UTF-8 nor UTF-16, and not Arabic as"
        " windows-1256 or ISO-8859-6; convert to UTF-8 first, for example with"
        " iconv -f ENCODING -t UTF-8"
    )
