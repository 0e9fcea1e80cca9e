"""Labelled articles: read, grouped by near-duplicate, split into folds."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasets import Dataset, load_dataset
from datasets.exceptions import DatasetsError

from infer.errors import UsageError
from infer.text import normalize, prepare

log = logging.getLogger(__name__)

FORMATS = {".parquet": "parquet", ".jsonl": "json", ".csv": "csv"}
OTHER = "other"


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

    Columns: ``title`` and ``body`` (or ``text``), and ``labels``: a list of topic names, or one string
    with ``|`` between them; an empty one, or ``other``, is none of the topics.

    Raises:
        UsageError: The file or a column is missing, or a label is not among ``topics``.
    """
    table = _load_table(path)
    if "labels" not in table.column_names or not {"body", "text"} & set(table.column_names):
        raise UsageError(f"{path}: columns are {table.column_names}; needed: labels, and body or text")
    targets = _targets(table, path, topics)
    bodies = _column(table, "body") if "body" in table.column_names else _column(table, "text")
    return Labelled(
        titles=[prepare(text, preparation) for text in _column(table, "title")],
        bodies=[prepare(text, preparation) for text in bodies],
        targets=targets,
        outlets=_column(table, "outlet"),
        dates=_column(table, "date"),
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
    table = _load_table(labels)
    _require(table, labels, "id", "labels")
    row_of = {name: row for row, name in enumerate(_column(table, "id"))}
    found: list[dict[str, str]] = []
    for path in articles:
        texts = _load_table(path)
        _require(texts, path, "id", "title", "body")
        ids = _column(texts, "id")
        chosen = texts.select([row for row, name in enumerate(ids) if name in row_of])
        columns = {name: _column(chosen, name) for name in ("id", "title", "body", "outlet", "date")}
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


def _load_table(path: Path) -> Dataset:
    if not path.is_file():
        raise UsageError(f"{path}: no such data file")
    if path.suffix not in FORMATS:
        raise UsageError(f"{path}: suffix {path.suffix!r}; labelled data is read from {', '.join(FORMATS)}")
    try:
        table = load_dataset(FORMATS[path.suffix], data_files=str(path), split="train")
    except (DatasetsError, StopIteration, ValueError) as error:  # StopIteration where the file is empty
        raise UsageError(f"{path}: not readable as {path.suffix[1:]}: {error.__cause__ or error}") from None
    assert isinstance(table, Dataset)  # noqa: S101 - one split was asked for
    return table


def _targets(table: Dataset, path: Path, topics: list[str]) -> npt.NDArray[np.float32]:
    try:
        labels = [_label_list(value) for value in table["labels"]]
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    unknown = Counter(name for row in labels for name in row if name not in topics)
    if unknown:
        raise UsageError(f"{path}: labels that are not topics: {dict(unknown)}; topics: {topics}")
    return np.array([[topic in row for topic in topics] for row in labels], np.float32)


def _require(table: Dataset, path: Path, *columns: str) -> None:
    if missing := [name for name in columns if name not in table.column_names]:
        raise UsageError(f"{path}: columns are {table.column_names}; needed too: {', '.join(missing)}")


def _column(table: Dataset, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * len(table)
    return [str(value or "") for value in table[name]]


def _label_list(value: object) -> list[str]:
    if value is not None and not isinstance(value, str | list):
        raise UsageError(f"label {value!r} is not a topic's name, a list of names, or names with | between")
    names = value.split("|") if isinstance(value, str) else map(str, value or [])
    return [name.strip() for name in names if name.strip() and name.strip() != OTHER]
