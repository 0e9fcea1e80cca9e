"""From inputs to windows of articles that want labels: what is known is passed over, copies join stories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infer.archive.folder import Done
from infer.archive.rows import Rows, Version, article_key, content_key, key_of
from infer.inputs import Found, ReadOptions, files, read_file, stamp
from infer.outputs.forms import day_of, reject_dict
from infer.pipeline import screen
from infer.schema import Article, Reject
from infer.stories.copies import SIGNATURE, Stories, signatures

# Articles of a window, which is read, written and lost as one: a killed run does at most these again.
WINDOW = 512
# Rejects of one file that are kept with it; a file with more is read again by the next run.
MOST_REJECTS = 1_000


@dataclass(frozen=True, slots=True)
class Planned:
    """An article that gets a record.

    Attributes:
        article: The article.
        number: Number of its row in the ledger.
        source: Number of the row whose log-odds are its own: itself, a story's first, or an older one.
    """

    article: Article
    number: int
    source: int


@dataclass
class Plan:
    """A window.

    Attributes:
        first: Number of its first row in the ledger.
        planned: Its articles, in the order of the inputs.
        signatures: Of each, articles × ``copies.SIGNATURE``.
        replaced: Days in which older records of these articles are; None for undated ones.
        files: Files of the inputs that are done with this window.
    """

    first: int
    planned: list[Planned] = field(default_factory=list)
    signatures: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty((0, SIGNATURE), np.uint32))
    replaced: set[date | None] = field(default_factory=set)
    files: list[Done] = field(default_factory=list)

    @property
    def unread(self) -> list[Planned]:
        """The articles that the topic model has to read."""
        return [each for each in self.planned if each.source == each.number]


@dataclass
class Planner:
    """Reads inputs and decides what is to be done with each article.

    Attributes:
        rows: The ledger's rows, to which those of the planned articles are added.
        stories: The stories so far, of all rows in order.
        known: Files that are done, by their page.
        version: What records are to be made with.
        exact: Version of log-odds that serve as well as ``version.reading``.
        options: How inputs are read.
        lost: Keys of articles whose records are gone, so that they are made again; those met leave it.
        unchanged: Articles passed over so far, as their records stand.
        files_unchanged: Files passed over so far.
    """

    rows: Rows
    stories: Stories
    known: dict[int, Done]
    version: Version
    exact: str
    options: ReadOptions
    lost: set[int] = field(default_factory=set)
    unchanged: int = 0
    files_unchanged: int = 0
    _seen: set[int] = field(default_factory=set)
    _held: list[tuple[Article, int, int]] = field(default_factory=list)
    _done: list[Done] = field(default_factory=list)

    def plans(self, inputs: Sequence[str | Path], reject: Callable[[Reject], None]) -> Iterator[Plan]:
        """Windows of articles, the last one shorter; ``reject`` is called for whatever is none.

        Raises:
            UsageError: An input does not exist or is not read; raised at the first window.
        """
        for found in files(inputs):
            if isinstance(found, Reject):
                reject(found)
                yield self._nothing()
                continue
            now, done = self._stamp(found), self.known.get(key_of(found.page))
            if done and done.stamp == now:
                self.files_unchanged += 1
                for each in done.rejects:
                    reject(Reject(**each))
                yield self._nothing()
            else:
                yield from self._file(found, now, reject)
        if self._held or self._done:
            yield self._plan()

    def _file(self, found: Found, before: int | None, reject: Callable[[Reject], None]) -> Iterator[Plan]:
        rejects: list[dict[str, Any]] = []
        for item in read_file(found, self.options):
            screened = screen(item)
            fault = screened if isinstance(screened, Reject) else self._take(screened)
            if fault:
                reject(fault)
                if len(rejects) <= MOST_REJECTS:
                    rejects.append(reject_dict(fault))
                yield self._nothing()
            elif len(self._held) == WINDOW:
                yield self._plan()
        # A file that grew meanwhile is read again by the next run.
        if before is not None and before == self._stamp(found) and len(rejects) <= MOST_REJECTS:
            self._done.append(Done(before, key_of(found.page), rejects))
            if len(self._done) == WINDOW:
                yield self._plan()

    def _nothing(self) -> Plan:
        """A window without articles, at which what was rejected can be written down."""
        return Plan(len(self.rows))

    def _stamp(self, found: Found) -> int | None:
        """Identifies a file as it is now and what is wanted of it, in 64 bits; None of a stream."""
        if (as_it_is := stamp(found)) is None:
            return None
        return key_of(found.page, repr((as_it_is, self.options, self.version)))

    def _take(self, article: Article) -> Reject | None:
        """Hold an article for the next window if its record does not stand already."""
        key = article_key(article)
        if key in self._seen:
            reason = "its id stands more than once in this page; the first was taken, give each its own"
            return Reject(article.page, f"part {article.part}", reason, article.id)
        self._seen.add(key)
        content = content_key(article)
        number = self.rows.find(key)
        if number is not None and key not in self.lost and self._stands(number, content):
            self.unchanged += 1
        else:
            self.lost.discard(key)
            self._held.append((article, key, content))
        return None

    def _stands(self, number: int, content: int) -> bool:
        found = self.rows.version(number)
        same = (found.deciding, found.writing) == (self.version.deciding, self.version.writing)
        return same and self.rows.content(number) == content and self._serves(number)

    def _serves(self, number: int) -> bool:
        """Whether a row's log-odds are what this run would come to, or better."""
        return self.rows.version(number).reading in (self.version.reading, self.exact)

    def _plan(self) -> Plan:
        held, self._held = self._held, []
        plan = Plan(len(self.rows), files=self._done)
        self._done = []
        if not held:
            return plan
        plan.signatures = signatures([article for article, _, _ in held])
        for (article, key, content), story in zip(held, self.stories.place(plan.signatures), strict=True):
            older = self.rows.find(key)
            if older is not None:
                plan.replaced.add(self.rows.day(older))
            number = len(self.rows)
            source = self._source(number, older, self._read_as(article, older, content), int(story))
            self.rows.add(key, content, article.id, day_of(article.published), int(story), self.version)
            plan.planned.append(Planned(article, number, source))
        return plan

    def _read_as(self, article: Article, older: int | None, content: int) -> int:
        """The content under which an article's text was read before: that without its time, if need be.

        The ledger may be of a Mujaz that kept no times, and the encoder does not read them.
        """
        if older is not None and article.published_at and self.rows.content(older) != content:
            return content_key(replace(article, published_at=None))
        return content

    def _source(self, number: int, older: int | None, content: int, story: int) -> int:
        """The row that has the log-odds of a new row, which is that row itself where none has."""
        if older is not None and self.rows.content(older) == content and self._serves(older):
            return older
        if story == number:
            return number
        first = self.rows.find(self.rows.article(story))
        if first is not None and self.rows.content(first) == self.rows.content(story) and self._serves(first):
            return first
        return number
