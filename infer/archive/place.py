"""Where an archive lies: a folder of this machine, or any path that fsspec knows, as ``s3://bucket/labels``."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
        self._files.invalidate_cache()
        begin = len(self._root.lstrip("/")) + 1
        return sorted(path.lstrip("/")[begin:] for path in self._files.glob(f"{self._root}/{pattern}"))

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        found: AbstractContextManager[BinaryIO] = self._files.open(f"{self._root}/{name}", "rb")
        return found

    def write(self, name: str, content: BinaryIO) -> None:
        folder, _, file = f"{self._root}/{name}".rpartition("/")
        draft = file if self._whole else f".mujaz-{secrets.token_hex(8)}.tmp"
        self._files.makedirs(folder, exist_ok=True)
        with self._files.open(f"{folder}/{draft}", "wb") as stream:
            shutil.copyfileobj(content, stream)
        if not self._whole:
            self._files.mv(f"{folder}/{draft}", f"{folder}/{file}")

    def remove(self, name: str) -> None:
        if self._files.exists(f"{self._root}/{name}"):
            self._files.rm_file(f"{self._root}/{name}")

    def locked(self) -> AbstractContextManager[None]:
        """Nothing: two runs at once are the user's to avoid."""
        return nullcontext()

    def __str__(self) -> str:
        return str(self._files.unstrip_protocol(self._root))
