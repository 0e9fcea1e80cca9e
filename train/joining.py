"""Articles of several topics, made from articles of one: what labelled news has too little of.

Real articles on two of the topics are rare, so a model that saw only what is labelled learns that one
topic rules out the others. Joining an article to one of another topic, as a press conference joins its
subjects, teaches it that they do not; joining it to one of no topic, that the rest of a text takes nothing
away. The labels of a joined article are those of both.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.data import Labelled

# Words of each body that are kept: both must be seen in a window of some 70 words.
WORDS = 30
# Share of joined articles whose second half has no topic.
WITH_OTHER = 0.3


def join(data: Labelled, count: int, seed: int) -> Labelled:
    """Make ``count`` articles by joining two of different labels, at least one of them on a topic.

    Which of the two stands first, and whether the headline is of the first, of the second or of both,
    is drawn at random. Fewer than two kinds of labels give none.
    """
    draw = np.random.default_rng(seed)
    on_topic = np.flatnonzero(data.targets.any(1))
    off_topic = np.flatnonzero(~data.targets.any(1))
    chosen: list[tuple[int, int]] = []
    kinds = len(np.unique(data.targets[on_topic], axis=0))
    while len(chosen) < count and (kinds > 1 or (kinds and len(off_topic))):
        first = int(draw.choice(on_topic))
        alone = len(off_topic) and (kinds == 1 or draw.random() < WITH_OTHER)
        second = int(draw.choice(off_topic if alone else on_topic))
        if not (data.targets[first] == data.targets[second]).all():
            chosen.append((first, second) if draw.random() < 0.5 else (second, first))
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
