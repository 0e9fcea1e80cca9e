"""Records as a table for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infer.schema import Record, Reject

OTHER = "other"
LABEL_WIDTH = 24
# Arabic at the edge of a left-to-right line keeps its full stop and numbers on the right side of its
# words only between these marks (Unicode Annex 9); they take no room.
RIGHT_TO_LEFT_MARK = "\u200f"


def article_table(width: int) -> Table:
    """An empty table of the given width in cells; ``add`` fills it."""
    table = Table(width=width, show_lines=True, header_style="bold")
    table.add_column("topic and confidence", width=LABEL_WIDTH)
    table.add_column("title and summary", justify="right", ratio=1)
    return table


def add(table: Table, record: Record, console: Console) -> None:
    """Add a row: every topic with its probability; title, source and date, summary."""
    room = max((table.width or console.width) - LABEL_WIDTH - 7, 20)
    text = Text()
    _add_lines(text, record.title or "—", room, "bold", console)
    about = " · ".join(part for part in (record.published, record.source, record.page) if part)
    _add_lines(text, about, room, "dim", console)
    if record.summary and record.summary != record.title:
        _add_lines(text, record.summary, room, "", console)
    for sentence in record.evidence or ():
        if sentence != record.summary:
            _add_lines(text, f"↩ {sentence}", room, "dim", console)
    for refused in record.refused or ():
        _add_lines(text, f"✗ {refused.text}", room, "red", console)
        for reason in refused.reasons:
            _add_lines(text, reason, room, "dim", console)
    text.rstrip()
    table.add_row(labels(record), text)


def labels(record: Record) -> Text:
    """The topics with their probabilities, or ``other`` with the probability that none applies."""
    text = Text()
    if record.topics is None or record.scores is None:
        return text
    for topic in record.topics:
        text.append(f"{topic} ", "bold green").append(f"{record.scores[topic]:.0%}\n")
    if not record.topics:
        text.append(f"{OTHER} ", "bold").append(f"{1 - max(record.scores.values(), default=0):.0%}\n")
    if record.review:
        text.append("review\n", "yellow")
    text.rstrip()
    return text


def totals(counts: Mapping[str, int]) -> str:
    """Counts a topic on one line: ``gaza 4 · other 3``."""
    return " · ".join(f"{topic} {count}" for topic, count in counts.items() if count)


def right_to_left(content: str, width: int, console: Console) -> list[str]:
    """Arabic text in lines of at most ``width`` cells, each to be set flush right."""
    lines = Text(" ".join(content.split())).wrap(console, width)
    return [f"{RIGHT_TO_LEFT_MARK}{line.plain.rstrip()}{RIGHT_TO_LEFT_MARK}" for line in lines]


def _add_lines(text: Text, content: str, width: int, style: str, console: Console) -> None:
    for line in right_to_left(content, width, console):
        text.append(f"{line}\n", style)


def rejected(reject: Reject) -> str:
    """What cannot be used, where, and why, on one line."""
    place = f", {reject.place}" if reject.place else ""
    return f"rejected: {reject.page}{place}: {reject.reason}"
