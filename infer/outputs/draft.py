"""A file that appears whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from infer.errors import UsageError


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Give a stream whose file takes the place of ``path`` at the end of the block.

    Parent folders are made. If the block is left by an exception, an older file stays as it was.

    Raises:
        UsageError: ``path`` is a folder, or cannot be written to.
    """
    target = Path(path)
    refuse_folder(target)
    draft = open_draft(target)
    try:
        yield draft.stream
        draft.keep()
    finally:
        draft.drop()


def refuse_folder(target: Path) -> None:
    """Refuse a folder where a file is to be made.

    Raises:
        UsageError: It is one.
    """
    if target.is_dir():
        raise UsageError(f"{str(target)!r} is a folder; name a file in it")


def open_draft(target: Path) -> Draft:
    """Begin a file.

    Raises:
        UsageError: The place cannot be written to.
    """
    try:
        return Draft(target)
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {str(target)!r}: {reason}") from None


class Draft:
    """A file that is written under a hidden name and gets its own when it is whole.

    Attributes:
        stream: What to write to.
    """

    def __init__(self, target: Path) -> None:
        # Through a link the file that it points to is replaced, not the link.
        self._target = target.resolve()
        if self._target.exists() and not self._target.is_file():
            raise OSError(errno.EINVAL, "is no plain file")
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._path = self._target.with_name(f".mujaz-{secrets.token_hex(8)}.tmp")
        self.stream: BinaryIO = self._path.open("xb", buffering=1 << 20)

    def keep(self) -> None:
        """Give the file its name, safe on disk."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self._path.replace(self._target)
        _sync_folder(self._target.parent)

    def drop(self) -> None:
        """Remove the draft; nothing after `keep`."""
        with suppress(OSError):  # a full disk fails again on the flush that closing does
            self.stream.close()
        self._path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
