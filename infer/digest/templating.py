"""Jinja's environment, as pages and mails are written with."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from infer.extras import need

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache
def environment(finalize: Callable[[object], object] | None = None) -> Environment:
    """One in which everything is escaped and a name that is missing is an error; templates are read once.

    Args:
        finalize: What becomes of each value before it is written.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    need("digests", "digest", "jinja2")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
