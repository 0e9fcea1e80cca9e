"""Stands in for ``infer.stories.events``, which takes its place: reports with equal words are one event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infer.text import normalize, words

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Told:
    """A report as grouping sees it."""

    title: str
    text: str
    published: str | None
    source: str | None


def group(reports: Sequence[Told], vectors: Vectors | None = None) -> list[list[int]]:
    """Places of the reports, those of one event together."""
    groups: dict[frozenset[str], list[int]] = {}
    for place, report in enumerate(reports):
        groups.setdefault(frozenset(words(normalize(report.title))) or frozenset([str(place)]), []).append(
            place
        )
    return list(groups.values())
