"""Numbers on which a story's reports differ: 42 dead in one, 45 in another.

A false difference is worse than a missed one. So only numbers that are said without "about" are held against
each other ("at least" counts, but not against what is more), and only where the same thing is counted in what
seems to be the same circumstances; a report that gives several numbers of a thing, one of them another's,
takes no part.
"""

from __future__ import annotations

from collections.abc import Sequence

from infer.digest.day import Difference, Figure
from infer.digest.quantities import Quantity, quantities

_APART = 2.5  # times: numbers that are further apart tell of different things
_ROUND = 0.03  # what a round number may be off by
# Words around two numbers that have to be the same, and the share of the fewer ones.
_SHARED = {"things": (2, 0.3), "money": (2, 0.5), "measure": (2, 0.5), "percent": (2, 0.5)}

Given = tuple[int, Quantity]
"""A report's place, and a number of it."""


def differences(texts: Sequence[str]) -> tuple[Difference, ...]:
    """Find the numbers on which reports of one story differ.

    Args:
        texts: Title and summary of each report.

    Returns:
        In the order of the first report that has the number; ``Figure.reports`` are places in ``texts``.
    """
    if len(texts) < 2:
        return ()
    given = [(place, each) for place, text in enumerate(texts) for each in quantities(text) if each.exact]
    found: list[Difference] = []
    used: set[int] = set()
    for i, (_, quantity) in enumerate(given):
        if i in used:
            continue
        group = [
            j for j, (_, other) in enumerate(given) if j == i or (j not in used and _same(quantity, other))
        ]
        unsure = _unsure([each for each in given if _alike(quantity, each[1])])
        if difference := _difference([given[j] for j in group if given[j][0] not in unsure]):
            found.append(difference)
            used.update(group)
    return tuple(found)


def _unsure(alike: Sequence[Given]) -> set[int]:
    """Reports with several numbers of a thing, one of them another's: an older toll, or that of a part."""
    return {
        place
        for place, one in alike
        if any(_agree(one, other) for elsewhere, other in alike if elsewhere != place)
        and not all(_agree(one, other) for same, other in alike if same == place)
    }


def _difference(group: Sequence[Given]) -> Difference | None:
    """What a group of numbers of one thing comes to; None where no two reports contradict each other."""
    values: dict[int, list[Quantity]] = {}
    for place, quantity in group:
        values.setdefault(place, []).append(quantity)
    sure = {place: own[0] for place, own in values.items() if all(_agree(own[0], other) for other in own)}
    figures: list[list[int]] = []
    for place, quantity in sure.items():
        for places in figures:
            if _agree(sure[places[0]], quantity):
                places.append(place)
                break
        else:
            figures.append([place])
    if len(figures) < 2:
        return None
    figures.sort(key=lambda places: sure[places[0]].low)
    written = [Figure(_written([sure[place] for place in places]), tuple(places)) for places in figures]
    return Difference(sure[min(sure)].about, tuple(written))


def _written(same: Sequence[Quantity]) -> str:
    return next((quantity.value for quantity in same if quantity.digits), same[0].value)


def _alike(one: Quantity, other: Quantity) -> bool:
    """Whether two numbers count the same thing, in whatever circumstances."""
    if one.kind != other.kind:
        return False
    return one.kind not in _SHARED or one.unit == other.unit or not one.unit.isdisjoint(other.unit)


def _same(one: Quantity, other: Quantity) -> bool:
    """Whether two numbers are of one thing, as far as their sentences tell."""
    if not _alike(one, other) or one.total != other.total:
        return False
    if one.places and other.places and one.places.isdisjoint(other.places):
        return False
    if (one.years or other.years) and one.years != other.years:
        return False
    if one.floor != other.floor and (one.low > other.low) != one.floor:
        return False  # "at least 40", and 42
    if max(one.low, other.low) > _APART * min(one.low, other.low):
        return False
    if one.kind not in _SHARED:
        return True
    if one.after and other.after and one.after.isdisjoint(other.after):
        return False
    least, share = _SHARED[one.kind]
    shared = sum(any(not word.isdisjoint(near) for near in other.context) for word in one.context)
    fewer = min(len(one.context), len(other.context))
    return shared >= least and shared >= share * fewer


def _agree(one: Quantity, other: Quantity) -> bool:
    """Whether two exact numbers may be the same, one of them rounded."""
    difference, greater = abs(one.low - other.low), max(one.low, other.low)
    if difference <= 1e-6 * greater:
        return True
    if one.kind == "percent":
        return difference <= 0.5 and (one.low.is_integer() or other.low.is_integer())
    return greater >= 100 and difference <= _ROUND * greater and (_is_round(one.low) or _is_round(other.low))


def _is_round(value: float) -> bool:
    """Whether a number has at most two digits that are not zeros at its end."""
    return len(f"{value:.0f}".rstrip("0")) <= 2
