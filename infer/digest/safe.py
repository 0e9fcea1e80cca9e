"""Text and addresses of outlets, made safe to show as text."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Control and format characters that steer a reader's screen, half surrogates, and what XML cannot have.
_BREAKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufffe\uffff]")


def line(text: str, most: int) -> str:
    """Text as one line of at most ``most`` characters, without characters that steer what is shown."""
    plain = _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def address(url: str) -> str | None:
    """The address where it is ``http`` or ``https``, else None."""
    if len(url) > 2048 or _BREAKS.search(url) or _UNSEEN.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
