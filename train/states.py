"""What a frozen encoder makes of sources, computed once and kept on disk.

While the encoder stays as it is, only the decoder has to run: on a CPU a step takes a quarter of the time.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from train.files import save_whole
from train.pairs import Ints

log = logging.getLogger(__name__)

# Sources of a file, which is written whole, so that what is done when the process ends is kept.
SHARD = 1_024
BATCH = 32


class States:
    """Hidden states of sources, in half precision.

    Args:
        folder: Where they are kept; each encoder wants a folder of its own.
        encoder: Returns ``last_hidden_state`` (batch × tokens × width); its parameters must not change.
        padding: Token id that fills sources up.
    """

    def __init__(self, folder: Path, encoder: nn.Module, padding: int) -> None:
        self.folder = folder
        self.encoder = encoder
        self.padding = padding
        self._shards: list[npt.NDArray[np.float16]] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        for path in sorted(self.folder.glob("*.keys.npy")):
            self._open(path)

    def fill(self, sources: npt.NDArray[np.int32]) -> Ints:
        """Encode the sources that are not kept yet, the long ones first.

        Args:
            sources: Token ids, rows × tokens, filled up with ``padding``.

        Returns:
            For ``take``: shard and place of each row, rows × 2.
        """
        lengths = (sources != self.padding).sum(1)
        keys = [_key(row[:length]) for row, length in zip(sources, lengths, strict=True)]
        missing = list({key: row for row, key in enumerate(keys) if key not in self._places}.values())
        missing.sort(key=lambda row: -int(lengths[row]))
        for start in range(0, len(missing), SHARD):
            rows = np.array(missing[start : start + SHARD])
            self._encode(sources[rows], lengths[rows], [keys[row] for row in rows])
            log.info("encoded %d of %d sources", start + len(rows), len(missing))
        return np.array([self._places[key] for key in keys], np.int64)

    def take(self, places: Ints, width: int) -> torch.Tensor:
        """Hidden states of rows, rows × ``width`` × hidden width; any behind a source's end."""
        found = np.zeros((len(places), width, self._shards[0].shape[-1]), np.float16)
        for row, (shard, place) in zip(found, places, strict=True):
            kept = self._shards[shard][place, :width]
            row[: len(kept)] = kept
        return torch.from_numpy(found).float()

    @torch.inference_mode()
    def _encode(self, sources: npt.NDArray[np.int32], lengths: Ints, keys: list[bytes]) -> None:
        self.encoder.eval()
        device = next(self.encoder.parameters()).device
        parts = []
        for start in range(0, len(sources), BATCH):
            ids = torch.from_numpy(sources[start : start + BATCH, : lengths[start]]).long().to(device)
            hidden = self.encoder(ids, attention_mask=(ids != self.padding).long()).last_hidden_state
            short = int(lengths[0] - lengths[start])
            parts.append(np.pad(hidden.half().cpu().numpy(), ((0, 0), (0, short), (0, 0))))
        name = f"{len(self._shards):05d}"
        save_whole(self.folder / f"{name}.states.npy", np.concatenate(parts))
        # The keys come last: without them the states are written anew.
        save_whole(self.folder / f"{name}.keys.npy", np.frombuffer(b"".join(keys), np.dtype("S16")))
        self._open(self.folder / f"{name}.keys.npy")

    def _open(self, path: Path) -> None:
        shard = len(self._shards)
        self._shards.append(np.load(path.with_name(path.name.replace("keys", "states")), mmap_mode="r"))
        self._places |= {bytes(key): (shard, place) for place, key in enumerate(np.load(path))}


def _key(tokens: npt.NDArray[np.int32]) -> bytes:
    # In hexadecimal, as NumPy drops zeros at the end of bytes.
    return hashlib.sha256(tokens.tobytes()).hexdigest()[:16].encode()
