"""Labelled articles: read, grouped by near-duplicate, split into folds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasets import Dataset

from infer.errors import UsageError
from infer.text import normalize, prepare
from train import tables
from train.tables import OTHER, column, load_table, require


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

    @property
    def plain_texts(self) -> list[str]:
        """The same in the normal form, whatever preparation the model takes: what baselines read."""
        return [normalize(text) for text in self.texts]


def select(data: Labelled, chosen: npt.NDArray[np.bool_] | None) -> Labelled:
    """The chosen articles; all of them where None."""
    if chosen is None:
        return data
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

    Columns: ``title`` and ``body`` (or ``text``), and ``labels`` or ``label``: a list of topic names, or
    one string with ``|`` between them; an empty one, or ``other``, is none of the topics.

    Raises:
        UsageError: The file or a column is missing, or a label is not among ``topics``.
    """
    table = load_table(path)
    if not {"body", "text"} & set(table.column_names):
        raise UsageError(f"{path}: columns are {table.column_names}; needed too: body or text")
    targets = _targets(table, path, topics)
    bodies = column(table, "body") if "body" in table.column_names else column(table, "text")
    return Labelled(
        titles=[prepare(text, preparation) for text in column(table, "title")],
        bodies=[prepare(text, preparation) for text in bodies],
        targets=targets,
        outlets=column(table, "outlet"),
        dates=column(table, "date"),
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

    Raises:
        UsageError: A file or a column is missing, a label is no topic, or an id is in none of the files.
    """
    table = load_table(labels)
    require(table, labels, "id", "labels")
    row_of = {name: row for row, name in enumerate(column(table, "id"))}
    found: list[dict[str, str]] = []
    for path in articles:
        texts = load_table(path)
        require(texts, path, "id", "title", "body")
        ids = column(texts, "id")
        chosen = texts.select([row for row, name in enumerate(ids) if name in row_of])
        columns = {name: column(chosen, name) for name in ("id", "title", "body", "outlet", "date")}
        found += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if missing := row_of.keys() - {article["id"] for article in found}:
        some = ", ".join(sorted(missing)[:3])
        raise UsageError(f"{labels}: {len(missing)} ids are not in {', '.join(map(str, articles))}: {some}")
    targets = _targets(table, labels, topics)
    return Labelled(
        titles=[prepare(article["title"], preparation) for article in found],
        bodies=[prepare(article["body"], preparation) for article in found],
        targets=targets[[row_of[article["id"]] for article in found]],
        outlets=[article["outlet"] for article in found],
        dates=[article["date"] for article in found],
        topics=topics,
        measured=np.zeros(len(found), bool),
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
