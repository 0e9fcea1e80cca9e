"""What ``mujaz label`` wrote, opened as a table that can be asked and not changed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from infer.archive.folder import PARTS
from infer.archive.place import is_url, place_of
from infer.errors import UsageError
from infer.extras import need
from infer.inputs.fields import is_record, shown
from infer.questions.forms import csv_table, jsonl_table, parquet_view, quoted

if TYPE_CHECKING:
    import duckdb

# Grouping a million records takes less; what takes more is put aside in a temporary folder.
MEMORY = "2GB"
BATCH_ROWS = 10_000
SUFFIXES = (".parquet", ".jsonl", ".csv")


@dataclass(frozen=True)
class Labels:
    """An opened archive: the table ``labels``, a row a record.

    Attributes:
        place: What was opened, for messages.
        columns: Names of the columns, ``story`` and ``duplicate_of`` always among them.
        topics: Names of the topics that have scores, in the model's order.
    """

    place: str
    columns: tuple[str, ...]
    topics: tuple[str, ...]
    _connection: duckdb.DuckDBPyConnection

    def ask(self, sql: str) -> Answer:
        """Answer one SELECT, whoever wrote it: nothing but ``labels`` is within its reach.

        Raises:
            UsageError: It is no SELECT, wants other files, names what is not there, or fails.
        """
        import duckdb

        statements = _statements(sql)
        if len(statements) != 1 or statements[0] not in ("SELECT", "MULTI"):
            found = ", ".join(statements) or "nothing"
            raise UsageError(f"a query is one SELECT, and this is {found}: an archive is read, never changed")
        try:
            # query() takes a lone SELECT. Said directly, a WITH may hold a COPY, which could write
            # over the very files that may be read.
            relation = self._connection.cursor().sql("SELECT * FROM query($sql)", params={"sql": sql})
            reader = relation.to_arrow_reader(BATCH_ROWS)
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.Error as error:
            raise UsageError(self._reason(error)) from None
        return Answer(tuple(reader.schema.names), reader.schema, self._batches(reader))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query of our own.

        Raises:
            UsageError: The files are damaged, or hold other columns than records have.
        """
        import duckdb

        try:
            return self._connection.cursor().execute(sql).fetchall()
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.Error as error:
            raise UsageError(self._reason(error)) from None

    def _batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (OSError, pa.ArrowException) as error:  # how DuckDB's errors arrive through Arrow
                if "Interrupted" in str(error):
                    raise KeyboardInterrupt from None
                raise UsageError(self._reason(error)) from None
            yield batch

    def _reason(self, error: Exception) -> str:
        message = _first_sentence(error)
        if "WITH clause containing" in message:
            return f"{message}, and an archive is read, never changed; write a WITH of SELECTs alone"
        if "disabled" in message:
            return f"{message}; a query reads {self.place!r} and nothing else"
        return f"{message}; labels has the columns {', '.join(self.columns)}"


