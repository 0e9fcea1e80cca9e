"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from infer.pipeline import Result
from infer.schema import Reject
from infer.serve.engine import Batch
from infer.table import OTHER

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64)
METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Metrics:
    """The service's own figures; each app has its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "mujaz_requests", "Requests.", ("route", "method", "status"), registry=self._registry
        )
        self._latency = Histogram(
            "mujaz_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self._articles = Counter(
            "mujaz_articles", "Articles by outcome.", ("outcome",), registry=self._registry
        )
        self._topics = Counter("mujaz_topics", "Articles by topic.", ("topic",), registry=self._registry)
        self._batches = Histogram(
            "mujaz_batch_articles", "Articles of a batch.", buckets=SIZES, registry=self._registry
        )
        self._busy = Counter("mujaz_model_seconds", "Time in the models.", registry=self._registry)
        self._dropped = Counter(
            "mujaz_dropped_articles", "Articles nobody waited for any more.", registry=self._registry
        )
        self._waiting = Gauge("mujaz_waiting_tokens", "Estimated tokens waiting.", registry=self._registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        known = method if method in METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def batch(self, batch: Batch) -> None:
        """Count a batch."""
        self._dropped.inc(batch.dropped)
        if batch.articles:
            self._batches.observe(batch.articles)
            self._busy.inc(batch.seconds)

    def results(self, results: Iterable[Result]) -> None:
        """Count what was answered."""
        for result in results:
            self._articles.labels("rejected" if isinstance(result, Reject) else "record").inc()
            if not isinstance(result, Reject) and result.topics is not None:
                for topic in result.topics or (OTHER,):
                    self._topics.labels(topic).inc()

    def watch(self, waiting: Callable[[], float]) -> None:
        """Let the line's length be read when figures are asked for."""
        self._waiting.set_function(waiting)

    def text(self) -> bytes:
        """All figures, in the text format of Prometheus."""
        return generate_latest(self._registry)
