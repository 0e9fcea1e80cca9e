"""Dates of Arabic news pages: ``الجمعة 9 شباط/فبراير 2024 - 14:30`` is ``2024-02-09``."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from hijridate import Hijri

from infer.text import normalize, words

_YEARS = range(1900, 2101)
_MAX_OTHER_WORDS = 10  # a date line says little beside its date: a weekday, a time, "تاريخ النشر"
_MAX_LINE = 400  # characters
_HIJRI_YEARS = range(1300, 1600)

# Month names folded as _fold does: alef without hamza, ta marbuta as ha, alef maksura as ya.
# Levant and Iraq; Egypt and the Gulf; Tunisia and Algeria; Morocco and Mauritania; English.
_GREGORIAN = (
    "كانون الثاني|كانون ثاني|كانون ثان|يناير|جانفي|january|jan",
    "شباط|فبراير|فيفري|february|feb",
    "اذار|مارس|march|mar",
    "نيسان|ابريل|افريل|april|apr",
    "ايار|مايو|ماي|may",
    "حزيران|يونيو|يونيه|جوان|june|jun",
    "تموز|يوليو|يوليه|جويليه|يوليوز|july|jul",
    "اب|اغسطس|اوت|غشت|اغشت|august|aug",
    "ايلول|سبتمبر|شتنبر|شتمبر|september|sept|sep",
    "تشرين الاول|تشرين اول|اكتوبر|october|oct",
    "تشرين الثاني|تشرين ثاني|تشرين ثان|نوفمبر|نونبر|نوفنبر|november|nov",
    "كانون الاول|كانون اول|ديسمبر|دجنبر|دجمبر|december|dec",
)
_HIJRI = (
    "محرم|المحرم|محرم الحرام",
    "صفر",
    "ربيع الاول|ربيع اول",
    "ربيع الثاني|ربيع الاخر|ربيع ثاني|ربيع اخر",
    "جمادي الاولي|جمادي الاول|جمادي اولي",
    "جمادي الثانيه|جمادي الاخره|جمادي الثاني|جمادي الاخر",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعده|ذي القعده|ذوالقعده|ذيالقعده",
    "ذو الحجه|ذي الحجه|ذوالحجه|ذيالحجه",
)
_FOLD = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ة": "ه", "ى": "ي"})


def _numbered(names: tuple[str, ...]) -> dict[str, int]:
    return {name: number for number, group in enumerate(names, 1) for name in group.split("|")}


def _either(names: dict[str, int]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_GREGORIAN_NUMBER, _HIJRI_NUMBER = _numbered(_GREGORIAN), _numbered(_HIJRI)
_G, _H = _either(_GREGORIAN_NUMBER), _either(_HIJRI_NUMBER)
_SEP = r"[ ,.،/-]{0,3}"
_OTHER = rf"(?: ?[/(\[-] ?(?P<other>{_G})\b ?[)\]]?)?"  # فبراير/شباط, فبراير (شباط)
_DAY = r"(?<!\d)(?<!\d[.,/:])(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_HIJRI_MARK = r"(?P<hijri> ?(?:ه|هجري|هجريه|للهجره)\b)?"
_YEAR = rf"(?:عام |سنه )?(?P<year>\d{{4}})(?!\d){_HIJRI_MARK}"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_DAY}{_SEP}(?:من |of )?(?:شهر )?(?P<month>{_G})\b{_OTHER}{_SEP}(?:من )?{_YEAR}",
        rf"\b(?P<month>{_G})\b{_OTHER}{_SEP}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)[ ,،]{{1,3}}{_YEAR}",
        rf"{_DAY}{_SEP}(?:من )?(?:شهر )?(?P<hijri_month>{_H})\b{_SEP}(?:من )?{_YEAR}",
        rf"\b(?P<hijri_month>{_H})\b{_SEP}(?P<day>\d{{1,2}})(?!\d)[ ,،]{{1,3}}{_YEAR}",
        r"(?<![\d/.])(?P<year>\d{4})(?P<sep> ?[/.-] ?)(?P<month>\d\d?)(?P=sep)(?P<day>\d\d?)(?!\d)(?![/.]\d)"
        + _HIJRI_MARK,
        rf"(?<![\d/.])(?P<day>\d\d?)(?P<sep> ?[/.-] ?)(?P<month>\d\d?)(?P=sep){_YEAR}(?![/.]\d)",
    )
)
_AGO = re.compile(
    r"(?:منذ|قبل) (?P<count>\d{1,3} )?(?P<unit>دقيقه|دقيقتين|دقائق|ساعه|ساعتين|ساعات|يوم|يوما|يومين|ايام)"
)


_Found = list[tuple[re.Match[str], str]]


class Dated(NamedTuple):
    """A date of a line: where it stands, and its ISO form."""

    start: int
    end: int
    iso: str


def parse_date(text: str, *, today: date | None = None) -> str | None:
    """Read the date of a news page's date line.

    A date is day, month and year, in one of the forms of Arabic and English pages, numbers day first;
    Hijri dates, where the line says so, are converted (Umm al-Qura), but a Gregorian date in the same line
    wins. The date is as written, in its own time zone.

    Args:
        text: The line, with or without its label, weekday and time. A sentence that happens to
            have a date in it is no date line: ``find_date`` reads it.
        today: With it, ``اليوم``, ``أمس`` and ``منذ 3 أيام`` are dates too.

    Returns:
        ISO date, ``2024-02-09``; None where there is none, an impossible one (31 February), one
        without a year or with a year of two digits, or one outside 1900 to 2100. Never raises.
    """
    if len(text) > _MAX_LINE:
        return None
    line = _fold(text)
    found = _dates(line)
    if not found:
        return _relative(line, today) if today else None
    for match, _ in found:
        line = line.replace(match[0], " ")
    others = [word for word in words(line) if not word.isdigit()]
    return _preferred(found)[0][1] if len(others) <= _MAX_OTHER_WORDS else None


def find_date(text: str) -> str | None:
    """Find the first date in a text of any length, in the same forms; Gregorian before Hijri."""
    preferred = _preferred(_dates(_fold(text)))
    return preferred[0][1] if preferred else None


def find_dates(text: str) -> tuple[str, Dated, list[Dated]] | None:
    """Find the date that ``find_date`` finds, with what it stands in.

    Returns:
        The text as it was looked through (normalized, lower case, letters folded; spaces for Hijri dates
        beside a Gregorian one), the date in it, and the other dates of its calendar; None where it has no
        date.
    """
    line = _fold(text)
    found = _dates(line)
    if not found:
        return None
    preferred = _preferred(found)
    kept = [match for match, _ in preferred]
    for match, _ in found:
        if match not in kept:
            line = line[: match.start()] + " " * len(match[0]) + line[match.end() :]
    chosen, *others = [Dated(match.start(), match.end(), iso) for match, iso in preferred]
    return line, chosen, others


def _fold(text: str) -> str:
    return normalize(text).lower().translate(_FOLD)


def _dates(line: str) -> _Found:
    """Find every possible date of a folded line, with its ISO form, in the order of the line."""
    matches = sorted(
        (match for form in _FORMS for match in form.finditer(line)), key=lambda match: match.start()
    )
    return [(match, iso) for match in matches if (iso := _iso(match)) is not None]


def _preferred(found: _Found) -> _Found:
    """The Gregorian dates, where there are any; else all."""
    return [(match, iso) for match, iso in found if not _is_hijri(match)] or found


def _is_hijri(match: re.Match[str]) -> bool:
    named = match.groupdict()
    return bool(named.get("hijri_month") or named["hijri"])


def _iso(match: re.Match[str]) -> str | None:
    named = match.groupdict()
    year, day = int(named["year"]), int(named["day"])
    name = named.get("hijri_month") or named.get("month", "")
    month = _HIJRI_NUMBER.get(name) or _GREGORIAN_NUMBER.get(name) or int(name)
    if name.isdigit() and day <= 12 < month and match.start("day") < match.start("year"):
        day, month = month, day  # 02/13/2024, as American pages write
    if named.get("other") and _GREGORIAN_NUMBER[named["other"]] != month:
        return None
    try:
        if not _is_hijri(match):
            return date(year, month, day).isoformat() if year in _YEARS else None
        if name in _GREGORIAN_NUMBER or year not in _HIJRI_YEARS:
            return None
        converted = Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        return None
    return date(converted.year, converted.month, converted.day).isoformat()


def _relative(line: str, today: date) -> str | None:
    said = line.rpartition(":")[2].strip(" .،-")
    ago = _AGO.fullmatch(said)
    if said == "اليوم":
        days = 0
    elif said == "امس":
        days = 1
    elif ago:
        count = int(ago["count"] or 1) * (2 if ago["unit"] == "يومين" else 1)
        days = count if ago["unit"] in {"يوم", "يوما", "يومين", "ايام"} else 0
    else:
        return None
    try:
        return (today - timedelta(days=days)).isoformat()
    except OverflowError:
        return None
