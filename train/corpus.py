"""Articles without labels: read shortened, and kept apart from those that models are measured by."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from infer.errors import UsageError
from infer.text import prepare
from train.data import Labelled

log = logging.getLogger(__name__)

# Words of a body that are read: more than fit a model's window.
WORDS = 150
# Two texts that share so many words in a row are taken for copies.
SHARED = 8


def load(paths: Sequence[Path], preparation: str, without: Labelled | None) -> list[tuple[str, str]]:
    """Prepared titles and beginnings of bodies of Parquet files.

    Args:
        paths: Files with columns ``title`` and ``body``.
        preparation: Name of the text preparation.
        without: Articles of which no copy may be among those returned, if any.

    Raises:
        UsageError: A file is missing or has no ``title`` or ``body``.
    """
    known: set[str] = set()
    if without:
        known.update(*map(_runs, without.titles, without.bodies))
    kept, left_out = [], 0
    for title, body in (row for path in paths for row in _rows(path)):
        article = prepare(title, preparation), prepare(" ".join(body.split()[:WORDS]), preparation)
        if any(article) and not (known and known & _runs(*article)):
            kept.append(article)
        else:
            left_out += 1
    log.info("%d articles to read, %d empty ones and copies left out", len(kept), left_out)
    return kept


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        raise UsageError(f"{path}: no such corpus file; name Parquet files with title and body")
    file = pq.ParquetFile(path)
    columns = file.schema_arrow.names
    if missing := {"title", "body"} - set(columns):
        raise UsageError(f"{path}: no column {min(missing)!r}; columns: {', '.join(columns)}")
    for batch in file.iter_batches(1_024, columns=["title", "body"]):
        for row in batch.to_pylist():
            yield row["title"] or "", row["body"] or ""


def _runs(title: str, body: str) -> set[str]:
    """Every run of ``SHARED`` words; a shorter text is one run."""
    words = f"{title} {' '.join(body.split()[:WORDS])}".split()
    return {" ".join(words[i : i + SHARED]) for i in range(max(1, len(words) - SHARED + 1))}
