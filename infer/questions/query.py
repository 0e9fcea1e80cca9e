"""SQL over a labelled archive: to the terminal, or to a file."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rich.console import Console

from infer.questions.answers import write_answer
from infer.questions.labels import open_labels
from infer.questions.show import print_rows

# A screen is read by people; what is longer goes to a file.
MOST_SHOWN = 100


def query(place: str | Path, sql: str, output: str | None) -> str:
    """Answer a SELECT over the table ``labels``; returns what came out as one line.

    Args:
        place: What `mujaz label` wrote: a folder, or one file.
        sql: The SELECT.
        output: File in ``.csv``, ``.jsonl`` or ``.parquet``, ``-`` for JSONL on standard output, or None
            for a table at the terminal.

    Raises:
        UsageError: The labels or the output cannot be used, or the query fails.
    """
    with open_labels(place) as labels:
        answer = labels.ask(sql)
        if output is not None:
            count = write_answer(answer, output)
            return _rows(count) + ("" if output == "-" else f" in {output}")
        rows = list(islice(answer.rows(), MOST_SHOWN + 1))
        print_rows(Console(), answer.names, rows[:MOST_SHOWN])
        if len(rows) > MOST_SHOWN:
            return f"the first {MOST_SHOWN} rows; -o FILE writes all"
        return _rows(len(rows))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
