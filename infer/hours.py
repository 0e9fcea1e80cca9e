"""Times of publication: ``الجمعة 9 شباط 2024 - 02:30 م بتوقيت بغداد`` is ``2024-02-09T14:30+03:00``.

The day is the one that ``infer.dates`` finds, by the source's own clock, and a time always begins with it.
Midnight to the second, without an offset or in UTC, is how a day is written where a time is wanted: it is no
time. At another offset it is one.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import NamedTuple

from infer.dates import Dated, find_dates
from infer.text import words

_NEAR = 80  # characters between a date and its time

_WORDS = re.compile(r"\w+")
# What stands between a date and its time in one line, folded: no label such as "آخر تحديث".
_JOINING = frozenset(
    _WORDS.findall(
        "الساعه ساعه في عند علي تمام من يوم بتاريخ الموافق ل و م ه هجري ميلادي ميلاديه t at on"
        " السبت الاحد الاثنين الثلاثاء الاربعاء الخميس الجمعه"
        " monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun"
    )
)
# Minutes ahead of Greenwich, and the year since which the clocks there are not changed in summer. Cairo,
# Beirut, Jerusalem and Damascus change them, or did until lately: their times go without an offset.
_ZONES = {
    **dict.fromkeys(("غرينتش", "جرينتش", "غرينيتش", "جرينيتش", "غرينتش العالمي"), (0, 0)),
    **dict.fromkeys(("مكه المكرمه", "مكه", "السعوديه", "الرياض", "الدوحه", "قطر", "الكويت"), (180, 0)),
    "بغداد": (180, 2008),
    **dict.fromkeys(("ابوظبي", "ابو ظبي", "دبي", "الامارات"), (240, 0)),
    "الجزائر": (60, 1982),
}
_PLACE = "|".join(sorted(_ZONES, key=len, reverse=True))
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?(?![\d:])"
    r"(?: ?(?:(?P<am>ص|صباحا|فجرا|am|a\.m\.?)|(?P<pm>م|مساء|عصرا|بعد الظهر|pm|p\.m\.?)|(?P<noon>ظهرا)"
    r"|(?P<night>ليلا))(?!\w))?"
    r"(?: ?(?P<utc>z|[(]?(?:gmt|utc))(?!\w)[)]?)?"
    rf"(?:[ ،,]{{0,2}}[(\[]?(?:ب?(?:ال)?توقيت |[(\[])(?P<place>{_PLACE})(?!\w)[)\]]?)?"
    r"(?: ?(?P<sign>[+-])(?P<ahead>\d\d?)(?::?(?P<minutes>00|15|30|45))?(?![\d:/.-])(?! ?[^\W\d]))?"
)


class Moment(NamedTuple):
    """A day, and the time on it where that is known, both in ISO form."""

    day: str
    at: str | None


def find_moment(text: str) -> Moment | None:
    """The date of a text, as ``infer.dates.find_date`` finds it, with the time beside it."""
    found = find_dates(text)
    return Moment(found[1].iso, _beside(*found)) if found else None


def find_time(text: str) -> str | None:
    """Find the time that stands with a text's date, which is the one that ``infer.dates.find_date`` finds.

    Returns:
        ISO date and time, with the offset where the text gives one: ``2025-03-05T14:30+03:00``; None where no
        time stands beside the date.
    """
    moment = find_moment(text)
    return moment.at if moment else None


def _beside(line: str, chosen: Dated, others: list[Dated]) -> str | None:
    start = max(0, chosen.start - _NEAR)
    times = _TIME.finditer(line, start, chosen.end + _NEAR)
    near = [(gap, match) for match in times if (gap := _gap(line, chosen, match, others)) is not None]
    if not near:
        return None
    _, match = min(near, key=lambda pair: (pair[0], pair[1].start() < chosen.start))
    return _iso(chosen.iso, match)


def time_of(value: datetime) -> str | None:
    """The same of a datetime; None where it is a midnight that stands for a day."""
    ahead = value.utcoffset()
    if value.time() == time() and not ahead:
        return None
    local = value.replace(tzinfo=None).isoformat(timespec="minutes")
    return local + ("" if ahead is None else _offset(ahead // timedelta(minutes=1)))


def agreed(published: str | None, published_at: str | None) -> str | None:
    """A time if it lies on the day of publication, else None."""
    return published_at if published and published_at and published_at.startswith(published) else None


def _gap(line: str, date: Dated, match: re.Match[str], others: list[Dated]) -> int | None:
    """Characters between a date and a time; None where something else stands between them."""
    after = match.start() >= date.end
    first, last = (date.end, match.start()) if after else (match.end(), date.start)
    if last < first or any(first <= other.start < last and other.iso != date.iso for other in others):
        return None
    between = line[first:last]
    return last - first if all(word in _JOINING for word in words(between)) else None


def _iso(day: str, match: re.Match[str]) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59 or (match["am"] and hour > 12):
        return None
    if match["am"] or (match["night"] and hour == 12):
        hour %= 12
    elif hour < 12 and (match["pm"] or (match["noon"] and hour < 6) or (match["night"] and hour >= 6)):
        hour += 12
    ahead = _ahead(day, match)
    if not (hour or minute or int(match["second"] or 0) or ahead):
        return None
    return f"{day}T{hour:02}:{minute:02}" + ("" if ahead is None else _offset(ahead))


def _ahead(day: str, match: re.Match[str]) -> int | None:
    """Minutes ahead of Greenwich; None where the text does not say."""
    place = match["place"]
    if match["sign"] and (match["utc"] or place or match["minutes"]):
        minutes = 60 * int(match["ahead"]) + int(match["minutes"] or 0)
        return (minutes if match["sign"] == "+" else -minutes) if minutes <= 14 * 60 else None
    if match["utc"]:
        return 0
    if place:
        minutes, since = _ZONES[place]
        return minutes if int(day[:4]) >= since else None
    return None


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
