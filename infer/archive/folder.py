"""The files of an archive: what is journalled, what is published, and what a killed run left half done.

``_journal/`` holds finished windows of articles, each file written whole. Publishing sorts them into
``date=…/part-….parquet`` and then writes one file of ``_ledger/``, at which the parts count; a part that no
ledger file names was left by a killed run and is removed by the next.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infer.archive.place import DRAFTS, LOCK, Place
from infer.archive.rows import SCHEMA
from infer.errors import UsageError
from infer.stories import copies

JOURNAL, LEDGER, REJECTS = "_journal", "_ledger", "_rejects.jsonl"
UNDATED = "__HIVE_DEFAULT_PARTITION__"
PARTS = "date=*/part-*.parquet"
FORMAT = 1
# Columns of the ledger in a journal's file, beside those of the record.
_MARK = "_"
# Records of a day that was in more parts than this are put into one.
MOST_PARTS = 8
_META = b"mujaz"
RESTORE = "bring the folder back from a copy, or label into a new one"
REMOVE = "move it away: its articles are then labelled again"


@dataclass
class Done:
    """A file of the inputs all of whose articles are labelled.

    Attributes:
        stamp: Identifies the file as it was read, and how it was read.
        page: The file's name, in 64 bits.
        rejects: What of it was rejected.
    """

    stamp: int
    page: int
    rejects: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Window:
    """A journal's file.

    Attributes:
        records: Columns of the records, a row for each article.
        rows: The same articles as the ledger has them (``rows.SCHEMA``).
        replaced: Days in whose parts older records of these articles are, ``UNDATED`` among them.
        files: Files of the inputs that are done with this window.
    """

    records: pa.Table
    rows: pa.Table
    replaced: list[str]
    files: list[Done]


class Folder:
    """An archive, one run at a time.

    Attributes:
        place: Where it is.
        known: Files of the inputs that are done, by their page.
        journalled: Articles in the journal.
        missing: Parts that the ledger names and that are gone, with the days they were of.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.journalled = 0
        self.known: dict[int, Done] = {}
        self.missing: dict[str, str] = {}
        self._parts: dict[str, None] = {}
        self._commits = 0

    def open(self) -> Iterator[pa.Table]:
        """Mend what a killed run left, and give the ledger's tables, then the journal's, in order.

        Raises:
            UsageError: The folder holds something else, was written by a newer Mujaz, or is damaged.
        """
        self._check()
        count = 0
        for name in self.place.names(f"{LEDGER}/*.parquet"):
            if name != (expected := self._ledger_file()):
                raise UsageError(f"{self.place}/{expected} is missing; {RESTORE}")
            table = self._read(name)
            note = self._note(table, name)
            for part in note["removed"]:
                self._parts.pop(part, None)
            self._parts |= dict.fromkeys(note["added"])
            self._remember(note["files"])
            self._commits += 1
            count += table.num_rows
            yield table
        self._find_missing()
        self._sweep(count)
        for name in self._journal():
            table = self._read(name)
            self._remember(self._note(table, name)["files"])
            self.journalled += table.num_rows
            yield _ledger_rows(table)

    def articles(self, days: set[str]) -> set[int]:
        """Keys of the articles whose records are in the parts of some days, as ``day_name`` has them."""
        names = [name for name in self._parts if _day_of(name) in days]
        return {key for name in names for key in self._read(name)["article"].to_pylist()}

    def write(self, first: int, window: Window) -> None:
        """Put a window into the journal.

        Args:
            first: Number of its first row in the ledger.
            window: What to write; complete, or its articles are done again.
        """
        table = window.records
        for name in SCHEMA.names:
            table = table.append_column(_MARK + name, window.rows[name])
        note: dict[str, Any] = {"replaced": window.replaced, "files": [vars(done) for done in window.files]}
        self._remember(note["files"])
        self.journalled += table.num_rows
        self._write(f"{JOURNAL}/{first:012d}-{len(window.files):06d}.parquet", table, note)

    def publish(self) -> None:
        """Sort the journal into the parts of its days, and enter it into the ledger."""
        names = self._journal()
        if not names:
            return
        tables = [self._read(name) for name in names]
        notes = [self._note(table, name) for table, name in zip(tables, names, strict=True)]
        journal = pa.concat_tables(
            [t.replace_schema_metadata(None) for t in tables], promote_options="default"
        )
        latest = _latest(journal[_MARK + "article"].to_pylist())
        records = _record_columns(journal).append_column("article", journal[_MARK + "article"]).take(latest)
        replaced = {day for note in notes for day in note["replaced"]}
        added, removed = self._sort_in(records, replaced)
        removed += [name for name in self.missing if name not in added]
        files = [done for note in notes for done in note["files"]]
        note = {"added": added, "removed": removed, "files": files}
        self._write(self._ledger_file(), _ledger_rows(journal), note)
        self._commits += 1
        self._parts |= dict.fromkeys(added)
        for name in removed:
            self._parts.pop(name, None)
        for name in (*removed, *names):
            self.place.remove(name)
        self.journalled = 0

    def _sort_in(self, records: pa.Table, replaced: set[str]) -> tuple[list[str], list[str]]:
        """Write the new parts; names of them, and of those that they stand for."""
        by_day: dict[str, list[int]] = defaultdict(list)
        for i, day in enumerate(records["published"].to_pylist()):
            by_day[day_name(day)].append(i)
        old: dict[str, list[str]] = defaultdict(list)
        for name in self._parts:
            old[_day_of(name)].append(name)
        anew = set(records["article"].to_pylist()) if replaced else set()
        added, removed = [], []
        for day in sorted(by_day.keys() | replaced):
            table = records.take(pa.array(by_day[day], pa.int64()))
            if day in replaced or len(old[day]) >= MOST_PARTS:
                kept = [self._read(name) for name in old[day]]
                kept = [t.filter([key not in anew for key in t["article"].to_pylist()]) for t in kept]
                table = pa.concat_tables([*kept, table], promote_options="default")
                removed += old[day]
            if table.num_rows:
                table = table.sort_by([(name, "ascending") for name in ("page", "part", "id")])
                name = f"date={day}/part-{_digest(table)}.parquet"
                self._write(name, table, {})
                added.append(name)
        return added, [name for name in removed if name not in added]

    def _check(self) -> None:
        there = [n for n in self.place.names("*") if n != LOCK and not fnmatch(n, DRAFTS)]
        if there and not {LEDGER, JOURNAL} & set(there):
            raise UsageError(
                f"{str(self.place)!r} is a folder that holds other things; name a new one, or one that "
                "`mujaz label` wrote"
            )

    def _ledger_file(self) -> str:
        """Name of the next file of the ledger."""
        return f"{LEDGER}/{self._commits:08d}.parquet"

    def _find_missing(self) -> None:
        """Forget parts that are gone, and which files of the inputs are done, so that all are read again."""
        there = set(self.place.names(PARTS))
        self.missing = {name: _day_of(name) for name in self._parts if name not in there}
        for name in self.missing:
            del self._parts[name]
        if self.missing:
            self.known.clear()

    def _journal(self) -> list[str]:
        return self.place.names(f"{JOURNAL}/*.parquet")

    def _sweep(self, count: int) -> None:
        """Remove drafts, parts that no ledger file names, and journal files that are in the ledger."""
        left = [*self.place.names(DRAFTS), *self.place.names(f"*/{DRAFTS}")]
        left += [name for name in self.place.names(PARTS) if name not in self._parts]
        left += [name for name in self._journal() if int(name.split("/")[1].split("-")[0]) < count]
        for name in left:
            self.place.remove(name)

    def _remember(self, files: Sequence[dict[str, Any]]) -> None:
        """Note files that are done; what a file was before, or was read for before, is done no more."""
        for done in files:
            page = done.get("page")  # older archives have none: their files are looked through once more
            if page is not None:
                self.known[page] = Done(done["stamp"], page, done["rejects"])

    def _read(self, name: str) -> pa.Table:
        try:
            with self.place.open(name) as file:
                return pq.ParquetFile(file).read()
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, FileNotFoundError) or getattr(error, "errno", None) is not None:
                raise
            remedy = RESTORE if name.startswith(LEDGER) else REMOVE
            raise UsageError(
                f"{self.place}/{name} is damaged ({str(error).splitlines()[0]}); {remedy}"
            ) from None

    def _write(self, name: str, table: pa.Table, note: dict[str, Any]) -> None:
        text = json.dumps(note | {"format": FORMAT, "signatures": copies.VERSION}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )
        content = io.BytesIO()
        pq.write_table(table.replace_schema_metadata({_META: text}), content, compression="zstd")
        content.seek(0)
        self.place.write(name, content)

    def _note(self, table: pa.Table, name: str) -> dict[str, Any]:
        try:
            note: dict[str, Any] = json.loads(table.schema.metadata[_META])
        except (KeyError, TypeError, ValueError):
            raise UsageError(
                f"{self.place}/{name}: no file of an archive that Mujaz wrote; remove it"
            ) from None
        if note["format"] > FORMAT:
            newer = f"written by a newer Mujaz (format {note['format']}); update this one"
            raise UsageError(f"{self.place}/{name}: {newer}")
        if note["signatures"] != copies.VERSION:
            other = "copies were found in another way by the Mujaz that wrote it; label into a new folder"
            raise UsageError(f"{self.place}/{name}: {other}")
        return note


def _day_of(part: str) -> str:
    return part.split("/")[0].removeprefix("date=")


def day_name(day: date | None) -> str:
    """How a day's folder is named behind ``date=``."""
    return day.isoformat() if day else UNDATED


def _latest(keys: list[int]) -> pa.Array:
    """Places of the last row of each key, in order."""
    return pa.array(sorted({key: i for i, key in enumerate(keys)}.values()), pa.int64())


def _record_columns(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if not name.startswith(_MARK)])


def _ledger_rows(table: pa.Table) -> pa.Table:
    return table.select([_MARK + name for name in SCHEMA.names]).rename_columns(SCHEMA.names)


def _digest(table: pa.Table) -> str:
    """Names a part by what is in it, so that the same run gives the same names."""
    digest = blake2b(digest_size=8)
    for name in ("article", "published_at", "topics", "summary", "model"):
        digest.update(json.dumps(table[name].to_pylist(), ensure_ascii=False).encode("utf-8", "replace"))
    return digest.hexdigest()
