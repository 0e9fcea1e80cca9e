"""Configuration files: YAML in, validated pydantic models out, unknown keys refused."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from infer.errors import UsageError


class Strict(BaseModel):
    """Base of all configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Config = TypeVar("Config", bound=Strict)


def load_config(path: Path, kind: type[Config]) -> Config:
    """Read a YAML file as ``kind``.

    Raises:
        UsageError: The file is missing, is not YAML, or has an unknown, missing or mistyped key;
            the message names the file, the key and what is allowed.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such configuration file") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not readable as YAML: {error}") from None
    if not isinstance(data, dict):
        raise UsageError(f"{path}: expected keys and values, found {type(data).__name__}")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise UsageError("\n".join(_explain(path, kind, error))) from None


def _explain(path: Path, kind: type[Strict], error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"]))
        message = f"{path}: {key}: {problem['msg']} (found {problem['input']!r})"
        if problem["type"] == "extra_forbidden":
            message = f"{path}: unknown key {key!r}; allowed: {', '.join(_allowed(kind, problem['loc']))}"
        elif problem["type"] == "missing":
            message = f"{path}: key {key!r} is missing"
        lines.append(message)
    return lines


def _allowed(kind: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Keys of the model that the last element of ``location`` was found in."""
    for step in location[:-1]:
        if isinstance(step, int):
            continue
        annotation = kind.model_fields[step].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        kind = inner
    return sorted(kind.model_fields)
