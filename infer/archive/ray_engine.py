"""The windows of an archive read on many machines, by Ray Data."""

from __future__ import annotations

import logging
import os
import platform
import re
import socket
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np

from infer.archive.plan import Plan
from infer.archive.reading import Labelled, ahead, prepare, read, versions
from infer.errors import ModelError, UsageError
from infer.schema import Article
from infer.topics import TopicModel

# Windows that are handed to Ray at a time: its workers are started anew for each such group.
AT_ONCE = 64
# Plans of a group at most, where most have no articles: rejects and unchanged files are plans too.
MOST_PLANS = 4_096
# Seconds until a cluster is taken to be out of reach; Ray alone would try for many minutes.
PATIENCE = 10
_UNREAD = {"log_odds": b"", "settled": b"", "fault": ""}


class Reader:
    """An actor: the topic model, opened once on its machine.

    A model that cannot be used is told with the first window, as Ray would give an error raised here as
    a traceback of its own.

    Args:
        folder: The model's folder, which must be at the same place on every machine.
        expected: What log-odds depend on (``reading.versions``), so that no machine reads with another model.
        exact: Leave the cascade out.
        threads: Threads of the model.
    """

    def __init__(self, folder: str, expected: tuple[str, str], exact: bool, threads: int) -> None:
        self._exact = exact
        self._fault = ""
        try:
            self._topics = TopicModel.from_pretrained(folder, threads)
        except ModelError as error:
            self._fault = str(error)
        else:
            if (found := versions(self._topics, exact=exact)) != tuple(expected):
                self._fault = f"{folder}: another model than that of this run ({found[1]}, not {expected[1]})"

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read a window: number, titles and bodies in; number, log-odds and what the cascade settled out."""
        if self._fault:
            return _UNREAD | {"number": row["number"], "fault": f"on {platform.node()}: {self._fault}"}
        given = zip(row["titles"], row["bodies"], strict=True)
        prepared = prepare(self._topics, [Article("", *texts) for texts in given], exact=self._exact)
        return {
            "number": row["number"],
            "log_odds": read(self._topics, prepared).tobytes(),
            "settled": np.array(prepared.settled, np.uint8).tobytes(),
            "fault": "",
        }


class OnRay:
    """Reads windows on a Ray cluster: the one that ``RAY_ADDRESS`` names, or one on this machine.

    The windows are those of ``Local``, so what comes out is the same to the bit on processors of the same
    kind. A worker that dies is replaced, and its window read again.

    Args:
        topics: The model, whose folder is at the same place on every machine.
        exact: Leave the cascade out.
        threads: Threads, and so cores, of each worker; one where None.

    Raises:
        UsageError: Ray is not installed.
    """

    def __init__(self, topics: TopicModel, *, exact: bool = False, threads: int | None = None) -> None:
        self.topics = topics
        self._exact, self._threads = exact, threads or 1
        try:
            import ray.data  # noqa: F401
        except ImportError:
            raise UsageError("--engine ray needs Ray: pip install 'mujaz[ray]'") from None

    @property
    def versions(self) -> tuple[str, str]:
        """See ``Engine``."""
        return versions(self.topics, exact=self._exact)

    @contextmanager
    def reading(self, plans: Iterator[Plan]) -> Iterator[Iterator[Labelled]]:
        """See ``Engine``.

        Raises:
            UsageError: The cluster is out of reach, or has no worker with as many cores as threads.
            ModelError: A worker does not have the model, or has another; raised at the window it was given.
        """
        # Closed before the cluster is left: Ray Data would start another one to clean up in.
        with _cluster(), ahead(groups(plans), 1) as ready, closing(self._windows(ready)) as windows:
            yield windows

    def _windows(self, ready: Iterator[list[Plan]]) -> Generator[Labelled]:
        for plans in ready:
            with closing(self._rows(plans)) as rows:
                yield from self._in_order(plans, rows)

    def _in_order(self, plans: list[Plan], rows: Iterator[dict[str, Any]]) -> Iterator[Labelled]:
        """Give each window as soon as it and those before it are read."""
        found: dict[int, dict[str, Any]] = {}
        for i, plan in enumerate(plans):
            while plan.unread and i not in found:
                row = next(rows)
                if row["fault"]:
                    raise ModelError(f"{row['fault']}; copy the model's folder to the same path there")
                found[row["number"]] = row
            row = found.pop(i, _UNREAD)
            log_odds = np.frombuffer(row["log_odds"], np.float32).reshape(-1, len(self.topics.topics))
            yield Labelled(plan, log_odds, np.frombuffer(row["settled"], np.uint8).astype(bool).tolist())

    def _rows(self, plans: list[Plan]) -> Generator[dict[str, Any]]:
        """What ``Reader`` says of the windows that have something to read, in any order."""
        import ray

        items = [
            {
                "number": i,
                "titles": [each.article.title for each in plan.unread],
                "bodies": [each.article.body for each in plan.unread],
            }
            for i, plan in enumerate(plans)
            if plan.unread
        ]
        if not items:
            return
        cluster: Any = ray
        cores = int(max(node["Resources"].get("CPU", 0) for node in cluster.nodes() if node["Alive"]))
        if cores < self._threads:
            remedy = f"give --threads {cores}, or fewer" if cores else "start workers that have some"
            raise UsageError(f"no machine of the Ray cluster has {self._threads} cores; {remedy}")
        workers = int(cluster.cluster_resources()["CPU"]) // self._threads
        arguments = (str(self.topics.folder.resolve()), self.versions, self._exact, self._threads)
        # Ray Data restarts actors, and gives their windows to others, as often as it takes.
        data = cluster.data.from_items(items, override_num_blocks=len(items)).map(
            Reader,
            fn_constructor_args=arguments,
            num_cpus=self._threads,
            # One window at a time: a worker that held a second one would keep it from idle ones.
            compute=cluster.data.ActorPoolStrategy(
                size=min(workers, len(items)), max_tasks_in_flight_per_actor=1
            ),
        )
        yield from data.iter_rows()


def groups(plans: Iterator[Plan]) -> Iterator[list[Plan]]:
    """The same plans by ``AT_ONCE`` that have articles, or by ``MOST_PLANS``."""
    group: list[Plan] = []
    filled = 0
    for plan in plans:
        group.append(plan)
        filled += bool(plan.planned)
        if filled == AT_ONCE or len(group) == MOST_PLANS:
            yield group
            group, filled = [], 0
    if group:
        yield group


@contextmanager
def _cluster() -> Iterator[None]:
    """Join the cluster that ``RAY_ADDRESS`` names, or start one; whoever joined it before keeps it."""
    import ray

    if ray.is_initialized():
        yield
        return
    address = os.environ.get("RAY_ADDRESS", "")
    _look_for(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what matters of it comes as an exception too
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (
        ConnectionError,
        RuntimeError,
        ValueError,
    ) as error:  # another version of Ray or Python, no rights
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"cannot run on Ray{f' at {address}' if address else ''}: {reason}") from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def _look_for(address: str) -> None:
    match = re.fullmatch(r"(?:ray://)?\[?([^/\]]+)\]?:(\d+)", address)
    if match is None:
        return
    try:
        socket.create_connection((match[1], int(match[2])), PATIENCE).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        remedy = "start one there (ray start --head), or unset RAY_ADDRESS to run on this machine"
        raise UsageError(f"no Ray cluster at RAY_ADDRESS={address} ({reason}); {remedy}") from None
