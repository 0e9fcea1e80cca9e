"""The text preparation that AraBERT v02 was pretrained with, re-implemented and repaired.

A checkpoint such as ``aubmindlab/bert-base-arabertv02`` must see text as it did in pretraining.
The published preparation has twelve steps, followed here in their order: text; HTML entities;
vowel marks; tatweel; web addresses ``[رابط]``, e-mail ``[بريد]`` and mentions ``[مستخدم]``; HTML tags;
digits; at most two of a repeated character; spaces around punctuation and between digits and
Arabic letters; ``/`` to ``-``; characters outside its vocabulary; whitespace.

Kept as published: ``3.5`` becomes ``3 . 5`` and ``1,200`` becomes ``1 , 200``; ``/`` becomes ``-``;
``٪ ٫ ٬`` stay, each on its own; alef, hamza, ya and ta marbuta are not folded; a bare domain is an
address and takes the stop behind it along; other characters than its vocabulary's, Latin letters
with accents among them, become spaces.

Repaired, since the published code loses text:

* Arabic presentation forms vanished, and ``ڤ پ چ گ ی ک`` were cut out of words: NFKC and folding to
  ``ف ب ج ك ي ك`` come first, invisible characters leave no gap, Persian digits are digits.
* Everything from ``<`` to the next ``>`` was taken for a tag (``2<3 ... 5>4``): only HTML's tags are.
* An e-mail address became ``[رابط]``, and words glued to an address or a mention went with it.
* An address left over pieces such as ``ftp [رابط] [رابط]``: it gives one ``[رابط]``.
* Several of its regular expressions need quadratic time: all of these are linear.
"""

from __future__ import annotations

import html
import re
import unicodedata

from infer.numbers import separate_digits

SAME_LETTER = {
    **dict.fromkeys("یۍ", "ي"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ھہۀۂە", "ه"),
    "ۃ": "ة",
    "ٲ": "أ",
    "ٳ": "إ",
}
"""Letters of Persian, Urdu and Kurdish keyboards, and the Arabic letter of the same shape."""

# Letters with sounds of their own, which the vocabulary lacks, as Arabic newspapers respell them.
_NEAREST_LETTER = {"ڤ": "ف", "ڥ": "ف", "پ": "ب", "چ": "ج", "ژ": "ز", "گ": "ك", "ڭ": "ك", "ڨ": "ق"}
_DIGITS = {chr(zero + digit): str(digit) for zero in (0x660, 0x6F0) for digit in range(10)}
_FOLDING = str.maketrans(SAME_LETTER | _NEAREST_LETTER | {"\u2044": "/"})
_TO_ASCII_DIGITS = str.maketrans(_DIGITS)

_INVISIBLE = re.compile(
    r"[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)
_MARKS = re.compile(r"[\u064b-\u0652\u0640]+")
_FORM_MARKS = re.compile(r"[\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe72\ufe74-\ufe7f]+")

# A lookbehind lets a run be tried from its first character only: that is what keeps these linear.
_EMAIL = re.compile(r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]++@[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)*+")
_ADDRESS = re.compile(
    r"(?<![-A-Za-z0-9@:%._+~#=?&/])[?&/]*+([-A-Za-z0-9@:%._+~#=]++)(?:[?&/][-A-Za-z0-9@:%._+~#=?&/]*+)?"
)
_SCHEME = re.compile(r"(?:https?|ftp)?://|https?:|www\.")
_TOP_LEVEL = re.compile(r"..\.[a-z]{2,6}(?!\w)|[A-Za-z]\.com")
_MENTION = re.compile(r"@\w+")
_TAG_NAMES = (
    "a|abbr|article|aside|audio|b|blockquote|body|br|button|caption|center|cite|code|dd|del|div|dl|dt|em|embed|"
    "figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|"
    "meta|nav|noscript|object|ol|option|p|picture|pre|q|s|script|section|select|small|source|span|strike|strong|"
    "style|sub|sup|svg|table|tbody|td|tfoot|th|thead|time|title|tr|u|ul|video"
)
_TAG = re.compile(rf"<!--[^<>]*>|<!doctype[^<>]*>|</?(?:{_TAG_NAMES})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_REPEATED = re.compile(r"(\D)\1{2,}")
_LETTER = r"\u0621-\u063a\u0641-\u064a"
_PUNCTUATION = re.compile(rf"([^0-9{_LETTER}\u0660-\u0669a-zA-Z\[\]])")
_DIGITS_LETTERS = re.compile(rf"(?<!\d)(\d++)([{_LETTER}]++)")
_LETTERS_DIGITS = re.compile(rf"(?<![{_LETTER}])([{_LETTER}]++)(\d++)")
_UNKNOWN = re.compile(
    r"[^0-9a-zA-Z\u0621-\u063a\u0640-\u066c\u0671-\u0674\u06da\u0b4d"
    r"\[\]!\"#$%'()*+,.:;<=·>?@\\^_`{|}~—’،؟“؛”»«–…‘\s-]"
)


def prepare(text: str) -> str:
    """Prepare a text for an AraBERT v02 checkpoint: one line, tokens apart. Idempotent."""
    text = _repair(html.unescape(text))
    text = _MARKS.sub("", text)
    text = _EMAIL.sub(" [بريد] ", text)
    text = _ADDRESS.sub(_replace_address, text)
    text = _MENTION.sub(" [مستخدم] ", text)
    text = _TAG.sub(" ", text)
    text = text.translate(_TO_ASCII_DIGITS)
    text = _REPEATED.sub(r"\1\1", text)
    text = _PUNCTUATION.sub(r" \1 ", text)
    text = _DIGITS_LETTERS.sub(r" \1 \2 ", text)
    text = _LETTERS_DIGITS.sub(r" \1 \2 ", text)
    text = text.replace("/", "-")
    text = _UNKNOWN.sub(" ", text)
    return " ".join(text.split())


def _repair(text: str) -> str:
    """Restore what the published steps would delete."""
    text = separate_digits(_FORM_MARKS.sub("", _INVISIBLE.sub("", text)))
    # The vocabulary has "…", so NFKC must not spell it out.
    text = "…".join(unicodedata.normalize("NFKC", part) for part in text.split("…"))
    return text.translate(_FOLDING)


def _replace_address(match: re.Match[str]) -> str:
    """``[رابط]`` for a run of address characters that has a domain first or a scheme in it."""
    host_and_next = match.string[match.start(1) : match.end(1) + 1]  # "x.orgثم" is no address, as published
    if _TOP_LEVEL.search(host_and_next):
        return " [رابط] "
    scheme = _SCHEME.search(match[0])
    return f"{match[0][: scheme.start()]} [رابط] " if scheme else match[0]
