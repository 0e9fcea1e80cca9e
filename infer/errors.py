"""The two errors that end a run before it starts; bad articles are Rejects instead."""

from __future__ import annotations


class UsageError(ValueError):
    """A command line or argument that cannot be meant: exit code 2."""


class ModelError(ValueError):
    """A model folder that is refused: exit code 1."""
