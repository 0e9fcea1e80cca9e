"""Lines out of bytes of any encoding, one held at a time."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from infer.encoding import decode
from infer.inputs.compressed import BrokenFileError, first_bytes
from infer.inputs.options import ReadOptions, megabytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text file with its number from 1, or the reason why it cannot be had.

    Attributes:
        text: The line without its newline.
        fault: Why there is no text; None where there is.
        last: True on a fault that ends the file.
    """

    number: int
    text: str
    fault: str | None = None
    last: bool = False


def text_lines(data: Iterable[bytes], options: ReadOptions) -> Iterator[Line]:
    """Give the lines of a text file of any encoding, never holding more than one line and one piece.

    Each line is read as UTF-8; one that is not gets the encoding that the start of the file shows,
    or failing that is decoded by itself. A line over ``max_line_bytes`` is passed over as a fault.
    """
    source = iter(data)
    number = 0
    to_text: Callable[[bytes], str] | None = None
    try:
        head = first_bytes(source)
        recoded = _as_utf8(head, source)
        for raw in _raw_lines(recoded, options.max_line_bytes):
            number += 1
            if isinstance(raw, int):
                yield Line(number, "", f"line is {megabytes(raw)}; {_limit(options)}")
                continue
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                to_text = to_text or _fallback(head)
                try:
                    text = to_text(raw)
                except ValueError as error:
                    yield Line(number, "", str(error))
                    continue
            yield Line(number, text.removeprefix("\ufeff") if number == 1 else text)
    except BrokenFileError as error:
        yield Line(number + 1, "", str(error), last=True)


def _limit(options: ReadOptions) -> str:
    return f"the limit is {megabytes(options.max_line_bytes)} (max_line_bytes)"


def _as_utf8(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Give the same bytes, or their UTF-8 where they start as UTF-16 does: newlines are bytes only there."""
    encoding = None
    if head.startswith(
        (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
    ):  # before UTF-16, whose mark begins its own
        encoding = "utf-32"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif head[1:2] == b"\0" and head[:1] != b"\0":
        encoding = "utf-16-le"
    elif head[:1] == b"\0" and head[1:2] != b"\0":
        encoding = "utf-16-be"
    if encoding is None:
        yield head
        yield from rest
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(head).encode("utf-8", "replace")
    for piece in rest:
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _raw_lines(data: Iterable[bytes], limit: int) -> Iterator[bytes | int]:
    """Lines without their newline; for a line over the limit, its size instead."""
    held: list[bytes] = []  # the pieces of a line that is not at its end; none of one over the limit
    size = 0
    for piece in data:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            if size == 0:
                yield part if len(part) <= limit else len(part)
                continue
            size += len(part)
            yield b"".join([*held, part]) if size <= limit else size
            held.clear()
            size = 0
        size += len(rest)
        if size <= limit:
            held.append(rest)
        else:
            held.clear()
    if size:
        yield b"".join(held) if size <= limit else size


def _fallback(head: bytes) -> Callable[[bytes], str]:
    """How to decode a line that is not UTF-8: as the file's start is, so that one file has one encoding."""
    sample = head[: head.rfind(b"\n") + 1] or head
    try:
        sample.decode()
    except UnicodeDecodeError:
        try:
            text = decode(sample)
        except ValueError:
            return decode
        for encoding in ("cp1256", "iso8859_6", "mac_arabic", "cp1252"):
            if sample.decode(encoding, "replace") == text:
                return lambda raw: raw.decode(encoding)
    return decode
