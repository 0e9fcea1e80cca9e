"""Files that are written whole, and as people can read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def save_whole(path: Path, values: npt.NDArray[Any]) -> None:
    """Write an array, whole or not at all: what is there is taken for finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        np.save(file, values)
    draft.replace(path)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of a model folder as people can read it."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
