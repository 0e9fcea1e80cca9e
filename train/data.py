"""Labelled articles: read, grouped by near-duplicate, split into folds."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import KeysView
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasets import Dataset

from infer.errors import UsageError
from infer.text import normalize, prepare
from train import tables
from train.tables import LABEL_STUDIO, OTHER, column, load_table, require

log = logging.getLogger(__name__)

# Words of a body by which, with the title, labels are given.
LABELLED_BY = 70


@dataclass(frozen=True)
class Labelled:
    """Articles with their labels.

    Attributes:
        titles, bodies: Prepared text, one item an article.
        targets: Zeros and ones, articles × topics, in the order of ``topics``.
        outlets, dates: What the data says, empty strings where it does not.
        topics: Topic names.
        measured: False for articles that are only trained on: they were drawn otherwise than those by
            which models are measured.
    """

    titles: list[str]
    bodies: list[str]
    targets: npt.NDArray[np.float32]
    outlets: list[str]
    dates: list[str]
    topics: list[str]
    measured: npt.NDArray[np.bool_]

    @property
    def texts(self) -> list[str]:
        """Title and body on one line each article."""
        return [f"{title} {body}".strip() for title, body in zip(self.titles, self.bodies, strict=True)]

    @cached_property
    def plain_texts(self) -> list[str]:
        """The same in the normal form, whatever preparation the model takes: what baselines read."""
        return [normalize(text) for text in self.texts]


def select(data: Labelled, chosen: npt.NDArray[np.bool_]) -> Labelled:
    """The chosen articles."""
    rows = np.flatnonzero(chosen)

    def pick(column: list[str]) -> list[str]:
        return [column[row] for row in rows]

    return Labelled(
        pick(data.titles),
        pick(data.bodies),
        data.targets[rows],
        pick(data.outlets),
        pick(data.dates),
        data.topics,
        data.measured[rows],
    )


def load_labelled(path: Path, topics: list[str], preparation: str) -> Labelled:
    """Read labelled articles.

    Columns: ``title`` and ``body`` (where it is empty, ``text``), and ``labels`` or ``label``: a list of
    topic names, or one string with ``|`` between them; an empty one, or ``other``, is none of the topics.

    Raises:
        UsageError: The file or a column is missing, a label is not among ``topics``, an article has no
            text at all, or a date is not in ISO form.
    """
    table = load_table(path)
    if not {"body", "text"} & set(table.column_names):
        raise UsageError(f"{path}: columns are {table.column_names}; needed too: body or text")
    targets = _targets(table, path, topics)
    pairs = zip(column(table, "body"), column(table, "text"), strict=True)
    titles = [prepare(title, preparation) for title in column(table, "title")]
    bodies = [prepare(body if body.strip() else text, preparation) for body, text in pairs]
    _refuse_empty(path, titles, bodies, list(range(len(titles))))
    return Labelled(
        titles=titles,
        bodies=bodies,
        targets=targets,
        outlets=column(table, "outlet"),
        dates=tables.dates(table, path),
        topics=topics,
        measured=np.ones(len(targets), bool),
    )


def load_more(articles: list[Path], labels: Path, topics: list[str], preparation: str) -> Labelled:
    """Read articles whose labels stand in a file of their own, as those of texts that may not be copied.

    Args:
        articles: Parquet files with ``id``, ``title``, ``body``, and maybe ``outlet`` and ``date``.
        labels: CSV with ``id`` and ``labels``, names with ``|`` between them.
        topics: Topic names.
        preparation: Name of the text preparation.

    An id that stands in the articles twice is used once, as it stands first.

    Raises:
        UsageError: A file or a column is missing, a label is no topic, an id has contradictory labels or is
            in none of the files, an article has no text at all, or a date is not in ISO form.
    """
    table = load_table(labels)
    require(table, labels, "id", "labels")
    targets = _targets(table, labels, topics)
    row_of = _rows_by_id(labels, column(table, "id"), targets)
    titles, bodies, outlets, dates = [], [], [], []
    found: list[str] = []
    for path in articles:
        chosen, rows = _first_of_each(path, row_of.keys(), set(found))
        found += column(chosen, "id")
        new_titles = [prepare(text, preparation) for text in column(chosen, "title")]
        new_bodies = [prepare(text, preparation) for text in column(chosen, "body")]
        _refuse_empty(path, new_titles, new_bodies, rows)
        titles += new_titles
        bodies += new_bodies
        outlets += column(chosen, "outlet")
        dates += tables.dates(chosen, path)
    if missing := row_of.keys() - set(found):
        some = ", ".join(sorted(missing)[:3])
        raise UsageError(f"{labels}: {len(missing)} ids are not in {', '.join(map(str, articles))}: {some}")
    return Labelled(
        titles,
        bodies,
        targets[[row_of[name] for name in found]],
        outlets,
        dates,
        topics,
        measured=np.zeros(len(found), bool),
    )


def _rows_by_id(source: Path, ids: list[str], targets: npt.NDArray[np.float32]) -> dict[str, int]:
    """The first row of each id; rows that say the same again are told, others refused."""
    row_of: dict[str, int] = {}
    repeated = [row for row, name in enumerate(ids) if row_of.setdefault(name, row) != row]
    unlike = {ids[row]: None for row in repeated if (targets[row] != targets[row_of[ids[row]]]).any()}
    if unlike:
        some = ", ".join(list(unlike)[:3])
        raise UsageError(
            f"{source}: {len(unlike)} ids have contradictory labels: {some}; keep one row of each"
        )
    if repeated:
        log.warning("%s: %d rows repeat an id with the same labels; counted once", source, len(repeated))
    return row_of


def _first_of_each(path: Path, wanted: KeysView[str], known: set[str]) -> tuple[Dataset, list[int]]:
    """Articles with the ids that are wanted and not known yet, and their rows."""
    table = load_table(path)
    require(table, path, "id", "title", "body")
    rows, repeated = [], 0
    for row, name in enumerate(column(table, "id")):
        if name in known:
            repeated += 1
        elif name in wanted:
            rows.append(row)
            known.add(name)
    if repeated:
        log.warning("%s: %d articles have an id that was read before; the first is used", path, repeated)
    return table.select(rows), rows


def _refuse_empty(source: Path, titles: list[str], bodies: list[str], rows: list[int]) -> None:
    pairs = zip(rows, titles, bodies, strict=True)
    if empty := [row + 1 for row, title, body in pairs if not (title + body).strip()]:
        kind = "annotated task" if source.suffix == LABEL_STUDIO else "row"
        raise UsageError(
            f"{source}: {len(empty)} articles have neither title nor text, the first in {kind} {empty[0]}; "
            "fill in title, body or text, or take them out"
        )


def join_data(first: Labelled, second: Labelled) -> Labelled:
    """The articles of both."""
    return Labelled(
        first.titles + second.titles,
        first.bodies + second.bodies,
        np.concatenate([first.targets, second.targets]),
        first.outlets + second.outlets,
        first.dates + second.dates,
        first.topics,
        np.concatenate([first.measured, second.measured]),
    )


def describe(data: Labelled) -> str:
    """Counts a topic, an outlet and a year, as lines to read before training."""
    per_topic = {topic: int(n) for topic, n in zip(data.topics, data.targets.sum(0), strict=True)}
    per_topic[OTHER] = int((data.targets.sum(1) == 0).sum())
    years = Counter(date[:4] or "undated" for date in data.dates)
    lines = [f"{len(data.titles)} articles", f"topics: {per_topic}"]
    lines += [
        f"outlets: {dict(Counter(data.outlets).most_common())}",
        f"years: {dict(sorted(years.items()))}",
    ]
    return "\n".join(lines)


def _targets(table: Dataset, source: Path, topics: list[str]) -> npt.NDArray[np.float32]:
    rows = tables.labels(table, source)
    unknown = Counter(name for row in rows for name in row if name not in topics)
    if unknown:
        raise UsageError(f"{source}: labels that are not topics: {dict(unknown)}; topics: {topics}")
    return np.array([[topic in row for topic in topics] for row in rows], np.float32)
