"""CSV and TSV, read row by row; one bad row costs only itself."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from infer.cells import unguarded
from infer.inputs.fields import EXTRAS, articles_of, column_fault, is_record
from infer.inputs.lines import Line, text_lines
from infer.inputs.options import ReadOptions
from infer.schema import Article, Reject

# What may stand between the cells of a .csv: Excel writes semicolons in many locales.
_DELIMITERS = ",;\t|"


def read_csv(
    data: Iterable[bytes], page: str, options: ReadOptions, *, tabs: bool = False
) -> Iterator[Article | Reject]:
    """Read the articles of a CSV file whose first line names its columns (``tabs``: of a TSV file).

    A row is refused where its cells are not as many as the columns, or where a quote is out of
    place; behind a quote that is never closed, reading goes on at the next line.
    """
    lines = text_lines(data, options)
    first = next(lines, None)
    if first is None or first.fault is not None:
        yield Reject(page, "line 1" if first else "", (first and first.fault) or "empty file")
        return
    delimiter = "\t" if tabs else _delimiter(first.text, options)
    rows = _rows(_Feed(chain([first], lines), options), delimiter)
    place, header = next(rows, ("", []))
    if isinstance(header, _RowError) or not header:
        yield Reject(page, place, str(header) if header else "empty file")
        return
    names = [name.strip() for name in header]
    if fault := column_fault(names, options.columns):
        yield Reject(page, "line 1", fault)
        return
    wanted = {*options.columns.all(), *EXTRAS}
    cells = [(i, name) for i, name in enumerate(names) if name in wanted]
    ours = is_record(names)
    number = 0
    for place, row in rows:
        number += 1
        if isinstance(row, _RowError):
            yield Reject(page, place, str(row))
        elif len(row) != len(names):
            yield Reject(page, place, f"row has {len(row)} cells, the header has {len(names)}")
        else:
            found = {name: unguarded(row[i]) if ours else row[i] for i, name in cells}
            yield from articles_of(found, page=page, place=place, number=number, options=options)
    if number == 0:
        yield Reject(page, "", "table has no rows")


def _delimiter(header: str, options: ReadOptions) -> str:
    """Return the delimiter under which the header has the text column; a comma where none does."""
    for delimiter in _DELIMITERS:
        if options.columns.text in (name.strip(' "\r') for name in header.split(delimiter)):
            return delimiter
    return ","


class _RowError(ValueError):
    """A row that cannot be had; ``last`` where nothing can be read behind it."""

    def __init__(self, reason: str, *, last: bool = False) -> None:
        super().__init__(reason)
        self.last = last


class _Feed:
    """The lines that a csv reader asks for; those of a row that fails can be given again."""

    def __init__(self, lines: Iterator[Line], options: ReadOptions) -> None:
        self.row: list[Line] = []
        self.size_limit = options.max_line_bytes
        self._line_limit = options.max_row_lines
        self._lines = lines
        self._again: deque[Line] = deque()
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.row.append(line)
        self._size += len(line.text)
        if line.fault is not None:
            raise _RowError(line.fault, last=line.last)
        if self._size > self.size_limit or len(self.row) > self._line_limit:
            raise _RowError("row is too long: a quote is probably not closed")
        return line.text + "\n"

    def start_row(self) -> None:
        self.row, self._size = [], 0

    def rewind(self) -> None:
        """Give all lines of this row but the first again: they may be rows of their own."""
        self._again.extendleft(reversed(self.row[1:]))


def _rows(feed: _Feed, delimiter: str) -> Iterator[tuple[str, list[str] | _RowError]]:
    """Give place and cells of every row that is not blank, or what is wrong with it."""
    # strict: a quote out of place is an error, not the silent swallowing of the rows behind it.
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.start_row()
        fault = None
        row: list[str] = []
        try:
            row = _next_row(reader, feed.size_limit)
        except StopIteration:
            return
        except csv.Error as error:
            fault = _RowError(f"broken CSV: {error}")
        except _RowError as error:
            fault = error
        place = f"line {feed.row[0].number}"
        if fault is None:
            if row:
                yield place, row
            continue
        if fault.last:
            yield f"line {feed.row[-1].number}", fault
            return
        feed.rewind()
        yield place, fault


def _next_row(reader: Iterator[list[str]], limit: int) -> list[str]:
    # The csv module knows one limit for the whole process: it is ours only while a row is read.
    before = csv.field_size_limit(limit)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)
