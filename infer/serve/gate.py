"""What stands before the app: who may ask, how long a body may be and take, and what is noted of a request.

Plain ASGI, as a body must be counted while it arrives.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infer.logs import event
from infer.serve.config import Limits
from infer.serve.metrics import Metrics
from infer.serve.problems import problem

log = logging.getLogger("mujaz.serve")

PROTECTED = ("/v1/", "/metrics")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Gate:
    """Refuses what must not reach the app, and notes what became of every request.

    Args:
        app: What answers.
        limits: Of a request.
        keys: Keys that may ask; anybody may where there is none.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, limits: Limits, keys: Sequence[str], metrics: Metrics) -> None:
        self._app = app
        self._limits = limits
        self._keys = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.monotonic()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        scope["request_id"] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        status = 0
        body = _Body(receive, self._limits)

        async def noting(message: Message) -> None:
            nonlocal status
            if body.refused and not status:
                raise body.refused  # the app took it for a fault of the body's own
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["x-request-id"] = scope["request_id"]
                for name, value in SECURITY.items():
                    out.setdefault(name, value)
            await send(message)

        try:
            self._check(scope, headers)
            await self._app(scope, body.receive, noting)
        except _RefusedError as refused:
            body.refused = None
            more = {"www-authenticate": "Bearer"} if refused.status == 401 else {}
            if refused.status in (408, 413):
                more["connection"] = "close"  # the rest of the body is not read
            answer = problem(
                refused.status, refused.code, str(refused), request_id=scope["request_id"], headers=more
            )
            await answer(scope, receive, noting)
        except Exception as error:
            event(log, logging.ERROR, "broken", request=scope["request_id"], error=type(error).__name__)
            log.debug("traceback", exc_info=True)
            if status:
                raise
            told = f"this is a fault of the service, noted as {scope['request_id']}"
            await problem(500, "broken", told, request_id=scope["request_id"])(scope, receive, noting)
        finally:
            took = time.monotonic() - start
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.request(route, scope["method"], status, took)
            event(
                log,
                logging.INFO,
                "request",
                request=scope["request_id"],
                method=scope["method"][:16],
                route=route,
                status=status,
                seconds=round(took, 4),
            )

    def _check(self, scope: Scope, headers: Headers) -> None:
        path = scope["path"]
        if self._keys and path.startswith(PROTECTED) and not self._knows(headers):
            raise _RefusedError(
                401, "unauthorized", "a key is needed: Authorization: Bearer KEY, one of MUJAZ_API_KEYS"
            )
        if scope["method"] != "POST" or not path.startswith("/v1/"):
            return
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise _RefusedError(
                415, "unsupported", "the body must be application/json; say so in content-type"
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise _RefusedError(415, "unsupported", "the body must not be compressed")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._limits.body_bytes:
            raise _too_long(self._limits)

    def _knows(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = headers.get("x-api-key", "")
        digest = hashlib.sha256(given.strip().encode()).digest()
        return any(hmac.compare_digest(digest, key) for key in self._keys)


class _Body:
    """Receives a body while it is within the limits.

    Attributes:
        refused: Why it is not, once it is not.
    """

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self.refused: _RefusedError | None = None
        self._receive = receive
        self._limits = limits
        self._deadline = time.monotonic() + limits.body_seconds
        self._size, self._whole = 0, False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            _RefusedError: It is too long or too slow.
        """
        if self._whole:
            return await self._receive()
        left = max(self._deadline - time.monotonic(), 0.001)
        try:
            message = await asyncio.wait_for(self._receive(), left)
        except TimeoutError:
            seconds = self._limits.body_seconds
            self.refused = _RefusedError(408, "too_slow", f"the body did not arrive within {seconds:g} s")
            raise self.refused from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._limits.body_bytes:
            self.refused = _too_long(self._limits)
            raise self.refused
        return message


def _too_long(limits: Limits) -> _RefusedError:
    told = f"the body is longer than {limits.body_bytes:,} bytes; send fewer articles at once"
    return _RefusedError(413, "too_large", told)
