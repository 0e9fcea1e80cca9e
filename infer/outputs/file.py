"""Records into JSONL, CSV or Parquet: the whole file appears at once, or nothing does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from infer.errors import UsageError
from infer.outputs.draft import Draft, open_draft, refuse_folder
from infer.outputs.forms import CsvRows, JsonLines, Layout, ParquetRows, Sink, json_line, reject_dict
from infer.schema import Record, Reject

__all__ = ["Output", "open_output"]

REJECTS_SUFFIX = ".rejects.jsonl"
_SINKS: dict[str, Callable[[BinaryIO, Layout], Sink]] = {
    ".jsonl": JsonLines,
    ".csv": CsvRows,
    ".parquet": ParquetRows,
}


def open_output(path: str | Path, topic_names: Sequence[str] = (), *, explained: bool = False) -> Output:
    """Open an output by its suffix: ``.jsonl``, ``.csv``, ``.parquet``; ``-`` is JSONL on standard output.

    Parent folders are made. Rejects go to ``<path>.rejects.jsonl`` (``-``: to standard error), a file
    that is there after a run only if that run had some.

    Args:
        path: File to make, or to replace once the new one is whole.
        topic_names: Topics that scores may have, in the order of their columns.
        explained: Whether there are columns for what explains a summary.

    Raises:
        UsageError: Another suffix, a folder, or a place that cannot be written to.
    """
    layout = Layout(tuple(topic_names), explained)
    if str(path) == "-":
        lines = JsonLines(_binary(sys.stdout), live=True)
        return Output(lines, None, _JsonRejects(_binary(sys.stderr), None))
    target = Path(path)
    refuse_folder(target)
    if target.suffix.lower() not in _SINKS:
        raise UsageError(
            f"{str(target)!r}: an output ends in {', '.join(_SINKS)}, or is - for standard output"
        )
    file = open_draft(target)
    try:
        sink = _SINKS[target.suffix.lower()](file.stream, layout)
    except BaseException:
        file.drop()
        raise
    return Output(sink, file, _JsonRejects(None, target.with_name(target.name + REJECTS_SUFFIX)))


class Output:
    """An open output: ``write`` and ``reject`` inside a ``with`` block, which makes the files appear.

    If the block is left by an exception, what was written is dropped, and an older output stays as it was.

    Attributes:
        written: Records so far.
        rejected: Rejects so far.
    """

    def __init__(self, sink: Sink, file: Draft | None, rejects: _JsonRejects) -> None:
        self.written = 0
        self.rejected = 0
        self._sink = sink
        self._file = file
        self._rejects = rejects

    def write(self, record: Record) -> None:
        """Add a record.

        Raises:
            ValueError: It has a score for a topic that was not named, or one that is no number.
        """
        self._sink.write(record)
        self.written += 1

    def reject(self, reject: Reject) -> None:
        """Add a Reject."""
        self._rejects.write(reject)
        self.rejected += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._sink.finish(whole=kind is None)
            if kind is None:
                # Rejects first: an output that is there has its rejects beside it.
                self._rejects.keep()
                if self._file:
                    self._file.keep()
                self._rejects.remove_older()
        finally:
            self._rejects.drop()
            if self._file:
                self._file.drop()


class _JsonRejects:
    """Rejects as JSON lines, in a file that is made at the first one."""

    def __init__(self, stream: BinaryIO | None, target: Path | None) -> None:
        self._stream = stream
        self._target = target
        self._file: Draft | None = None

    def write(self, reject: Reject) -> None:
        if self._stream is None and self._target is not None:
            self._file = Draft(self._target)
            self._stream = self._file.stream
        if self._stream is not None:
            self._stream.write(json_line(reject_dict(reject)))
            if self._file is None:
                self._stream.flush()

    def keep(self) -> None:
        if self._file:
            self._file.keep()

    def remove_older(self) -> None:
        """Remove what an earlier run left where this one had no Rejects."""
        if self._target and not self._file:
            self._target.unlink(missing_ok=True)

    def drop(self) -> None:
        if self._file:
            self._file.drop()


def _binary(stream: TextIO) -> BinaryIO:
    stream.flush()  # what was printed before comes before
    return stream.buffer
