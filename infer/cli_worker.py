"""``mujaz enqueue``, ``worker`` and ``queue``: jobs in, jobs done, and what became of them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infer import table
from infer.batching import estimated_tokens
from infer.cells import printable
from infer.cli_options import (
    DONE,
    FAILED,
    SOME_REJECTED,
    DateColumn,
    IdColumn,
    Inputs,
    LengthName,
    MaxPage,
    MethodName,
    ModelFolder,
    Split,
    SummarizerFolder,
    TextColumn,
    Threads,
    TitleColumn,
    UrlColumn,
    read_options,
)
from infer.deliver import open_delivery
from infer.errors import UsageError
from infer.inputs import read
from infer.inputs.options import Columns
from infer.logs import log_to
from infer.pipeline import Item
from infer.queues import Queue, open_queue
from infer.schema import Article, Reject
from infer.worker import Worker, WorkerConfig, load_worker_config
from infer.worker.results import write_results

app = typer.Typer()
queue_app = typer.Typer(no_args_is_help=True, help="What is in a queue, and what became of its jobs.")
app.add_typer(queue_app, name="queue")

# Articles that are put into the queue at once, all or none, and their estimated tokens.
CHUNK, CHUNK_TOKENS = 200, 2_000_000
SHOWN_ERROR = 100

QueueUrl = Annotated[
    str | None,
    typer.Option(
        "--queue",
        metavar="URL",
        help="sqlite:///FILE or redis://HOST:PORT/0?queue=NAME; as configured by default.",
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Instead of the configs/worker.yaml of Mujaz.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command()
def enqueue(
    inputs: Inputs,
    queue: QueueUrl = None,
    config: ConfigFile = None,
    id_column: IdColumn = "id",
    title_column: TitleColumn = "title",
    text_column: TextColumn = "body",
    date_column: DateColumn = "date",
    url_column: UrlColumn = "url",
    split: Split = False,
    max_page_mb: MaxPage = 20,
) -> None:
    """Put articles into a queue, a job each.

    Each call makes new jobs, of articles that were there before too.

    Exit codes: 0 all done, 3 some inputs rejected (said on standard error), 2 usage, 1 failure.
    """
    columns = Columns(id_column, title_column, text_column, date_column, url_column)
    items = read(inputs, read_options(columns, split=split, max_page_mb=max_page_mb))
    settings = _configured(config, queue)
    jobs = rejected = 0
    with closing(open_queue(settings.queue, settings.leases)) as opened:
        try:
            for chunk in _chunks(items):
                jobs += len(opened.put([item for item in chunk if isinstance(item, Article)]))
                for item in chunk:
                    if isinstance(item, Reject):
                        rejected += 1
                        typer.echo(table.rejected(item), err=True)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("what was enqueued stays so") from None
        finally:  # where it ends early, the rest can be enqueued alone
            typer.echo(f"{jobs:,} articles enqueued in {opened.place}")
    raise typer.Exit(SOME_REJECTED if rejected else DONE)


@app.command()
def worker(
    queue: QueueUrl = None,
    drain: Annotated[bool, typer.Option("--drain", help="Stop when the queue is empty.")] = False,
    deliver: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET", help="Where results go: queue, a .jsonl file, or an address; as configured."
        ),
    ] = None,
    config: ConfigFile = None,
    model: ModelFolder = None,
    summarizer: SummarizerFolder = None,
    method: Annotated[MethodName | None, typer.Option(help="What writes summaries.")] = None,
    length: Annotated[LengthName | None, typer.Option(help="Of summaries.")] = None,
    threads: Threads = None,
) -> None:
    """Label and summarize the articles in a queue, until it is told to stop.

    SIGTERM and Ctrl-C let it finish what it holds; a second one stops it at once. Either way no job is lost.

    Exit codes: 0 stopped or drained, 2 usage, 1 failure.
    """
    settings = _configured(config, queue, deliver)
    models = settings.models.but(
        model=model, summarizer=summarizer, threads=threads, method=method, length=length
    )
    log_to(level=settings.log_level)
    with (
        closing(open_queue(settings.queue, settings.leases)) as opened,
        closing(open_delivery(settings.deliver, settings.webhook)) as delivery,
    ):
        running = Worker(opened, models.load(), settings, delivery, overdue=_leave)
        with _signals(running):
            tally = running.run(drain=drain)
    rate = tally.done / tally.seconds if tally.seconds else 0.0
    more = f"; {tally.rejected:,} rejected" if tally.rejected else ""
    more += f"; {tally.failed:,} attempts failed, see mujaz queue dead" if tally.failed else ""
    typer.echo(f"{tally.done:,} jobs in {tally.seconds:.1f} s ({rate:.0f} a second){more}", err=True)


@queue_app.command()
def status(queue: QueueUrl = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Say how many jobs wait, are held, done and dead."""
    with _opened(config, queue) as opened:
        counts = opened.counts()
    if as_json:
        typer.echo(json.dumps({"queue": opened.place, **asdict(counts)}))
        return
    waits = f" (the oldest for {counts.oldest:,.0f} s)" if counts.oldest is not None else ""
    typer.echo(
        f"{counts.pending:,} pending{waits} · {counts.leased:,} held by workers · {counts.done:,} done · "
        f"{counts.dead:,} dead"
    )


