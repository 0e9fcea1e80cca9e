"""Files that are written whole, and as people can read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft to be written, which takes the place of ``path`` at the end: what is there is finished.

    The folder is made; the draft has the suffix of ``path``, as some libraries choose a format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.stem}.draft{path.suffix}")
    yield draft
    draft.replace(path)


def save_whole(path: Path, values: npt.NDArray[Any]) -> None:
    """Write an array to an ``.npy``, whole or not at all."""
    with whole(path) as draft:
        np.save(draft, values)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of a model folder as people can read it."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
