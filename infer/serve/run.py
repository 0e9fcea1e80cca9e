"""How uvicorn runs the service."""

from __future__ import annotations

import socket
from typing import Any

from infer.errors import UsageError
from infer.serve.config import ServeConfig

# Requests that are open at once; what comes on top is refused by uvicorn itself.
MOST_OPEN = 1000


def options(config: ServeConfig) -> dict[str, Any]:
    """Arguments of ``uvicorn.run``; what is logged is the service's own to say."""
    return {
        "host": config.host,
        "port": config.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": config.grace_seconds,
        "timeout_keep_alive": 30,
        "http": "h11",
        "h11_max_incomplete_event_size": 32_768,
        "limit_concurrency": MOST_OPEN,
    }


def check_place(config: ServeConfig) -> None:
    """Refuse an address that cannot be listened at before a model is loaded.

    Raises:
        OSError: It is taken.
        UsageError: The host is none of this machine's.
    """
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise UsageError(f"--host {config.host!r}: {error.strerror}; such as 127.0.0.1") from None
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{config.host} port {config.port}") from None
