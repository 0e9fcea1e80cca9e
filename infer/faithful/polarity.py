"""What a summary denies and its article asserts, or the other way round.

Two rules. A word that the article has only under a negation may not stand free of one in the summary, nor the
reverse. And of two words that mean the opposite of each other, a summary may not have one where the article
has only the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infer.faithful.findings import Unsupported
from infer.faithful.forms import Token, asset, bases, is_definite, kin, listed, stems
from infer.faithful.negation import EMPTY, SCOPE, is_denial, is_denied
from infer.faithful.source import Passage, Source
from infer.faithful.statements import says_plainly

_WITH_VERBS = frozenset({"لم", "لن", "لا", "ليس", "ليست", "ليسوا", "غير"})
_NEAR = 8  # words around an opposite that tell what it is said of
_CONTEST = listed("فاز فازت يفوز تفوز فوز فوزه فوزها خسر خسرت يخسر تخسر خساره خسارته خسارتها هزيمه هزيمته")
_PASSING = listed("اقر اقرت يقر تقر اقرار")
_Words = frozenset[str]


def _opposites() -> tuple[tuple[_Words, _Words], ...]:
    """Words of a summary and of an article that are opposites; behind ``>`` the article's alone are."""
    found: list[tuple[_Words, _Words]] = []
    for line in asset("opposites.txt").splitlines():
        mine, sign, theirs = re.split("([/>])", line)
        found.append((listed(mine), listed(theirs)))
        if sign == "/":
            found.append((listed(theirs), listed(mine)))
    return tuple(found)


# The article must have one side alone for the other to be a flip.
_OPPOSITES = _opposites()


@dataclass(frozen=True, slots=True)
class _Uses:
    """How often a word stands free, denied, in what is rejected or made a condition."""

    free: int
    denied: int
    unasserted: int
    strictly: int


def unsupported_polarity(summary: Passage, source: Source) -> list[Unsupported]:
    """Find negations added, negations dropped, and opposites."""
    return [
        *_added(summary, source),
        *_dropped(summary, source),
        *_opposed(summary, source),
        *_turned(summary, source),
    ]


def _uses(word: str, source: Source) -> _Uses:
    """Count the uses of a word in the article, whatever its form."""
    wanted, sure = kin(word), {form for form in kin(word) if len(form) > 2}
    free = denied = unasserted = strictly = 0
    for passage in source.passages:
        denials = {head for _, head in passage.denied}
        for i, token in enumerate(passage.tokens):
            if wanted.isdisjoint(kin(token.text)):
                continue
            strictly += i in denials and not sure.isdisjoint(kin(token.text))
            if is_denied(passage.tokens, i):
                denied += 1
            elif i in passage.unasserted:
                unasserted += 1
            else:
                free += 1
    return _Uses(free, denied, unasserted, strictly)


def _added(summary: Passage, source: Source) -> list[Unsupported]:
    found = []
    for particle, head in summary.denied:
        word = summary.tokens[head].text
        if bases(summary.tokens[particle].text).isdisjoint(_WITH_VERBS):
            continue
        uses = _uses(word, source)
        if uses.free and not (uses.denied or uses.unasserted) and not _opposite_in(word, source):
            text = summary.plain[summary.tokens[particle].start : summary.tokens[head].end]
            found.append(Unsupported("negation", text, "the article says it without the negation"))
    return found


def _dropped(summary: Passage, source: Source) -> list[Unsupported]:
    found = []
    heads = {head for _, head in summary.denied}
    for i, token in enumerate(summary.tokens):
        if (
            token.number
            or says_plainly(token.text)
            or i in heads
            or token.text in EMPTY
            or len(token.text) < 3
        ):
            continue
        if is_denied(summary.tokens, i):
            continue
        if source.denied.isdisjoint(kin(token.text)):
            continue
        if is_definite(token.text) and not _is_called_not(token.text, source):
            continue  # a noun can be told without the verb that was denied
        uses = _uses(token.text, source)
        if uses.strictly and not (uses.free or uses.unasserted):
            found.append(Unsupported("negation", token.text, "the article denies it"))
    return found


def _is_called_not(word: str, source: Source) -> bool:
    """Whether the article has the word behind ``غير``."""
    return any(
        "غير" in bases(passage.words[particle]) and not stems(word).isdisjoint(stems(passage.words[head]))
        for passage in source.passages
        for particle, head in passage.denied
    )