@dataclass(frozen=True)
class Answer:
    """What a query gives.

    Attributes:
        names: Names of the columns.
        schema: Their types.
        batches: Its rows, read as they are asked for.
    """

    names: tuple[str, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Its rows as Python values, maps as dictionaries."""
        for batch in self.batches:
            columns = [column.to_pylist(maps_as_pydicts="lossy") for column in batch.columns]
            yield from zip(*columns, strict=True)


@contextmanager
def open_labels(place: str | Path, days: tuple[date, date] | None = None) -> Iterator[Labels]:
    """Open a dataset folder, or a single file, that ``mujaz label`` wrote.

    The connection reads these files alone: other files, the network, extensions and its own settings
    are out of its reach.

    Args:
        place: A folder with ``date=…/part-….parquet``, such a folder's URL (its parts are copied to the
            temporary folder), or a ``.parquet``, ``.jsonl`` or ``.csv`` file.
        days: The first and the last day that are wanted: of a folder, only their parts are opened, and those
            of records without a day. A file is always opened whole.

    Raises:
        UsageError: There is none, it is empty, damaged or holds no records; or DuckDB is not installed.
    """
    need("questions", "archive", "duckdb")
    import duckdb

    with tempfile.TemporaryDirectory(prefix="mujaz-") as spill, duckdb.connect() as connection:
        paths = _fetched(str(place), Path(spill), days) if is_url(place) else _files(Path(place), days)
        if not paths:
            remedy = f"`mujaz label INPUT -o {place}` writes them"
            raise UsageError(f"{str(place)!r} holds no labels ({PARTS}); {remedy}")
        try:
            # Extensions would come from the network; Python's variables are no tables.
            for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
                connection.execute(f"SET {name} = false")
            connection.execute("SET python_enable_replacements = false")
            connection.execute("SET parquet_metadata_cache = true")  # thousands of parts, opened once
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(f"SET temp_directory = {quoted(spill)}")
            _make_table(connection, paths, str(place))
            connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, paths))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            kinds = connection.table("labels")
        except duckdb.Error as error:
            remedy = "move a damaged part away and run mujaz label again, which makes its records anew"
            raise UsageError(f"{str(place)!r} cannot be read: {_first_sentence(error)}; {remedy}") from None
        scores = dict(zip(kinds.columns, kinds.types, strict=True))["scores"]
        topics = tuple(name for name, _ in scores.children) if scores.id == "struct" else ()
        yield Labels(str(place), tuple(kinds.columns), topics, connection)


def days_of(place: str | Path) -> list[date]:
    """The days that a dataset folder has parts of, in order; none of a file, whose days only reading tells.

    Raises:
        UsageError: The place cannot be reached.
    """
    if not is_url(place) and not Path(place).is_dir():
        return []
    return sorted({day for name in place_of(place).names(PARTS) if (day := _day_of(name)) is not None})


def _day_of(part: str) -> date | None:
    """The day that a part's folder is named by."""
    try:
        return date.fromisoformat(part.split("/")[-2].removeprefix("date="))
    except ValueError:
        return None


def _wanted(names: Sequence[str], days: tuple[date, date] | None) -> list[str]:
    if days is None:
        return list(names)
    first, last = days
    return [name for name in names if (day := _day_of(name)) is None or first <= day <= last]


def _files(place: Path, days: tuple[date, date] | None) -> list[str]:
    """Absolute paths of the records' files."""
    if place.is_dir():
        names = _wanted(place_of(place).names(PARTS), days)
        return [str((place / name).absolute()) for name in names]
    if not place.exists():
        raise UsageError(f"no such file or folder: {str(place)!r}; `mujaz label INPUT -o {place}` makes it")
    if place.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{str(place)!r}: labels are a folder, or a file in {', '.join(SUFFIXES)}")
    return [str(place.absolute())]


def _fetched(place: str, folder: Path, days: tuple[date, date] | None) -> list[str]:
    """Copies of an archive's parts, as the connection reaches no network."""
    there = place_of(place)
    copies = []
    for name in _wanted(there.names(PARTS), days):
        copy = folder / name
        copy.parent.mkdir(exist_ok=True)
        with there.open(name) as part, copy.open("wb") as stream:
            shutil.copyfileobj(part, stream)
        copies.append(str(copy))
    return copies


def _make_table(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], place: str) -> None:
    suffix = Path(paths[0]).suffix.lower()
    make = {".parquet": parquet_view, ".jsonl": jsonl_table, ".csv": csv_table}[suffix]
    names = make(connection, paths)
    if not is_record(names):
        raise UsageError(f"{place!r} is not what `mujaz label` wrote; its columns are {shown(names)}")


def _statements(sql: str) -> list[str]:
    """Kinds of the statements: ``SELECT``, ``COPY`` and so on; of what cannot be parsed, ``SELECT``.

    Then the query itself fails, with the place in its message.
    """
    import duckdb

    try:
        return [statement.type.name for statement in duckdb.extract_statements(sql)]
    except duckdb.Error:
        return ["SELECT"]


def _first_sentence(error: Exception) -> str:
    """DuckDB's message without its class and without the drawing of the place."""
    lines = [line for line in str(error).split("\n\nLINE ")[0].splitlines() if line.strip()]
    kind, _, message = " ".join(lines).partition(" Error: ")
    return (message or kind).strip().rstrip(".!")
