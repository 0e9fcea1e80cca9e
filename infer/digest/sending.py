"""Stands in for sending."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.message import EmailMessage

from infer.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Where mail is handed in, and from whom."""

    host: str
    sender: str | None = None


def settings_from_environment() -> Settings:
    """Read them.

    Raises:
        UsageError: There are none.
    """
    host = os.environ.get("MUJAZ_SMTP_HOST")
    if not host:
        raise UsageError("--smtp needs MUJAZ_SMTP_HOST in the environment")
    return Settings(host, os.environ.get("MUJAZ_SMTP_FROM"))


def send(message: EmailMessage, settings: Settings) -> None:
    """Send nothing yet."""
