"""Articles of several topics, made from articles of one: what labelled news has too little of.

Real articles on two of the topics are rare, so a model that saw only what is labelled learns that one
topic rules out the others. Joining an article to one of another topic, as a press conference joins its
subjects, teaches it that they do not. The labels of a joined article are those of both. Few are enough,
and an article of no topic is never joined: with three times as many, a third of them so, the model gave
topics on twice as many articles of none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.data import Labelled

# Words of each body that are kept: both must be seen in a window of some 70 words.
WORDS = 35


def join(data: Labelled, count: int, seed: int) -> Labelled:
    """Make ``count`` articles by joining two on different topics.

    Which stands first, and whether the headline is of the first, of the second or of both, is drawn at
    random. Fewer than two kinds of topics give none.
    """
    draw = np.random.default_rng(seed)
    on_topic = np.flatnonzero(data.targets.any(1))
    chosen: list[tuple[int, int]] = []
    several = len(np.unique(data.targets[on_topic], axis=0)) > 1
    while several and len(chosen) < count:
        first, second = (int(row) for row in draw.choice(on_topic, 2))
        if not (data.targets[first] == data.targets[second]).all():
            chosen.append((first, second))
    titles = [_title(data.titles[a], data.titles[b], int(draw.integers(3))) for a, b in chosen]
    bodies = [f"{_lead(data.bodies[a])}\n{_lead(data.bodies[b])}" for a, b in chosen]
    pairs = np.array(chosen, int).reshape(-1, 2)
    return replace(
        data,
        titles=titles,
        bodies=bodies,
        targets=np.maximum(data.targets[pairs[:, 0]], data.targets[pairs[:, 1]]),
        outlets=[""] * len(chosen),
        dates=[""] * len(chosen),
    )


def _title(first: str, second: str, way: int) -> str:
    if way == 2 and first and second:
        return f"{first}.. {second}"
    return (first, second)[way % 2]


def _lead(body: str) -> str:
    return " ".join(body.split()[:WORDS])
