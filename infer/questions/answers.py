"""Answers to queries as files: the values as each form can hold them."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from infer.cells import guarded, well_formed
from infer.errors import UsageError
from infer.outputs.draft import whole_file
from infer.questions.labels import Answer


def write_answer(answer: Answer, output: str) -> int:
    """Write an answer, whole or not at all, and return its rows.

    Args:
        answer: What a query gave.
        output: File in ``.csv``, ``.jsonl`` or ``.parquet``; ``-`` is JSONL on standard output.

    Raises:
        UsageError: Another suffix, a place that cannot be written to, a type that the form cannot hold,
            or a query that fails midway.
    """
    if output == "-":
        sys.stdout.flush()
        return _jsonl(answer, sys.stdout.buffer)
    suffix = Path(output).suffix.lower()
    if suffix not in _FORMS:
        raise UsageError(f"{output!r}: an answer ends in {', '.join(_FORMS)}, or is - for standard output")
    with whole_file(output) as stream:
        return _FORMS[suffix](answer, stream)


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON can say it: ISO dates, exact numbers as numbers, null for what is no number."""
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):  # sums of whole numbers come as these
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value.hex() if isinstance(value, bytes) else str(value)


def cell(value: Any) -> str:  # noqa: ANN401
    """A value on one line of text, as records have it in CSV: lists joined by ``|``, null empty."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return "|".join(map(cell, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _csv(answer: Answer, stream: BinaryIO) -> int:
    """Rows of CSV for spreadsheets: with a byte-order mark, and no cell that would be run."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow([guarded(name) for name in answer.names])
    count = 0
    for row in answer.rows():
        rows.writerow([_guarded(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _guarded(value: Any) -> str:  # noqa: ANN401
    return cell(value) if isinstance(value, int | float | Decimal) else guarded(cell(value))


def _jsonl(answer: Answer, stream: BinaryIO) -> int:
    count = 0
    for row in answer.rows():
        content = {name: plain(value) for name, value in zip(answer.names, row, strict=True)}
        stream.write((json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode())
        count += 1
    stream.flush()
    return count


def _parquet(answer: Answer, stream: BinaryIO) -> int:
    try:
        writer = pq.ParquetWriter(stream, answer.schema, compression="zstd")
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"Parquet cannot hold this answer ({reason}); cast the column to VARCHAR") from None
    count = 0
    with writer:
        for batch in answer.batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


_FORMS: dict[str, Callable[[Answer, BinaryIO], int]] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
