"""The bytes of a WARC as its records are read from them: in order, bounded, with the place of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from infer.inputs.compressed import BrokenFileError, Decoder, Meter, Piece, decoders, members
from infer.inputs.options import ReadOptions

RECORD = b"WARC/"
# All header lines of a record, WARC's and HTTP's each; a browser takes about as much.
MOST_HEADERS = 256_000
_MAGIC = {"gz": b"\x1f\x8b\x08", "zst": b"\x28\xb5\x2f\xfd"}
# Enough of a member to see how its data begin: deflate tells at once, zstd by blocks of up to 128 kB.
_TRIAL = {"gz": 4096, "zst": 160_000}
_TRIAL_STEP = 512
_SEARCHED = 1 << 20


class BrokenRecordError(ValueError):
    """A record that cannot be read; its message is the reason to give."""


class RecordStream:
    """Bytes of a WARC, unpacked, read as warcio reads them; memory holds one piece.

    A gzip member or zstd frame that begins a record is a border: reading ends there until `open`,
    so that a record with a wrong length costs no other. A record may span members otherwise.
    """

    def __init__(self, file: BinaryIO, *, packed: str, meter: Meter, start: int = 0) -> None:
        self._pieces = _with_starts(members(file, packed=packed, meter=meter, start=start))
        self._meter = meter
        self._file = file
        self._packed = packed
        self._held = b""
        self._at = 0
        self._member = start
        self._begun = 0  # unpacked bytes before this member
        self._before = 0  # unpacked bytes before what is held
        self._border: Piece | None = None  # the first of a member that begins a record
        self._fault: BrokenFileError | None = None
        self._headers = 0

    @property
    def place(self) -> str:
        """Where the next byte stands: offset in the file, of its member and in what that unpacks to."""
        inner = self._before + self._at - self._begun
        if not self._packed:
            return str(inner)
        return f"{self._member}+{inner}" if inner else str(self._member)

    def open(self) -> bool:
        """Go over a border if one is reached, and over blank lines; False at the end of the file.

        Raises:
            BrokenFileError: The file is broken here.
        """
        while True:
            if self._at < len(self._held) or self._fill():
                if self._held[self._at] not in b"\r\n":
                    return True
                self._at += 1
            elif self._fault is not None:
                raise self._fault
            elif self._border is not None:
                self._hold(self._border)
                self._border = None
            else:
                return False

    def starts_record(self) -> bool:
        """Whether a record begins here."""
        return self.peek(len(RECORD)) == RECORD

    def peek(self, size: int) -> bytes:
        """Return the next bytes without reading them, fewer only at a border or the end."""
        while len(self._held) - self._at < size and self._fill():
            pass
        return self._held[self._at : self._at + size]

    def start_headers(self) -> None:
        """Allow as many bytes of lines as headers may have."""
        self._headers = MOST_HEADERS

    def read(self, size: int) -> bytes:
        """Return as many bytes, fewer only at a border or the end."""
        parts = []
        while size > 0 and (self._at < len(self._held) or self._fill()):
            part = self._held[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def readline(self, size: int | None = None) -> bytes:
        """Return a line of headers, or its first ``size`` bytes.

        Raises:
            BrokenRecordError: The headers are longer than headers are.
        """
        parts = []
        limit = self._headers + 1 if size is None else min(size, self._headers + 1)
        while limit > 0 and (self._at < len(self._held) or self._fill()):
            end = self._held.find(b"\n", self._at, self._at + limit) + 1
            part = self._held[self._at : end or self._at + limit]
            self._at += len(part)
            limit -= len(part)
            self._headers -= len(part)
            parts.append(part)
            if end:
                break
        if self._headers < 0:
            raise BrokenRecordError(f"its headers are longer than {MOST_HEADERS // 1000} kB")
        return b"".join(parts)

    def may_hold(self, size: int) -> bool:
        """Whether a record's end can stand that many bytes on; of a packed file, that is told only there.

        Without this look ahead, a record that claims too many bytes would swallow those behind it.
        """
        if self._packed or not hasattr(os, "pread"):
            return True
        number, end = self._file.fileno(), self._before + self._at + size
        try:
            return end <= os.fstat(number).st_size and _is_close(os.pread(number, 4, end))
        except OSError:
            return True

    def closes_record(self) -> bool:
        """Whether what ends a record is here, the blank line between two or the end, and go over it.

        Raises:
            BrokenFileError: The member that the record stands in turns out to be broken.
        """
        blank = self.peek(4)
        if not _is_close(blank):
            return False
        self._at += len(blank) - len(blank.lstrip(b"\r\n"))
        self.peek(1)  # a member's checksum stands behind it
        return True

    def seek_record(self) -> int:
        """Go on to the next line at which a record begins, a border or the end; return the bytes passed."""
        begun = self._before + self._at
        mark = b"\n" + RECORD
        while True:
            found = self._held.find(mark, self._at)
            if found >= 0:
                self._at = found + 1
                break
            self._at = max(self._at, len(self._held) - len(mark) + 1)
            if not self._fill():
                self._at = len(self._held)
                break
        return self._before + self._at - begun

    def _fill(self) -> bool:
        """Hold a piece more, behind what is held and not read yet; False at a border, a fault or the end."""
        if self._border is not None or self._fault is not None:
            return False
        try:
            piece = next(self._pieces, None)
        except BrokenFileError as error:
            if error.member == self._member:
                raise
            self._fault = error  # of a member behind this one, whose records are sound
            return False
        if piece is None:
            return False
        if piece.member != self._member and piece.data.startswith(RECORD):
            self._border = piece
            return False
        self._hold(piece)
        return True

    def _hold(self, piece: Piece) -> None:
        self._before += self._at
        self._held = self._held[self._at :] + piece.data
        self._at = 0
        if piece.member != self._member:
            self._member = piece.member
            self._begun = self._before + len(self._held) - len(piece.data)
            self._meter.restart()


def _is_close(blank: bytes) -> bool:
    """Whether four bytes, fewer at the end of a file, are what stands behind a record."""
    return blank == b"\r\n\r\n" or blank[:2] == b"\n\n" or (len(blank) < 4 and not blank.strip(b"\r\n"))


def _with_starts(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join the crumbs that a member may begin with until it can be told whether a record begins there."""
    crumb: Piece | None = None
    opened = -1
    for piece in pieces:
        if crumb is not None and piece.member == crumb.member:
            piece = Piece(crumb.data + piece.data, piece.member)
        elif crumb is not None:
            yield crumb
        crumb = None
        if piece.member != opened and len(piece.data) < len(RECORD):
            crumb = piece
            continue
        opened = piece.member
        yield piece
    if crumb is not None:
        yield crumb


