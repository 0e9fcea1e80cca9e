"""The three forms of records on disk: lines of JSON, rows of CSV, rows of Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from infer.cells import guarded, well_formed
from infer.schema import Record, Reject

# Rows of one Parquet row group, which is what is held in memory: about 4 MB of titles and summaries.
ROW_GROUP = 4096


def record_dict(record: Record) -> dict[str, object]:
    """Return a record as JSON has it: its fields in their order, lists for tuples, scores to four digits.

    An explanation is there only where the record has one.
    """
    row = {
        "id": record.id,
        "page": record.page,
        "part": record.part,
        "title": record.title,
        "published": record.published,
        "published_at": record.published_at,
        "source": record.source,
        "tags": list(record.tags),
        "url": record.url,
        "topics": None if record.topics is None else list(record.topics),
        "scores": None if record.scores is None else _rounded(record.scores),
        "review": record.review,
        "summary": record.summary,
        "summary_method": record.summary_method,
        "model": record.model,
    }
    if record.evidence is not None:
        refused = [{"text": r.text, "reasons": list(r.reasons)} for r in record.refused or ()]
        row |= {"evidence": list(record.evidence), "refused": refused}
    if record.story is not None:
        row |= {"story": record.story, "duplicate_of": record.duplicate_of}
    return row


def reject_dict(reject: Reject) -> dict[str, object]:
    """Return a Reject as JSON has it."""
    return {"page": reject.page, "place": reject.place, "reason": reject.reason, "id": reject.id}


def json_line(value: dict[str, object]) -> bytes:
    """Put an object on one line of JSON in UTF-8.

    Raises:
        ValueError: A number in it is NaN or infinite, which JSON cannot say.
    """
    # "replace": half a surrogate in one title must not end a run.
    return (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file has room for.

    Attributes:
        topics: Topics that scores may have, in their order.
        explained: Whether records say which sentences carry a summary, and what was refused.
        archived: Whether records belong to stories.
    """

    topics: tuple[str, ...] = ()
    explained: bool = False
    archived: bool = False


class Sink(Protocol):
    """Takes records and writes them to the stream that it was made with."""

    def write(self, record: Record) -> None:
        """Add a record; it may be held back for a while."""

    def finish(self, *, whole: bool) -> None:
        """Write what was held back (not ``whole``: let go of it); the stream stays open."""


class JsonLines:
    """Records as JSON lines; ``live`` ones are sent at once, as a reader waits for them."""

    def __init__(self, stream: BinaryIO, layout: Layout | None = None, *, live: bool = False) -> None:
        self._stream = stream
        self._live = live

    def write(self, record: Record) -> None:
        """Write a record as one line."""
        self._stream.write(json_line(record_dict(record)))
        if self._live:
            self._stream.flush()

    def finish(self, *, whole: bool) -> None:
        """Leave the file as it is: nothing is held back."""


class CsvRows:
    """Records as rows of CSV (RFC 4180), for spreadsheets.

    The file starts with a byte-order mark, as Excel takes Arabic for windows-1252 without one. Tags
    and topics are joined by ``|``; null is an empty cell; a score is a column ``score_<topic>``. Text
    that starts as a formula does (``= + - @``, tab, newline) gets an apostrophe before it. What
    explains a summary is JSON.
    """

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self._names = layout.topics
        self._rows = csv.writer(_Utf8(stream), lineterminator="\r\n")
        stream.write(b"\xef\xbb\xbf")
        self._explanation = _EXPLANATION if layout.explained else ()
        scores = [f"score_{name}" for name in self._names]
        self._rows.writerow([*_CSV_HEAD, *scores, *_CSV_TAIL, *self._explanation])

    def write(self, record: Record) -> None:
        """Write a record as one row."""
        row = record_dict(record)
        scores = _known(record, self._names) or {}
        cells = [_cell(row[name]) for name in _CSV_HEAD]
        cells += [_cell(scores.get(name)) for name in self._names]
        cells += [_cell(row[name]) for name in _CSV_TAIL]
        cells += [json.dumps(row.get(name), ensure_ascii=False) for name in self._explanation]
        self._rows.writerow(cells)

    def finish(self, *, whole: bool) -> None:
        """Leave the file as it is: nothing is held back."""


