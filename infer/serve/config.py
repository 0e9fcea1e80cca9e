"""What ``configs/serve.yaml`` may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from infer.batching import BatchLimits
from infer.models import Models
from infer.settings import Strict, load_config, shipped_config

PREFIX = "MUJAZ_SERVE_"
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class Limits(Strict):
    """What one request may ask for.

    Attributes:
        body_bytes: Longest body.
        articles: Most articles, those of pages included.
        characters: Longest article or page.
        seconds: After so long a request is refused, and what still waits of it is dropped.
        body_seconds: How long a body may take to arrive.
        waiting_tokens: Estimated tokens that may wait; what comes on top is refused with 429.
    """

    body_bytes: Count = 2_000_000
    articles: Count = 64
    characters: Count = 200_000
    seconds: Seconds = 30.0
    body_seconds: Seconds = 10.0
    waiting_tokens: Count = 65_536


class ServeConfig(Strict):
    """A service's settings.

    Attributes:
        grace_seconds: How long a service that is told to stop may take to answer what was asked.
        log_level: Of what is logged, as the ``logging`` module has it.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    limits: Limits = Limits()
    batch: BatchLimits = BatchLimits(wait_ms=3)
    models: Models = Models(explain=True)
    grace_seconds: Annotated[int, Field(ge=0)] = 20
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def load_serve_config(path: Path | None = None) -> ServeConfig:
    """Read a configuration, by default the one that comes with Mujaz; ``MUJAZ_SERVE_…`` go before it.

    Raises:
        UsageError: It is missing, not YAML, or has an unknown, missing or mistyped key.
    """
    return load_config(path or shipped_config("serve.yaml"), ServeConfig, PREFIX)