def find_record(file: BinaryIO, start: int, packed: str, options: ReadOptions) -> int | None:
    """Find the next gzip member or zstd frame, at or behind ``start``, that begins a record.

    Returns:
        Where it begins in the file; None where there is none, or the file cannot be read.
    """
    magic, trial = _MAGIC[packed], _TRIAL[packed]
    new = decoders(packed, options)
    window, more = b"", True
    try:
        file.seek(start)
        while more:
            piece = file.read(_SEARCHED)
            more = len(piece) > 0
            window += piece
            at = window.find(magic)
            while at >= 0 and (not more or len(window) - at >= trial):
                if _begins_record(memoryview(window)[at : at + trial], new()):
                    return start + at
                at = window.find(magic, at + 1)
            passed = at if at >= 0 else max(len(window) - len(magic) + 1, 0)
            start, window = start + passed, window[passed:]
    except OSError:
        pass
    return None


def _begins_record(data: memoryview, decoder: Decoder) -> bool:
    out = b""
    try:
        for at in range(0, len(data), _TRIAL_STEP):
            out += decoder.step(bytes(data[at : at + _TRIAL_STEP]))[0]
            if len(out) >= len(RECORD) or decoder.ended:
                break
    except decoder.errors:
        return False
    return out.startswith(RECORD)
