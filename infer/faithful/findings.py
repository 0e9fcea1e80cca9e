"""What the checks of a summary report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One thing that a summary says and its article does not.

    Attributes:
        kind: ``number``, ``date``, ``name``, ``quote``, ``negation``, ``speaker`` or ``roles``.
        text: The words of the summary.
        why: What the article has instead, or lacks, as one sentence.
    """

    kind: str
    text: str
    why: str