@queue_app.command()
def results(
    queue: QueueUrl = None,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="OUT", help="File in .jsonl, .csv or .parquet; - is standard output."
        ),
    ] = "-",
    config: ConfigFile = None,
) -> None:
    """Write the records of the jobs that are done; in JSONL each has its job's id as job.

    Exit codes: 0 all records, 3 some rejects (see OUT.rejects.jsonl), 2 usage, 1 failure.
    """
    with _opened(config, queue) as opened:
        records, rejects = write_results(opened, output)
    if output != "-":
        more = f"; {rejects:,} rejected, see {output}.rejects.jsonl" if rejects else ""
        typer.echo(f"{records:,} records in {output}{more}", err=True)
    raise typer.Exit(SOME_REJECTED if rejects else DONE)


@queue_app.command()
def dead(queue: QueueUrl = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the dead letters: jobs that failed too often, with their errors."""
    rows = Table("job", "died", "attempts", "article", "error")
    found = 0
    with _opened(config, queue) as opened:
        for letter in opened.dead():
            found += 1
            if as_json:
                typer.echo(json.dumps(asdict(letter), ensure_ascii=False))
                continue
            moment = datetime.fromtimestamp(letter.died, UTC).isoformat(" ", "seconds")[:19]
            last = (letter.error.strip().splitlines() or [""])[-1]
            article = printable(letter.article.id, 40) if letter.article else "?"
            rows.add_row(letter.job, moment, str(letter.attempts), article, printable(last, SHOWN_ERROR))
    if found and not as_json:
        Console().print(rows)
    elif not as_json:
        typer.echo("no dead letters")


@queue_app.command()
def retry(
    jobs: Annotated[list[str] | None, typer.Argument(metavar="JOB", help="Ids of dead letters.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    queue: QueueUrl = None,
    config: ConfigFile = None,
) -> None:
    """Make dead letters jobs again, with as many attempts as new ones."""
    if bool(jobs) == everything:
        raise UsageError("name the jobs to try again (see mujaz queue dead), or give --all")
    with _opened(config, queue) as opened:
        revived = opened.retry(None if everything else jobs)
    typer.echo(f"{len(revived):,} jobs are pending again")
    if missing := sorted(set(jobs or ()) - set(revived)):
        raise UsageError(f"no dead letter {missing[0]!r} in {opened.place}")


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    tokens = 0
    for item in items:
        chunk.append(item)
        tokens += estimated_tokens(item) if isinstance(item, Article) else 0
        if len(chunk) == CHUNK or tokens >= CHUNK_TOKENS:
            yield chunk
            chunk, tokens = [], 0
    if chunk:
        yield chunk


def _configured(config: Path | None, queue: str | None, deliver: str | None = None) -> WorkerConfig:
    return load_worker_config(config).but(queue=queue, deliver=deliver)


@contextmanager
def _opened(config: Path | None, queue: str | None) -> Iterator[Queue]:
    settings = _configured(config, queue)
    with closing(open_queue(settings.queue, settings.leases, create=False)) as opened:
        yield opened


@contextmanager
def _signals(running: Worker) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C stop a worker, and the second of them at once."""
    told = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        told += 1
        if told > 1:
            raise KeyboardInterrupt("what was held was given back")
        running.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    """End the process though a batch still runs: what it held has been given back."""
    os._exit(FAILED)
