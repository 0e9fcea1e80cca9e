"""Numbers as values: ``٢٥٪``, ``25 %`` and ``25 بالمئة`` are one number, ``1,200`` and ``١٬٢٠٠`` another.

What a summary says is held against its article by value, so every way of writing that Arabic
news uses has to come out the same:

* digits of every script; ``.`` and ``٫`` open decimals; ``,`` ``،`` ``٬`` group thousands where
  exactly three digits follow and open decimals (``3,5``) where they do not;
* a percent sign after the number or, as right-to-left pages print it, before it (``%60``), or
  one of the words for it;
* scale words stay outside: ``25 مليون`` is 25;
* dates, ranges, scores, times and version strings give each of their numbers;
* digits that belong to a Latin name are no number (``F16``, ``F-16``, ``COVID-19``, ``5G``), a unit
  after them changes nothing (``100km``), nor do Arabic letters on either side (``ال25``, ``25كم``);
* ``-`` is a sign only before a decimal, a percentage or degrees, as ``ستارت -3`` and ``صفر -5``
  are far more common than negative numbers; ``−`` (U+2212) before a number always is.

Not read: thousands grouped by spaces (``10 000`` is 10 and 0), numbers in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# Superscripts, fractions, circled and other digits that NFKC writes as plain ones: 10² would become
# 102 and 3½ become 31/2.
_ODD = (
    r"[²³¹¼-¾\u2070-\u2079\u2080-\u2089\u2150-\u215f\u2189\u2460-\u249b\u24ea\u3251-\u325f\u32b1-\u32cb"
    r"\u3358-\u3370\u33e0-\u33fe\U0001f100-\U0001f10a]"
)
_ODD_DIGITS = re.compile(rf"(?<=\d)(?={_ODD})|(?<={_ODD})(?=\d)")

_INVISIBLE = r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_GAP = rf"(?:[^\S\n]|{_INVISIBLE}){{0,4}}"
_RUN = re.compile(r"\d+(?:[.,،٫٬]\d+)*")
_SEPARATOR = re.compile(r"[.,،٫٬]")
_POINTS = ".٫"
_PERCENT_AFTER = re.compile(
    rf"{_GAP}(?:[%٪﹪％]|(?:بال|فال|في{_GAP}ال)(?:مئة|مائة|مية|مئه|مائه|ميه)(?!\w)|percent(?!\w))"
)
_PERCENT_BEFORE = re.compile(rf"(?<![^\s(\[«“\"'−-])[%٪﹪％]{_INVISIBLE}?$")
_SIGN_BEFORE = re.compile(r"(?<![^\s(\[«“\"'])[−-]$")
_NAME_BEFORE = re.compile(r"[A-Za-z][-\u2010\u2011]?$")
_NAME_AFTER = re.compile(r"[A-Z](?![A-Za-z])")
_DEGREES = re.compile(rf"{_GAP}(?:°|درج)")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a text.

    Attributes:
        value: What it says, without percent and scale words.
        percent: True where a percent sign or word goes with it.
        start: Offset of its first character (sign and leading ``%`` included) in the text given.
        end: Offset after its last character, percent sign or word included.
    """

    value: Decimal
    percent: bool
    start: int
    end: int


def separate_digits(text: str) -> str:
    """Put a space between a digit and a superscript, fraction or circled digit beside it.

    To be called before NFKC, which would run them together into another number.
    """
    return _ODD_DIGITS.sub(" ", text)


def numbers(text: str) -> list[Number]:
    """Find the numbers of a raw or normalized text, in order; offsets refer to the text given."""
    return [number for run in _RUN.finditer(text) for number in _read(text, run)]


def _read(text: str, run: re.Match[str]) -> list[Number]:
    """Read one run of digits and separators with what stands on both sides of it."""
    start, end = run.span()
    before = text[max(0, start - 4) : start]
    if _NAME_BEFORE.search(before) or _NAME_AFTER.match(text, end):
        return []
    groups = _SEPARATOR.split(run[0])
    joined = _join(groups, _SEPARATOR.findall(run[0]))
    if joined is None and len(groups) > 1:  # a list, a date, an address: each group is a number
        found = []
        for group in groups:
            found.append(Number(Decimal(group), False, start, start + len(group)))
            start += len(group) + 1
        return found
    value, percent, first = Decimal(joined or run[0]), False, start
    if after := _PERCENT_AFTER.match(text, end):
        percent, end = True, after.end()
    elif sign := _PERCENT_BEFORE.search(before):
        percent, first = True, start - len(before) + sign.start()
    if _is_negative(text, first, end, firmly=percent or not value.same_quantum(Decimal(1))):
        value, first = value.copy_negate(), first - 1  # "-value" would round to the decimal context
    return [Number(value, percent, first, end)]


def _is_negative(text: str, first: int, end: int, *, firmly: bool) -> bool:
    """Whether a minus sign stands before ``first``; ``-`` before a bare integer is none."""
    before = text[max(0, first - 4) : first]
    if not _SIGN_BEFORE.search(before):
        return False
    if (previous := before[:-1].rstrip()[-1:]) and (previous.isdigit() or previous in "%٪"):
        return False  # "10 -15%": a range
    return before[-1] == "−" or firmly or _DEGREES.match(text, end) is not None


def _join(groups: list[str], separators: list[str]) -> str | None:
    """Join groups of digits to the one number that they and their separators make, if they do."""
    if not separators:
        return groups[0]
    *grouping, last = separators
    if len(set(separators)) == 1 and (grouping or last not in _POINTS) and _is_thousands(groups):
        return "".join(groups)
    if not grouping:
        is_list = last not in _POINTS and len(groups[0]) >= 4 and len(groups[1]) >= 3  # 2023,2024
        return None if is_list else f"{groups[0]}.{groups[1]}"
    opens_decimals = len(set(grouping)) == 1 and (grouping[0] in _POINTS) != (last in _POINTS)
    if opens_decimals and _is_thousands(groups[:-1]):
        return "".join(groups[:-1]) + "." + groups[-1]
    return None


def _is_thousands(groups: list[str]) -> bool:
    """``["1", "200"]`` but not ``["0", "125"]`` nor ``["1", "25"]``."""
    return (
        1 <= len(groups[0]) <= 3 and Decimal(groups[0]) != 0 and all(len(group) == 3 for group in groups[1:])
    )
