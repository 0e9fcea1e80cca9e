"""The frame's texts: counts in their plural, long dates, and isolation of what runs the other way."""

from __future__ import annotations

from datetime import date

from infer.digest.config import Counted, Wording
from infer.digest.day import Digest, Report
from infer.errors import UsageError

FSI, PDI = "\u2068", "\u2069"
_ARAB = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def number(wording: Wording, n: int) -> str:
    """A number in the frame's digits."""
    return str(n).translate(_ARAB) if wording.digits == "arab" else str(n)


def counted(wording: Wording, forms: Counted, n: int) -> str:
    """A number of things in its plural category."""
    try:
        from babel import Locale
    except ImportError:
        raise UsageError("digests need Babel: pip install 'mujaz[digest]'") from None
    category = Locale.parse(wording.locale).plural_form(n)
    form: str = getattr(forms, category) or forms.other
    return form.replace("{n}", number(wording, n))


def day(wording: Wording, date: date) -> str:
    """A day in words."""
    from babel.dates import format_date

    long: str = format_date(date, "EEEE d MMMM y", locale=wording.locale)
    return long.translate(_ARAB) if wording.digits == "arab" else long


def isolated(text: str) -> str:
    """Text that keeps its own direction whatever stands round it."""
    return f"{FSI}{text}{PDI}"


def title(digest: Digest, wording: Wording) -> str:
    """What the digest is called."""
    if digest.first == digest.last:
        return wording.title.replace("{date}", day(wording, digest.last))
    return wording.title_span.replace("{first}", day(wording, digest.first)).replace(
        "{last}", day(wording, digest.last)
    )


def overview(digest: Digest, wording: Wording) -> str:
    """How much the digest holds, in one line."""
    return (
        wording.overview.replace("{stories}", counted(wording, wording.stories, len(digest.stories)))
        .replace("{articles}", counted(wording, wording.articles, digest.articles))
        .replace("{outlets}", counted(wording, wording.outlets, digest.outlets))
    )


def byline(report: Report, wording: Wording) -> str:
    """Who reports."""
    return report.source or wording.no_source
