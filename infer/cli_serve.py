"""``mujaz serve``: inference over HTTP; ``mujaz doctor``: whether it can work here."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from infer import doctor as diagnosis
from infer.cli_options import DONE, FAILED, LengthName, MethodName, ModelFolder, SummarizerFolder, Threads
from infer.errors import UsageError
from infer.extras import need
from infer.logs import log_to

app = typer.Typer()

KEYS = "MUJAZ_API_KEYS"
SHORTEST_KEY = 16


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; this machine alone by default.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 8000 by default.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead of the configs/serve.yaml of Mujaz.")
    ] = None,
    model: ModelFolder = None,
    summarizer: SummarizerFolder = None,
    method: Annotated[MethodName | None, typer.Option(help="What writes summaries.")] = None,
    length: Annotated[LengthName | None, typer.Option(help="Of summaries.")] = None,
    threads: Threads = None,
    open_to_all: Annotated[
        bool, typer.Option("--open-to-all", help="Listen to other machines without keys.")
    ] = False,
) -> None:
    """Label and summarize over HTTP, with a page to try it at /.

    Who may ask has one of the keys in MUJAZ_API_KEYS, between commas; anybody of this machine may where there
    are none.

    Exit codes: 0 stopped, 2 usage, 1 failure.
    """
    need("services", "serve", "fastapi", "prometheus_client", "uvicorn")
    import uvicorn

    from infer.serve.app import create_app
    from infer.serve.config import load_serve_config
    from infer.serve.run import check_place, options

    settings = load_serve_config(config)
    models = settings.models.but(
        model=model, summarizer=summarizer, threads=threads, method=method, length=length
    )
    settings = settings.but(models=models, host=host, port=port)
    keys = api_keys(os.environ.get(KEYS, ""))
    if not keys and not open_to_all and not _is_loopback(settings.host):
        raise UsageError(
            f"--host {settings.host}: other machines could ask without a key; "
            f"set {KEYS}, or give --open-to-all"
        )
    log_to(level=settings.log_level)
    check_place(settings)
    uvicorn.run(create_app(settings, keys), **options(settings))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what is installed and which models run here, and test them.

    Exit codes: 0 all that is needed works, 1 something is broken.
    """
    findings = []
    for finding in diagnosis.examine():
        findings.append(finding)
        if not as_json:
            mark = {diagnosis.OK: " ", diagnosis.MISSING: "-", diagnosis.BROKEN: "!"}[finding.state]
            typer.echo(f"{mark} {finding.name:<16} {finding.said}")
    if as_json:
        typer.echo(diagnosis.as_json(findings))
    raise typer.Exit(FAILED if any(each.state == diagnosis.BROKEN for each in findings) else DONE)


def api_keys(text: str) -> list[str]:
    """The keys between commas.

    Raises:
        UsageError: One is too short to be no guess.
    """
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if short := [key for key in keys if len(key) < SHORTEST_KEY or not key.isascii()]:
        raise UsageError(
            f"{KEYS}: key {keys.index(short[0]) + 1} is shorter than {SHORTEST_KEY} characters or not ASCII; "
            "make one with: openssl rand -hex 16"
        )
    return keys


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
