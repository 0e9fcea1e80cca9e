"""Tables of articles and labels: from files, from a Label Studio export, from the model hub."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, load_dataset
from datasets.exceptions import DatasetsError

from infer.errors import UsageError

log = logging.getLogger(__name__)

FORMATS = {".parquet": "parquet", ".jsonl": "json", ".csv": "csv"}
LABEL_STUDIO = ".json"
OTHER = "other"


def load_table(source: Path) -> Dataset:
    """Read a table.

    Args:
        source: A ``.parquet``, ``.jsonl`` or ``.csv`` file, a ``.json`` that Label Studio exported, or,
            without such a suffix, the name of a data set on the hub (its ``train`` split).

    Raises:
        UsageError: There is no such file or data set, or it is not what its suffix says.
    """
    if source.suffix not in {*FORMATS, LABEL_STUDIO}:
        return _from_hub(source)
    if not source.is_file():
        raise UsageError(f"{source}: no such data file")
    if source.suffix == LABEL_STUDIO:
        return _from_label_studio(source)
    try:
        return _only_split(load_dataset(FORMATS[source.suffix], data_files=str(source), split="train"))
    except (DatasetsError, StopIteration, ValueError) as error:  # StopIteration where the file is empty
        kind = source.suffix[1:]
        raise UsageError(f"{source}: not readable as {kind}: {error.__cause__ or error}") from None


def column(table: Dataset, name: str) -> list[str]:
    """A column as text; empty strings where there is none."""
    if name not in table.column_names:
        return [""] * len(table)
    return [str(value or "") for value in table[name]]


def require(table: Dataset, source: Path, *columns: str) -> None:
    """Refuse a table without these columns.

    Raises:
        UsageError: The message names the columns that are there and those that are not.
    """
    if missing := [name for name in columns if name not in table.column_names]:
        raise UsageError(f"{source}: columns are {table.column_names}; needed too: {', '.join(missing)}")


def labels(table: Dataset, source: Path) -> list[list[str]]:
    """Topic names of each row, from ``labels`` or ``label``; ``other`` and nothing are none.

    Raises:
        UsageError: There is no such column, or a value is neither a name, names with ``|`` between
            them, nor a list of names.
    """
    name = next((name for name in ("labels", "label") if name in table.column_names), None)
    if name is None:
        raise UsageError(f"{source}: columns are {table.column_names}; needed too: labels or label")
    values: list[Any] = list(table[name])
    if isinstance(kind := table.features[name], ClassLabel):
        values = [kind.int2str(value) if value is not None and value >= 0 else None for value in values]
    try:
        return [_names(value) for value in values]
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None


def _names(value: object) -> list[str]:
    if value is not None and not isinstance(value, str | list):
        raise UsageError(f"label {value!r} is not a topic's name, a list of names, or names with | between")
    names = value.split("|") if isinstance(value, str) else map(str, value or [])
    return [name.strip() for name in names if name.strip() and name.strip() != OTHER]


def _from_hub(source: Path) -> Dataset:
    formats = ", ".join([*FORMATS, LABEL_STUDIO])
    if source.exists() or source.suffix or len(source.parts) > 2 or source.is_absolute():
        raise UsageError(
            f"{source}: suffix {source.suffix!r}; labelled data is read from {formats} or from the hub "
            "by a name such as user/dataset"
        )
    try:
        return _only_split(load_dataset(str(source), split="train"))
    except (DatasetsError, OSError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise UsageError(
            f"{source}: no file, and the hub does not give a data set of that name: {why}"
        ) from None


def _from_label_studio(source: Path) -> Dataset:
    """Tasks with their latest annotation that was not cancelled; the chosen values are the labels."""
    try:
        tasks = json.loads(source.read_text(encoding="utf-8"))
        rows = [_task(task) for task in tasks]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{source}: not a Label Studio export, a list of tasks with data and annotations ({error!r})"
        ) from None
    done = [row for row in rows if row["labels"] is not None]
    if len(done) < len(rows):
        log.warning("%s: %d of %d tasks have no annotation yet", source, len(rows) - len(done), len(rows))
    if not done:
        raise UsageError(f"{source}: no task is annotated; export after labelling")
    return Dataset.from_list(done)


def _task(task: dict[str, Any]) -> dict[str, Any]:
    made = [a for a in task["annotations"] if not a.get("was_cancelled")]
    chosen: list[str] | None = None
    if made:
        results = [r for r in made[-1]["result"] if r["type"] == "choices"]
        chosen = [name for result in results for name in result["value"]["choices"]]
    texts = ("id", "title", "body", "text", "outlet", "date")
    row = {name: str(task["data"].get(name) or "") for name in texts if name in task["data"]}
    return row | {"labels": chosen}


def _only_split(table: object) -> Dataset:
    assert isinstance(table, Dataset)  # noqa: S101 - one split was asked for
    return table
