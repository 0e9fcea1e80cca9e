"""Where an archive lies: a folder of this machine, or any path that fsspec knows, as ``s3://bucket/labels``."""

from __future__ import annotations

import errno
import glob
import io
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from infer.errors import UsageError
from infer.outputs.draft import whole_file

LOCK = "_lock"
DRAFTS = ".mujaz-*.tmp"
_URL = re.compile(r"^([a-z][a-z0-9+.-]+)://")
# Stores whose files appear whole when they are put.
_WHOLE = {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss", "r2"}


class Place(Protocol):
    """Files by names that are relative and have slashes."""

    def names(self, pattern: str) -> list[str]:
        """Names that a pattern fits, sorted; ``*`` stands for what is between slashes."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading, at any place in it."""
        ...

    def write(self, name: str, content: BinaryIO) -> None:
        """Write a file, whole or not at all."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs out, where that can be done."""
        ...


def is_url(path: str | Path) -> bool:
    """Whether a path names a place as ``s3://…`` does."""
    return _URL.match(str(path)) is not None


def place_of(path: str | Path) -> Place:
    """The place that a path names.

    Raises:
        UsageError: fsspec, or what it needs for paths of this kind, is not installed.
    """
    match = _URL.match(str(path))
    if match is None:
        return _Local(Path(path))
    if match[1] in ("file", "local"):
        return _Local(Path(str(path)[match.end() :]))
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{path}: such paths need fsspec: pip install 'mujaz[archive]'") from None
    try:
        files, root = fsspec.core.url_to_fs(str(path))
    except (ImportError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be opened: {error.strerror or error}") from None
    return _Remote(files, root.rstrip("/"), whole=match[1] in _WHOLE)


class _Local:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, pattern: str) -> list[str]:
        return sorted(path.relative_to(self._root).as_posix() for path in self._root.glob(pattern))

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")

    def write(self, name: str, content: BinaryIO) -> None:
        with whole_file(self._root / name) as stream:
            shutil.copyfileobj(content, stream)

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The system lets go of the lock when the process ends, however it does."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            file = (self._root / LOCK).open("w")
        except OSError as error:
            raise UsageError(f"cannot write to {str(self._root)!r}: {error.strerror}") from None
        with file:
            try:
                import fcntl  # not on Windows, where two runs are the user's to avoid
            except ImportError:
                yield
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                reason = "another run is writing to it; wait for its end"
                raise UsageError(f"{str(self._root)!r}: {reason}") from None
            yield

    def __str__(self) -> str:
        return str(self._root)


class _Remote:
    def __init__(self, files: Any, root: str, *, whole: bool) -> None:  # noqa: ANN401
        self._files, self._root, self._whole = files, root, whole

    def names(self, pattern: str) -> list[str]:
        root = self._root.lstrip("/")
        begin = len(root) + 1 if root else 0
        with self._told():
            self._files.invalidate_cache()
            found = self._files.glob(f"{glob.escape(self._root)}/{pattern}")
        return sorted(path.lstrip("/")[begin:] for path in found)

    def open(self, name: str) -> BinaryIO:
        with self._told():
            return io.BytesIO(self._files.cat_file(f"{self._root}/{name}"))

    def write(self, name: str, content: BinaryIO) -> None:
        folder, _, file = f"{self._root}/{name}".rpartition("/")
        draft = file if self._whole else f".mujaz-{secrets.token_hex(8)}.tmp"
        with self._told():
            if not self._whole:  # the others have no folders, and would make a bucket of a misspelt name
                self._files.makedirs(folder, exist_ok=True)
            # In one call: a stream that is left by an exception would put what it has under the name.
            self._files.pipe_file(f"{folder}/{draft}", content.read())
            if not self._whole:
                self.remove(name)  # some do not move a file to where one is
                self._files.mv(f"{folder}/{draft}", f"{folder}/{file}")

    def remove(self, name: str) -> None:
        with self._told():
            if self._files.exists(f"{self._root}/{name}"):
                self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Tries whether it can be written to, and no more: two runs at once are the user's to avoid."""
        trial = f".mujaz-{secrets.token_hex(8)}.tmp"
        try:
            self.write(trial, io.BytesIO())
            self.remove(trial)
        except OSError as error:
            raise UsageError(f"cannot write to {str(self)!r}: {error.strerror or error}") from None
        yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Every kind of store has errors of its own, which nobody above knows."""
        try:
            yield
        except OSError:
            raise
        except Exception as error:
            reason = next(iter(str(error).splitlines()), "") or f"the store does not do that ({error!r})"
            raise OSError(errno.EIO, reason, str(self)) from error

    def __str__(self) -> str:
        return str(self._files.unstrip_protocol(self._root))
