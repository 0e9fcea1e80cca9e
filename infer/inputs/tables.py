"""JSONL and Parquet, read row by row in constant memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from infer.cells import printable
from infer.inputs.fields import EXTRAS, articles_of, column_fault, is_record, shown, text_missing
from infer.inputs.lines import text_lines
from infer.inputs.options import MB, Columns, ReadOptions
from infer.schema import Article, Reject

# Rows of Parquet that are held at once: more are no faster, and each may be a page long.
_BATCH_ROWS = 64
_TEXT_TYPES = ("string", "large_string", "binary", "large_binary", "null")
_PARQUET_FAULTS = (pa.ArrowException, OSError, ValueError, RuntimeError, NotImplementedError)


def read_jsonl(data: Iterable[bytes], page: str, options: ReadOptions) -> Iterator[Article | Reject]:
    """Read the articles of a file with one JSON object a line; blank lines are passed over.

    Keys may be left out where they are null, so that one is missing counts against a line only for
    the text (and for the id, where the caller named it); a title, date or url that the caller named
    and that no line has is told once, at the end.
    """
    columns = options.columns
    unseen = {
        n: option for option, n in columns.named().items() if option not in ("--text-column", "--id-column")
    }
    rows = 0
    for line in text_lines(data, options):
        place = f"line {line.number}"
        text = line.text.strip()
        if not text and line.fault is None:
            continue
        rows += 1
        if line.fault is not None:
            yield Reject(page, place, line.fault)
            continue
        row = _json_object(text, line.text, page, place)
        if rows == 1 and (fault := _file_fault(text, row, columns)):
            yield Reject(page, place, fault)
            return
        if isinstance(row, Reject):
            yield row
            continue
        for name in unseen.keys() & row.keys():
            del unseen[name]
        if fault := _row_fault(row, columns):
            yield Reject(page, place, fault, _plain_id(row.get(columns.id)))
        else:
            yield from articles_of(row, page=page, place=place, number=line.number, options=options)
    if rows == 0:
        yield Reject(page, "", "empty file")
    elif unseen:
        named = " and ".join(f"{shown([name])!r} ({option})" for name, option in unseen.items())
        yield Reject(page, "", f"no line has a column {named}; its articles were read without it")


def _file_fault(text: str, row: dict[str, object] | Reject, columns: Columns) -> str | None:
    """Say why the first line shows that every other would be refused too."""
    if text in ("[", "{"):
        return "this is one JSON document over many lines; write one object a line (jq -c does)"
    if isinstance(row, dict) and columns.text not in row and is_record(row):
        return text_missing(row, columns)
    return None


def _row_fault(row: dict[str, object], columns: Columns) -> str | None:
    if columns.text not in row:
        return text_missing(row, columns)
    if columns.id not in row and "--id-column" in columns.named():
        return f"no column {shown([columns.id])!r}, which --id-column names"
    return None


def _plain_id(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _json_object(text: str, line: str, page: str, place: str) -> dict[str, object] | Reject:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        column = error.colno + len(line) - len(line.lstrip())
        return Reject(page, f"{place}, column {column}", f"broken JSON: {error.msg}")
    except RecursionError:
        return Reject(page, place, "broken JSON: nested too deeply")
    except ValueError:  # a number of more digits than Python turns into an int
        return Reject(page, place, "broken JSON: a number is too long")
    if isinstance(row, dict):
        return row
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    what = names.get(type(row), "a number")
    return Reject(page, place, f"line is {what}, not a JSON object")


def read_parquet(file: BinaryIO, page: str, options: ReadOptions) -> Iterator[Article | Reject]:
    """Read the articles of a Parquet file, which must be one that can be sought in.

    Only the columns that are needed are read, a batch at a time. What breaks on the way is one
    Reject with the row it broke at; rows before it have been given.
    """
    try:
        # The buffer makes pyarrow stream column chunks instead of loading a row group whole.
        table = pq.ParquetFile(file, buffer_size=MB, pre_buffer=False)
        schema, rows = table.schema_arrow, table.metadata.num_rows
    except _PARQUET_FAULTS as error:
        yield Reject(page, "", f"Parquet file is cut or damaged: {_first_line(error)}")
        return
    fault = column_fault(schema.names, options.columns) or _type_fault(schema, options)
    if fault or rows == 0:
        yield Reject(page, "", fault or "table has no rows")
        return
    wanted = {*options.columns.all(), *EXTRAS}
    batches = table.iter_batches(
        _BATCH_ROWS, columns=[n for n in schema.names if n in wanted], use_threads=False
    )
    number = 0
    while True:
        try:
            batch = next(batches, None)
            batch_rows = [] if batch is None else _rows(batch)
        except _PARQUET_FAULTS as error:
            reason = f"Parquet file is damaged here and was read no further: {_first_line(error)}"
            yield Reject(page, f"row {number + 1}", reason)
            return
        if batch is None:
            return
        for row in batch_rows:
            number += 1
            yield from articles_of(row, page=page, place=f"row {number}", number=number, options=options)


def _rows(batch: pa.RecordBatch) -> list[dict[str, object]]:
    columns = [_values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]


def _type_fault(schema: pa.Schema, options: ReadOptions) -> str | None:
    for name in (options.columns.text, options.columns.title):
        if name not in schema.names:
            continue
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not str(kind).startswith(_TEXT_TYPES):
            return f"column {shown([name])!r} holds {str(kind)[:40]}, not text"
    return None


def _values(array: pa.Array) -> list[object]:
    """Return the Python values of a column; one that Python cannot hold does not cost the others theirs."""
    kind = array.type
    try:
        if pa.types.is_timestamp(kind):
            return _moments(array)
        values: list[object] = array.to_pylist()
        return values
    except (ValueError, OverflowError, pa.ArrowException):
        return [_value(scalar) for scalar in array]


def _moments(array: pa.Array) -> list[object]:
    """Times to the second by the column's own clock, with its offset: in UTC where its zone is not known."""
    plain = array.cast(pa.timestamp(array.type.unit))
    local, zoned = plain, array.type.tz is not None
    if zoned:
        with suppress(pa.ArrowException):
            local = pc.local_timestamp(array)
    pairs = zip(_seconds(local), _seconds(plain), strict=True)
    return [None if here is None else _moment(here, here - there if zoned else None) for here, there in pairs]


def _seconds(array: pa.Array) -> list[Any]:
    whole = pc.floor_temporal(array, unit="second") if array.type.unit != "s" else array
    seconds: list[Any] = whole.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_pylist()
    return seconds


def _moment(seconds: int, offset: int | None) -> datetime | None:
    """A time by its clock, in seconds since 1970; None outside the years 1 to 9999."""
    try:
        zone = None if offset is None else timezone(timedelta(seconds=offset))
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return bytes(scalar.as_buffer())  # a text column that holds other bytes than UTF-8
    except (ValueError, OverflowError, pa.ArrowException):
        return None  # a date outside the years 1 to 9999


def _first_line(error: BaseException) -> str:
    return printable((str(error).strip().splitlines() or [type(error).__name__])[0], 200)
