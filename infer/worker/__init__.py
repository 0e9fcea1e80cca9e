"""The worker: takes jobs from a queue, analyzes them in batches, and delivers what comes out."""

from infer.worker.config import WorkerConfig, load_worker_config
from infer.worker.run import Tally, Worker

__all__ = ["Tally", "Worker", "WorkerConfig", "load_worker_config"]
