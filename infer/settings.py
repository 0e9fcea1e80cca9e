"""Configuration files: YAML in, validated pydantic models out, unknown keys refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from infer.errors import UsageError


class Strict(BaseModel):
    """Base of all configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def but(self, **given: object) -> Self:
        """A copy in which what is given stands instead; None is not given."""
        return self.model_copy(update={name: value for name, value in given.items() if value is not None})


Config = TypeVar("Config", bound=Strict)


def load_config(path: Path, kind: type[Config], prefix: str = "") -> Config:
    """Read a YAML file as ``kind``.

    Args:
        path: The file.
        kind: What it is to be.
        prefix: Environment variables that begin so go before the file: what follows is the key in capitals,
            with two underscores between a key and one inside it, and the value is YAML.

    Raises:
        UsageError: The file is missing, is not YAML, or has an unknown, missing or mistyped key;
            the message names the file or the variable, the key and what is allowed.
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
    variables = _put_environment(data, prefix) if prefix else {}
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise UsageError("\n".join(_explain(str(path), kind, error, variables))) from None


def shipped_config(name: str) -> Path:
    """A configuration that comes with Mujaz, in the installed package or in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_configs" / name
    return installed if installed.exists() else package.parent / "configs" / name


def _put_environment(data: dict[str, Any], prefix: str) -> dict[str, str]:
    """Put what variables say into the data; gives each one's name by its key."""
    names = {}
    for name, value in sorted(os.environ.items()):
        if not name.startswith(prefix):
            continue
        *outer, last = name.removeprefix(prefix).lower().split("__")
        place = data
        for key in outer:
            inner = place.get(key)
            place[key] = dict(inner) if isinstance(inner, dict) else {}
            place = place[key]
        try:
            place[last] = yaml.safe_load(value)
        except yaml.YAMLError:
            place[last] = value
        names[".".join((*outer, last))] = name
    return names


def _explain(file: str, kind: type[Strict], error: ValidationError, variables: dict[str, str]) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"]))
        path = variables.get(key, file)
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
