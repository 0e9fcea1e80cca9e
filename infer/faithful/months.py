"""Months and weekdays by number, whatever the country calls them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from infer.faithful.forms import Token, bases

# Levant and Iraq; Egypt and the Gulf; Tunisia and Algeria; Morocco.
_MONTHS = (
    "كانون+الثاني يناير جانفي",
    "شباط فبراير فيفري",
    "اذار مارس",
    "نيسان ابريل افريل",
    "ايار مايو ماي",
    "حزيران يونيو يونيه جوان",
    "تموز يوليو يوليه جويليه يوليوز",
    "اب اغسطس اوت غشت",
    "ايلول سبتمبر شتنبر",
    "تشرين+الاول اكتوبر",
    "تشرين+الثاني نوفمبر نونبر",
    "كانون+الاول ديسمبر دجنبر",
)
_NUMBER = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_FIRSTS = frozenset(name.split("+")[0] for name in _NUMBER)
# Words of the language too: months only where a day stands before them.
_AMBIGUOUS = frozenset({"مارس", "ماي", "جوان", "اب", "اوت"})
_DATE_MARKS = frozenset({"/", "-"})
_WEEKDAYS = {
    "الاثنين": 0,
    "الثلاثاء": 1,
    "الاربعاء": 2,
    "الخميس": 3,
    "الجمعه": 4,
    "السبت": 5,
    "الاحد": 6,
}


def month_at(tokens: Sequence[Token], at: int) -> int:
    """Number of the month whose name begins at a token; 0 where none does."""
    if tokens[at].number:
        return _numeric_month(tokens, at)
    word = tokens[at].text
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    for base in _may_be(word):
        if number := _NUMBER.get(f"{base}+{following}", 0):
            return number
        if base in _NUMBER and (base not in _AMBIGUOUS or _is_dated(tokens, at)):
            return _NUMBER[base]
    return 0


@lru_cache(maxsize=1 << 16)
def _may_be(word: str) -> tuple[str, ...]:
    """Readings of a word that a month's name begins with."""
    return tuple(base for base in bases(word) if base in _FIRSTS)


def _numeric_month(tokens: Sequence[Token], at: int) -> int:
    """The 3 of ``14/3/2023`` and ``2023-03-14``."""
    if not 0 < at < len(tokens) - 1:
        return 0
    before, month, after = (token.number for token in tokens[at - 1 : at + 2])
    if before is None or month is None or after is None:
        return 0
    if tokens[at].gap not in _DATE_MARKS or tokens[at].gap != tokens[at + 1].gap:
        return 0
    day, year = sorted((before.value, after.value))
    return int(month.value) if 1 <= day <= 31 and 1900 < year < 2100 and 1 <= month.value <= 12 else 0


def _is_dated(tokens: Sequence[Token], at: int) -> bool:
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before and (before.number or before.text in {"شهر", "الشهر"}):
        return True
    if at > 1 and before and before.text == "من" and tokens[at - 2].text.startswith("ال"):
        return True  # الثاني من آب
    year = after.number if after else None
    return (year is not None and 1900 < year.value < 2100) or (
        before is not None and month_name_at(before.text)
    )


def month_name_at(word: str) -> bool:
    """Whether a word is a month's name and nothing else (``آب/أغسطس``)."""
    return word in _NUMBER and word not in _AMBIGUOUS


def weekday_at(tokens: Sequence[Token], at: int) -> int | None:
    """Number of a weekday, Monday is 0; None where the token is none."""
    for base in (tokens[at].text, tokens[at].text[1:]):
        if base in _WEEKDAYS and not (at + 1 < len(tokens) and tokens[at + 1].text.startswith("عشر")):
            return _WEEKDAYS[base]
    if tokens[at].text.startswith("لل") and "ال" + tokens[at].text[2:] in _WEEKDAYS:
        return _WEEKDAYS["ال" + tokens[at].text[2:]]
    return None


def around(published: str | None) -> list[date]:
    """The day of publication and the days beside it; nothing where it is unknown or no ISO date.

    The first and the last day that there is stand for "unknown" in many archives.
    """
    try:
        day = date.fromisoformat(published or "")
        return [day + timedelta(days=shift) for shift in (0, -1, 1)]
    except (ValueError, OverflowError):
        return []
