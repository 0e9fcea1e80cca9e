"""What a model writes that no editor would: words twice over, pieces of words, an end that is missing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from infer.faithful import Unsupported
from infer.schema import Article
from infer.text import normalize, sentences, words
from infer.writer import Draft

# In a text of so few words no pair of words comes twice, unless in a sentence of the article it does.
SHORT = 14
# Letters that stand alone in Arabic, and of which abbreviations are made.
ALONE = frozenset("وأم")


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
        twice = _twice(found)
        own = _twices(article) if twice else set()
        faults += [Unsupported("repetition", " ".join(p), "stands twice") for p in twice if p not in own]
    if not draft.finished:
        faults.append(Unsupported("end", " ".join(found[-3:]), "is where the text was cut off"))
    return tuple(faults)


def _twice(found: list[str]) -> list[tuple[str, str]]:
    """Pairs of words that come more than once, in order."""
    return [pair for pair, count in Counter(pairwise(found)).items() if count > 1]


def _twices(article: Article) -> set[tuple[str, str]]:
    """Pairs that come more than once in the title or in one sentence, as "foreign minister" may."""
    texts = [article.title, *sentences(article.body)]
    return {pair for text in texts for pair in _twice(words(normalize(text)))}
