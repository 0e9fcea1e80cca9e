"""One run over inputs: read, analyze, write or show, and say how it went."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task
from rich.text import Text

from infer import table
from infer.archive import REJECTS, is_url, open_archive
from infer.errors import UsageError
from infer.inputs import estimate, read
from infer.inputs.options import ReadOptions
from infer.outputs import REJECTS_SUFFIX, Output, open_output
from infer.pipeline import Pipeline, Result
from infer.schema import Reject

# A table is read by people: narrower than this it wraps too much, wider it tires the eye.
TABLE_WIDTHS = (80, 120)


@dataclass(frozen=True)
class ArchiveOptions:
    """How an archive is labelled, see ``infer.archive.open_archive``."""

    exact: bool = False
    engine: str = "local"
    threads: int | None = None


@dataclass
class Outcome:
    """How a run went.

    Attributes:
        records, rejected: How many of each were written.
        topics: Records of each topic, and of ``other``.
        seconds: Wall time, without loading the models.
    """

    records: int = 0
    rejected: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def count(self, result: Result) -> None:
        """Count one more."""
        if isinstance(result, Reject):
            self.rejected += 1
            return
        self.records += 1
        if result.topics is not None:
            self.topics.update(result.topics or [table.OTHER])


def run(
    inputs: Sequence[str],
    output: str | None,
    options: ReadOptions,
    models: Callable[[], Pipeline],
    archive: ArchiveOptions | None = None,
    rejects: str | None = None,
) -> Outcome:
    """Label or summarize every article of the inputs.

    Args:
        inputs: Files, folders, ``-``.
        output: A file, an archive's folder (a name without a suffix), or a table where None.
        options: How inputs are read.
        models: Opens them; called when the inputs have been looked at.
        archive: What only archives take.
        rejects: Where the report says that an archive's rejects are, if they will not stay in its folder.

    Raises:
        UsageError: An input or the output cannot be used.
        ModelError: A model folder is refused.
    """
    items = read(inputs, options)  # complains before a model is loaded
    into_archive = output not in (None, "-") and not PurePosixPath(output or "").suffix
    if not into_archive and output and is_url(output):
        remedy = "name a file of this machine, or an archive: a URL without a suffix"
        raise UsageError(f"{output!r}: single files are not written to URLs; {remedy}")
    if not into_archive and archive and (archive.exact or archive.engine != "local"):
        given = "--exact" if archive.exact else "--engine"
        raise UsageError(f"{given} is for archives alone: name a folder with -o, or drop it")
    pipeline = models()
    if into_archive and pipeline.topics:
        return _into_archive(output or "", pipeline, inputs, options, archive or ArchiveOptions(), rejects)
    return _run(pipeline, pipeline.stream(items), inputs, output)


def _into_archive(
    folder: str,
    pipeline: Pipeline,
    inputs: Sequence[str],
    options: ReadOptions,
    settings: ArchiveOptions,
    rejects: str | None,
) -> Outcome:
    outcome = Outcome()
    start = time.monotonic()
    try:
        with (
            open_archive(folder, pipeline, options, **vars(settings)) as run,
            _progress(run.results(inputs), inputs) as watched,
        ):
            for result in watched:
                outcome.count(result)
    except KeyboardInterrupt:
        if rejects is not None:
            raise
        raise KeyboardInterrupt(f"what was labelled is kept in {folder}; the same command goes on") from None
    outcome.seconds = time.monotonic() - start
    passed = f"; {run.planner.unchanged:,} unchanged" if run.planner.unchanged else ""
    passed += f"; {run.planner.files_unchanged:,} files unchanged" if run.planner.files_unchanged else ""
    passed += f"; {run.missing:,} parts were missing, their records made again" if run.missing else ""
    passed += f" but for {len(run.planner.lost):,} not in these inputs" if run.planner.lost else ""
    copies = f"; {run.copies:,} copies of others" if run.copies else ""
    _report(outcome, rejects or f"{folder.rstrip('/')}/{REJECTS}", copies + passed)
    return outcome


def _run(pipeline: Pipeline, results: Iterator[Result], inputs: Sequence[str], output: str | None) -> Outcome:
    outcome = Outcome()
    start = time.monotonic()
    if output is None:
        with _progress(results, inputs) as watched:
            shown = list(watched)
        outcome.seconds = time.monotonic() - start
        _show(shown, outcome)
    else:
        names = pipeline.topics.topics if pipeline.topics else ()
        explained = pipeline.explain
        with _progress(results, inputs) as watched, open_output(output, names, explained=explained) as out:
            _write(watched, out, outcome)
        outcome.seconds = time.monotonic() - start
    _report(outcome, "above" if output in (None, "-") else f"{output}{REJECTS_SUFFIX}")
    return outcome


def _write(results: Iterator[Result], out: Output, outcome: Outcome) -> None:
    for result in results:
        if isinstance(result, Reject):
            out.reject(result)
        else:
            out.write(result)
        outcome.count(result)


def _show(results: Iterable[Result], outcome: Outcome) -> None:
    console = Console()
    low, high = TABLE_WIDTHS
    rows = table.article_table(min(max(console.width, low), high))
    for result in results:
        outcome.count(result)
        if isinstance(result, Reject):
            print(table.rejected(result), file=sys.stderr)
        else:
            table.add(rows, result, console)
    if outcome.records:
        console.print(rows, width=rows.width)


def _report(outcome: Outcome, rejects: str, more: str = "") -> None:
    """One line on standard error: it must not end up in what is piped on."""
    rate = outcome.records / outcome.seconds if outcome.seconds else 0.0
    line = f"{outcome.records} articles in {outcome.seconds:.1f} s ({rate:.0f} a second)"
    if outcome.topics:
        line += f": {table.totals(outcome.topics)}"
    line += more
    if outcome.rejected:
        line += f"; {outcome.rejected} rejected, see {rejects}"
    print(line, file=sys.stderr)


@contextmanager
def _progress(results: Iterator[Result], inputs: Sequence[str]) -> Iterator[Iterator[Result]]:
    """The same results, with a bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield results
        return
    total = estimate.articles(inputs)
    with Progress(BarColumn(), _Pace(), console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def watched() -> Iterator[Result]:
            for done, result in enumerate(results, 1):
                yield result
                # Glued pages hold more articles than were estimated.
                bar.update(task, completed=done, total=max(total, done) if total else None)

        yield watched()


class _Pace(ProgressColumn):
    """Articles done, articles a second since the start, time left.

    Results come in bursts, which rich's own estimates take for the speed.
    """

    def render(self, task: Task) -> Text:
        """The pace on one line."""
        done, elapsed = int(task.completed), task.elapsed or 0.0
        parts = [f"{done:,} of {task.total:,.0f}" if task.total else f"{done:,}"]
        if done and elapsed:
            parts.append(f"{done / elapsed:.0f} articles/s")
            if task.total:
                left = timedelta(seconds=round((task.total - done) * elapsed / done))
                parts.append(f"{left} left")
        return Text(" · ".join(parts))
