"""Stands in for the HTML form."""

from infer.digest.config import DigestConfig
from infer.digest.day import Digest


def html(digest: Digest, config: DigestConfig) -> str:
    """Nothing yet."""
    return "<!doctype html>\n"