def _opposite_in(word: str, source: Source) -> bool:
    """Whether the article has the opposite of a word, so that denying the word says the same."""
    own = bases(word)
    return any(
        not own.isdisjoint(mine) and not theirs.isdisjoint(source.bases) for mine, theirs in _OPPOSITES
    )


def _turned(summary: Passage, source: Source) -> list[Unsupported]:
    """Find a word whose opposite stands in the article beside what the summary says it of."""
    found = []
    for mine, theirs in _OPPOSITES:
        for i, token in enumerate(summary.tokens):
            if bases(token.text).isdisjoint(mine) or is_denied(summary.tokens, i):
                continue
            if _is_contest(summary.tokens, i) or _denies_too(summary.tokens, i, source):
                continue
            if not _of_the_same(summary, i, theirs, source):
                continue
            beside = [_near(other.text, mine, theirs, source) for other in _beside(summary.tokens, i)]
            if (False, True) in beside and not any(same for same, _ in beside):
                found.append(Unsupported("negation", token.text, "the article says the opposite of this"))
    return found


def _beside(tokens: Sequence[Token], at: int) -> list[Token]:
    """Words of the same clause that a word may be said of."""
    around = [tokens[i] for i in range(max(0, at - 2), min(len(tokens), at + 3)) if i != at]
    return [token for token in around if len(token.text) > 3 and token.text not in EMPTY]


def _near(word: str, mine: frozenset[str], theirs: frozenset[str], source: Source) -> tuple[bool, bool]:
    """Whether a word of the article has words of either side near it, denied ones left out."""
    same = opposite = False
    for passage in source.passages:
        tokens = passage.tokens
        for i, token in enumerate(tokens):
            if stems(word).isdisjoint(stems(token.text)):
                continue
            for j in range(max(0, i - SCOPE), min(len(tokens), i + SCOPE + 1)):
                own = bases(tokens[j].text)
                same = (
                    same or not own.isdisjoint(mine) or (not own.isdisjoint(theirs) and is_denied(tokens, j))
                )
                opposite = opposite or not own.isdisjoint(theirs)
    return same, opposite


def _opposed(summary: Passage, source: Source) -> list[Unsupported]:
    found = []
    denied = {head for _, head in summary.denied}
    for mine, theirs in _OPPOSITES:
        if not mine.isdisjoint(source.bases) or theirs.isdisjoint(source.bases):
            continue
        for i, token in enumerate(summary.tokens):
            if bases(token.text).isdisjoint(mine) or source.knows(token.text):
                continue
            if _is_contest(summary.tokens, i):
                continue
            if i in denied or is_denied(summary.tokens, i) or _denied_in(theirs, source):
                continue
            found.append(Unsupported("negation", token.text, "the article says the opposite"))
    return found


def _is_contest(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word alone tells nothing: ``يخسر أمام``, as the other wins; ``يقر بأن``, no vote."""
    if bases(tokens[at].text) & _PASSING and tokens[at + 1 : at + 2]:
        return tokens[at + 1].text.startswith("ب")
    return bool(bases(tokens[at].text) & _CONTEST) and any(
        token.text in {"امام", "علي"} for token in tokens[at + 1 : at + 4]
    )


def _of_the_same(summary: Passage, at: int, theirs: frozenset[str], source: Source) -> bool:
    """Whether one of the opposite words stands among words of the summary."""
    said = [stems(token.text) for i, token in enumerate(summary.tokens) if i != at and len(token.text) > 3]
    for passage in source.passages:
        for j, token in enumerate(passage.tokens):
            if bases(token.text).isdisjoint(theirs):
                continue
            near = {form for t in passage.tokens[max(0, j - _NEAR) : j + _NEAR + 1] for form in stems(t.text)}
            if sum(not forms.isdisjoint(near) for forms in said) >= min(2, len(said)):
                return True
    return False


def _denies_too(tokens: Sequence[Token], at: int, source: Source) -> bool:
    """``ينفي أن``: a denial of what the article denies with a particle."""
    if not is_denial(tokens[at].text):
        return False
    following = {form for token in tokens[at + 1 : at + 6] for form in stems(token.text)}
    return any(passage.denied and following & passage.stems for passage in source.passages)


def _denied_in(forms: frozenset[str], source: Source) -> bool:
    """Whether the article denies one of these words."""
    return any(
        not bases(token.text).isdisjoint(forms) and is_denied(passage.tokens, i)
        for passage in source.passages
        for i, token in enumerate(passage.tokens)
    )
