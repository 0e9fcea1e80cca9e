"""Rows as a table for a person at a terminal, Arabic flush right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infer.questions.answers import cell
from infer.table import right_to_left

Rows = Sequence[Sequence[Any]]

# Narrower than this a column of text is no longer read; then each row becomes a block of lines.
NARROWEST = 20
LEAST_WIDTH = 80
FRAME = 3  # cells that a column's frame takes
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_NUMBER = re.compile(r"(-?[\d.,]+(e[-+]?\d+)?%?|—)?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")  # a title must not steer the terminal


def print_rows(console: Console, names: Sequence[str], rows: Rows) -> None:
    """Print rows as columns where they fit, else one block a row.

    Args:
        console: Where to.
        names: Headings of the columns.
        rows: Values, as many in each as there are names.
    """
    width = max(console.width, LEAST_WIDTH)
    cells = [[_shown(value) for value in row] for row in rows]
    titles = [_CONTROL.sub(" ", name) for name in names]
    widths = _widths(titles, cells, width)
    table = _columns(console, titles, cells, widths) if widths else _blocks(console, titles, cells, width)
    console.print(table, width=width)


def _columns(console: Console, titles: list[str], cells: list[list[str]], widths: list[int]) -> Table:
    table = Table(header_style="bold", show_lines=any(_wraps(row, widths) for row in cells))
    for number, (title, width) in enumerate(zip(titles, widths, strict=True)):
        numbers = all(map(_NUMBER.fullmatch, (row[number] for row in cells)))
        right = numbers or any(map(_ARABIC.search, (title, *(row[number] for row in cells))))
        table.add_column(_text(title, width, console), width=width, justify="right" if right else "left")
    for row in cells:
        table.add_row(*(_text(*item, console) for item in zip(row, widths, strict=True)))
    return table


def _blocks(console: Console, titles: list[str], cells: list[list[str]], width: int) -> Table:
    first = min(max(map(cell_len, titles), default=0), width // 3)
    second = width - first - 2 * FRAME - 1
    table = Table(show_header=False, width=width)
    table.add_column(width=first, style="bold")
    table.add_column(width=second)
    for row in cells:
        for title, value in zip(titles, row, strict=True):
            table.add_row(_text(title, first, console), _text(value, second, console))
        table.add_section()
    return table


def _widths(titles: list[str], cells: list[list[str]], room: int) -> list[int]:
    """Widths of the columns, the widest ones cut to the same; empty where they would be too narrow."""
    natural = [max(map(cell_len, column)) for column in zip(titles, *cells, strict=True)]
    left = room - FRAME * len(natural) - 1
    most = max(natural, default=0)
    if sum(natural) <= left:
        return natural
    for widest in range(most, NARROWEST - 1, -1):
        if sum(min(width, widest) for width in natural) <= left:
            return [min(width, widest) for width in natural]
    return []


def _wraps(row: list[str], widths: list[int]) -> bool:
    return any(cell_len(value) > width for value, width in zip(row, widths, strict=True))


def _shown(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return " · ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, list):
        return " · ".join(map(_shown, value))
    return _CONTROL.sub(" ", cell(value))


def _text(content: str, width: int, console: Console) -> Text:
    if not _ARABIC.search(content):
        return Text(content)
    return Text("\n".join(right_to_left(content, width, console)), justify="right")
