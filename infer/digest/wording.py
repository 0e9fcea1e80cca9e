"""The frame's texts in a digest's language: counts in their plural, dates, lists, and isolation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from infer.digest.config import Counted, Wording
from infer.digest.day import Digest, Report
from infer.errors import UsageError
from infer.extras import need

if TYPE_CHECKING:
    from babel import Locale

FSI, PDI = "\u2068", "\u2069"
_ARAB = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_BRACES = re.compile(r"\{(\w+)\}")
# Controls that would end an isolation or turn what stands in it; and both kinds of half surrogates.
_STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@lru_cache
def _locale(name: str) -> Locale:
    """CLDR's locale.

    Raises:
        UsageError: Babel is not installed or does not know the name.
    """
    need("digests", "digest", "babel")
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise UsageError(
            f"wording.locale: CLDR has no locale {name!r}; it has, for one, ar, ar_IQ and en"
        ) from None


def filled(template: str, **parts: str) -> str:
    """A template with its braces filled in, ``{name}`` by ``name=``.

    What is filled in is not read again, so a source called ``{value}`` stays that. Other braces stay.
    """
    return _BRACES.sub(lambda found: parts.get(found[1], found[0]), template)


def digits(wording: Wording, text: str) -> str:
    """Text of the frame's own with its digits as the frame writes them."""
    return text.translate(_ARAB) if wording.digits == "arab" else text


def number(wording: Wording, n: int) -> str:
    """A whole number with marks between the thousands."""
    # Babel's ``numbering_system`` would take the marks of the locale's other digits.
    mark = "٬" if wording.digits == "arab" else ","
    return digits(wording, f"{n:,}".replace(",", mark))


def counted(wording: Wording, forms: Counted, n: int) -> str:
    """A number of things in CLDR's plural category; none at all in ``zero`` where it is given."""
    category = "zero" if n == 0 else _locale(wording.locale).plural_form(n)
    form: str = getattr(forms, category) or forms.other
    return filled(form, n=number(wording, n))


def day(wording: Wording, date: date) -> str:
    """A day at length: ``الأربعاء 5 مارس 2025``."""
    return _date(wording, date, "EEEE d MMMM y")


def short_day(wording: Wording, date: date) -> str:
    """A day without its year: ``5 مارس``."""
    return _date(wording, date, "d MMMM")


def _date(wording: Wording, date: date, pattern: str) -> str:
    locale = _locale(wording.locale)
    from babel.dates import format_date

    return digits(wording, format_date(date, pattern, locale))


def joined(wording: Wording, parts: Iterable[str]) -> str:
    """A list on one line; with commas and no "and", which Arabic would glue to a Latin name."""
    return ("، " if right_to_left(wording) else ", ").join(parts)


def right_to_left(wording: Wording) -> bool:
    """Whether the frame's language is written from right to left."""
    return _locale(wording.locale).text_direction == "rtl"


def isolated(text: str) -> str:
    """Text between FSI and PDI: whatever its direction, what stands round it keeps its order."""
    return f"{FSI}{_STEERING.sub('', text)}{PDI}"


def title(digest: Digest, wording: Wording) -> str:
    """The digest's name with its day or days."""
    if digest.first == digest.last:
        return filled(wording.title, date=day(wording, digest.last))
    return filled(wording.title_span, first=day(wording, digest.first), last=day(wording, digest.last))


def overview(digest: Digest, wording: Wording) -> str:
    """How many stories, articles and outlets; stories left out are counted, those in review are not."""
    stories = sum(len(section.stories) + section.more for section in digest.sections)
    return filled(
        wording.overview,
        stories=counted(wording, wording.stories, stories),
        articles=counted(wording, wording.articles, digest.articles),
        outlets=counted(wording, wording.outlets, digest.outlets),
    )


def byline(report: Report, wording: Wording) -> str:
    """Who reports, or that nobody is named."""
    return report.source or wording.no_source
