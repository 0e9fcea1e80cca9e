"""Text as files can hold it: storable as UTF-8, and harmless in a spreadsheet."""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udfff]")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def well_formed(text: str) -> str:
    """Make text storable as UTF-8: half surrogates (broken JSON, odd file names) become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text) if _SURROGATES.search(text) else text


def printable(text: str, limit: int) -> str:
    """Cut text that a stranger chose to what a message or a terminal can show."""
    return "".join(char if char.isprintable() else "?" for char in text[:limit])


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet runs: one that starts as a formula gets an apostrophe before it."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return the cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
