"""What every queue does: jobs go in, are lent to one worker at a time, and end once, in the results.

A job is lent under a lease, which its worker extends while it works. A lease that ran out ends: the job goes
to the next worker, and what the late one brings is refused. So a job may be read more than once (its worker
died, or was given up for dead), and has one result all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Annotated, Any, Protocol

from pydantic import Field, TypeAdapter, ValidationError

from infer.cells import well_formed
from infer.outputs import record_dict, reject_dict
from infer.schema import Article, Record, Reject
from infer.settings import Strict

DIED = "its workers died while they held this job, or lost the queue"
LONGEST_PAUSE = 3_600.0
"""Seconds before an attempt; a job that is to wait longer shows that the clock was set back."""
# An error is kept for a person to read; what is longer is cut.
LONGEST_ERROR = 8_000

_ARTICLE = TypeAdapter(Article)


class QueueError(OSError):
    """A queue that cannot be reached or written to now, and may be later; says which, and what would help."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(problem)
        self.filename, self.strerror = place, problem  # as the command tells them

    def __str__(self) -> str:
        return f"{self.filename}: {self.args[0]}"


class PayloadError(ValueError):
    """A job whose article cannot be read any more."""


class Leases(Strict):
    """How jobs are lent, and how long what became of them is kept.

    Attributes:
        lease_seconds: After so long without a sign of life a worker counts as dead.
        max_attempts: A job that failed so many times goes to the dead letters.
        max_deaths: So does one that so many workers died of; they may have died of something else, so that
            these are more.
        keep_days: Results older than this are removed.
    """

    lease_seconds: Annotated[float, Field(gt=0)] = 60.0
    max_attempts: Annotated[int, Field(ge=1)] = 3
    max_deaths: Annotated[int, Field(ge=1)] = 10
    keep_days: Annotated[float, Field(gt=0)] = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """An article that was lent to a worker.

    Attributes:
        id: Of the job; no two have the same.
        article: What is to be read.
        tokens: How many it has, about.
        attempts: How often it has been tried, this time included; not those that a worker died of.
        lease: Proves that this worker holds it now.
        alone: Whether its last worker died, so that it is read alone.
    """

    id: str
    article: Article
    tokens: int
    attempts: int
    lease: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a job.

    Attributes:
        job: Which.
        result: Its record, or why its article cannot be labelled; None where it was delivered elsewhere.
    """

    job: Job
    result: Record | Reject | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that could not be done this time.

    Attributes:
        job: Which.
        error: Why, with what a person needs to find out more.
        pause: Seconds before it is lent again; None where it never will be.
    """

    job: Job
    error: str
    pause: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """A result that is kept with the queue.

    Attributes:
        job: Id of the job.
        finished: When, in seconds since 1970.
        content: As JSON has it: a record with ``job``, or ``job`` and ``reject``.
    """

    job: str
    finished: float
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dead:
    """A dead letter.

    Attributes:
        job: Id of the job.
        error: Why it was given up.
        attempts: How often it was tried to an end.
        died: When it was given up, in seconds since 1970.
        article: What was to be read; None where that cannot be read any more.
    """

    job: str
    error: str
    attempts: int
    died: float
    article: Article | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs by state; ``pending`` includes those that wait for their next attempt.

    Attributes:
        pending, leased, done, dead: How many.
        oldest: Seconds that the job waits that has waited longest; None where none waits.
    """

    pending: int
    leased: int
    done: int
    dead: int
    oldest: float | None = None


class Queue(Protocol):
    """A queue; each method may raise a ``QueueError``, and then has changed nothing or everything."""

    place: str
    leases: Leases

    def put(self, articles: Sequence[Article]) -> list[str]:
        """Add a job for each article; all or none. Gives the jobs' ids in order."""

    def take(self, articles: int, tokens: int, seconds: float, *, joining: bool = False) -> list[Job]:
        """Borrow jobs, the oldest first, within both limits, but one at least where there is one.

        A job whose last worker died comes alone and joins none, so that it takes no other with it if it
        kills again.

        Args:
            articles: At most so many.
            tokens: At most so many estimated tokens.
            seconds: How long to wait for the first.
            joining: Whether they join others, so that none may be too many.
        """

    def extend(self, jobs: Sequence[Job]) -> set[str]:
        """Extend the leases of jobs; gives the ids of those that are held no more."""

    def finish(self, done: Sequence[Finished]) -> set[str]:
        """Put jobs to the results; gives the ids of those that were held no more, and are not."""

    def fail(self, failed: Sequence[Failed]) -> set[str]:
        """Give jobs back for another attempt, or to the dead letters; gives ids as ``finish`` does."""

    def release(self, jobs: Sequence[Job]) -> None:
        """Give back jobs that were not begun; the attempt does not count."""

    def counts(self) -> Counts:
        """How many jobs there are."""

    def results(self) -> Iterator[Result]:
        """What is kept of the jobs that are done, in the order in which they were."""

    def dead(self) -> Iterator[Dead]:
        """The dead letters, the oldest first."""

    def retry(self, jobs: Iterable[str] | None = None) -> list[str]:
        """Make dead letters jobs again, all by default; gives the ids of those that were dead letters."""

    def expire(self) -> int:
        """Remove results that are older than they are kept; gives how many."""

    def close(self) -> None:
        """Let go of the queue; jobs that are held stay held until their leases run out."""


def fitting(sizes: Sequence[int], most: int, *, joining: bool = False) -> int:
    """How many of the first sizes fit together; one at least, if there is one and it joins no others."""
    within = sum(total <= most for total in accumulate(sizes))
    return within if joining else min(len(sizes), max(1, within))


def pack_article(article: Article) -> str:
    """An article as JSON, storable as UTF-8."""
    return well_formed(json.dumps(asdict(article), ensure_ascii=False))


def unpack_article(payload: str | bytes) -> Article:
    """The article that was packed.

    Raises:
        PayloadError: It is not as it was packed.
    """
    try:
        return _ARTICLE.validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise PayloadError(f"the job's article cannot be read: {place}: {first['msg']}") from None


def readable(payload: str | None) -> Article | None:
    """The article that was packed, None where it cannot be read any more."""
    try:
        return unpack_article(payload or "")
    except PayloadError:
        return None


def pack_result(job: Job, result: Record | Reject | None) -> str | None:
    """What is kept of a job, as JSON."""
    if result is None:
        return None
    content = record_dict(result) if isinstance(result, Record) else {"reject": reject_dict(result)}
    return well_formed(json.dumps({"job": job.id, **content}, ensure_ascii=False))


def cut_error(error: str) -> str:
    """An error short enough to be kept, storable as UTF-8; the end of a traceback says most."""
    return well_formed(error if len(error) <= LONGEST_ERROR else "… " + error[-LONGEST_ERROR:])
