"""Numbers on which a story's reports differ."""

from __future__ import annotations

from collections.abc import Sequence

from infer.digest.day import Difference


def differences(texts: Sequence[str]) -> tuple[Difference, ...]:
    """Stands in for the real one: none."""
    return ()
