"""``mujaz query``, ``stats`` and ``review``: questions to what ``mujaz label`` wrote."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infer.cli_options import (
    DONE,
    SOME_REJECTED,
    DateColumn,
    IdColumn,
    MaxPage,
    Split,
    TextColumn,
    TitleColumn,
    UrlColumn,
    read_options,
)
from infer.errors import ModelError
from infer.inputs.options import Columns
from infer.questions import chart as charts
from infer.questions import query as queries
from infer.questions import review as reviews
from infer.questions import stats as figures_of
from infer.questions.model import topic_names


class PeriodName(StrEnum):
    """What ``--by`` takes."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


app = typer.Typer()

LabelsPlace = Annotated[
    str,
    typer.Argument(
        help="Folder (or URL) that mujaz label wrote, or one file of its: .parquet, .jsonl or .csv.",
        metavar="LABELS",
    ),
]
Model = Annotated[
    Path | None,
    typer.Option(help="Folder of the model that labelled; the one that comes with Mujaz by default."),
]


@app.command()
def query(
    labels: LabelsPlace,
    sql: Annotated[str, typer.Argument(help="One SELECT over the table labels.", metavar="SQL")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File to write: .csv, .jsonl or .parquet; - is JSONL on standard output. "
            "Without it a table is printed.",
        ),
    ] = None,
) -> None:
    """Ask labels in SQL (DuckDB's), without changing them."""
    typer.echo(queries.query(labels, sql, output), err=True)


@app.command()
def stats(
    labels: LabelsPlace,
    by: Annotated[PeriodName | None, typer.Option(help="Period; by default what suits the time.")] = None,
    chart: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw the topics over time: .svg or .png.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with every period and source.")] = False,
    model: Model = None,
) -> None:
    """Count labels by topic, period and source."""
    if chart:
        charts.check_chart(chart)
    figures = figures_of.stats(labels, by.value if by else None)
    if chart:
        charts.draw(figures, _arabic(model), chart)
    if json:
        typer.echo(figures_of.as_json(figures))
    else:
        figures_of.print_stats(figures, Console())


@app.command()
def review(
    labels: LabelsPlace,
    to: Annotated[str, typer.Option(metavar="FILE", help="File to write: .json (Label Studio) or .csv.")],
    articles: Annotated[
        list[str] | None,
        typer.Option(metavar="INPUT", help="What was labelled, for its texts; may be given more than once."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Most records to write.")] = 500,
    model: Model = None,
    id_column: IdColumn = "id",
    title_column: TitleColumn = "title",
    text_column: TextColumn = "body",
    date_column: DateColumn = "date",
    url_column: UrlColumn = "url",
    split: Split = False,
    max_page_mb: MaxPage = 20,
) -> None:
    """Write what the model was unsure of, for people to correct.

    Exit codes: 0 all done, 3 some inputs could not be read, 2 usage, 1 failure.
    """
    columns = Columns(id_column, title_column, text_column, date_column, url_column)
    options = read_options(columns, split=split, max_page_mb=max_page_mb)
    done = reviews.export(labels, to, topic_names(model), articles or (), options, most)
    for line in reviews.report(done, to):
        typer.echo(line, err=True)
    raise typer.Exit(SOME_REJECTED if done.rejects else DONE)


def _arabic(model: Path | None) -> dict[str, str]:
    """The topics' Arabic names; without any model at hand, none."""
    try:
        return topic_names(model).arabic
    except ModelError:
        if model:
            raise
        return {}
