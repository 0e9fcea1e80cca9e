"""Results as lines of JSON at the end of a file, each job once.

A worker that died between a line and its queue leaves a job that is done again: its line is there already,
and is not written twice. Half a line at the end, left by a power cut, is cut off when the file is opened.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from infer.errors import UsageError
from infer.queues import Failed, Finished
from infer.queues.queue import pack_result


class Lines:
    """A file of results, which one worker at a time writes.

    Args:
        path: Of the file; it is made where there is none.

    Raises:
        UsageError: It cannot be written to, another worker writes it, or it holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written to: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise UsageError(f"{path}: another worker writes this file; give each its own") from None
        self._there = set(self._read())

    def deliver(self, done: Sequence[Finished], wait: Callable[[float], bool]) -> list[Finished | Failed]:
        """See ``Delivery``."""
        new = [each for each in done if each.job.id not in self._there]
        data = "".join(f"{pack_result(each.job, each.result)}\n" for each in new if each.result is not None)
        self._append(data.encode())
        self._there.update(each.job.id for each in new)
        return [Finished(each.job, None) for each in done]

    def close(self) -> None:
        """Close the file, for another worker to go on."""
        with suppress(OSError):
            os.close(self._file)

    def _append(self, data: bytes) -> None:
        """All or nothing: a full disk leaves the file as it was."""
        size = os.fstat(self._file).st_size
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise OSError(error.errno, error.strerror, str(self._path)) from None

    def _read(self) -> Iterator[str]:
        """Ids of the jobs that are in the file."""
        end = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                try:
                    yield json.loads(line)["job"]
                except (ValueError, KeyError, TypeError):
                    raise UsageError(
                        f"{self._path}: line {number} is no result of a job; name another file"
                    ) from None
        os.ftruncate(self._file, end)
