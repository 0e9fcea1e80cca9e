"""Topics over time as a picture with Arabic labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infer.errors import UsageError
from infer.outputs.draft import whole_file
from infer.questions.stats import Stats
from infer.table import OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".svg", ".png")
# Okabe and Ito (2008): told apart with every kind of colour vision; marks tell lines apart in grey too.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
MARKERS = "os^DvP"
GREY = "#b3b3b3"
# Up to so many periods, or bars in all, bars; of more, lines.
MOST_PERIODS, MOST_BARS = 14, 42
LEGEND_COLUMNS = 4
MOST_MARKS, CROWDED = 32, 250
TITLES = {
    "day": "المقالات في كل يوم بحسب الموضوع",
    "month": "المقالات في كل شهر بحسب الموضوع",
    "year": "المقالات في كل سنة بحسب الموضوع",
}
ALL = "جميع المقالات"
UNDATED = "من دون تاريخ"
# The same figures make the same file.
STABLE: Any = {"svg.hashsalt": "mujaz", "svg.fonttype": "path", "font.size": 10}


@dataclass(frozen=True)
class _Series:
    """Periods without gaps, and articles in each."""

    by: str
    days: list[date]
    all: list[int]
    topics: dict[str, list[int]]


def check_chart(path: str) -> None:
    """Refuse a picture that cannot be drawn before anything is counted for it.

    Raises:
        UsageError: Another suffix than ``.svg`` and ``.png``, or matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path!r}: a picture ends in {' or '.join(SUFFIXES)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError("pictures need matplotlib: pip install 'mujaz[archive]'") from None


def draw(figures: Stats, arabic: Mapping[str, str], path: str) -> None:
    """Draw how many articles each topic has over time, and below how many there are at all.

    ``other`` is in the lower part alone: it is most of an archive, and would press the topics flat.
    Time runs from left to right, as in the figures of the Arabic press; text is set flush right.

    Args:
        figures: What to draw.
        arabic: The topics' Arabic names; a topic without one keeps its own.
        path: File in ``.svg`` or ``.png``.

    Raises:
        UsageError: No article has a date, or the file cannot be written (see also `check_chart`).
    """
    check_chart(path)
    if not figures.periods:
        raise UsageError("no article has a date, so there is nothing to draw over time")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    series = _series(figures)
    with mpl.rc_context(STABLE), whole_file(path) as stream:
        figure = Figure(figsize=(8.4, 5.0), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        names = {topic: arabic.get(topic, topic) for topic in series.topics}
        _topics(upper, series, names)
        _volume(lower, series, figures.undated)
        _time(lower, series)
        suffix = Path(path).suffix.lower()[1:]
        figure.savefig(stream, format=suffix, dpi=160, metadata={"Date": None} if suffix == "svg" else None)


def _series(figures: Stats) -> _Series:
    periods = {_day(period.name): period for period in figures.periods}
    days, day = [], min(periods)
    last = max(periods)
    while day <= last:
        days.append(day)
        day = _next(day, figures.by)
    names = [count.name for count in figures.topics if count.name and count.name != OTHER]
    return _Series(
        figures.by,
        days,
        [periods[day].articles if day in periods else 0 for day in days],
        {name: [periods[d].topics.get(name, 0) if d in periods else 0 for d in days] for name in names},
    )


def _day(period: str) -> date:
    """The first day of a period."""
    year, month, day = [*map(int, period.split("-")), 1, 1][:3]
    return date(year, month, day)


def _next(day: date, by: str) -> date:
    if by == "day":
        return day + timedelta(days=1)
    if by == "year":
        return date(day.year + 1, 1, 1)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _topics(axes: Axes, series: _Series, names: Mapping[str, str]) -> None:
    places = range(len(series.days))
    bars = len(places) <= MOST_PERIODS and len(places) * len(names) <= MOST_BARS
    width = 0.8 / max(len(names), 1)
    handles = []
    for number, (topic, counts) in enumerate(series.topics.items()):
        color = COLORS[number % len(COLORS)]
        if bars:
            left = [place + width * (number - (len(names) - 1) / 2) for place in places]
            handle: Any = axes.bar(left, counts, width * 0.92, color=color, label=names[topic])
            shown = [f"{count:,}" if count else "" for count in counts]
            axes.bar_label(handle, shown, padding=1, fontsize=8, color="#333333")
        else:
            # The lines' marks are set apart, so that none hides another's.
            step = -(-len(places) // MOST_MARKS)
            [handle] = axes.plot(
                places,
                counts,
                color=color,
                linewidth=1.6 if len(places) <= CROWDED else 0.7,
                marker=MARKERS[number % len(MARKERS)],
                markersize=4.5,
                markevery=(step * number // len(names), step),
                label=names[topic],
                solid_joinstyle="round",
                clip_on=False,  # or the axis cuts the marks of zeros in half
            )
        handles.append(handle)
    _frame(axes, 8)
    rows = _legend(axes, handles)
    axes.set_title(TITLES[series.by], loc="right", fontsize=13, pad=14 + 18 * rows)


def _legend(axes: Axes, handles: list[Any]) -> int:
    """Name the topics above the axes and return the lines that it takes.

    The first stands furthest right, each mark before its name, as one reads.
    """
    from matplotlib.patches import Patch

    columns = min(len(handles), LEGEND_COLUMNS) or 1
    rows = -(-len(handles) // columns)
    blanks = [Patch(alpha=0, label=" ") for _ in range(rows * columns - len(handles))]
    filled = [*handles, *blanks]
    # Matplotlib fills the columns from the left, each from its top.
    order = [filled[row * columns + column] for column in reversed(range(columns)) for row in range(rows)]
    axes.legend(
        handles=order,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=columns,
        markerfirst=False,
        frameon=False,
        borderaxespad=0.2,
        handlelength=2.4,
    )
    return rows


def _volume(axes: Axes, series: _Series, undated: int) -> None:
    places = range(len(series.days))
    if len(places) <= MOST_PERIODS:
        axes.bar(places, series.all, 0.8, color=GREY)
    else:
        axes.stairs(series.all, [place - 0.5 for place in range(len(places) + 1)], fill=True, color=GREY)
    note = f"{ALL} ({UNDATED}: {undated:,})" if undated else ALL
    axes.set_title(note, loc="right", fontsize=10, color="#444444")
    _frame(axes, 3)


def _frame(axes: Axes, most_ticks: int) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(most_ticks, steps=[1, 2, 5, 10], integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))


def _time(axes: Axes, series: _Series) -> None:
    """Ticks at whole years, months or weeks, as they fit, written as records write dates."""
    days = series.days
    shown = _ticks(days, series.by)
    form = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[series.by]
    if len(shown) > 1 and all((days[place].month, days[place].day) == (1, 1) for place in shown):
        form = "%Y"
    axes.set_xticks(shown, [days[place].strftime(form) for place in shown])
    axes.tick_params(axis="x", pad=6)
    around = max(0.6, (5 - len(days)) / 2)  # a few bars do not fill the width
    axes.set_xlim(-around, len(days) - 1 + around)


def _ticks(days: list[date], by: str) -> list[int]:
    """Places of at most nine ticks."""
    most = 9
    places = range(len(days))
    if len(days) <= most:
        return list(places)
    if by == "day":
        steps: list[list[int]] = [[p for p in places if not p % step] for step in (2, 7, 14)]
        steps += [
            [p for p in places if days[p].day == 1 and not (days[p].month - 1) % step]
            for step in (1, 2, 3, 6, 12)
        ]
    elif by == "month":
        steps = [[p for p in places if not (days[p].month - 1) % step] for step in (2, 3, 6, 12)]
    else:
        steps = []
    yearly = [p for p in places if (days[p].month, days[p].day) == (1, 1)]
    steps += [[p for p in yearly if not days[p].year % step] for step in (1, 2, 5, 10, 20, 50, 100)]
    return next((step for step in steps if 0 < len(step) <= most), [0, len(days) - 1])
