"""Numbers in Arabic words: ``مئة وخمسة وعشرون ألفا`` is 125,000."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from infer.faithful.forms import Token, bases

ONE = frozenset({"احد", "احدي", "واحد", "واحده"})  # "one of" counts nothing, "one and twenty" does
# With the accusative before tens: "خمسا وعشرين".
_UNITS = {
    name: value
    for value, names in enumerate(
        (
            "اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي",
            "ثلاثه ثلاث ثلاثا",
            "اربعه اربع اربعا",
            "خمسه خمس خمسا",
            "سته ست ستا",
            "سبعه سبع سبعا",
            "ثمانيه ثماني ثمان ثمانيا",
            "تسعه تسع تسعا",
            "عشره عشر عشرا",
        ),
        2,
    )
    for name in names.split()
}
TENS = {
    root + ending: value
    for value, root in zip(
        range(20, 100, 10), ("عشر", "ثلاث", "اربع", "خمس", "ست", "سبع", "ثمان", "تسع"), strict=True
    )
    for ending in ("ون", "ين")
}
_HUNDREDS = dict.fromkeys(("ميه", "مايه"), 100) | dict.fromkeys(("مايتان", "مايتين", "مايتا", "مايتي"), 200)
_HUNDREDS |= {
    unit + hundred: 100 * value
    for unit, value in _UNITS.items()
    for hundred in ("ميه", "مايه")
    if 3 <= value <= 9 and not unit.endswith("ه")
}
SCALES: dict[str, int] = {
    **dict.fromkeys(("الف", "الفا", "الاف"), 1_000),
    **dict.fromkeys(("مليون", "مليونا", "ملايين"), 1_000_000),
    **dict.fromkeys(("مليار", "مليارا", "مليارات", "بليون"), 1_000_000_000),
    **dict.fromkeys(("تريليون", "تريليونا", "تريليونات", "ترليون"), 1_000_000_000_000),
}
_TWOSCALES: dict[str, int] = {
    name + ending: 2 * value
    for name, value in (("الف", 1_000), ("مليون", 1_000_000), ("مليار", 1_000_000_000))
    for ending in ("ان", "ين", "ي")
}
VAGUE = {
    "عشرات": (20, 199),
    "ميات": (200, 999),
    "الاف": (2_000, 999_999),
    "ملايين": (2_000_000, 999_999_999),
    "مليارات": (2_000_000_000, 999_999_999_999),
}
PERCENT = frozenset({"بالميه", "بالمايه"})
OF_HUNDRED = frozenset({"الميه", "المايه"})


def _word_value(word: str) -> tuple[int, str] | None:
    """Value and rank of a number word."""
    for rank, table in (
        ("unit", _UNITS),
        ("ten", TENS),
        ("hundred", _HUNDREDS),
        ("scale", SCALES),
        ("two", _TWOSCALES),
    ):
        if word in table:
            return table[word], rank
    return None


@lru_cache(maxsize=1 << 16)
def read_word(word: str) -> tuple[int, str, bool] | None:
    """The same of a word with particles, and whether a conjunction joins it to the number before."""
    if plain := _word_value(word):
        return *plain, False
    if word in PERCENT or word in OF_HUNDRED or word.endswith("الاثنين"):  # Monday
        return None
    for base in bases(word):
        if (value := _word_value(base)) and not (value[1] == "two" and base.endswith("ي")):
            return *value, word.startswith("و")
    return None


def spelled(tokens: Sequence[Token], at: int) -> tuple[float, int] | None:
    """Read a number in words: ``مئة وخمسة وعشرون ألفا`` is 125,000."""
    first = tokens[at].text
    reading = (1, "unit", False) if not bases(first).isdisjoint(ONE) else read_word(first)
    if reading is None or _stands_for_many(tokens, at):
        return None
    total, current, rank = 0.0, 0.0, ""
    end = at
    while reading is not None:
        value, kind, joined = reading
        if end > at and not _continues(rank, kind, value, joined=joined):
            break
        if kind == "scale":
            total, current, rank = total + (current or 1) * value, 0.0, kind
        elif kind == "two":
            total, rank = total + value, "scale"
        elif kind == "unit" and value == 10 and rank == "unit":
            current, rank = current + 10, "ten"  # ثلاثة عشر
        elif kind == "hundred" and rank == "unit" and not joined:
            current, rank = current * value, "hundred"
        else:
            current, rank = current + value, kind
        end += 1
        reading = read_word(tokens[end].text) if end < len(tokens) and not tokens[end].opens_clause else None
    found = total + current
    if rank == "scale" and end < len(tokens) and tokens[end].text == "ونصف":
        again = tokens[end + 1].text if end + 1 < len(tokens) else ""  # مليون ونصف المليون
        return found + last_scale(total) / 2, end + 1 + (again.removeprefix("ال") in SCALES)
    return (found, end) if found > 1 else None


def _continues(rank: str, kind: str, value: int, *, joined: bool) -> bool:
    """Whether a number word goes on with the number whose last word had ``rank``."""
    if joined:
        return (rank, kind) in {
            ("unit", "ten"),
            ("hundred", "unit"),
            ("hundred", "ten"),
            *(("scale", lower) for lower in ("unit", "ten", "hundred", "scale", "two")),
        }
    if kind == "scale":
        return rank != "scale"
    return rank == "unit" and (value == 10 or (kind == "hundred" and value == 100))


def last_scale(total: float) -> float:
    """The largest scale word that a value has room for."""
    return max((scale for scale in SCALES.values() if scale <= total), default=1)


def _stands_for_many(tokens: Sequence[Token], at: int) -> bool:
    """``آلاف القتلى``: a plural of scale without a number before it."""
    return not bases(tokens[at].text).isdisjoint(VAGUE)