_CSV_HEAD = ("id", "page", "part", "title", "published", "published_at", "source", "tags", "url", "topics")
_CSV_TAIL = ("review", "summary", "summary_method", "model")
_EXPLANATION = ("evidence", "refused")


class _Utf8:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", "replace"))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return guarded("|".join(map(str, value)) if isinstance(value, list) else str(value))


class ParquetRows:
    """Records as rows of Parquet (zstd), written a row group at a time.

    ``published`` is a date (null where it is no ISO date), ``scores`` a struct with a float32 field a
    topic, or a map where no topics are named, as Parquet has no empty struct.
    """

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self._layout = layout
        self._held: list[Record] = []
        self._writer = pq.ParquetWriter(stream, schema(layout), compression="zstd")

    def write(self, record: Record) -> None:
        """Hold a record until its row group is full."""
        if self._layout.topics:
            _known(record, self._layout.topics)  # which complains of the record that is at fault
        self._held.append(record)
        if len(self._held) >= ROW_GROUP:
            self._flush()

    def finish(self, *, whole: bool) -> None:
        """Write the last row group and the footer."""
        if whole:
            if self._held:
                self._flush()
            self._writer.close()
            return
        try:  # closed here, since the writer would do it, and complain, when it is collected
            self._writer.close()
        except (OSError, ValueError, pa.ArrowException):
            self._writer.is_open = False

    def _flush(self) -> None:
        self._writer.write_table(records_table(self._held, self._layout), row_group_size=ROW_GROUP)
        self._held.clear()


def records_table(records: Sequence[Record], layout: Layout) -> pa.Table:
    """Records as a table of ``schema(layout)``.

    Raises:
        ValueError: A record has a score for a topic that the layout has not.
    """
    rows = [_row(record, layout.topics) for record in records]
    try:
        return pa.Table.from_pylist(rows, schema=schema(layout))
    except UnicodeEncodeError:  # half a surrogate in some text
        return pa.Table.from_pylist([_storable(row) for row in rows], schema=schema(layout))


def _row(record: Record, names: Sequence[str]) -> dict[str, object]:
    scores = _known(record, names) if names else record.scores
    row = record_dict(record)
    row["published"] = day_of(record.published)
    row["scores"] = scores if scores is None or names else list(scores.items())
    return row


def schema(layout: Layout) -> pa.Schema:
    """Columns of records and their types."""
    names = layout.topics
    scores = pa.struct([(n, pa.float32()) for n in names]) if names else pa.map_(pa.string(), pa.float32())
    kinds = {
        "part": pa.int32(),
        "published": pa.date32(),
        "tags": pa.list_(pa.string()),
        "topics": pa.list_(pa.string()),
        "scores": scores,
        "review": pa.bool_(),
        "evidence": pa.list_(pa.string()),
        "refused": pa.list_(pa.struct([("text", pa.string()), ("reasons", pa.list_(pa.string()))])),
    }
    empty = Record("", "", 1, "", None, None, (), None, evidence=() if layout.explained else None)
    empty = replace(empty, story="") if layout.archived else empty
    return pa.schema([(name, kinds.get(name, pa.string())) for name in record_dict(empty)])


def _storable(value: Any) -> Any:  # noqa: ANN401
    """The same with every text such that it can be encoded."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    return value


def day_of(published: str | None) -> date | None:
    """The day of an ISO date, None where it is none."""
    try:
        return date.fromisoformat(published) if published else None
    except ValueError:
        return None


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(float(score), 4) for name, score in scores.items()}


def _known(record: Record, names: Sequence[str]) -> dict[str, float] | None:
    """Return a record's scores, all of which must have a column: no score is dropped silently."""
    if record.scores is None:
        return None
    if unknown := [name for name in record.scores if name not in names]:
        raise ValueError(
            f"record {record.id!r} has a score for {unknown[0]!r}, but the topics are {list(names)}"
        )
    return _rounded(record.scores)
