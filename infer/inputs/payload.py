"""What an HTTP response carries, out of how it was sent: chunks and content encodings, under a limit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from infer.cells import printable
from infer.inputs.compressed import NO_ZSTD, PIECE

_NO_BROTLI = "content encoding br is unpacked by brotli: pip install 'mujaz[archive]'"
_MOST_LAYERS = 3  # content encodings over each other; servers send one
_MOST_CHUNK_HEAD = 1024
_STARTS = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}


class PayloadError(ValueError):
    """A payload that cannot be had; its message is the reason to give."""


class TooLargeError(PayloadError):
    """A payload that is over the limit."""


def body_of(raw: bytes, *, transfer: str, encodings: str, limit: int) -> bytes:
    """Return the body of an HTTP response.

    Crawlers often store the body as it is and keep the headers that it was sent with. A body
    that is not in chunks, or does not start as its encoding does, is taken as it stands.

    Args:
        raw: What follows the headers.
        transfer: The value of ``Transfer-Encoding``, empty where there is none.
        encodings: The value of ``Content-Encoding``.
        limit: Most bytes of the body, packed or not.

    Raises:
        PayloadError: The body is cut or damaged, or its encoding is not read.
        TooLargeError: It unpacks to more than ``limit``.
    """
    body = _joined(raw) if "chunked" in transfer.lower() else raw
    layers = [name.strip().lower().removeprefix("x-") for name in encodings.split(",")]
    layers = [name for name in layers if name not in ("", "identity", "none")]
    if len(layers) > _MOST_LAYERS:
        raise PayloadError(f"is packed {len(layers)} times over; up to {_MOST_LAYERS} are unpacked")
    for name in reversed(layers):
        if name not in _UNPACKERS:
            shown = printable(name, 20)
            raise PayloadError(f"content encoding {shown!r} is not read; gzip, deflate, br and zstd are")
        if body.startswith(_STARTS.get(name, b"")):
            body = _UNPACKERS[name](body, limit)
    return body


def _joined(raw: bytes) -> bytes:
    """Join chunks; one that is cut ends the body, as in a browser."""
    parts: list[bytes] = []
    at = 0
    while True:
        end = raw.find(b"\r\n", at, at + _MOST_CHUNK_HEAD)
        try:
            size = int(raw[at:end].split(b";")[0].strip(), 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0:
            if not parts:
                return raw
            raise PayloadError("its chunks are damaged")
        if size == 0:
            return b"".join(parts)
        parts.append(raw[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if at >= len(raw):
            raise PayloadError("its last chunk is not there: the response was cut")


def _gzip(data: bytes, limit: int) -> bytes:
    out = bytearray()
    while data.startswith(_STARTS["gzip"]):  # what stands behind the last member is padding
        member, data = _inflated(data, limit - len(out), "gzip", wbits=31)
        out += member
    return bytes(out)


def _deflate(data: bytes, limit: int) -> bytes:
    # Many servers leave out the two bytes that the standard asks for.
    wrapped = len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return _inflated(data, limit, "deflate", wbits=15 if wrapped else -15)[0]


def _inflated(data: bytes, limit: int, name: str, *, wbits: int) -> tuple[bytes, bytes]:
    decoder = zlib.decompressobj(wbits=wbits)
    try:
        out = decoder.decompress(data, limit + 1)
    except zlib.error as error:
        raise PayloadError(f"its {name} data is damaged") from error
    return _whole(out, limit, name, ended=decoder.eof), decoder.unused_data


def _whole(out: bytes, limit: int, name: str, *, ended: bool) -> bytes:
    if len(out) > limit:
        raise TooLargeError
    if not ended:
        raise PayloadError(f"its {name} data ends too early: the response was cut")
    return out


def _brotli(data: bytes, limit: int) -> bytes:
    try:
        import brotli
    except ImportError:
        raise PayloadError(_NO_BROTLI) from None
    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        out += decoder.process(data, output_buffer_limit=PIECE)
        while not decoder.is_finished() and len(out) <= limit:
            piece = decoder.process(b"", output_buffer_limit=PIECE)
            if not piece:
                break
            out += piece
    except TypeError:  # before 1.2, which cannot stop
        raise PayloadError("content encoding br needs brotli 1.2 or newer: pip install -U brotli") from None
    except brotli.error as error:
        raise PayloadError("its br data is damaged") from error
    return _whole(bytes(out), limit, "br", ended=decoder.is_finished())


def _zstd(data: bytes, limit: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise PayloadError(NO_ZSTD) from None
    # Browsers refuse longer windows too (RFC 9659).
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 23).decompressobj()
    out = bytearray()
    try:
        for piece in _slices(data, 512):
            out += decoder.decompress(piece)
            if decoder.eof or len(out) > limit:
                break
    except zstandard.ZstdError as error:
        raise PayloadError("its zstd data is damaged") from error
    return _whole(bytes(out), limit, "zstd", ended=decoder.eof)


def _slices(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


_UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
