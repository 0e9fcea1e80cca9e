"""Whether time grows with length only: a ratio of two runs, which no slow machine changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

GROWTH = 8
# Eight times the input takes eight times as long, and 64 times where something is quadratic.
MOST = 32
LEAST_SECONDS = 0.002  # below this the clock is mostly noise


def assert_linear(function: Callable[[Any], object], make: Callable[[int], Any], size: int) -> None:
    """Compare the function's time on ``make(size)`` and on ``make(8 * size)``."""
    base = max(min(_seconds(function, make(size)) for _ in range(2)), LEAST_SECONDS)
    long = min(_seconds(function, make(GROWTH * size)) for _ in range(2))
    assert long < MOST * base, f"{size}: {base:.3f} s, {GROWTH * size}: {long:.3f} s"


def _seconds(function: Callable[[Any], object], given: object) -> float:
    start = time.process_time()
    function(given)
    return time.process_time() - start
