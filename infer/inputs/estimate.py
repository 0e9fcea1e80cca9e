"""About how many articles inputs hold, for the time that a progress bar shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from infer.inputs.compressed import BrokenFileError, pieces
from infer.inputs.options import ReadOptions
from infer.inputs.walk import Found, found_files
from infer.schema import Reject


def articles(inputs: Sequence[str | Path]) -> int | None:
    """Estimate the articles of the inputs: pages as one each, tables by their rows or lines.

    Returns:
        None where there is standard input, which ends when it ends, or a WARC: how many of its
        records are pages in Arabic is known when all are read.
    """
    total = 0
    for found in found_files(inputs):
        if isinstance(found, Reject):
            continue
        if found.path is None or found.kind == "warc":
            return None
        total += _of_file(found, found.path)
    return total


def _of_file(found: Found, path: Path) -> int:
    """Counting lines reads gigabytes a second; the model reads kilobytes."""
    if found.kind in ("text", "html"):
        return 1
    try:
        if found.kind == "parquet":
            return 0 if found.packed else int(pq.read_metadata(path).num_rows)
        with path.open("rb") as file:
            data = pieces(file, packed=found.packed, options=ReadOptions())
            return sum(piece.count(b"\n") for piece in data)
    except (OSError, BrokenFileError, pa.ArrowException):
        return 0  # the reader will say what is wrong with it
