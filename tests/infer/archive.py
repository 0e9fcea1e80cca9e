"""A small labelled archive on disk, as ``mujaz label INPUT -o labels/`` writes one."""

from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from infer.outputs.forms import Layout, ParquetRows
from infer.schema import Record

TOPICS = ("iraq_us_relations", "gaza", "trade_tariffs")
UNDATED = "__HIVE_DEFAULT_PARTITION__"


def record(number, title, topics=(), *, day="2025-03-05", scores=None, review=False, **more):
    """A record with scores that go with its topics."""
    given = {name: 0.9 if name in topics else 0.02 for name in TOPICS} | (scores or {})
    fields = {"page": f"p{number}.txt", "part": 1, "source": "وكالة الأنباء", "tags": (), "url": None}
    fields |= {"summary": f"ملخص {title}", "summary_method": "lead", "model": "topics-compact@1a2b3c"}
    return Record(
        id=f"p{number}.txt#1",
        title=title,
        published=day,
        topics=tuple(topics),
        scores=given,
        review=review,
        **fields | more,
    )


def write_archive(folder: Path, records, stories=None, copies=None, topics=TOPICS) -> Path:
    """Write parts by day.

    Without ``stories`` and ``copies`` (by record id) the parts are as older ones: without these columns.
    """
    days = defaultdict(list)
    for each in records:
        days[each.published or UNDATED].append(each)
    for day, rows in days.items():
        part = folder / f"date={day}" / "part-0000.parquet"
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            out = ParquetRows(stream, Layout(tuple(topics)))
            for each in rows:
                out.write(each)
            out.finish(whole=True)
        if stories is not None or copies is not None:
            table = pq.read_table(part, partitioning=None)
            for name, known in (("story", stories), ("duplicate_of", copies)):
                values = [(known or {}).get(each.id) for each in rows]
                table = table.append_column(name, pa.array(values, pa.string()))
            pq.write_table(table, part)
    ledger = folder / "_ledger" / "part-0000.parquet"  # bookkeeping, which is no record
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_bytes(b"no records")
    return folder
