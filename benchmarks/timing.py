"""What the speed benchmarks share: engines in turn, ratios within one run, the machine."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from infer.bundle import available_cores


def measure(engines: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Seconds of every run, engines in turn, after one uncounted round."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(runs + 1):
        for name, engine in engines.items():
            start = time.perf_counter()
            engine()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def times_as_fast(seconds: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
    """How many times as fast the first engine is as each other: median, least and most of the runs."""
    ours, *peers = seconds
    found = {}
    for name in peers:
        ratios = [b / a for a, b in zip(seconds[ours], seconds[name], strict=True)]
        found[name] = {
            "median": round(statistics.median(ratios), 2),
            "least": round(min(ratios), 2),
            "most": round(max(ratios), 2),
        }
    return found


def machine(*packages: str) -> dict[str, Any]:
    """Processor, cores, Python, and versions of packages, None for one that is not installed."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": available_cores(),
        "python": platform.python_version(),
        **{name: _version(name) for name in packages},
    }


def publish(result: dict[str, Any], output: Path | None) -> None:
    """Print a result, and write it where a file is named."""
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n", encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
