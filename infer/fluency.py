"""What a model writes that no editor would, and what it should not be asked to write about."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from infer.faithful import Unsupported
from infer.schema import Article
from infer.text import normalize, sentences, words
from infer.writer import Draft

# In a text of so few words no pair of words comes twice.
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
    source = words(normalize(f"{article.title}\n{article.body}"))
    there, pairs = set(source), set(pairwise(source))
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
        twice = [" ".join(pair) for pair, count in Counter(pairwise(found)).items() if count > 1]
        faults += [Unsupported("repetition", pair, "stands twice") for pair in twice]
    if not draft.finished:
        faults.append(Unsupported("end", " ".join(found[-3:]), "is where the text was cut off"))
    return tuple(faults)
