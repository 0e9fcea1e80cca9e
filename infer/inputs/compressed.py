"""Bytes of files and pipes in bounded pieces: plain, gzip or zstd."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

from infer.inputs.options import ReadOptions, megabytes

PIECE = 1 << 16
NAMES = {"gz": "gzip", "zst": "zstd"}
NO_WARCIO = "WARC files are read with warcio: pip install 'mujaz[archive]'"
NO_ZSTD = "zstd data are unpacked by zstandard: pip install 'mujaz[archive]'"
# What a zstd decoder is given at once. It knows no limit to what it gives back, which is at most 128 kB
# for every 4 bytes (one byte repeated): 16 MB for this much.
_ZSTD_PIECE = 1 << 9


class BrokenFileError(ValueError):
    """A file that cannot be read further; its message is the reason to give.

    Attributes:
        member: Where the gzip member or zstd frame that is broken begins in the file; 0 if plain.
    """

    def __init__(self, reason: str, member: int = 0) -> None:
        super().__init__(reason)
        self.member = member


def why(error: OSError) -> str:
    """Put an operating system's error into one sentence, without the path (the Reject's page has it)."""
    if isinstance(error, FileNotFoundError):
        return "file was there and is gone"
    if isinstance(error, PermissionError):
        return "file may not be read: permission denied"
    return f"file cannot be read: {error.strerror or error}"


class Piece(NamedTuple):
    """Some bytes of a file, unpacked and never empty.

    Attributes:
        data: The bytes.
        member: Where the gzip member or zstd frame that they come out of begins in the file; 0 if plain.
    """

    data: bytes
    member: int


@dataclass
class Meter:
    """What unpacking took and gave.

    Attributes:
        options: The limits.
        taken: Packed bytes since the last ``restart``.
        given: Unpacked bytes since then.
        before: Unpacked bytes before it.
    """

    options: ReadOptions
    taken: int = 0
    given: int = 0
    before: int = 0

    def restart(self) -> None:
        """Judge the ratio anew, as at the start of a file; the sum goes on."""
        self.before += self.given
        self.taken = self.given = 0

    @property
    def spent(self) -> bool:
        """Whether a file has given all that one file may."""
        return self.before + self.given > self.options.max_unpacked_bytes

    def fault(self, packed: str) -> str | None:
        """Say what is too much; None where nothing is."""
        options = self.options
        if self.spent:
            limit = megabytes(options.max_unpacked_bytes)
            return f"unpacks to more than {limit} (max_unpacked_bytes); the rest was left"
        if self.given > options.ratio_from_bytes and self.given > self.taken * options.max_unpacked_ratio:
            return (
                f"unpacks to more than {options.max_unpacked_ratio} times its size (max_unpacked_ratio), "
                f"as a {NAMES[packed]} bomb does; the rest was left"
            )
        return None


def pieces(stream: BinaryIO, *, packed: str, options: ReadOptions) -> Iterator[bytes]:
    """Give the bytes of a stream, unpacked where ``packed``, in pieces of at most about 64 kB.

    Args:
        stream: Where they are read.
        packed: ``gz``, ``zst``, or empty.
        options: The limits.

    Raises:
        BrokenFileError: The stream fails, is not packed so, ends early, or unpacks to too much.
            Whatever was good before that has been given.
    """
    return (piece.data for piece in members(stream, packed=packed, meter=Meter(options)))


def members(stream: BinaryIO, *, packed: str, meter: Meter, start: int = 0) -> Iterator[Piece]:
    """Give the same, and where the member or frame begins that each piece comes out of.

    Args:
        stream: Where they are read, from where it stands.
        packed: ``gz``, ``zst``, or empty.
        meter: Counts, and has the limits.
        start: Where the stream stands in the file.

    Raises:
        BrokenFileError: As of ``pieces``.
    """
    if not packed:
        return (Piece(data, 0) for data in _raw(stream, PIECE))
    raw = _raw(stream, PIECE if packed == "gz" else _ZSTD_PIECE)
    return _unpacked(raw, packed, meter, start)


def _raw(stream: BinaryIO, size: int) -> Iterator[bytes]:
    # read1 gives what a pipe has now instead of waiting for the piece to fill.
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    try:
        while piece := read(size):
            yield piece
    except OSError as error:
        raise BrokenFileError(why(error)) from error


def _unpacked(raw: Iterable[bytes], packed: str, meter: Meter, start: int) -> Iterator[Piece]:
    new = decoders(packed, meter.options)
    decoder: Decoder | None = None  # none is open: the start, or the place after one that ended
    member, end = start, start
    for rest in raw:
        end += len(rest)
        meter.taken += len(rest)
        pending = False  # input is used up, output is not
        while rest or pending:
            if decoder is None:
                # Tape padding behind a gzip member is legal.
                rest = rest.lstrip(b"\0") if packed == "gz" and meter.given else rest
                if not rest:
                    break
                decoder, member = new(), end - len(rest)
            try:
                data, rest, pending = decoder.step(rest)
            except decoder.errors as error:
                raise BrokenFileError(_fault(error, packed, meter.before + meter.given), member) from error
            meter.given += len(data)
            if fault := meter.fault(packed):
                raise BrokenFileError(fault, member)
            for at in range(0, len(data), PIECE):
                yield Piece(data[at : at + PIECE], member)
            if decoder.ended:
                decoder = None
    if decoder is not None:
        reason = f"{NAMES[packed]} data ends too early: the file was cut; nothing behind this was read"
        raise BrokenFileError(reason, member)


class Decoder(Protocol):
    """Unpacks one gzip member or zstd frame."""

    ended: bool

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What ``step`` raises where the data are none."""
        ...

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Return unpacked bytes, the input that is left, and whether more comes without input."""
        ...


def decoders(packed: str, options: ReadOptions) -> Callable[[], Decoder]:
    """Return what opens a decoder for a member of ``gz`` or a frame of ``zst``.

    Raises:
        BrokenFileError: zstandard is not installed.
    """
    if packed == "gz":
        return _Gzip
    try:
        import zstandard
    except ImportError:
        raise BrokenFileError(NO_ZSTD) from None
    # A frame names the window that its decoder has to hold, up to terabytes.
    frames = zstandard.ZstdDecompressor(max_window_size=options.max_window_bytes)

    class _Zstd:
        errors: tuple[type[Exception], ...] = (zstandard.ZstdError,)
        ended = False

        def __init__(self) -> None:
            self._decoder = frames.decompressobj()

        def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
            piece = self._decoder.decompress(data)
            self.ended = self._decoder.eof
            return piece, self._decoder.unused_data, False

    return _Zstd


class _Gzip:
    errors: tuple[type[Exception], ...] = (zlib.error,)
    ended = False

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        piece = self._decoder.decompress(data, PIECE)
        if self._decoder.eof:
            self.ended = True
            return piece, self._decoder.unused_data, False
        return piece, self._decoder.unconsumed_tail, len(piece) == PIECE


def _fault(error: Exception, packed: str, given: int) -> str:
    text, name = str(error).lower(), NAMES[packed]
    if not given and ("header" in text or "unknown frame" in text):
        return f"file is named .{packed}, but is no {name} data"
    if "check" in text:  # "incorrect data check" of zlib, "doesn't match checksum" of zstd
        return f"{name} checksum is wrong: what was read of this file may be damaged"
    if "too much memory" in text:
        return "zstd data needs a window over the limit (max_window_bytes): pack it anew without --long"
    if "dictionary" in text:
        return "zstd data was packed with a dictionary that is not in it: pack it anew without one"
    return f"{name} data is damaged here; nothing behind this was read"


def first_bytes(source: Iterator[bytes]) -> bytes:
    """Take the first piece, or several where they are short: enough to tell what a file is."""
    head = b""
    while len(head) < 16 and (piece := next(source, b"")):
        head += piece
    return head
