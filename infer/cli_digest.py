"""``mujaz digest``: what happened on a day, by topic and story, as files to read, mail or publish."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infer.cli_options import (
    DONE,
    SOME_REJECTED,
    DateColumn,
    IdColumn,
    Length,
    LengthName,
    MaxPage,
    Method,
    MethodName,
    Split,
    SummarizerFolder,
    TextColumn,
    Threads,
    TitleColumn,
    UrlColumn,
    read_options,
)
from infer.digest import FORMS
from infer.errors import UsageError
from infer.extras import need
from infer.inputs.options import Columns
from infer.pipeline import load


class Language(StrEnum):
    """What ``--lang`` takes."""

    AR = "ar"
    EN = "en"


app = typer.Typer()

WORDS = ("today", "yesterday", "last")


@app.command()
def digest(
    records: Annotated[
        str | None,
        typer.Argument(
            help="Folder (or URL) that mujaz label wrote, or one file of its: .parquet, .jsonl or .csv.",
            metavar="RECORDS",
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="INPUT", help="Raw articles to label first, instead of RECORDS."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to.")] = Path(
        "digest"
    ),
    day: Annotated[
        str | None,
        typer.Option("--date", metavar="DAY", help="2025-03-05, today, yesterday or last (the default)."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day of several; with --to.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last day of several; the latest by default.")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Of the frame; as configured by default.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead of the configs/digest.yaml of Mujaz.")
    ] = None,
    form: Annotated[
        str, typer.Option(metavar="LIST", help=f"Which files, of {', '.join(FORMS)}.")
    ] = ",".join(FORMS),
    smtp: Annotated[bool, typer.Option("--smtp", help="Send it, as the environment says.")] = False,
    mail_to: Annotated[
        list[str] | None,
        typer.Option("--mail-to", metavar="ADDRESS", help="Who gets the mail; may be given more than once."),
    ] = None,
    vectors: Annotated[
        bool, typer.Option("--vectors/--no-vectors", help="Let the topic model help in finding stories.")
    ] = True,
    model: Annotated[
        Path | None, typer.Option(help="Folder of the model that labelled, or labels; Mujaz's by default.")
    ] = None,
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
) -> None:
    """Make a day's digest: stories by topic, as a page, Markdown, a feed, a mail and JSON.

    Columns, --split, --threads, --method and the like are for --input.

    Exit codes: 0 all done, 3 some of --input rejected (see FOLDER/rejects.jsonl), 2 usage, 1 failure.
    """
    need("digests", "digest", "duckdb", "babel", "jinja2", "css_inline")
    from infer.digest import job, mail, sending  # here, as other commands start sooner without them
    from infer.digest.config import load_digest_config

    asked = job.Asked(*_days(day, first, last), lang.value if lang else None, model, vectors)
    forms = _forms(form)
    if (records is None) == (not inputs):
        raise UsageError(
            "a digest is made either of RECORDS that `mujaz label` wrote, or of --input; name one"
        )
    if smtp and not mail_to:
        raise UsageError("--smtp sends to the --mail-to addresses: name one or more")
    settings = sending.settings_from_environment() if smtp else None
    chosen = load_digest_config(config)
    job.check_folder(output)
    with ExitStack() as stack:
        place, rejected = records or "", False
        if inputs:
            columns = Columns(id_column, title_column, text_column, date_column, url_column)
            options = read_options(columns, split=split, max_page_mb=max_page_mb)
            models = partial(
                load,
                model,
                threads=threads,
                method=method.value,
                length=length.value,
                summarizer=summarizer,
                explain=True,
            )
            place = stack.enter_context(job.temporary_archive())
            rejected = job.label(inputs, place, output, options, models)
        made = job.make(place, asked, chosen)
    if config and made.unknown:
        typer.echo(f"{config}: topics that the records do not have: {', '.join(made.unknown)}", err=True)
    sender = settings.sender if settings else None
    wanted = "eml" in forms or mail_to
    message = mail.message(made.digest, chosen, sender=sender, recipients=mail_to or ()) if wanted else None
    files = job.write(made.digest, chosen, output, forms, message)
    job.show(made.digest, Console())
    for line in job.report(made, output, files):
        typer.echo(line, err=True)
    if settings and message:
        sending.send(message, settings)
        typer.echo(f"sent to {', '.join(mail_to or ())}", err=True)
    raise typer.Exit(SOME_REJECTED if rejected else DONE)


def _days(day: str | None, first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """The first and last day that are asked for; None: the latest that there is."""
    if day is not None and (first is not None or last is not None):
        raise UsageError("--date is one day, --from and --to are several: give the one or the others")
    if day is not None:
        found = _day(day, "--date")
        return found, found
    if first is None and last is not None:
        raise UsageError("--to needs --from; for one day give --date")
    start, end = (_day(first, "--from") if first else None), (_day(last, "--to") if last else None)
    if first and start is None:
        raise UsageError("--from last: for the latest day alone leave --from out")
    if start and end and start > end:
        raise UsageError(f"--from {start} is after --to {end}; give the earlier day first")
    return start, end


def _day(text: str, option: str) -> date | None:
    """A day that was named; None for the latest."""
    word = text.strip().lower()
    if word == "last":
        return None
    if word in WORDS:
        return date.today() - timedelta(WORDS.index(word))
    try:
        return date.fromisoformat(word)
    except ValueError:
        known = ", ".join(WORDS)
        raise UsageError(f"{option} {text!r} is no day; give one as 2025-03-05, or one of {known}") from None


def _forms(text: str) -> list[str]:
    forms = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in forms if name not in FORMS]
    if unknown or not forms:
        known = ", ".join(FORMS)
        raise UsageError(
            f"--form {unknown[0] if unknown else text!r}: give one or more of {known}, between commas"
        )
    return forms
