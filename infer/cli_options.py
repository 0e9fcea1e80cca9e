"""What the commands share: exit codes, options, how they become ``ReadOptions``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infer.inputs.options import MB, Columns, ReadOptions

DONE, FAILED, USAGE, SOME_REJECTED, INTERRUPTED = 0, 1, 2, 3, 130


class MethodName(StrEnum):
    """What ``--method`` takes."""

    AUTO = "auto"
    MODEL = "model"
    LEAD = "lead"


class EngineName(StrEnum):
    """What ``--engine`` takes."""

    LOCAL = "local"
    RAY = "ray"


class LengthName(StrEnum):
    """What ``--length`` takes."""

    HEADLINE = "headline"
    SHORT = "short"
    LONG = "long"


Inputs = Annotated[
    list[str],
    typer.Argument(
        help="Files and folders of .txt, .html, .jsonl, .csv, .tsv, .parquet, .warc, each also .gz or .zst; "
        "- is JSONL on standard input.",
        metavar="INPUT",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="File to write: .jsonl, .csv or .parquet; - is JSONL on standard output; of label, a name "
        "without a suffix is an archive's folder or URL. Without it a table is printed.",
    ),
]
IdColumn = Annotated[str, typer.Option(help="A table's column of ids.")]
TitleColumn = Annotated[str, typer.Option(help="A table's column of headlines.")]
TextColumn = Annotated[str, typer.Option(help="A table's column of texts.")]
DateColumn = Annotated[str, typer.Option(help="A table's column of dates.")]
UrlColumn = Annotated[str, typer.Option(help="A table's column of addresses.")]
Split = Annotated[bool, typer.Option("--split", help="Split the rows of tables into articles, as pages are.")]
MaxPage = Annotated[int, typer.Option(min=1, help="Longest page that is read, in MB.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the model; all cores by default.")]

Method = Annotated[
    MethodName,
    typer.Option(
        help="What writes summaries: the model, the article's own lead, or (auto) the model for articles on "
        "a topic and the lead for others."
    ),
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Folder of a topic model; the one that comes with Mujaz by default."),
]
SummarizerFolder = Annotated[
    Path | None,
    typer.Option("--summarizer", help="Folder of a summarizer; the one that comes with Mujaz by default."),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Say which sentences carry a summary, and what was refused and why."),
]
Length = Annotated[
    LengthName, typer.Option(help="Of summaries: up to 12 words, a sentence, or two to three sentences.")
]


def read_options(columns: Columns, *, split: bool, max_page_mb: int) -> ReadOptions:
    """How inputs are read, by what was asked for on the command line."""
    default = ReadOptions()
    page = max_page_mb * MB
    line = max(default.max_line_bytes, 3 * page + 4 * MB)  # escaped Arabic takes three times its UTF-8
    return ReadOptions(columns=columns, split=split, max_page_bytes=page, max_line_bytes=line)
