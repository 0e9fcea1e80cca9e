"""Groups of what is alike on the average, so that none is joined by one link alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs that may belong together.

    Attributes:
        first, second: Their places, each pair once.
        probability: That they do, 0 to 1; of a pair that is not here 0.
    """

    first: Numbers
    second: Numbers
    probability: Array


def link(count: int, pairs: Pairs, together: float) -> list[list[int]]:
    """Join groups while the mean probability between their members is high (average linkage).

    Args:
        count: How many there are to group.
        pairs: Of them.
        together: Least mean probability between two groups that become one.

    Returns:
        Every place once; places and groups in order.
    """
    groups: list[list[int]] = []
    if not count:
        return groups
    for component in _components(count, pairs, together):
        groups += [
            [int(component.places[i]) for i in members] for members in _clusters(component.table, together)
        ]
    return sorted(groups)


@dataclass(frozen=True)
class _Component:
    places: Numbers
    table: Array  # probabilities, places × places


def _components(count: int, pairs: Pairs, together: float) -> list[_Component]:
    """What is linked at all, directly or not: only that has to be looked at together."""
    strong = pairs.probability >= together
    first, second = pairs.first[strong], pairs.second[strong]
    labels = np.arange(count)
    while True:
        lower = np.minimum(labels[first], labels[second])
        joined = labels.copy()
        np.minimum.at(joined, first, lower)
        np.minimum.at(joined, second, lower)
        joined = joined[joined]
        if (joined == labels).all():
            break
        labels = joined
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    position = np.empty(count, np.int64)
    position[order] = np.arange(count) - np.repeat(starts, np.diff(np.append(starts, count)))
    inside = np.flatnonzero(labels[pairs.first] == labels[pairs.second])
    inside = inside[np.argsort(labels[pairs.first[inside]], kind="stable")]
    bounds = np.searchsorted(labels[pairs.first[inside]], [*labels[order[starts]], count])
    components = []
    for number, places in enumerate(np.split(order, starts[1:])):
        table = np.zeros((len(places), len(places)), np.float32)
        mine = inside[bounds[number] : bounds[number + 1]]
        row, column = position[pairs.first[mine]], position[pairs.second[mine]]
        table[row, column] = table[column, row] = pairs.probability[mine]
        components.append(_Component(places, table))
    return components


def _clusters(table: Array, together: float) -> list[list[int]]:
    """Average linkage by chains of nearest neighbours (Murtagh 1983), cut where means fall too low.

    A group's mean with two joined ones is no higher than with the nearer of them, so neighbours that are
    each other's nearest can be joined at once, and a group without a near one never gets any.
    """
    sums, sizes = table.astype(np.float64), np.ones(len(table))
    alive = np.ones(len(table), bool)
    members = [[place] for place in range(len(table))]
    chain: list[int] = []
    while chain or alive.any():
        chain = chain or [int(alive.argmax())]
        tip = chain[-1]
        means = np.where(alive, sums[tip] / (sizes * sizes[tip]), -1.0)
        means[tip] = -1.0
        nearest = int(means.argmax())
        if means[nearest] < together:
            alive[tip] = False
            chain.pop()
            continue
        if len(chain) == 1 or means[nearest] > means[chain[-2]]:
            chain.append(nearest)
            continue
        kept, gone = sorted(chain[-2:])
        del chain[-2:]
        sums[kept] += sums[gone]
        sums[:, kept] += sums[:, gone]
        sizes[kept] += sizes[gone]
        members[kept] = sorted(members[kept] + members[gone])
        members[gone], alive[gone] = [], False
    return [each for each in members if each]
