"""The results that are kept with a queue, as a file."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from infer.outputs import REJECTS_SUFFIX, open_output
from infer.outputs.draft import whole_file
from infer.outputs.forms import json_line
from infer.queues import Queue
from infer.schema import Record, Reject

_RECORD = TypeAdapter(Record)
LINES = (".jsonl", ".ndjson")


def write_results(queue: Queue, path: str) -> tuple[int, int]:
    """Write what is kept of the jobs that are done, in the order in which they were.

    Args:
        queue: Whose results.
        path: ``.jsonl``, or ``-`` for standard output: records with ``job``, the job's id. ``.csv`` and
            ``.parquet`` have the columns of ``mujaz label``. Rejects go to ``<path>.rejects.jsonl``, or to
            standard error.

    Returns:
        How many records, and how many rejects.

    Raises:
        UsageError: Another suffix, or a file that cannot be written.
        QueueError: The queue cannot be read now.
    """
    if path == "-" or Path(path).suffix.lower() in LINES:
        return _write_lines(queue, path)
    topics: dict[str, None] = {}
    explained = False
    for result in queue.results():
        topics |= dict.fromkeys(result.content.get("scores") or ())
        explained = explained or "evidence" in result.content
    with open_output(path, tuple(topics), explained=explained) as out:
        for result in queue.results():
            content = {name: value for name, value in result.content.items() if name != "job"}
            if "reject" in content:
                out.reject(Reject(**content["reject"]))
            else:
                out.write(_RECORD.validate_python(content))
        return out.written, out.rejected


def _write_lines(queue: Queue, path: str) -> tuple[int, int]:
    records = rejects = 0
    with ExitStack() as stack:
        if path == "-":
            out: BinaryIO = sys.stdout.buffer
        else:
            out = stack.enter_context(whole_file(path))
        other: BinaryIO | None = sys.stderr.buffer if path == "-" else None
        for result in queue.results():
            content: dict[str, Any] = result.content
            if "reject" not in content:
                out.write(json_line(content))
                records += 1
                continue
            other = other or stack.enter_context(whole_file(f"{path}{REJECTS_SUFFIX}"))
            other.write(json_line({"job": content["job"], **content["reject"]}))
            rejects += 1
        out.flush()
    if path != "-" and not rejects:
        Path(f"{path}{REJECTS_SUFFIX}").unlink(missing_ok=True)
    return records, rejects
