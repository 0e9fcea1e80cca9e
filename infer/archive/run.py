"""One run over an archive: plan, read, decide, journal, publish."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import BinaryIO, Self, cast

import numpy as np
import pyarrow as pa

from infer.archive.folder import REJECTS, UNDATED, Folder, Window, day_name
from infer.archive.place import Place, place_of
from infer.archive.plan import Plan, Planned, Planner
from infer.archive.ray_engine import OnRay
from infer.archive.reading import Engine, Labelled, Local
from infer.archive.rows import SCHEMA, Rows, Version
from infer.errors import UsageError
from infer.inputs import ReadOptions
from infer.outputs.forms import Layout, json_line, records_table, reject_dict
from infer.pipeline import Pipeline, Result
from infer.schema import Record, Reject
from infer.stories.copies import SIGNATURE, Stories
from infer.summary import Summary
from infer.topics import TopicScores

ENGINES = ("local", "ray")
# Behind the model's name in records of articles that its cascade settled.
SETTLED = "+cascade"
# Articles that are journalled before they are sorted into the parts of their days.
PUBLISHED = 65_536
# Bytes of a run's rejects that are held here; the temporary folder takes what is beyond.
MOST_IN_MEMORY = 8_000_000


class ArchiveRun:
    """A run into an archive's folder, inside a ``with`` block; ``results`` does the work.

    Attributes:
        planner: Counts what was passed over.
        copies: Records so far that are copies of others.
        missing: Parts that were gone when it began, whose records it makes again.
    """

    def __init__(self, place: Place, pipeline: Pipeline, options: ReadOptions, engine: Engine) -> None:
        self.copies = 0
        self.missing = 0
        self.planner: Planner
        self._folder = Folder(place)
        self._pipeline, self._topics, self._options, self._engine = pipeline, engine.topics, options, engine
        self._layout = Layout(engine.topics.topics, pipeline.explain, archived=True)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._folder.place.locked())
            self._rejects = stack.enter_context(SpooledTemporaryFile(MOST_IN_MEMORY))
            self.planner = self._resume()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def results(self, inputs: Sequence[str | Path]) -> Iterator[Result]:
        """Label what is new and give its records, and every Reject; at the end all of it is published.

        Leaving the ``with`` block ends it where it is; what was given is kept.

        Raises:
            UsageError: An input does not exist or is not read.
        """
        return self._stack.enter_context(closing(self._results(inputs)))

    def _results(self, inputs: Sequence[str | Path]) -> Generator[Result, None, None]:
        rejected: deque[Reject] = deque()
        with self._engine.reading(self.planner.plans(inputs, rejected.append)) as windows:
            for labelled in windows:
                yield from self._note(rejected)
                records = self._finish(labelled)
                self._publish_if_due()
                yield from records
        yield from self._note(rejected)
        self._folder.publish()
        if self._rejects.tell():
            self._rejects.seek(0)
            self._folder.place.write(REJECTS, cast(BinaryIO, self._rejects))
        else:
            self._folder.place.remove(REJECTS)

    def _resume(self) -> Planner:
        rows, stories = Rows(len(self._topics.topics)), Stories()
        for table in self._folder.open():
            rows.extend(table)
            found = table["signature"].to_pylist()
            stories.restore(
                np.frombuffer(b"".join(found), np.uint32).reshape(-1, SIGNATURE),
                np.asarray(table["story"].to_pylist(), np.int64),
            )
        lost = self._lost(rows)
        self._publish_if_due()  # a run may have been killed at that
        self._exact, self._cascaded = self._engine.versions
        version = Version(self._cascaded, self._topics.version.deciding, self._pipeline.writing)
        return Planner(rows, stories, self._folder.known, version, self._exact, self._options, lost)

    def _lost(self, rows: Rows) -> set[int]:
        """Keys of the articles whose records were in parts that are gone."""
        days = set(self._folder.missing.values())
        self.missing = len(self._folder.missing)
        if not days:
            return set()
        dates = {None if day == UNDATED else date.fromisoformat(day) for day in days}
        return rows.of_days(dates) - self._folder.articles(days)

    def _publish_if_due(self) -> None:
        if self._folder.journalled >= PUBLISHED:
            self._folder.publish()

    def _note(self, rejected: deque[Reject]) -> Iterator[Reject]:
        """Write down what was rejected since."""
        taken = [rejected.popleft() for _ in range(len(rejected))]  # the planner's thread goes on appending
        for reject in taken:
            self._rejects.write(json_line(reject_dict(reject)))
        yield from taken

    def _finish(self, labelled: Labelled) -> list[Record]:
        """Records of a window, which is in the journal when they are given."""
        plan, rows = labelled.plan, self.planner.rows
        if not plan.planned and not plan.files:
            return []
        for each, values, settled in zip(plan.unread, labelled.log_odds, labelled.settled, strict=True):
            rows.set_log_odds(each.number, values, self._cascaded if settled else self._exact)
        for each in plan.planned:
            rows.copy_log_odds(each.source, each.number)
        scores = [self._topics.decide(rows.log_odds(each.number)) for each in plan.planned]
        summaries = self._pipeline.summarize([each.article for each in plan.planned], scores)
        records = [self._record(*each) for each in zip(plan.planned, scores, summaries, strict=True)]
        self._folder.write(
            plan.first,
            Window(
                records_table(records, self._layout),
                self._ledger_rows(plan),
                sorted(map(day_name, plan.replaced)),
                plan.files,
            ),
        )
        return records

    def _record(self, each: Planned, score: TopicScores, summary: Summary | None) -> Record:
        rows = self.planner.rows
        record = self._pipeline.record(each.article, score, summary)
        first = rows.story(each.number)
        copy = rows.article(first) != rows.article(each.number)
        self.copies += copy
        return replace(
            record,
            story=f"{rows.article(first):016x}",
            duplicate_of=rows.id(first) if copy else None,
            model=f"{record.model}{SETTLED}"
            if rows.version(each.number).reading != self._exact
            else record.model,
        )

    def _ledger_rows(self, plan: Plan) -> pa.Table:
        rows = self.planner.rows
        content = [
            {
                "article": rows.article(n),
                "content": rows.content(n),
                "id": each.article.id,
                "day": rows.day(n),
                "story": rows.story(n),
                **asdict(rows.version(n)),
                "log_odds": rows.log_odds(n).tolist(),
                "signature": signature.tobytes(),
            }
            for each, signature in zip(plan.planned, plan.signatures, strict=True)
            for n in [each.number]
        ]
        return pa.Table.from_pylist(content, schema=SCHEMA)


def open_archive(
    folder: str | Path,
    pipeline: Pipeline,
    options: ReadOptions | None = None,
    *,
    exact: bool = False,
    engine: str = "local",
    threads: int | None = None,
) -> ArchiveRun:
    """Prepare a run into an archive's folder, which is made if there is none.

    Args:
        folder: The archive, a folder or a URL that fsspec knows.
        pipeline: With a topic model.
        options: How inputs are read.
        exact: Let the encoder read every article, also where the model's cascade would settle it.
        engine: What the topic model runs on: ``local``, this process, or ``ray``, a Ray cluster.
        threads: Threads of each of Ray's workers; one where None.

    Raises:
        UsageError: The pipeline has no topic model, or there is no such engine.
    """
    if pipeline.topics is None:
        raise UsageError("an archive's records have topics: leave the topic model in")
    if engine not in ENGINES:
        raise UsageError(f"no engine {engine!r}; known are {', '.join(ENGINES)}")
    on_ray = engine == "ray"
    reader = (
        OnRay(pipeline.topics, exact=exact, threads=threads)
        if on_ray
        else Local(pipeline.topics, exact=exact)
    )
    return ArchiveRun(place_of(folder), pipeline, options or ReadOptions(), reader)
