"""Text and addresses from strangers' pages, made safe to show; nothing here escapes for a form."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST_ADDRESS = 2048
# What browsers and XML may take for the end of an attribute, as its code.
_CODES = str.maketrans({char: f"%{ord(char):02X}" for char in "\"'<>`{}|^"})


# What shows nothing: bidi controls and marks, U+061C, other format characters but the joiners, tags, halves
# of pairs, and what is no character at all. Arabic number signs are format characters that are seen.
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]+"
)
_SPACES = re.compile(r"[\s\x00-\x20\x7f-\xa0\u2028\u2029]+")


def line(text: str | None, most: int) -> str:
    """One line of text: spaces for line ends and control characters, without what is hidden or steers.

    Args:
        text: Any text; None is empty.
        most: Characters that it may have, ``…`` among them where it is cut; at least 1.
    """
    shown = _SPACES.sub(" ", _HIDDEN.sub("", text or "")).strip(" ")
    if len(shown) <= most:
        return shown
    end = most - 1
    while end and unicodedata.combining(shown[end]):  # no mark is parted from its letter
        end -= 1
    return shown[:end].rstrip(" ") + "…"


def address(url: str | None) -> str | None:
    """An address that may be followed: ``http`` or ``https`` with a host, quotes and brackets as codes.

    None for any other: scripts and data, control characters and spaces, backslashes (which browsers
    read as slashes), a user's name before the host, and what is longer than ``LONGEST_ADDRESS``.
    """
    if not url or len(url) > LONGEST_ADDRESS or _SPACES.search(url) or _HIDDEN.search(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is no number is an error
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not re.search(r"\w", host):
        return None
    return url.translate(_CODES)
