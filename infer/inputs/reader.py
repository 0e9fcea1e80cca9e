"""Files, folders and standard input into articles: the one way in."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from infer.cells import printable
from infer.encoding import binary_kind, decode
from infer.inputs.compressed import BrokenFileError, first_bytes, pieces, why
from infer.inputs.csv_table import read_csv
from infer.inputs.fields import too_large
from infer.inputs.options import ReadOptions
from infer.inputs.tables import read_jsonl, read_parquet
from infer.inputs.walk import STDIN, Found, check, found_files
from infer.inputs.warc import read_warc
from infer.page import from_html, split_page
from infer.schema import Article, Reject

# By its first characters a .txt is told to be HTML.
_SAMPLE = 65_536
_HTML_STARTS = ("<!doctype html", "<html", "<head", "<body")
_MOST_NULS = 0.8  # text in UTF-32 is up to three quarters NULs


def read(
    inputs: str | Path | Sequence[str | Path], options: ReadOptions | None = None
) -> Iterator[Article | Reject]:
    """Read the articles of files and folders, in order, in constant memory.

    Inputs are ``.txt`` and ``.html`` pages, ``.jsonl``, ``.csv``, ``.tsv`` and ``.parquet`` tables and
    ``.warc`` crawls, each also ``.gz`` or ``.zst``; folders of them; and ``-`` for JSONL on standard
    input. Whatever cannot be read is a Reject in its place, and reading goes on. In a folder, dot-names,
    ``.md`` files, README and LICENSE files and Mujaz's own ``.rejects.jsonl`` are passed over; other
    suffixes are Rejects.

    Raises:
        UsageError: Nothing was named, or something that does not exist or is not read. Raised by
            the call itself, before anything is read.
    """
    return _read(files(inputs), options or ReadOptions())


def files(inputs: str | Path | Sequence[str | Path]) -> Iterator[Found | Reject]:
    """Find the files of inputs, in order, in constant memory, for ``read_file``; otherwise as ``read``.

    Raises:
        UsageError: As ``read``, by the call itself.
    """
    named = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    check(named)
    return found_files(named)


def read_file(found: Found, options: ReadOptions | None = None) -> Iterator[Article | Reject]:
    """Read the articles of one of ``files``; otherwise as ``read``."""
    options = options or ReadOptions()
    if found.path is None:
        return _from_stream(sys.stdin.buffer, found, options)
    return _from_file(found.path, found, options)


def _read(found_files: Iterator[Found | Reject], options: ReadOptions) -> Iterator[Article | Reject]:
    for found in found_files:
        if isinstance(found, Reject):
            yield found
        else:
            yield from read_file(found, options)


def _from_file(path: Path, found: Found, options: ReadOptions) -> Iterator[Article | Reject]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError as error:
            yield Reject(found.page, "", why(error))
            return
        yield from _from_stream(file, found, options)


def _from_stream(file: BinaryIO, found: Found, options: ReadOptions) -> Iterator[Article | Reject]:
    if found.kind == "warc":
        yield from read_warc(file, found.page, found.packed, options)
        return
    if found.kind in ("text", "html") and not found.packed:
        size = os.fstat(file.fileno()).st_size
        if size > options.max_page_bytes:
            yield Reject(found.page, "", too_large("page", size, options))
            return
    try:
        data = pieces(file, packed=found.packed, options=options)
        head = first_bytes(data)
    except BrokenFileError as error:
        yield Reject(found.page, "", str(error))
        return
    if fault := _head_fault(head, found):
        yield Reject(found.page, "", fault)
        return
    whole = chain([head], data)
    if found.kind == "parquet":
        yield from _parquet(file, whole, found, options)
    elif found.kind == "jsonl":
        yield from read_jsonl(whole, found.page, options)
    elif found.kind in ("csv", "tsv"):
        yield from read_csv(whole, found.page, options, tabs=found.kind == "tsv")
    else:
        yield from _page(file, whole, found, options)


def _head_fault(head: bytes, found: Found) -> str | None:
    if not head:
        return "empty file"
    kind = binary_kind(head)
    if found.kind == "parquet":
        if head.startswith(b"PAR1"):
            return None
        return f"file is named .parquet, but is {kind or 'no Parquet file'}"
    what = "standard input" if found.page == STDIN else "file"
    return f"{what} is {kind}" if kind else None


def _parquet(
    file: BinaryIO, data: Iterator[bytes], found: Found, options: ReadOptions
) -> Iterator[Article | Reject]:
    with ExitStack() as stack:
        if found.packed:  # a Parquet file is read from its end, so it has to be unpacked somewhere
            try:
                file = stack.enter_context(tempfile.TemporaryFile(prefix="mujaz-"))
                for piece in data:
                    file.write(piece)
                file.flush()
            except BrokenFileError as error:
                yield Reject(found.page, "", str(error))
                return
            except OSError as error:
                yield Reject(
                    found.page, "", f"cannot be unpacked to {tempfile.gettempdir()}: {error.strerror}"
                )
                return
        file.seek(0)
        yield from read_parquet(file, found.page, options)


def _page(
    file: BinaryIO, data: Iterator[bytes], found: Found, options: ReadOptions
) -> Iterator[Article | Reject]:
    try:
        content = _limited(data, options.max_page_bytes)
    except BrokenFileError as error:
        yield Reject(found.page, "", str(error))
        return
    if content is None:
        yield Reject(found.page, "", too_large("page", None, options))
        return
    size = os.fstat(file.fileno()).st_size
    if size != len(content) and not found.packed:
        yield Reject(found.page, "", f"file changed while it was read: {len(content):,} bytes, now {size:,}")
        return
    try:
        articles = _articles(content, found)
    except BrokenFileError as error:
        yield Reject(found.page, "", str(error))
        return
    except Exception as error:  # a page that the parsers choke on must not end the run
        yield Reject(
            found.page, "", f"page cannot be read: {type(error).__name__}: {printable(str(error), 200)}"
        )
        return
    yield from articles
    if not articles:
        yield Reject(found.page, "", "no article was found in this page")


def _limited(data: Iterator[bytes], limit: int) -> bytes | None:
    held = bytearray()
    for piece in data:
        held += piece
        if len(held) > limit:
            return None
    return bytes(held)


def _articles(content: bytes, found: Found) -> list[Article]:
    if content.count(0) > _MOST_NULS * len(content):
        raise BrokenFileError("file is mostly NUL bytes: it was damaged or never written")
    if found.kind == "html":
        return from_html(content, page=found.page)
    try:
        text = decode(content)
    except ValueError as error:
        raise BrokenFileError(str(error)) from error
    if not text.strip("\ufeff\0 \t\r\n"):
        raise BrokenFileError("empty file")
    if text[:_SAMPLE].lstrip("\ufeff \t\r\n")[:20].lower().startswith(_HTML_STARTS):
        raise BrokenFileError("file is named .txt, but is HTML: give it the suffix .html")
    return split_page(text, page=found.page)
