"""Packages that only some commands need: whether they are there, and how they come."""

from __future__ import annotations

from importlib.util import find_spec

from infer.errors import UsageError


def need(what: str, extra: str, *modules: str) -> None:
    """Check for modules without importing them, before any work is done.

    Args:
        what: What needs them, as a message begins.
        extra: Mujaz's extra that brings them.
        modules: Names of top-level modules.

    Raises:
        UsageError: Some are not installed; names them all.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UsageError(f"{what} need {', '.join(missing)}: pip install 'mujaz[{extra}]'")
