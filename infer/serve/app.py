"""The service: addresses, and what each of them answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from infer.batching import Failure
from infer.logs import event
from infer.pipeline import Pipeline
from infer.schema import Article, Reject
from infer.serve import problems
from infer.serve.config import ServeConfig
from infer.serve.engine import ANALYZE, LABEL, SUMMARIZE, Engine, OverloadedError
from infer.serve.gate import Gate
from infer.serve.metrics import Metrics
from infer.serve.problems import ProblemError
from infer.serve.reading import Item, answer, items
from infer.serve.schemas import PROBLEMS, Answers, Asked, Body

log = logging.getLogger("mujaz.serve")

WEB = Path(__file__).parent / "web"
WARM = Article("warm", "خبر", "نص قصير يقرأ مرة قبل أول طلب، ليكون كل شيء في الذاكرة.")
TASKS = {
    LABEL: "Topics of articles, with calibrated probabilities",
    SUMMARIZE: "Summaries of articles, with the sentences that carry them",
    ANALYZE: "Topics and summaries",
}


class Service:
    """The app's state.

    Args:
        config: Its settings.
        load: Opens the models.
    """

    def __init__(self, config: ServeConfig, load: Callable[[], Pipeline]) -> None:
        self.config = config
        self.metrics = Metrics()
        self.engine = Engine(config.batch, config.limits.waiting_tokens, self.metrics.batch)
        self.metrics.watch(lambda: self.engine.waiting[1])
        self.pipeline: Pipeline | None = None
        self.fault: str | None = None
        self.stopping = False
        self._load = load

    def prepare(self) -> None:
        """Open the models, and run them once."""
        try:
            pipeline = self._load()
            pipeline.analyze([WARM])
        except Exception as error:
            self.fault = str(error)
            event(log, logging.ERROR, "not_loaded", problem=str(error))
            return
        self.engine.start(pipeline)
        self.pipeline = pipeline
        model = pipeline.topics.name if pipeline.topics else None
        event(log, logging.INFO, "ready", model=model)

    @property
    def not_ready(self) -> str | None:
        """Why nothing can be asked now; None where it can."""
        if self.stopping:
            return "the service is stopping"
        if self.fault:
            return f"the models cannot be loaded: {self.fault}"
        if self.pipeline is None:
            return "the models are being loaded"
        return None if self.engine.alive else "the models' thread has ended; start the service again"

    async def results(self, asked: Asked, task: str) -> Answers:
        """Answer a request.

        Raises:
            ProblemError: It cannot be answered.
        """
        limits = self.config.limits
        self._check(task)
        found = await run_in_threadpool(items, asked.articles, limits)
        articles = [item.article for item in found if isinstance(item.article, Article)]
        try:
            futures = self.engine.submit(articles, task, limits.seconds)
        except OverloadedError as full:
            after = {"retry-after": f"{full.seconds:.0f}"}
            raise ProblemError(429, "overloaded", f"{full}; try again then", headers=after) from None
        waiting = [asyncio.wrap_future(future) for future in futures]
        try:
            async with asyncio.timeout(limits.seconds):
                said = iter(await asyncio.gather(*waiting))
        except TimeoutError:
            raise ProblemError(
                503, "too_late", f"no answer within {limits.seconds:g} s; send fewer articles at once"
            ) from None
        return Answers(results=[self._answer(item, said, asked) for item in found])

    def _answer(self, item: Item, said: Any, asked: Asked) -> Any:  # noqa: ANN401
        result = next(said) if isinstance(item.article, Article) else item.article
        if isinstance(result, Failure):
            result = Reject("", "", "the models cannot read this article; it is noted in the log")
        self.metrics.results([result])
        return answer(item, result, text=asked.text)

    def _check(self, task: str) -> None:
        if reason := self.not_ready:
            raise ProblemError(503, "not_ready", reason, headers={"retry-after": "2"})
        lacking = {LABEL: "topics", SUMMARIZE: "summaries"}.get(task)
        has = {
            "topics": self.pipeline and self.pipeline.topics,
            "summaries": self.pipeline and self.pipeline.summarizer,
        }
        if lacking and not has[lacking]:
            raise ProblemError(404, "not_offered", f"this service was started without {lacking}")


def create_app(
    config: ServeConfig | None = None, keys: Sequence[str] = (), load: Callable[[], Pipeline] | None = None
) -> FastAPI:
    """The service as an ASGI app.

    Args:
        config: Its settings; by default as ``configs/serve.yaml`` has them.
        keys: Keys that may ask; anybody may where there is none.
        load: Opens the models; by default those of the settings.
    """
    config = config or ServeConfig()
    service = Service(config, load or config.models.load)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(run_in_threadpool(service.prepare))
        yield
        service.stopping = True
        await loading
        await run_in_threadpool(service.engine.close, config.grace_seconds)

    app = FastAPI(
        title="Mujaz",
        version=version("mujaz"),
        description="Topics and summaries of Arabic news.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    problems.install(app)
    for task, summary in TASKS.items():
        _add_task(app, service, task, summary)
    _add_probes(app, service)
    _add_page(app)
    app.add_middleware(Gate, limits=config.limits, keys=keys, metrics=service.metrics)
    return app


def _add_task(app: FastAPI, service: Service, task: str, summary: str) -> None:
    async def run(asked: Body) -> Answers:
        wanted = asked if isinstance(asked, Asked) else Asked(articles=[asked])
        return await service.results(wanted, task)

    app.post(
        f"/v1/{task}",
        response_model=Answers,
        response_model_exclude_none=True,
        responses=PROBLEMS,
        summary=summary,
        operation_id=task,
    )(run)


def _add_page(app: FastAPI) -> None:
    files = StaticFiles(directory=WEB)
    # Each by its name, so that nothing else can be asked for and other methods are refused as such.
    for path, name in {"/": "index.html", "/style.css": "style.css", "/app.js": "app.js"}.items():

        async def page(request: Request, name: str = name) -> Response:
            return await files.get_response(name, request.scope)

        app.add_route(path, page, methods=["GET"], include_in_schema=False)


def _add_probes(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="Whether the models are loaded and warm", responses={503: PROBLEMS[503]})
    async def readyz(request: Request) -> Response:
        if reason := service.not_ready:
            return problems.problem(503, "not_ready", reason, request_id=request.scope["request_id"])
        topics = service.pipeline.topics if service.pipeline else None
        content: dict[str, Any] = {"status": "ready", "model": topics.name if topics else None}
        content["topics"] = (
            {
                name: {"ar": topics.arabic_names.get(name, name), "threshold": round(float(limit), 4)}
                for name, limit in zip(topics.topics, topics.thresholds, strict=True)
            }
            if topics
            else {}
        )
        return JSONResponse(content)

    @app.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
