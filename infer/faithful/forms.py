"""Forms of Arabic words: what a word may be once its particles and endings are taken off.

Light stemming after Larkey, Ballesteros and Connell (2002, "Improving stemming for Arabic information
retrieval"), but every possible reading is kept: two words are the same where any of their readings meet.
It is made for asking whether a word of a summary can come from its article, so it errs towards yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from infer.numbers import Number, numbers

_FOLD = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ة": "ه", "ى": "ي", "ؤ": "و", "ئ": "ي", "ڤ": "ف", "گ": "غ"}
)
_WORD = re.compile(r"[^\W_]+")
_CLAUSE = re.compile(r"[،,.؛;:!?؟…\n]|\s[-–—]\s")

# The conjunction, then a preposition, then the article; "س" of the future.
_PROCLITICS = tuple(
    conjunction + rest
    for conjunction in ("", "و", "ف")
    for rest in ("ال", "بال", "كال", "لل", "ب", "ل", "ك", "س", "")
    if conjunction + rest
)
_ENDINGS = (
    *("ه", "ها", "هم", "هن", "هما", "نا", "كم", "ي", "ك"),
    *("ون", "ين", "ان", "ات", "وا", "ا", "ت", "يه", "يا", "يين", "يون", "يات"),
    *("ته", "تها", "تهم", "تنا", "تين", "تان", "تي", "تا", "اته", "اتها", "اتهم", "تهما", "وه", "وها"),
)
_DEFINITE = re.compile("^[وف]?(?:[بك]?ال|لل)")
_WEAK = re.compile("[اويء]")
_FEWEST = 3  # letters left of a word


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number of a text.

    Attributes:
        text: The word as ``fold`` gives it.
        start: Offset of its first character in the text.
        end: Offset after its last.
        number: Where it is written in digits.
        gap: What stands between it and the token before.
    """

    text: str
    start: int
    end: int
    number: Number | None
    gap: str

    @property
    def opens_clause(self) -> bool:
        """Whether a comma, stop, colon or dash stands before it."""
        return _CLAUSE.search(self.gap) is not None


def fold(text: str) -> str:
    """Fold letters that Arabic writers interchange (``أ إ آ ا``, ``ة ه``, ``ى ي``), and Latin case."""
    return text.lower().translate(_FOLD)


def tokenize(text: str) -> list[Token]:
    """Words and numbers of a normalized text, in order; a percent sign or word belongs to its number."""
    tokens: list[Token] = []
    folded, at, last = fold(text), 0, 0
    for number in [*numbers(text), None]:
        for word in _WORD.finditer(folded, at, number.start if number else len(text)):
            told = text[word.start() : word.end()]
            # "مئتا" is written as "مائتا", or folding would make it "ميتا", the company.
            plain = word[0].replace("ميت", "مايت", 1) if "مئت" in told else word[0]
            tokens.append(Token(plain, word.start(), word.end(), None, text[last : word.start()]))
            last = word.end()
        if number:
            tokens.append(Token("", number.start, number.end, number, text[last : number.start]))
            at = last = number.end
    return tokens


def is_definite(word: str) -> bool:
    """Whether a folded word has the article, or begins as if it had."""
    return _DEFINITE.match(word) is not None


def asset(name: str) -> str:
    """Text of a list that lies beside this module."""
    return files("infer.faithful").joinpath(name).read_text(encoding="utf-8")


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as running text.

    Raises:
        ValueError: A word is not as ``fold`` writes it, so that no word of a text would match it.
    """
    if unfolded := [word for word in text.split() if word != fold(word)]:
        raise ValueError(f"write these as fold() does: {' '.join(unfolded)}")
    return frozenset(text.split())


@lru_cache(maxsize=1 << 16)
def bases(word: str) -> frozenset[str]:
    """Readings of a folded word without conjunction, preposition and article, itself among them."""
    if not word:
        return frozenset()
    found = {word}
    for proclitic in _PROCLITICS:
        rest = word[len(proclitic) :]
        if word.startswith(proclitic) and len(rest) >= _FEWEST - proclitic.endswith(("ال", "لل")):
            found.add(rest)
            if proclitic.endswith("لل"):  # للجنة is ل + ال + لجنة
                found.add("ل" + rest)
    return frozenset(found)


@lru_cache(maxsize=1 << 16)
def stems(word: str) -> frozenset[str]:
    """Readings without endings too: plural, dual, feminine, nisba, pronouns."""
    found = set(bases(word))
    for base in bases(word):
        for ending in _ENDINGS:
            if base.endswith(ending) and len(base) - len(ending) >= _FEWEST:
                found.add(base[: -len(ending)])
    return frozenset(found)


@lru_cache(maxsize=1 << 16)
def roots(word: str) -> frozenset[str]:
    """Consonants of a word's readings: ``ينسحب``, ``انسحاب`` and ``انسحبوا`` share ``نسحب``."""
    found = set[str]()
    for stem in stems(word):
        readings = [stem]
        if stem[0] in "يتنا" and len(stem) > _FEWEST:
            readings.append(stem[1:])
            if stem[:2] in ("ات", "ان") and len(stem) > _FEWEST + 1:
                readings.append(stem[2:])
        if stem[0] == "م" and len(stem) > _FEWEST:  # participles
            readings.append(stem[1:])
        found.update(root for reading in readings if len(root := _WEAK.sub("", reading)) >= _FEWEST)
    return frozenset(found)


@lru_cache(maxsize=1 << 16)
def kin(word: str) -> frozenset[str]:
    """Every reading under which forms of one verb may meet: ``وصلت`` and ``تصل`` in ``صل``."""
    shorter = {stem[1:] for stem in stems(word) if stem[0] in "يتناو" and len(stem) >= _FEWEST}
    return stems(word) | roots(word) | shorter


@lru_cache(maxsize=1)
def _ordinary() -> frozenset[str]:
    """Words that news bends (``ordinary.txt``), made by ``train/lexicon.py``."""
    return listed(asset("ordinary.txt"))


@lru_cache(maxsize=1)
def _families() -> dict[str, tuple[str, bool]]:
    """Family names of ``families.txt`` by spelling: the first spelling, and whether it is a word too."""
    lines = (line.split() for line in asset("families.txt").splitlines())
    return {
        spelling.lstrip("?"): (line[0].lstrip("?"), line[0].startswith("?"))
        for line in lines
        for spelling in line
    }


@lru_cache(maxsize=1 << 16)
def family(word: str) -> tuple[str, bool] | None:
    """The family name that a folded word is, whatever particle stands before it.

    ``families.txt`` has names that look like words of the language, a name a line with its other spellings;
    behind ``?``, those that are words too (``الصدر`` is a chest).
    """
    whole = word.removeprefix("و")
    forms = bases(word) | ({"ال" + whole[2:]} if whole.startswith("لل") else frozenset())
    return next((name for form in sorted(forms) if (name := _families().get(form))), None)


def readings(word: str) -> Iterator[str]:
    """Readings under which the list of ordinary words has a word: stems, and verbs without ``ي ت ن ا``."""
    for stem in stems(word):
        yield stem
        if stem[0] in "يتنا" and len(stem) > _FEWEST:
            yield stem[1:]


@lru_cache(maxsize=1 << 16)
def is_ordinary(word: str) -> bool:
    """Whether a folded word is of the language's common stock, rather than somebody's name."""
    named = family(word)
    if named and not named[1]:
        return False
    return any(reading in _ordinary() for reading in readings(word))
