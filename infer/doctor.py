"""``mujaz doctor``: what is installed, what runs, and whether it works here."""

from __future__ import annotations

import json
import locale
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import onnxruntime
from packaging.requirements import Requirement

from infer.bundle import PROVIDER, available_cores, open_bundle
from infer.errors import ModelError
from infer.pipeline import DEFAULT_MODEL, DEFAULT_WRITER, default_model, load
from infer.schema import Article, Record

OK, MISSING, BROKEN = "ok", "missing", "broken"
# What matters to the speed of int8 and bfloat16.
FLAGS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_bf16",
    "asimddp",
    "i8mm",
)
DIGITS = 12

TITLE = "غارات على خان يونس ورفح توقع 12 قتيلا بينهم أربعة أطفال"
BODY = (
    "قتل 12 فلسطينيا بينهم أربعة أطفال في غارات إسرائيلية على خان يونس ورفح جنوب قطاع غزة، فجر الأربعاء، "
    "وفق مصادر طبية.\n"
    "وقال مسعفون إن فرق الإنقاذ ما زالت تبحث عن مفقودين تحت الأنقاض، فيما نزحت عائلات من شرق المدينة."
)
EXPECTED = "gaza"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: ``ok``, ``missing`` (something works without it) or ``broken``.
        said: What was found, and the remedy where it is not ok.
    """

    name: str
    state: str
    said: str


def examine() -> Iterator[Finding]:
    """Look at everything, one after another; nothing raises."""
    for name, look in _LOOKS.items():
        try:
            yield from look()
        except Exception as error:
            yield Finding(name, BROKEN, f"{type(error).__name__}: {error}")


def _machine() -> Iterator[Finding]:
    yield Finding("mujaz", OK, f"{version('mujaz')} in {Path(__file__).parent}")
    yield Finding("python", OK, f"{platform.python_version()} ({platform.system()} {platform.machine()})")
    flags = _flags()
    known = " ".join(flag for flag in FLAGS if flag in flags) or "none of the flags that speed models up"
    yield Finding("processor", OK, f"{available_cores()} cores; {known}")
    encoding = locale.getpreferredencoding(False)
    if sys.stdout.encoding.lower().replace("-", "") == "utf8":
        yield Finding("terminal", OK, f"{sys.stdout.encoding}, locale {encoding}")
    else:
        remedy = "Arabic cannot be printed; set PYTHONUTF8=1 or LANG=C.UTF-8"
        yield Finding("terminal", BROKEN, f"{sys.stdout.encoding}: {remedy}")


def _flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    lines = (line.partition(":")[2] for line in text.splitlines() if line.startswith(("flags", "Features")))
    return set(next(lines, "").split())


def _runtime() -> Iterator[Finding]:
    there = ", ".join(onnxruntime.get_available_providers())
    yield Finding(
        "onnxruntime", OK, f"{onnxruntime.__version__}; models run on {PROVIDER} (there are {there})"
    )


def _extras() -> Iterator[Finding]:
    wanted: dict[str, list[Requirement]] = {}
    for line in requires("mujaz") or ():
        requirement = Requirement(line)
        for extra in ("archive", "digest", "ray", "redis", "serve", "train"):
            asked = requirement.marker and requirement.marker.evaluate({"extra": extra})
            if asked and requirement.name != "mujaz":
                wanted.setdefault(extra, []).append(requirement)
    for extra, requirements in wanted.items():
        lacking = [text for each in requirements if (text := _lacking(each))]
        if lacking:
            yield Finding(f"[{extra}]", MISSING, f"{', '.join(lacking)}; pip install 'mujaz[{extra}]'")
        else:
            there = ", ".join(f"{each.name} {version(each.name)}" for each in requirements)
            yield Finding(f"[{extra}]", OK, there)


def _lacking(requirement: Requirement) -> str | None:
    try:
        there = version(requirement.name)
    except PackageNotFoundError:
        return f"no {requirement.name}"
    return None if requirement.specifier.contains(there, prereleases=True) else f"{requirement.name} {there}"


def _models() -> Iterator[Finding]:
    yield _model(DEFAULT_MODEL)
    try:
        default_model(DEFAULT_WRITER)
    except ModelError:
        yield Finding(DEFAULT_WRITER, MISSING, "summaries are the articles' own leads")
    else:
        yield _model(DEFAULT_WRITER)


def _model(name: str) -> Finding:
    try:
        folder = default_model(name)
        bundle = open_bundle(folder)  # which compares every file with the manifest
    except ModelError as error:
        return Finding(name, BROKEN, str(error))
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    sums = ", ".join(f"{file} {digest[:DIGITS]}" for file, digest in bundle.files.items() if ".onnx" in file)
    return Finding(name, OK, f"{bundle.name}, {size:.1f} MB in {folder}; {sums}")


def _folders() -> Iterator[Finding]:
    folder = tempfile.gettempdir()
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
    yield Finding("temporary files", OK, folder)


def _self_test() -> Iterator[Finding]:
    start = time.monotonic()
    pipeline = load()
    opened = time.monotonic() - start
    article = Article("self-test", TITLE, BODY)
    pipeline.analyze([article])
    start = time.monotonic()
    [record] = pipeline.analyze([article])
    took = time.monotonic() - start
    if not isinstance(record, Record) or record.topics != (EXPECTED,) or not record.summary:
        found = record.topics if isinstance(record, Record) else record.reason
        yield Finding("self-test", BROKEN, f"an article on {EXPECTED} was given {found}; install Mujaz again")
        return
    score = (record.scores or {})[EXPECTED]
    times = f"opened in {opened:.2f} s, read in {1000 * took:.0f} ms"
    yield Finding("self-test", OK, f"{EXPECTED} {score:.0%}, summary by {record.summary_method}; {times}")


_LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "machine": _machine,
    "onnxruntime": _runtime,
    "extras": _extras,
    "models": _models,
    "temporary files": _folders,
    "self-test": _self_test,
}


def as_json(findings: list[Finding]) -> str:
    """All of it, for programs."""
    content: dict[str, Any] = {"ok": not any(each.state == BROKEN for each in findings)}
    return json.dumps(
        content | {"findings": [asdict(each) for each in findings]}, ensure_ascii=False, indent=1
    )
