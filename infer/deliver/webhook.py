"""Results to a web server, signed as Standard Webhooks are (standardwebhooks.com, version 1).

A result may arrive more than once, as a server can die after it took one: ``webhook-id`` is the job's id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import logging
import os
import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from infer.deliver.delivery import Stopped
from infer.errors import UsageError
from infer.logs import event
from infer.queues import Failed, Finished
from infer.queues.queue import pack_result
from infer.settings import Strict

log = logging.getLogger("mujaz.deliver")

SECRET = "MUJAZ_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
PREFIX = "whsec_"
SHORTEST_KEY = 24
# Seconds between attempts: the first, and more than it never is.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
# Answers that another attempt may better.
LATER = {408, 425, 429}
SHOWN = 200


class WebhookLimits(Strict):
    """How long a server is waited for.

    Attributes:
        timeout_seconds: Without an answer, a request has failed.
        attempts: A result that the server answers with an error so many times goes to the dead letters; one
            that cannot be reached at all is waited for as long as it takes.
    """

    timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    attempts: Annotated[int, Field(ge=1)] = 12


class Webhook:
    """A web server that takes results by POST, one a request.

    Args:
        address: ``http`` or ``https``; redirects are not followed.
        key: What requests are signed with; they are not where it is None.
        limits: How long it is waited for.

    Raises:
        UsageError: The address cannot be meant.
    """

    def __init__(self, address: str, key: bytes | None = None, limits: WebhookLimits | None = None) -> None:
        parts = urlsplit(address)
        try:
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UsageError(f"--deliver {address!r}: {error}") from None
        if parts.scheme not in ("http", "https") or not host or parts.username or not address.isascii():
            raise UsageError(
                f"--deliver {address.split('@')[-1]!r}: give an address such as https://news.example/hook, "
                f"without user or password; {SECRET} lets the server know who sends"
            )
        self._limits = limits or WebhookLimits()
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._where = f"{host}:{port}" if port else host
        self._key = key
        timeout = self._limits.timeout_seconds
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=timeout)
        )

    @classmethod
    def from_environment(
        cls, address: str, limits: WebhookLimits | None = None, environment: Mapping[str, str] = os.environ
    ) -> Webhook:
        """A server whose requests are signed with ``MUJAZ_WEBHOOK_SECRET``, if there is one.

        Raises:
            UsageError: The address cannot be meant, or the secret is no Standard Webhooks secret.
        """
        return cls(address, signing_key(environment.get(SECRET)), limits)

    def deliver(self, done: Sequence[Finished], wait: Callable[[float], bool]) -> list[Finished | Failed]:
        """See ``Delivery``."""
        return [self._post(each, wait) for each in done]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, done: Finished, wait: Callable[[float], bool]) -> Finished | Failed:
        body = (pack_result(done.job, done.result) or "").encode()
        answered, tried, start = 0, 0, time.monotonic()
        while True:
            tried += 1
            status, said, pause = self._try(done.job.id, body)
            if 200 <= status < 300:
                if tried > 1:
                    event(log, logging.INFO, "goes_on", after=round(time.monotonic() - start, 1))
                return Finished(done.job, None)
            answered += status > 0
            final = 300 <= status < 500 and status not in LATER
            if final or answered >= self._limits.attempts:
                return Failed(done.job, f"{self._where} answered {status} {said}", None)
            if tried == 1:  # what a server says is not logged, as it may quote the article
                problem = f"{self._where}: " + (f"answers {status}" if status else said)
                event(log, logging.WARNING, "waiting", problem=problem)
            if not wait(pause or _pause(tried)):
                raise Stopped(f"{self._where}: {status or 'no answer'}")

    def _try(self, job: str, body: bytes) -> tuple[int, str, float | None]:
        """Status (0 where there is no answer), what was said, and how long to wait if the server says it."""
        moment = str(int(time.time()))
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "mujaz"}
        headers |= {"webhook-id": job, "webhook-timestamp": moment}
        if self._key:
            headers["webhook-signature"] = signature(self._key, job, moment, body)
        try:
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            said = answer.read(SHOWN).decode(errors="replace")
            if not answer.isclosed():  # more than is shown: not worth reading
                self._connection.close()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, f"{type(error).__name__}: {error}", None
        after = answer.headers.get("retry-after", "")
        return answer.status, said, min(float(after), LONGEST_PAUSE) if after.isdecimal() else None


def signing_key(secret: str | None) -> bytes | None:
    """The key in a secret, ``whsec_`` and base64; None where there is none.

    Raises:
        UsageError: It is not of that form, or too short.
    """
    if not secret:
        return None
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < SHORTEST_KEY:
        raise UsageError(
            f"{SECRET}: is no secret of Standard Webhooks, {PREFIX} and base64 of {SHORTEST_KEY} bytes; "
            f'make one with: echo "{PREFIX}$(openssl rand -base64 32)"'
        )
    return key


def signature(key: bytes, job: str, moment: str, body: bytes) -> str:
    """What a request's ``webhook-signature`` says."""
    digest = hmac.new(key, f"{job}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _pause(tried: int) -> float:
    """Seconds before the next attempt: doubled each time, and spread so that workers do not come at once."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tried - 1, 10)) * random.uniform(0.5, 1.0))  # noqa: S311
