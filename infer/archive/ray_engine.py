"""The windows of an archive read on many machines, by Ray Data."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np

from infer.archive.plan import Plan
from infer.archive.reading import Labelled, ahead, prepare, read, versions
from infer.errors import ModelError, UsageError
from infer.schema import Article
from infer.topics import TopicModel

# Windows that are handed to Ray at a time: enough for twenty machines, and some memory here.
AT_ONCE = 64


class Reader:
    """An actor: the topic model, opened once on its machine.

    Args:
        folder: The model's folder, which must be at the same place on every machine.
        version: What log-odds depend on, so that no machine reads with another model.
        exact: Leave the cascade out.
        threads: Threads of the model.
    """

    def __init__(self, folder: str, version: str, exact: bool, threads: int | None) -> None:
        self._topics = TopicModel.from_pretrained(folder, threads)
        if (found := self._topics.version.reading) != version:
            raise ModelError(
                f"{folder}: the model on this machine is another ({found}, not {version}); copy it"
            )
        self._exact = exact

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read a window: number, titles and bodies in; number, log-odds and what the cascade settled out."""
        given = zip(row["titles"], row["bodies"], strict=True)
        prepared = prepare(self._topics, [Article("", *texts) for texts in given], exact=self._exact)
        return {
            "number": row["number"],
            "log_odds": read(self._topics, prepared).tobytes(),
            "settled": np.array(prepared.settled, np.uint8).tobytes(),
        }


class OnRay:
    """Reads windows on a Ray cluster: the one that ``RAY_ADDRESS`` names, or one on this machine.

    The windows are those of ``Local``, so what comes out is the same to the bit. A worker that dies is
    replaced, and its window read again.

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
        """See ``Engine``."""
        import ray

        ours = not ray.is_initialized()
        if ours:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        groups = iter(lambda: list(islice(plans, AT_ONCE)), [])
        try:
            with ahead(groups, 1) as ready:
                yield (labelled for group in ready for labelled in self._read(group))
        finally:
            if ours:
                ray.shutdown()

    def _read(self, plans: list[Plan]) -> Iterator[Labelled]:
        import ray

        cluster: Any = ray
        rows = [
            {
                "number": i,
                "titles": [each.article.title for each in plan.unread],
                "bodies": [each.article.body for each in plan.unread],
            }
            for i, plan in enumerate(plans)
            if plan.unread
        ]
        found: dict[int, dict[str, Any]] = {}
        if rows:
            cores = max(1, int(cluster.cluster_resources().get("CPU", 1)) // self._threads)
            data = cluster.data.from_items(rows, override_num_blocks=len(rows)).map(
                Reader,
                fn_constructor_args=(
                    str(self.topics.folder.resolve()),
                    self.topics.version.reading,
                    self._exact,
                    self._threads,
                ),
                num_cpus=self._threads,
                compute=cluster.data.ActorPoolStrategy(min_size=1, max_size=min(cores, len(rows))),
            )
            found = {row["number"]: row for row in data.iter_rows()}
        for i, plan in enumerate(plans):
            row = found.get(i, {"log_odds": b"", "settled": b""})
            log_odds = np.frombuffer(row["log_odds"], np.float32).reshape(-1, len(self.topics.topics))
            yield Labelled(plan, log_odds, np.frombuffer(row["settled"], np.uint8).astype(bool).tolist())
