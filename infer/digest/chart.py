"""The last days' counts of each topic as a small picture that stands in the page.

Time runs as the language is read: in Arabic from the right to the left, like the text and the table round it.
The first and the last day are named, so that nobody has to guess. Each topic has its own row under its name:
no colour has to be told from another. All rows have one scale and can be compared; a day with any article has
a bar that can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from infer.digest.config import Wording
from infer.digest.day import Section, Trend
from infer.digest.safe import line
from infer.digest.wording import filled, joined, number, right_to_left, short_day

# In units of the picture, which are pixels where it is not scaled.
WIDTH, ROW, FOOT = 320, 92, 16
NAME, VALUE, BASE, TALLEST, LEAST = 14, 11, 80, 42, 2
NAME_CHARACTERS = 40
WIDEST_BAR = 22
# Of a day's text: another's, and the last's.
WEIGHTS = ("", ' font-weight="700"')
# Of so many days each bar has its number; of more, the highest and the last.
ALL_NUMBERS = 14


def svg(trend: Trend, sections: Sequence[Section], wording: Wording) -> str:
    """Bars for each day, a row for each section's topic.

    Colours come from the page: ``--chart-bar`` of a bar, ``--chart-last`` of the last day's, and the text's.
    Without them all is in the text's colour, the last day's bar full and the others pale.

    Args:
        trend: Days and counts; a topic that it lacks has none.
        sections: Topics in order.
        wording: The frame's language.

    Returns:
        An ``svg`` element with a title and a description, safe inside HTML whatever the names hold.
    """
    mirrored = right_to_left(wording)
    counts = {section.topic: trend.counts.get(section.topic, (0,) * len(trend.days)) for section in sections}
    most = max((n for row in counts.values() for n in row), default=0) or 1
    height = ROW * len(sections) + FOOT
    first, last = (escape(short_day(wording, trend.days[end])) for end in (0, -1))
    note = filled(escape(wording.trend_note), first=first, last=last)
    latest = (f"{_text(section.name)}: {number(wording, counts[section.topic][-1])}" for section in sections)
    description = joined(wording, latest)
    parts = [
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="chart-title chart-description" direction="{"rtl" if mirrored else "ltr"}">',
        f'<title id="chart-title">{escape(wording.trend)}</title>',
        f'<desc id="chart-description">{note}. {last}: {description}</desc>',
    ]
    for place, section in enumerate(sections):
        parts += _row(ROW * place, _text(section.name), counts[section.topic], most, wording)
    parts += _days(ROW * len(sections) + FOOT - 12, trend.days, wording)
    return "".join([*parts, "</svg>"])


def _row(top: int, name: str, counts: Sequence[int], most: int, wording: Wording) -> list[str]:
    """A topic's name, its bars on their base line, and their numbers."""
    mirrored = right_to_left(wording)
    step = WIDTH / len(counts)
    bar = min(step * 0.72, WIDEST_BAR)
    peak = max(range(len(counts)), key=lambda i: (counts[i], i))
    last = len(counts) - 1
    start = WIDTH if mirrored else 0
    base = top + BASE
    parts = [
        f'<text class="chart-name" x="{start}" y="{top + NAME}" font-size="13" font-weight="600"'
        f' fill="currentColor">{name}</text>',
        f'<path d="M0 {base}.5H{WIDTH}" stroke="currentColor" stroke-opacity=".35"/>',
    ]
    for i, n in enumerate(counts):
        middle = _across(i, step, mirrored=mirrored)
        tall = max(n / most * TALLEST, LEAST) if n else 0
        colour, pale = ("last", 1) if i == last else ("bar", 0.6)
        if n:
            parts.append(
                f'<rect x="{middle - bar / 2:.1f}" y="{base - tall:.1f}" width="{bar:.1f}"'
                f' height="{tall:.1f}" fill="var(--chart-{colour}, currentColor)"'
                f' fill-opacity="var(--chart-opaque, {pale})"/>'
            )
        if i == last or (n and (i == peak or len(counts) <= ALL_NUMBERS)):
            weight = WEIGHTS[i == last]
            parts.append(
                f'<text x="{middle:.1f}" y="{base - tall - 4:.1f}" font-size="{VALUE}" text-anchor="middle"'
                f' fill="currentColor"{weight}>{number(wording, n)}</text>'
            )
    return parts


def _days(y: int, days: Sequence[date], wording: Wording) -> list[str]:
    """The first day's name at its end of the time axis, the last one's at the other."""
    ends = ((0, "start"), (WIDTH, "end"))
    if right_to_left(wording):  # in text from right to left, an anchor's "start" is its right
        ends = ((WIDTH, "start"), (0, "end"))
    return [
        f'<text x="{x}" y="{y}" font-size="{VALUE}" text-anchor="{anchor}" fill="currentColor"'
        f"{weight}>{escape(short_day(wording, each))}</text>"
        for (x, anchor), each, weight in zip(ends, (days[0], days[-1]), WEIGHTS, strict=True)
    ]


def _across(i: int, step: float, *, mirrored: bool) -> float:
    """Where the middle of a day's bar is."""
    middle = (i + 0.5) * step
    return WIDTH - middle if mirrored else middle


def _text(name: str) -> str:
    """A topic's name, escaped, and no longer than the picture is wide."""
    return escape(line(name, NAME_CHARACTERS))
