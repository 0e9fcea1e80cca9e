"""The three forms of records as DuckDB reads them: each gives the same table ``labels``."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infer.errors import UsageError
from infer.inputs.fields import is_record, shown

if TYPE_CHECKING:
    import duckdb

# Columns that parts do not have which were written before duplicates were looked for, and hours kept.
LATER = ("story", "duplicate_of", "published_at")
JSON_KINDS = {
    "part": "INTEGER",
    "tags": "VARCHAR[]",
    "topics": "VARCHAR[]",
    "scores": "JSON",
    "review": "BOOLEAN",
    "evidence": "VARCHAR[]",
    "refused": "JSON",
}
LONGEST_LINE = 64_000_000
# What `infer.cells.guarded` put before a cell that a spreadsheet would run.
GUARD = r"'^''(''*[=+\-@\t\r\n])'"

# Characters of a file's first line that are looked at; a record has some thousands.
FIRST_LINE = 1_000_000


def quoted(text: str) -> str:
    """Put text as SQL says it."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """Put a column's name as SQL says it."""
    return '"' + name.replace('"', '""') + '"'


def parquet_view(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> list[str]:
    """Make ``labels`` over Parquet files, whose columns and topics may differ; returns the columns.

    The day in a part's path is left out, as ``published`` says it.
    """
    files = ", ".join(map(quoted, paths))
    source = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
    names = [row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
    added = "".join(f", NULL::VARCHAR AS {name}" for name in LATER if name not in names)
    connection.execute(f"CREATE VIEW labels AS SELECT *{added} FROM {source}")
    return names


def jsonl_table(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> list[str]:
    """Make ``labels`` of a file of JSON lines; returns its columns."""
    path = paths[0]
    names = _first_keys(path)
    if not is_record(names):
        return names
    kinds = {name: JSON_KINDS.get(name, "VARCHAR") for name in [*names, *LATER]}
    columns = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in kinds.items())
    source = (
        f"read_json({quoted(path)}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"maximum_object_size = {LONGEST_LINE})"
    )
    keys = connection.execute(
        f"SELECT DISTINCT json_keys(scores) FROM {source} WHERE json_type(scores) = 'OBJECT'"
    ).fetchall()
    topics = list(dict.fromkeys(name for (listed,) in sorted(keys) for name in listed))
    scores = {topic: f"(scores->>{quoted(topic)})::FLOAT" for topic in topics}
    connection.execute(f"""
        CREATE TABLE labels AS SELECT * REPLACE (
            try_cast(published AS DATE) AS published,
            {_struct(scores, "json_type(scores) = 'OBJECT'")} AS scores
        ) FROM {source}""")
    return names


def csv_table(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> list[str]:
    """Make ``labels`` of a CSV file, its cells without what guards them; returns its columns."""
    path = paths[0]
    names = _header(path)
    if not is_record(names):
        return names
    source = (
        f"read_csv({quoted(path)}, header = true, all_varchar = true, delim = ',', quote = '\"', "
        f"escape = '\"', max_line_size = {LONGEST_LINE})"
    )
    made = {name: f"regexp_replace({named(name)}, {GUARD}, '\\1')" for name in names}
    made |= {name: "NULL::VARCHAR" for name in LATER if name not in names}
    made["title"] = f"coalesce({made['title']}, '')"
    made["part"] = "part::INTEGER"
    made["published"] = "try_cast(published AS DATE)"
    made["review"] = "review::BOOLEAN"
    made["tags"] = f"coalesce(string_split({made['tags']}, '|'), [])"
    # An empty cell is no topic where a model spoke, and no answer where none did.
    listed = f"coalesce(string_split({made['topics']}, '|'), [])"
    made["topics"] = f"CASE WHEN model IS NOT NULL THEN {listed} END"
    marked = [name for name in names if name.startswith("score_")]
    scores = {name.removeprefix("score_"): f"{named(name)}::FLOAT" for name in marked}
    made["scores"] = _struct(scores, "model IS NOT NULL")
    kept = [name for name in made if name not in marked]
    select = ", ".join(f"{made[name]} AS {named(name)}" for name in kept)
    connection.execute(f"CREATE TABLE labels AS SELECT {select} FROM {source}")
    return names


def _struct(fields: dict[str, str], condition: str) -> str:
    if not fields:
        return "NULL::MAP(VARCHAR, FLOAT)"  # as the Parquet form has it without topics
    listed = ", ".join(f"{quoted(name)}: {value}" for name, value in fields.items())
    return f"CASE WHEN {condition} THEN {{{listed}}} END"


def _first_keys(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        line = next((line for line in iter(lambda: file.readline(FIRST_LINE), "") if line.strip()), "")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = str(error) if len(line) < FIRST_LINE else "it is too long"
        raise UsageError(
            f"{path}: the first line is no record ({reason}); label the articles again"
        ) from None
    return list(row) if isinstance(row, dict) else []


def _header(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            names = next(csv.reader(iter(lambda: file.readline(FIRST_LINE), "")), [])
        except csv.Error as error:
            raise UsageError(f"{path}: its first line names no columns ({error}); label again") from None
    if len(set(names)) < len(names):
        raise UsageError(f"{path}: a column stands twice in its first line: {shown(names)}")
    return names
