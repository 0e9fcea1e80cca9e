"""How articles are divided to measure a model: by folds, by outlet, by date; near-duplicates never apart."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedGroupKFold

from infer.errors import UsageError
from train.data import Labelled

log = logging.getLogger(__name__)

Bool = npt.NDArray[np.bool_]
# Two items are one story told twice when their TF-IDF vectors are this close; wire copies measure
# above it after an outlet's edits, different reports of one event below.
DUPLICATE_COSINE = 0.45


@dataclass(frozen=True)
class Split:
    """Articles to train on and articles to score, as masks over all of them.

    Attributes:
        name: Where its results are kept, such as ``fold-0`` or ``outlets-3``.
    """

    name: str
    train: Bool
    test: Bool


def folds(data: Labelled, count: int, seed: int) -> list[Split]:
    """Cross-validation: topics balanced over the folds, near-duplicates together."""
    groups = duplicate_groups(data.plain_texts)
    measured = np.flatnonzero(data.measured)
    kind = _combination(data)[measured]
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return [
        _apart(f"fold-{i}", data, groups, measured[test])
        for i, (_, test) in enumerate(splitter.split(kind, kind, groups[measured]))
    ]


def outlets(data: Labelled, count: int) -> list[Split]:
    """Leave outlets out: each split scores outlets of which the model has seen nothing.

    The outlets are dealt into ``count`` parts of like size, the largest first, so that a large outlet is
    left out alone and small ones together. Articles of no known outlet are in neither part.

    Raises:
        UsageError: There are fewer than two outlets, or fewer than two parts.
    """
    groups = duplicate_groups(data.plain_texts)
    names = np.array(data.outlets)
    known = sorted(set(names[data.measured]) - {""})
    sizes = {name: int((names[data.measured] == name).sum()) for name in known}
    if min(count, len(sizes)) < 2:
        raise UsageError(
            f"left_out: {count} parts of {len(sizes)} outlets ({', '.join(known) or 'none named'}): needed "
            "are two of each; give the articles an outlet, or set left_out: 0"
        )
    if unknown := int((names == "").sum()):
        log.info("%d articles name no outlet: left out of the measurement by outlet", unknown)
    parts: list[list[str]] = [[] for _ in range(min(count, len(sizes)))]
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        min(parts, key=lambda part: sum(sizes[n] for n in part)).append(name)
    splits = []
    for i, part in enumerate(parts):
        unseen = np.isin(names, part)
        split = _apart(f"outlets-{i}", data, groups, np.flatnonzero(unseen & data.measured))
        splits.append(Split(split.name, split.train & ~unseen & (names != ""), split.test))
        log.info("%s: %s", split.name, ", ".join(part))
    return splits


def before_and_after(data: Labelled, date: str) -> Split:
    """Train on what was published before a date (``2024-01-01``), score what came later.

    Undated articles are in neither part.

    Raises:
        UsageError: One of the parts is empty.
    """
    dates = np.array(data.dates)
    later = np.flatnonzero((dates >= date) & data.measured)
    split = _apart("after", data, duplicate_groups(data.plain_texts), later)
    train = split.train & (dates != "") & (dates < date)
    if not train.any() or not len(later):
        raise UsageError(f"after: {date}: {train.sum()} articles are older and {len(later)} not")
    return Split(f"after-{date}", train, split.test)


def thinned(split: Split, share: float, seed: int) -> Split:
    """The same split with a share of its training articles, drawn at random."""
    kept = np.random.default_rng(seed).random(len(split.train)) < share
    return Split(f"{split.name}-{share:.0%}", split.train & kept, split.test)


def watched(
    data: Labelled, chosen: Bool, share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of the chosen articles in two parts: to train on, and a share to watch the training by."""
    groups = duplicate_groups(data.plain_texts)
    apart = np.unique(groups[chosen])
    drawn = np.random.default_rng(seed).permutation(apart)[: max(1, round(share * len(apart)))]
    aside = np.isin(groups, drawn)
    return np.flatnonzero(chosen & ~aside), np.flatnonzero(chosen & aside)


def duplicate_groups(texts: Sequence[str], rarest: int = 2) -> npt.NDArray[np.int64]:
    """A group number for each text; near-duplicates, and chains of them, share one.

    Args:
        texts: In the normal form.
        rarest: Words and pairs that fewer texts have are left out, which saves memory where texts are
            many. Where they are few and short, 1: what makes a text differ is then mostly its own, and
            without it texts with one word in common would look alike.
    """
    return _groups(tuple(texts), rarest)


@lru_cache(4)  # every split of the same articles asks, and every training that is stopped early
def _groups(texts: tuple[str, ...], rarest: int) -> npt.NDArray[np.int64]:
    first: dict[str, int] = {}
    place = [first.setdefault(text, i) for i, text in enumerate(texts)]
    close = csr_matrix((np.ones(len(texts), bool), (range(len(texts)), place)), (len(texts), len(texts)))
    # Word pairs rather than words: two reports of one event share words, a copy shares phrases.
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=rarest)
    try:
        vectors = vectorizer.fit_transform(texts)
    except ValueError:  # no text has a word, or none that another has: only the same text is a duplicate
        log.info("near-duplicates: %d texts without words in common", len(texts))
    else:
        close = close + ((vectors @ vectors.T) > DUPLICATE_COSINE)
    _, found = connected_components(close, directed=False)
    groups = np.asarray(found, np.int64)
    groups.setflags(write=False)
    return groups


def _apart(name: str, data: Labelled, groups: npt.NDArray[np.int64], tested: npt.NDArray[np.int64]) -> Split:
    """Score ``tested``, train on everything that is no near-duplicate of it."""
    test = np.zeros(len(groups), bool)
    test[tested] = True
    return Split(name, ~np.isin(groups, groups[tested]), test)


def _combination(data: Labelled) -> npt.NDArray[np.int64]:
    """One number for every combination of topics."""
    return np.asarray(data.targets @ (2 ** np.arange(data.targets.shape[1])), np.int64)
