"""Stands in for the feed."""

from infer.digest.config import DigestConfig
from infer.digest.day import Digest


def atom(digest: Digest, config: DigestConfig) -> bytes:
    """Nothing yet."""
    return b"<feed/>\n"
