"""The files that inputs name, one after the other, and the name that each one's articles carry."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath

from infer.cells import printable, well_formed
from infer.errors import UsageError
from infer.inputs.compressed import NO_WARCIO, NO_ZSTD, why
from infer.inputs.options import KINDS, PACKED, SUFFIXES
from infer.schema import Reject

STDIN = "<stdin>"
NO_FILE = "is no plain file but a pipe, socket or device"

# What lies about in folders of data and is none: passed over without a word, as are dot-names.
_FURNITURE_STEMS = ("readme", "license", "licence", "notice", "copying", "changelog", "authors", "citation")
_OWN_REJECTS = ".rejects.jsonl"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read.

    Attributes:
        path: Where it is; None for standard input.
        page: What its articles and Rejects call it.
        kind: Its reader: ``text``, ``html``, ``jsonl``, ``csv``, ``tsv``, ``parquet`` or ``warc``.
        packed: ``gz`` or ``zst`` where it is named so, else empty.
    """

    path: Path | None
    page: str
    kind: str
    packed: str = ""


def kind_of(name: str) -> tuple[str, str] | None:
    """Return a file's reader and how it is packed, by its suffixes; None where it is not read."""
    path = PurePath(name.lower())
    packed = path.suffix if path.suffix in PACKED else ""
    suffix = PurePath(path.stem).suffix if packed else path.suffix
    return (KINDS[suffix], packed.removeprefix(".")) if suffix in KINDS else None


def stamp(found: Found) -> tuple[int, int] | None:
    """Return a file's size in bytes and the time of its last change in nanoseconds, as they are now.

    Where they are the same before a file is read and after it, what was read is what they stand for.

    Returns:
        None for standard input, and where the file cannot be looked at.
    """
    if found.path is None:
        return None
    try:
        status = found.path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def check(inputs: Sequence[str | Path]) -> None:
    """Look at every input before any is read.

    Raises:
        UsageError: There are none, one does not exist or is no file or folder, a file's suffix is
            not read or needs a library that is not installed, or standard input is named twice.
    """
    if not inputs:
        raise UsageError("nothing to read: name files, folders, or - for JSONL on standard input")
    if sum(str(given) == "-" for given in inputs) > 1:
        raise UsageError("standard input (-) can be read only once")
    for given in inputs:
        if str(given) != "-":
            _check_path(given)


def _check_path(named: str | Path) -> None:
    given, shown = Path(named), repr(str(named))
    try:
        mode = given.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        remote = "; inputs are files of this machine: copy or mount them" if "://" in str(named) else ""
        raise UsageError(f"no such file or folder: {shown}{remote}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsageError(f"cannot look at {shown}: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(mode):
        return
    if not stat.S_ISREG(mode):
        raise UsageError(f"{shown} is no plain file and no folder; pipe JSONL in as - instead")
    if given.name.lower().endswith((".json", *(f".json{packed}" for packed in PACKED))):
        remedy = "write one object a line in a .jsonl file (jq -c '.[]' does)"
        raise UsageError(f"{shown}: a .json document is not read; {remedy}")
    kind = kind_of(given.name)
    if kind is None:
        raise UsageError(f"{shown}: files of this suffix are not read; those that are: {SUFFIXES}")
    for wanted, library, remedy in (("warc", "warcio", NO_WARCIO), ("zst", "zstandard", NO_ZSTD)):
        if wanted in kind and not _is_installed(library):
            raise UsageError(f"{shown}: {remedy}")


def _is_installed(library: str) -> bool:
    try:
        import_module(library)
    except ImportError:
        return False
    return True


def found_files(inputs: Sequence[str | Path]) -> Iterator[Found | Reject]:
    """Give every file of the inputs in their order; folders are walked in sorted order as they are read.

    A file's page is its path under the folder that was named, its name where one file was named,
    and its path under the parent that all inputs share where there are several.
    """
    paths = {given: Path(os.path.normpath(Path(given).absolute())) for given in inputs if str(given) != "-"}
    base = _base(list(paths.values()))
    for given in inputs:
        if str(given) == "-":
            yield Found(None, STDIN, "jsonl")
            continue
        path = paths[given]
        page = well_formed((path.relative_to(base) if base else path).as_posix())
        if path.is_dir():
            yield from _walk(path, "" if page == "." else page)
        else:
            kind, packed = kind_of(path.name) or ("text", "")
            yield Found(path, page, kind, packed)


def _base(paths: Sequence[Path]) -> Path | None:
    if not paths:
        return None
    try:
        base = Path(os.path.commonpath(paths))
    except ValueError:  # several drives
        return None
    return base if base.is_dir() else base.parent


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path
    page: str
    names: Iterator[str]


def _walk(root: Path, page: str) -> Iterator[Found | Reject]:
    real_root = root.resolve()
    empty = True
    # A stack instead of recursion: folders may be nested deeper than Python's calls.
    stack: list[_Folder] = []
    into: tuple[Path, str] | None = (root, page)
    while into or stack:
        if into:
            opened = _opened(*into)
            into = None
            if isinstance(opened, _Folder):
                stack.append(opened)
            else:
                empty = False
                yield opened
            continue
        folder = stack[-1]
        for name in folder.names:
            step = _step(folder, name, real_root)
            if isinstance(step, tuple):
                into = step
                break
            if step is not None:
                empty = False
                yield step
        else:
            stack.pop()
    if empty:
        yield Reject(page or ".", "", f"folder holds nothing that is read; files that are: {SUFFIXES}")


def _opened(path: Path, page: str) -> _Folder | Reject:
    try:
        with os.scandir(path) as entries:  # names only: a folder may hold a million files
            return _Folder(path, page, iter(sorted(entry.name for entry in entries)))
    except OSError as error:
        return Reject(page or ".", "", why(error).replace("file", "folder", 1))


def _step(folder: _Folder, name: str, real_root: Path) -> Found | Reject | tuple[Path, str] | None:
    """Return what a folder's entry is: a file, a Reject, a folder to go into, or None for furniture."""
    if name.startswith("."):
        return None
    path = folder.path / name
    page = well_formed(f"{folder.page}/{name}" if folder.page else name)
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return Reject(page, "", why(error))
    if stat.S_ISDIR(mode):
        return path, page
    if fault := _no_file(path, mode, real_root):
        return Reject(page, "", fault)
    lower = PurePath(name.lower())
    if lower.name.endswith(_OWN_REJECTS):
        return None
    if kind := kind_of(name):
        return Found(path, page, *kind)
    if lower.suffix == ".md" or lower.stem in _FURNITURE_STEMS:
        return None
    suffix = printable(lower.suffix, 20) or "(none)"
    return Reject(page, "", f"files of suffix {suffix} are not read; those that are: {SUFFIXES}")


def _no_file(path: Path, mode: int, real_root: Path) -> str | None:
    if not stat.S_ISLNK(mode):
        return None if stat.S_ISREG(mode) else NO_FILE
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return "symbolic link leads nowhere"
    if not target.is_relative_to(real_root):
        return "symbolic link leads out of the folder and is not followed"
    if target.is_dir():
        return "symbolic link to a folder is not followed: that folder's files are read at their own place"
    return None if target.is_file() else "symbolic link leads nowhere"
