"""What the tests of the readers share."""

import json
from pathlib import Path

from infer.inputs import read
from infer.schema import Article, Reject


def split(*args, **kwargs) -> tuple[list[Article], list[Reject]]:
    """Everything that is read, articles and rejects apart."""
    found = list(read(*args, **kwargs))
    return [f for f in found if isinstance(f, Article)], [f for f in found if isinstance(f, Reject)]


def articles(*args, **kwargs) -> list[Article]:
    """The articles, where nothing may be rejected."""
    found, rejects = split(*args, **kwargs)
    assert not rejects, rejects
    return found


def one_reject(*args, **kwargs) -> Reject:
    """The reject, where nothing else may come."""
    found, [reject] = split(*args, **kwargs)
    assert not found
    return reject


def put(path: Path, data: bytes | str) -> Path:
    """Write a file."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def write_jsonl(path: Path, rows: list) -> Path:
    """Write one JSON object a line."""
    return put(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
