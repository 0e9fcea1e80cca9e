"""Sending a mail by SMTP, as the environment says."""

from __future__ import annotations

import copy
import os
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from email.message import EmailMessage
from email.utils import localtime
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError

from infer.digest import safe
from infer.digest.mail import mail_address
from infer.errors import UsageError
from infer.settings import Strict

PREFIX = "MUJAZ_SMTP_"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SendingError(OSError):
    """A mail that did not reach its server, or not for everybody; says whom, and what would help."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.filename = "mail"  # the command names it before the problem

    def __str__(self) -> str:
        return str(self.args[0])


class SmtpSettings(Strict):
    """A server to hand mails to; each is ``MUJAZ_SMTP_`` and its name in capitals.

    Attributes:
        sender: Who mails are from (``MUJAZ_SMTP_FROM``).
        port: By default 465 with ``tls``, 587 with ``starttls``, else 25.
        starttls: Whether the connection is encrypted once it stands.
        tls: Whether it is encrypted from its first byte; then ``starttls`` means nothing.
        plain_login: Whether the password may go to another machine unencrypted.
        timeout: Seconds without an answer after which the server counts as down.
    """

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]
    sender: Annotated[str, Field(alias="from", min_length=1)]
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    user: str | None = None
    password: SecretStr | None = None
    starttls: bool = True
    tls: bool = False
    plain_login: bool = False
    timeout: Annotated[float, Field(gt=0, le=600)] = 30

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or (465 if self.tls else 587 if self.starttls else 25)


def settings_from_environment(environment: Mapping[str, str] | None = None) -> SmtpSettings:
    """Read the settings; a variable that is empty counts as not there.

    Raises:
        UsageError: One is missing, unknown or mistyped; values are not told, as one may be a password.
    """
    variables = os.environ if environment is None else environment
    given = {
        name[len(PREFIX) :].lower(): value for name, value in variables.items() if name.startswith(PREFIX)
    }
    try:
        settings = SmtpSettings.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise UsageError("\n".join(map(_problem, error.errors(include_input=False)))) from None
    mail_address(settings.sender)
    if (settings.user is None) != (settings.password is None):
        raise UsageError(f"{PREFIX}USER and {PREFIX}PASSWORD go together: set both or neither")
    encrypted = settings.tls or settings.starttls or settings.host in LOOPBACK
    if settings.password and not encrypted and not settings.plain_login:
        raise UsageError(
            f"{settings.host}: a password would go there unencrypted; leave {PREFIX}STARTTLS on, "
            f"or set {PREFIX}TLS=1 (or {PREFIX}PLAIN_LOGIN=1, where the network is yours)"
        )
    return settings


def _problem(problem: Mapping[str, object]) -> str:
    place = problem["loc"]
    name = PREFIX + str(place[0]).upper() if isinstance(place, tuple) and place else PREFIX
    if problem["type"] == "missing":
        return f"{name} is not set in the environment; sending needs {PREFIX}HOST and {PREFIX}FROM"
    if problem["type"] == "extra_forbidden":
        known = ", ".join(sorted(field.alias or key for key, field in SmtpSettings.model_fields.items()))
        return f"{name}: no such variable; known behind {PREFIX} are {known.upper()}"
    return f"{name}: {problem['msg']}"


def send(message: EmailMessage, settings: SmtpSettings) -> None:
    """Hand a mail to the server, dated now; TLS certificates are verified.

    Raises:
        SendingError: The server is down, slow, or not whom it says it is, or refuses the login, the mail or
            a recipient. Where it refuses only some recipients, the others have the mail.
        UsageError: The mail is for nobody.
    """
    if not message["To"]:
        raise UsageError("the mail is for nobody: name who gets it")
    dated = copy.deepcopy(message)
    del dated["Date"]
    dated["Date"] = localtime()
    if not dated["From"]:
        dated["From"] = mail_address(settings.sender)
    host, port = settings.place
    where = f"{host}:{port}"
    try:
        with closing(_connected(settings)) as server:
            refused = server.send_message(dated)
            _leave(server)
    except smtplib.SMTPException as error:
        silent = isinstance(error, smtplib.SMTPServerDisconnected) and "timed out" in str(error)
        problem = _failure(TimeoutError(), settings) if silent else _refusal(error)
        raise SendingError(f"{where}: {problem}") from None
    except OSError as error:
        raise SendingError(f"{where}: {_failure(error, settings)}") from None
    if refused:
        raise SendingError(f"{where}: the mail is sent, but not to {_told(refused)}")


def _refusal(error: smtplib.SMTPException) -> str:
    """What the server does not want, and what would help."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the login is refused ({error.smtp_code}); check {PREFIX}USER and {PREFIX}PASSWORD"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"nobody gets the mail: {_told(error.recipients)}"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"the sender {error.sender} is refused: {_answer(error.smtp_error)}; check {PREFIX}FROM"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            f"{error} {PREFIX}TLS=1 is for a port that is encrypted from the start, {PREFIX}STARTTLS=0 for a "
            "server without encryption"
        )
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code < 0:
            return f"what answers there is no mail server; check {PREFIX}HOST, {PREFIX}PORT and {PREFIX}TLS"
        return f"refused with {error.smtp_code}: {_answer(error.smtp_error)}"
    return f"the server broke off ({error}); check {PREFIX}HOST, {PREFIX}PORT and {PREFIX}TLS"


def _failure(error: OSError, settings: SmtpSettings) -> str:
    """Why the server cannot be reached, and what would help."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}); for an authority of your own name its "
            "file in SSL_CERT_FILE"
        )
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason}); {PREFIX}TLS is for port 465, {PREFIX}STARTTLS for 587"
    if isinstance(error, TimeoutError):
        return f"no answer in {settings.timeout:g} s; check the host, or raise {PREFIX}TIMEOUT"
    return f"cannot be reached ({error.strerror or error}); check {PREFIX}HOST and {PREFIX}PORT"


def _connected(settings: SmtpSettings) -> smtplib.SMTP:
    host, port = settings.place
    context = ssl.create_default_context()
    if settings.tls:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=settings.timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=settings.timeout)
    try:
        if settings.starttls and not settings.tls:
            server.starttls(context=context)
        if settings.user and settings.password:
            server.login(settings.user, settings.password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; a mail that was taken is sent, whatever comes back."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()


def _told(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{who} ({code} {_answer(answer)})" for who, (code, answer) in refused.items())


def _answer(answer: bytes | str) -> str:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return safe.line(text, 200)  # a stranger's text, which a terminal will show
