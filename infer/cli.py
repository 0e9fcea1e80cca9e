"""``mujaz``: arguments and exit codes of the commands, nothing else."""

from __future__ import annotations

import io
import os
import sys
from functools import partial
from importlib.metadata import version
from typing import Annotated

import typer

from infer import cli_digest, cli_questions, cli_serve, cli_worker, job
from infer.cli_options import (
    DONE,
    FAILED,
    INTERRUPTED,
    SOME_REJECTED,
    USAGE,
    DateColumn,
    EngineName,
    Explain,
    IdColumn,
    Inputs,
    Length,
    LengthName,
    MaxPage,
    Method,
    MethodName,
    ModelFolder,
    Output,
    Split,
    SummarizerFolder,
    TextColumn,
    Threads,
    TitleColumn,
    UrlColumn,
    read_options,
)
from infer.errors import ModelError, UsageError
from infer.inputs.options import Columns
from infer.pipeline import load

app = typer.Typer(
    name="mujaz",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mujaz {version('mujaz')}")
        raise typer.Exit(DONE)


@app.callback()
def mujaz(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Topics and summaries of Arabic news, offline, on a plain CPU."""


@app.command()
def label(
    inputs: Inputs,
    output: Output = None,
    model: ModelFolder = None,
    summaries: Annotated[bool, typer.Option("--summaries/--no-summaries", help="Summarize too.")] = True,
    id_column: IdColumn = "id",
    title_column: TitleColumn = "title",
    text_column: TextColumn = "body",
    date_column: DateColumn = "date",
    url_column: UrlColumn = "url",
    split: Split = False,
    max_page_mb: MaxPage = 20,
    threads: Threads = None,
    method: Method = MethodName.AUTO,
    length: Length = LengthName.SHORT,
    summarizer: SummarizerFolder = None,
    explain: Explain = False,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Into an archive: let the encoder read every article, plain or not."),
    ] = False,
    engine: Annotated[
        EngineName, typer.Option(help="Into an archive: read in this process, or on a Ray cluster.")
    ] = EngineName.LOCAL,
) -> None:
    """Label articles by topic, and summarize them.

    An OUT without a suffix is an archive: a folder of Parquet parts by day. The same command goes on where
    a run was cut off, and labels only what is new or changed.

    Exit codes: 0 all done, 3 some inputs rejected (see OUT.rejects.jsonl), 2 usage, 1 failure.
    """
    columns = Columns(id_column, title_column, text_column, date_column, url_column)
    options = read_options(columns, split=split, max_page_mb=max_page_mb)
    models = partial(
        load,
        model,
        summaries=summaries,
        threads=threads,
        method=method.value,
        length=length.value,
        summarizer=summarizer,
        explain=explain,
    )
    _finish(job.run(inputs, output, options, models, job.ArchiveOptions(exact, engine.value, threads)))


@app.command()
def summarize(
    inputs: Inputs,
    output: Output = None,
    id_column: IdColumn = "id",
    title_column: TitleColumn = "title",
    text_column: TextColumn = "body",
    date_column: DateColumn = "date",
    url_column: UrlColumn = "url",
    split: Split = False,
    max_page_mb: MaxPage = 20,
    threads: Threads = None,
    method: Method = MethodName.AUTO,
    length: Length = LengthName.SHORT,
    summarizer: SummarizerFolder = None,
    explain: Explain = False,
) -> None:
    """Summarize articles without labelling them.

    Exit codes: as for label.
    """
    columns = Columns(id_column, title_column, text_column, date_column, url_column)
    options = read_options(columns, split=split, max_page_mb=max_page_mb)
    models = partial(
        load,
        topics=False,
        threads=threads,
        method=method.value,
        length=length.value,
        summarizer=summarizer,
        explain=explain,
    )
    _finish(job.run(inputs, output, options, models))


app.add_typer(cli_questions.app)
app.add_typer(cli_digest.app)
app.add_typer(cli_worker.app)
app.add_typer(cli_serve.app)


def main() -> None:
    """Entry point of the ``mujaz`` command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Arabic is no reason to stop half-way
    try:
        app()
    except (UsageError, ModelError) as error:
        typer.echo(f"mujaz: {error}", err=True)
        raise SystemExit(USAGE if isinstance(error, UsageError) else FAILED) from None
    except BrokenPipeError:
        # The reader of our output left; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except OSError as error:
        typer.echo(f"mujaz: {error.filename or 'output'}: {error.strerror or error}", err=True)
        raise SystemExit(FAILED) from None
    except KeyboardInterrupt as stop:
        typer.echo(f"mujaz: interrupted; {stop or 'nothing was written'}", err=True)
        raise SystemExit(INTERRUPTED) from None


def _finish(outcome: job.Outcome) -> None:
    raise typer.Exit(SOME_REJECTED if outcome.rejected else DONE)
