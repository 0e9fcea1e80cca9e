"""A worker without models, for tests: ``python -m tests.infer.worker.stub QUEUE FOLDER``.

It notes every article that it reads in a file of the folder. An article's title tells what it does to whoever
reads it: ``poison`` fails, ``deadly`` ends the process, ``slow`` takes its time.
"""

import os
import signal
import sys
import time
from pathlib import Path

from infer.batching import BatchLimits
from infer.logs import log_to
from infer.queues import Leases, open_queue
from infer.schema import Record
from infer.worker import Worker, WorkerConfig
from infer.worker.config import Retries

LEASE = 1.0


class Stub:
    """What stands for a pipeline."""

    def __init__(self, folder=None, seconds=0.0):
        self.folder = folder
        self.seconds = seconds
        self.batches = []

    def analyze(self, articles):
        self.batches.append([article.id for article in articles])
        if self.folder:
            with (self.folder / f"read-{os.getpid()}").open("a") as file:
                file.writelines(f"{article.id}\n" for article in articles)
        time.sleep(self.seconds)
        for article in articles:
            if article.title == "deadly":
                os._exit(9)
            if article.title == "slow":
                time.sleep(3)
        if any(article.title == "poison" for article in articles):
            raise ValueError("سم")
        return [record(article) for article in articles]


def record(article):
    return Record(
        article.id, "", 1, article.title, None, None, (), None, topics=("gaza",), scores={"gaza": 0.9}
    )


def config(**more):
    settings = {
        "batch": BatchLimits(articles=8, wait_ms=1),
        "leases": Leases(lease_seconds=LEASE),
        "retry": Retries(pause_seconds=0.01),
    }
    return WorkerConfig(**settings | more)


def main(url, folder, *options):
    deaths = 2 if "--timid" in options else 10
    leases = Leases(lease_seconds=LEASE, max_deaths=deaths)
    settings = config(grace_seconds=0.5 if "--hasty" in options else 30.0, leases=leases)
    queue = open_queue(url, settings.leases)
    log_to()
    worker = Worker(queue, Stub(Path(folder), 0.02), settings, overdue=lambda: os._exit(1))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run(drain="--drain" in options)


if __name__ == "__main__":
    main(*sys.argv[1:])
