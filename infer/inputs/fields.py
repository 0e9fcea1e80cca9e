"""A table's row, whatever its types, into an article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from infer.cells import printable, well_formed
from infer.dates import parse_date
from infer.encoding import decode
from infer.hours import agreed, find_time, time_of
from infer.inputs.options import Columns, ReadOptions, megabytes
from infer.page import split_page
from infer.schema import Article, Reject

# Columns that are taken under these names where they are there: Mujaz's own records have them.
EXTRAS = ("published", "published_at", "source", "tags", "part", "page")

# What tells a record that Mujaz wrote from any other row.
_RECORD_COLUMNS = frozenset({"topics", "summary_method", "model"})
_SHOWN_COLUMNS = 12
_TAG_COMMAS = re.compile("[,،]")


class BadValueError(ValueError):
    """A value of the wrong type; its message is the reason to give."""


def shown(names: Iterable[str]) -> str:
    """Put column names as a message shows them: few, short and printable, as anyone may choose them."""
    listed = list(names)
    cut = [printable(name, 40) for name in listed[:_SHOWN_COLUMNS]]
    more = len(listed) - len(cut)
    return (", ".join(cut) or "none") + (f" and {more} more" if more > 0 else "")


def is_record(names: Iterable[str]) -> bool:
    """Tell whether these are the columns of a table that Mujaz wrote."""
    return frozenset(names) >= _RECORD_COLUMNS


def text_missing(names: Iterable[str], columns: Columns) -> str:
    """Say why rows with these columns cannot be read: the text column is not among them."""
    listed = list(names)
    fault = f"no text column {shown([columns.text])!r}; the columns are: {shown(listed)}"
    if is_record(listed):
        return (
            f"{fault}. This is what Mujaz wrote, and a record holds no article: read the pages that it was "
            "made from, or give --text-column summary"
        )
    return f"{fault}. Name the right one with --text-column"


def column_fault(names: Iterable[str], columns: Columns) -> str | None:
    """Say why a table with these columns cannot be read; None where it can."""
    listed = list(names)
    if columns.text not in listed:
        return text_missing(listed, columns)
    for option, name in columns.named().items():
        if name not in listed:
            return f"no column {shown([name])!r}, which {option} names; the columns are: {shown(listed)}"
    twice = [name for name in (*columns.all(), *EXTRAS) if listed.count(name) > 1]
    return f"column {shown(twice[:1])!r} is there more than once" if twice else None


def articles_of(
    row: Mapping[str, object], *, page: str, place: str, number: int, options: ReadOptions
) -> list[Article | Reject]:
    """Return the article that a row is, or its articles where ``options.split``, or why it is none.

    Args:
        row: Column names and values, of any types; a column that is not there counts as null.
        page: File that the row stands in.
        place: Where it stands, for a Reject.
        number: Its number from 1; ``<page>#<number>`` is the id of a row without one.
        options: Names of the columns, and limits.
    """
    columns = options.columns
    id_ = None
    try:
        id_ = _id(row.get(columns.id), columns.id) or f"{page}#{number}"
        article = _article(row, id_, page, columns)
    except BadValueError as error:
        return [Reject(page, place, str(error), id_)]
    if not article.title and not article.body:
        return [Reject(page, place, "row has neither title nor text", id_)]
    size = len(article.body)
    if size * 4 > options.max_page_bytes and (size := len(article.body.encode())) > options.max_page_bytes:
        return [Reject(page, place, too_large("text", size, options), id_)]
    if not options.split:
        return [article]
    try:
        return list(_split(article))
    except Exception as error:  # a text that the splitter chokes on must not end the run
        return [
            Reject(
                page, place, f"row cannot be split: {type(error).__name__}: {printable(str(error), 200)}", id_
            )
        ]


def too_large(what: str, size: int | None, options: ReadOptions) -> str:
    """Say why a page or text is refused; ``size`` is None where it was not read to its end."""
    limit = megabytes(options.max_page_bytes)
    is_ = (
        f"is {megabytes(size)}; the limit is {limit}" if size is not None else f"is over the limit of {limit}"
    )
    return f"{what} {is_}; raise it with --max-page-mb"


def _article(row: Mapping[str, object], id_: str, page: str, columns: Columns) -> Article:
    def extra(name: str) -> object:
        return None if name in columns.all() else row.get(name)

    published, published_at = _moment(row.get(columns.date))
    if published is None:
        published, published_at = _moment(extra("published"))
    return Article(
        id=id_,
        title=" ".join(_text(row.get(columns.title), columns.title).split()),
        body=_text(row.get(columns.text), columns.text).replace("\r\n", "\n").replace("\r", "\n").strip(),
        page=_label(extra("page")) or page,
        part=_part(extra("part")),
        published=published,
        source=_label(extra("source")),
        tags=_tags(extra("tags")),
        url=_text(row.get(columns.url), columns.url).strip() or None,
        published_at=published_at or agreed(published, _moment(extra("published_at"))[1]),
    )


def _split(article: Article) -> Iterable[Article]:
    parts = split_page(f"{article.title}\n{article.body}", page=article.page, url=article.url) or [article]
    for number, part in enumerate(parts, 1):
        published = part.published or article.published
        yield replace(
            part,
            id=f"{article.id}#{number}" if len(parts) > 1 else article.id,
            page=article.page,
            part=number if len(parts) > 1 else article.part,
            published=published,
            published_at=part.published_at or agreed(published, article.published_at),
            source=part.source or article.source,
            tags=part.tags or article.tags,
            url=part.url or article.url,
        )


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # NaN is how pandas says null


def _text(value: object, column: str) -> str:
    if _missing(value):
        return ""
    if isinstance(value, bytes):
        try:
            value = decode(value)
        except ValueError as error:
            raise BadValueError(f"column {shown([column])!r} cannot be read: {error}") from None
    if not isinstance(value, str):
        raise BadValueError(f"column {shown([column])!r} is {_type_name(value)}, not text")
    return well_formed(value.replace("\0", "") if "\0" in value else value)


def _type_name(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}"


def _id(value: object, column: str) -> str:
    if (
        not isinstance(value, bool)
        and not _missing(value)
        and isinstance(value, int | float | Decimal | UUID)
    ):
        return str(value)
    if isinstance(value, str):
        return well_formed(value)  # kept as it came, spaces and all: it is the caller's key
    return _text(value, column)


def _label(value: object) -> str | None:
    """Return a short text that is nice to have: left out where it is of another type."""
    return (" ".join(well_formed(value).split()) or None) if isinstance(value, str) else None


def _part(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31
    return value if fits else 1  # type: ignore[return-value]


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split("|") if "|" in value else _TAG_COMMAS.split(value)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(tag for item in value if (tag := _label(item)))


def _moment(value: object) -> tuple[str | None, str | None]:
    """The day of a value, and its time where it has one."""
    if isinstance(value, datetime):
        return value.date().isoformat(), time_of(value)
    if isinstance(value, date):
        return value.isoformat(), None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return _parsed(value) if isinstance(value, str) and 0 < len(value) <= 200 else (None, None)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[str | None, str | None]:
    # Days repeat from row to row, so most of the parsing is saved.
    try:
        day = parse_date(text)
        return day, agreed(day, find_time(text))
    except (ValueError, OverflowError):
        return None, None
