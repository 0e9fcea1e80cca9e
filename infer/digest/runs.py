"""Runs of text that Arabic round them would put in disorder: Latin names, addresses, numbers with a sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A word with a Latin letter in it (F-16, R&D, 5G, @name, U.S.); several of them, some of them in brackets.
_JOINT = r"[.,:/&'’+\-_@%]"
_DOTTED = r"(?:[A-Za-z]\.){2,}(?![0-9A-Za-z])"
_PLAIN = rf"[@#$€£]?[0-9]*[A-Za-zÀ-ɏ](?:[0-9A-Za-zÀ-ɏ]|{_JOINT}(?=[0-9A-Za-zÀ-ɏ]))*\+*"
_WORD = rf"(?:(?<![0-9A-Za-z])(?:{_DOTTED}|{_PLAIN}))"
_LATIN = rf"{_WORD}(?:[ /](?:[0-9.,]*[0-9][ ])?(?:{_WORD}|\({_WORD}(?:[ ]{_WORD})*\)))*"
_ADDRESS = r"(?:https?://|www\.)[!-~]*[0-9A-Za-z/]"
_NUMBER = (
    r"(?<![\w.,])(?:[+\-−±$€£]{1,2}[0-9]+(?:[.,][0-9]+)*[ ]?[%‰$€£]?"  # with something before it
    r"|[0-9]+(?:[.,][0-9]+)*[ ]?[%‰$€£])"  # or behind it
)
_RUN = re.compile(rf"{_ADDRESS}|{_LATIN}|{_NUMBER}")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """A text in pieces, and of each whether it must be isolated, from left to right.

    Numbers alone are not: they keep their own order anywhere. Nor are ranges (10-15), which Arabic reads from
    the right.
    """
    done = 0
    for found in _RUN.finditer(text):
        if done < found.start():
            yield text[done : found.start()], False
        yield found[0].rstrip(), True
        done = found.start() + len(found[0].rstrip())
    if done < len(text):
        yield text[done:], False


def is_arabic(text: str) -> bool:
    """Whether a text has an Arabic letter, and so runs from right to left whatever it begins with."""
    return bool(_ARABIC.search(text))
