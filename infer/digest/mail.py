"""Stands in for the mail."""

from collections.abc import Sequence
from email.message import EmailMessage

from infer.digest.config import DigestConfig
from infer.digest.day import Digest


def message(
    digest: Digest, config: DigestConfig, *, sender: str | None = None, recipients: Sequence[str] = ()
) -> EmailMessage:
    """Nothing yet."""
    made = EmailMessage()
    made["Subject"] = "digest"
    if recipients:
        made["To"] = ", ".join(recipients)
    made.set_content("digest\n")
    return made
