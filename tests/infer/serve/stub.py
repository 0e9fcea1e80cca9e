"""A service without models, for tests."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import uvicorn
from fastapi.testclient import TestClient

from infer.schema import Record, Reject
from infer.serve.app import create_app
from infer.serve.config import Limits, ServeConfig
from infer.serve.run import options

NAMES = {"gaza": "غزة", "trade_tariffs": "الرسوم الجمركية"}
TOPICS = SimpleNamespace(
    name="stub@1", topics=tuple(NAMES), arabic_names=NAMES, thresholds=np.array([0.4, 0.6], np.float32)
)
BODY = "نص خبر قصير عن غزة."


@dataclass(frozen=True)
class Stub:
    """What stands for a pipeline; an article with ``poison`` in its title fails."""

    topics: object = field(default_factory=lambda: TOPICS)
    summarizer: object = "there"
    explain: bool = True
    seconds: float = 0.0
    batches: tuple = ()

    def analyze(self, articles):
        articles = list(articles)
        time.sleep(self.seconds)
        if any("poison" in article.title for article in articles):
            raise ValueError("سم في النص")
        return [self._result(article) for article in articles]

    def _result(self, article):
        if not article.body.strip():
            return Reject(article.page, "", "the text is empty", article.id)
        said = {}
        if self.topics:
            said |= {"topics": ("gaza",), "scores": {"gaza": 0.9, "trade_tariffs": 0.1}, "review": False}
            said |= {"model": "stub@1"}
        if self.summarizer:
            said |= {"summary": article.body.split("\n")[0], "summary_method": "lead"}
        if self.explain:
            said |= {"evidence": (article.body.split("\n")[0],), "refused": ()}
        return Record(
            article.id, article.page, article.part, article.title, article.published, article.source, (),
            article.url, **said,
        )  # fmt: skip


def config(**limits):
    return ServeConfig(limits=Limits(**limits))


class Server:
    """The service in a thread of these tests."""

    def __init__(self, pipeline, keys=()):
        settings = ServeConfig(port=0)
        app = create_app(settings, keys, pipeline)
        self.server = uvicorn.Server(uvicorn.Config(app, **options(settings)))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started or app.state.service.not_ready:
            time.sleep(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"

    def stop(self):
        self.server.should_exit = True
        self.thread.join()


@contextmanager
def client(stub=None, keys=(), settings=None):
    """A client of an app whose models are ready."""
    with TestClient(create_app(settings or ServeConfig(), keys, lambda: stub or Stub())) as made:
        for _ in range(3000):
            if made.get("/readyz").status_code == 200:
                break
            time.sleep(0.01)
        yield made
