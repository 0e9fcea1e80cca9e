"""What a model writes that no editor would, and what it should not be asked to write about."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from infer.faithful import Unsupported
from infer.schema import Article
from infer.text import normalize, sentences, words
from infer.writer import Draft

# In a text of so few words no pair of words comes twice, unless in a sentence of the article it does.
SHORT = 14
# Words of a sentence at least, sentences that are looked at, and different words that prose has in them.
SENTENCE, SEARCHED, DIFFERENT = 5, 40, 10
# How items of lists and rows of tables begin, and what parts these.
_ITEM = re.compile(r"^\s*(?:[-–—•*●▪◦|]|\d+\s*[-.)])\s|[|\t]")
# Letters that stand alone in Arabic, and of which abbreviations are made.
ALONE = frozenset("وأم")


def is_prose(body: str) -> bool:
    """Whether a body is told in sentences: of lists, tables and single words a model makes up news."""
    told, all_words, different = 0, 0, set()
    for sentence in sentences(body)[:SEARCHED]:
        found = [word for word in words(normalize(sentence)) if word.isalpha()]
        all_words += len(found)
        if len(found) >= SENTENCE and not _ITEM.search(sentence):
            told += len(found)
            different |= set(found)
    return len(different) >= DIFFERENT and told >= all_words / 2


def disfluencies(draft: Draft, article: Article) -> tuple[Unsupported, ...]:
    """What is wrong with a text; nothing of it counts that the article has too."""
    found = words(normalize(draft.text))
    there, pairs = _source(article.title, article.body)
    faults = [
        Unsupported("repetition", one, "stands twice in a row")
        for one, other in pairwise(found)
        if one == other and (one, other) not in pairs
    ]
    faults += [
        Unsupported("fragment", word, "is a piece of a word")
        for word in found
        if len(word) == 1 and word.isalpha() and word not in ALONE and word not in there
    ]
    if len(found) <= SHORT:
        twice = _twice(found)
        own = _twices(article) if twice else set()
        faults += [Unsupported("repetition", " ".join(p), "stands twice") for p in twice if p not in own]
    if not draft.finished:
        faults.append(Unsupported("end", " ".join(found[-3:]), "is where the text was cut off"))
    return tuple(faults)


@lru_cache(maxsize=1)  # the drafts of an article come one after another
def _source(title: str, body: str) -> tuple[set[str], set[tuple[str, str]]]:
    found = words(normalize(f"{title}\n{body}"))
    return set(found), set(pairwise(found))


def _twice(found: list[str]) -> list[tuple[str, str]]:
    """Pairs of words that come more than once, in order."""
    return [pair for pair, count in Counter(pairwise(found)).items() if count > 1]


def _twices(article: Article) -> set[tuple[str, str]]:
    """Pairs that come more than once in the title or in one sentence, as "foreign minister" may."""
    texts = [article.title, *sentences(article.body)]
    return {pair for text in texts for pair in _twice(words(normalize(text)))}
