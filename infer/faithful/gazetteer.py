"""Names that stand for one another in news: a country, its people, its capital, its offices.

``names.txt`` has a thing a line, letters folded as ``forms.fold`` does, words without the article. What
stands for the thing itself; then, behind ``/``, places that lie in it: an article that names one of those
names the country, not the other way round. ``+`` joins the words of one name; nothing is called after a
name with ``=`` before it. ``given.txt`` has first names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from infer.faithful.forms import asset, bases, listed

_NISBA = ("يين", "يون", "يات", "ين", "ون", "يه", "ي", "ا", "ه", "")


@lru_cache(maxsize=1 << 14)
def _names(word: str) -> frozenset[str]:
    """Readings of a word as a name or as what is called after it: ``والعراقية`` may be ``عراق``."""
    return frozenset(
        base[: len(base) - len(ending)]
        for base in bases(word)
        for ending in _NISBA
        if base.endswith(ending) and len(base) - len(ending) >= 2
    )


def _key(word: str) -> str:
    """A name without the letter that its nisba drops: ``سوريا`` as ``سوري``, ``فرنسا`` as ``فرنس``."""
    return word[:-1] if word[-1] in "اه" and len(word) > 3 else word


def _read() -> tuple[dict[str, list[tuple[tuple[str, ...], int]]], dict[int, int]]:
    """Names by their first word, each with the thing it names; and what each place lies in."""
    by_first: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    inside: dict[int, int] = {}
    things = 0
    for line in asset("names.txt").splitlines():
        shapes, _, places = line.partition("/")
        whole = things
        groups = [shapes.split()] + [[place] for place in places.split()]
        for group in groups:
            if not group:
                continue
            if things != whole:
                inside[things] = whole
            for name in group:
                first, *others = (word if name[0] == "=" else _key(word) for word in name.split("+"))
                by_first.setdefault(first, []).append(((first, *others), things))
            things += 1
    return by_first, inside


_BY_FIRST, _INSIDE = _read()
GIVEN_NAMES = listed(asset("given.txt"))


def named_at(words: Sequence[str], at: int) -> tuple[int, frozenset[int]]:
    """Find the longest known name that begins at a word.

    Args:
        words: Folded words.
        at: Place of the first.

    Returns:
        How many words it has, and what it may name; ``(0, frozenset())`` where none begins there.
    """
    longest, things = 0, set[int]()
    for name, thing in _beginning_with(words[at]):
        size = len(name)
        if size < longest or at + size > len(words):
            continue
        if all(name[i] in _names(words[at + i]) for i in range(1, size)):
            things = {thing} if size > longest else things | {thing}
            longest = size
    return longest, frozenset(things)


@lru_cache(maxsize=1 << 16)
def _beginning_with(word: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    readings = _names(word) | {"=" + base for base in bases(word)}
    return tuple(name for reading in readings for name in _BY_FIRST.get(reading, ()))


def implied(things: set[int]) -> set[int]:
    """The things themselves and what they lie in."""
    return things | {_INSIDE[thing] for thing in things if thing in _INSIDE}


@lru_cache(maxsize=1 << 16)
def is_given_name(word: str) -> bool:
    """Whether a folded word can be somebody's first name."""
    return not GIVEN_NAMES.isdisjoint(bases(word))
