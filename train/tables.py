"""Tables of articles and labels: from files, from a Label Studio export, from the model hub."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from datasets import ClassLabel, Dataset, load_dataset
from datasets.exceptions import DatasetsError

from infer.errors import UsageError

log = logging.getLogger(__name__)

FORMATS = {".parquet": "parquet", ".jsonl": "json", ".csv": "csv"}
LABEL_STUDIO = ".json"
OTHER = "other"
COLUMNS = ("id", "title", "body", "text", "outlet", "date")
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}.*)?", re.ASCII)


def load_table(source: Path) -> Dataset:
    """Read a table.

    Args:
        source: A ``.parquet``, ``.jsonl`` or ``.csv`` file (whose values stay text: ``001`` is no number),
            a ``.json`` that Label Studio exported, or, without such a suffix, the name of a data set on
            the hub (its ``train`` split).

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
        if source.suffix == ".csv":
            return _from_csv(source)
        return _only_split(load_dataset(FORMATS[source.suffix], data_files=str(source), split="train"))
    except (DatasetsError, StopIteration, ValueError) as error:  # StopIteration where the file is empty
        kind = source.suffix[1:]
        raise UsageError(f"{source}: not readable as {kind}: {error.__cause__ or error}") from None


def column(table: Dataset, name: str) -> list[str]:
    """A column as text; empty strings where there is none."""
    if name not in table.column_names:
        return [""] * len(table)
    return [_text(value) for value in table[name]]


def dates(table: Dataset, source: Path) -> list[str]:
    """The dates in ISO form, which sorts as text; empty strings where there are none.

    Raises:
        UsageError: A date is written otherwise.
    """
    values = [value.strip() for value in column(table, "date")]
    if wrong := [value for value in values if value and not _is_iso(value)]:
        raise UsageError(
            f"{source}: {len(wrong)} dates are not in ISO form, such as {wrong[0]!r}; "
            "write them as 2024-01-31 or 2024-01-31T10:00, or leave them empty"
        )
    return values


def require(table: Dataset, source: Path, *columns: str) -> None:
    """Refuse a table without these columns.

    Raises:
        UsageError: The message names the columns that are there and those that are not.
    """
    if missing := [name for name in columns if name not in table.column_names]:
        raise UsageError(f"{source}: columns are {table.column_names}; needed too: {', '.join(missing)}")


def labels(table: Dataset, source: Path) -> list[list[str]]:
    """Topic names of each row, from ``labels`` or ``label``; ``other`` and nothing are none.

    Numbers are read as names where the table says which (``ClassLabel``, alone or in lists).

    Raises:
        UsageError: There is no such column, or a value is neither a name, names with ``|`` between
            them, nor a list of names.
    """
    name = next((name for name in ("labels", "label") if name in table.column_names), None)
    if name is None:
        raise UsageError(f"{source}: columns are {table.column_names}; needed too: labels or label")
    values: list[Any] = list(table[name])
    kind = table.features[name]
    inner = getattr(kind, "feature", None)
    try:
        if isinstance(kind, ClassLabel):
            values = [_class_names(kind, [value]) for value in values]
        elif isinstance(inner, ClassLabel):
            values = [_class_names(inner, value or []) for value in values]
        return [_names(value) for value in values]
    except (UsageError, ValueError) as error:  # ValueError where a class has no name
        raise UsageError(f"{source}: {error}") from None


def _text(value: object) -> str:
    """A value as text: nothing is empty, zero is not; dates, as read from JSONL too, are in ISO form."""
    if isinstance(value, date):  # a datetime is one
        return value.isoformat().removesuffix("T00:00:00")
    return "" if value is None else str(value)


def _is_iso(value: str) -> bool:
    if not (match := ISO_DATE.fullmatch(value)):
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def _class_names(kind: ClassLabel, numbers: list[int | None]) -> list[str]:
    """Names of class numbers; missing and negative ones, as of unlabelled rows, are none."""
    return [kind.int2str(number) for number in numbers if number is not None and number >= 0]


def _names(value: object) -> list[str]:
    if value is not None and not isinstance(value, str | list):
        raise UsageError(f"label {value!r} is not a topic's name, a list of names, or names with | between")
    names = value.split("|") if isinstance(value, str) else map(str, value or [])
    return [name.strip() for name in names if name.strip() and name.strip() != OTHER]


def _from_csv(source: Path) -> Dataset:
    """Every column as text, and no word such as NA read as nothing."""
    options = {
        "read_options": pa_csv.ReadOptions(block_size=source.stat().st_size + 1),  # a row must fit
        "parse_options": pa_csv.ParseOptions(newlines_in_values=True),
    }
    with pa_csv.open_csv(source, **options) as reader:
        names = reader.schema.names
    if len(set(names)) < len(names):
        raise ValueError(f"a column's name stands twice in its first line: {', '.join(names)}")
    types = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return Dataset(pa_csv.read_csv(source, convert_options=types, **options))


def _is_hub_name(source: Path) -> bool:
    """``dataset`` or ``user/dataset``; only after a user's name may a dot be part of it, as in ``-v1.5``."""
    if source.exists() or source.is_absolute() or source.parts[:1] == ("..",):
        return False
    return len(source.parts) == 2 or (len(source.parts) == 1 and not source.suffix)


def _from_hub(source: Path) -> Dataset:
    formats = ", ".join([*FORMATS, LABEL_STUDIO])
    if not _is_hub_name(source):
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
    """Tasks with their latest annotation that was not cancelled; the chosen values are the labels.

    Every row has all columns that occur: ``Dataset.from_list`` takes them from the first.
    """
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
    names = [name for name in COLUMNS if any(name in row for row in done)]
    return Dataset.from_list([{name: row.get(name, "") for name in names} | row for row in done])


def _task(task: dict[str, Any]) -> dict[str, Any]:
    made = [a for a in task["annotations"] if not a.get("was_cancelled")]
    row: dict[str, Any] = {name: _text(task["data"][name]) for name in COLUMNS if name in task["data"]}
    return row | {"labels": _choices(_latest(made)) if made else None}


def _latest(annotations: list[dict[str, Any]]) -> dict[str, Any]:
    """By when they were updated or made; the last one where some do not say."""
    written = [a.get("updated_at") or a.get("created_at") for a in annotations]
    times = [datetime.fromisoformat(time) for time in written if time]
    if len(times) < len(annotations):
        return annotations[-1]
    times = [time if time.tzinfo else time.replace(tzinfo=UTC) for time in times]
    return max(zip(times, range(len(times)), annotations, strict=True), key=lambda item: item[:2])[2]


def _choices(annotation: dict[str, Any]) -> list[str]:
    chosen = [r["value"]["choices"] for r in annotation["result"] if r["type"] == "choices"]
    return [name for names in chosen for name in ([names] if isinstance(names, str) else names)]


def _only_split(table: object) -> Dataset:
    assert isinstance(table, Dataset)  # noqa: S101 - one split was asked for
    return table
