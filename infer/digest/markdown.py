"""Stands in for the Markdown form."""

from infer.digest.config import DigestConfig
from infer.digest.day import Digest


def markdown(digest: Digest, config: DigestConfig) -> str:
    """Nothing yet."""
    return "#\n"
