"""A model folder, checked against its manifest before anything in it is used."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import onnxruntime
from tokenizers import Tokenizer

from infer.errors import ModelError

PROVIDER = "CPUExecutionProvider"
"""Of ONNX Runtime; models run on it alone."""
MANIFEST = "manifest.json"
# Formats that run code when they are opened.
PICKLES = {".bin", ".ckpt", ".dill", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}
PICKLE_START = b"\x80"  # protocols 2 and later, whatever the file is called


@dataclass(frozen=True)
class Bundle:
    """An opened model folder whose files are what its manifest says.

    Attributes:
        folder: Where it lies.
        config: Its ``config.json``.
        digest: SHA-256 of the manifest, which pins every file.
        files: SHA-256 of each file by its name.
    """

    folder: Path
    config: dict[str, Any]
    digest: str
    files: dict[str, str]

    @property
    def name(self) -> str:
        """Name and version as records carry them: ``topics-compact@1a2b3c``."""
        return f"{self.config['name']}@{self.digest[:6]}"

    @cached_property
    def generation(self) -> dict[str, Any]:
        """Its ``generation_config.json``, which only a model that writes has.

        Raises:
            ModelError: There is none.
        """
        return _read_json(self.folder / "generation_config.json", self.folder)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The folder's tokenizer, without padding or truncation; text never yields a special token."""
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True
        return tokenizer

    def session(self, graph: str, threads: int | None = None) -> onnxruntime.InferenceSession:
        """Open an ONNX graph of the folder on the CPU.

        Args:
            graph: File name in the folder.
            threads: Threads inside an operator; all cores where None.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_cores()
        options.inter_op_num_threads = 1
        # Errors only: warnings about fused nodes mean nothing to a user.
        options.log_severity_level = 3
        path = self.folder / graph
        return onnxruntime.InferenceSession(str(path), options, providers=[PROVIDER])


def open_bundle(folder: str | Path) -> Bundle:
    """Check a model folder and open it.

    Raises:
        ModelError: It is missing or not a model folder, holds a pickle or a file that the manifest
            does not name, lacks one that it names, or a file's SHA-256 is another than the manifest's.
    """
    folder = Path(folder)
    manifest = _read_json(folder / MANIFEST, folder)
    expected = manifest.get("files")
    if not isinstance(expected, dict):
        raise ModelError(f"{folder / MANIFEST}: has no 'files'; export the model again")
    _check_files(folder, expected)
    config = _read_json(folder / "config.json", folder)
    return Bundle(folder, config, sha256(folder / MANIFEST), expected)


def write_manifest(folder: Path) -> None:
    """Write the SHA-256 of every file of a model folder."""
    files = {name: sha256(folder / name) for name in _names(folder)}
    text = json.dumps({"files": files}, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def available_cores() -> int:
    """Cores this process may use, which a container or taskset can make fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_files(folder: Path, expected: dict[str, str]) -> None:
    present = _names(folder)
    for name in present:
        if _is_pickle(folder / name):
            raise ModelError(
                f"{folder / name}: is a pickle, which can run code when opened; the folder is refused "
                f"(SHA-256 {sha256(folder / name)}, in the manifest: {expected.get(name, 'none')}); remove it"
            )
    _refuse(folder, sorted(expected.keys() - set(present)), "is named in the manifest but missing")
    _refuse(folder, sorted(set(present) - expected.keys()), "is not named in the manifest")
    for name, digest in expected.items():
        found = sha256(folder / name)
        if found != digest:
            raise ModelError(
                f"{folder / name}: SHA-256 is {found}, the manifest says {digest}; "
                "the file was changed or damaged: get the model folder again"
            )


def _is_pickle(path: Path) -> bool:
    if path.suffix.lower() in PICKLES:
        return True
    with path.open("rb") as file:
        return file.read(1) == PICKLE_START


def _refuse(folder: Path, names: Sequence[str], problem: str) -> None:
    if names:
        raise ModelError(f"{folder / names[0]}: {problem} ({len(names)} such); get the model folder again")


def _names(folder: Path) -> list[str]:
    """Every file of the folder but the manifest, as sorted relative names."""
    paths = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(name for path in paths if (name := path.relative_to(folder).as_posix()) != MANIFEST)


def _read_json(path: Path, folder: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder}: not a model folder, it has no {path.name}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not readable as JSON: {error}") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path}: expected an object, found {type(content).__name__}")
    return content
