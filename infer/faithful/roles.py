"""Who did it to whom: what stands on both sides of a verb, in the order of the article or turned round."""

from __future__ import annotations

from collections.abc import Sequence

from infer.faithful.findings import Unsupported
from infer.faithful.forms import Token, bases, is_ordinary, listed, roots, stems
from infer.faithful.gazetteer import named_at
from infer.faithful.source import Passage, Source
from infer.faithful.statements import says_plainly

_WIN = listed(
    """
    فاز فازت يفوز تفوز فوز فوزه فوزها هزم هزمت يهزم تهزم تغلب تغلبت يتغلب تتغلب تغلبه تغلبها تفوق
    تفوقت يتفوق تتفوق متفوقا متفوقه متقدما متقدمه انتصر انتصرت ينتصر تنتصر انتصاره انتصارها اسقط سحق
    تخطي
    """
)
_LOSE = listed(
    """
    خسر خسرت يخسر تخسر خساره خسارته خسارتها هزيمه هزيمته انهزم سقط امام
    """
)
_SMALL = listed(
    """
    في علي الي عن مع بعد قبل من ان انه انها الذي التي بان ضد خلال امام منذ حتي او هذا هذه قد لا لم
    لن كما بين عند
    """
)
# What follows one of these is a place or a time, nobody that anything is done to.
_APART = frozenset({"في", "خلال", "منذ", "بعد", "قبل", "بسبب", "عبر"})
_BEFORE, _AFTER, _REACH = 4, 5, 12
_PREFIXES = ("ي", "ت", "وي", "وت", "سي", "ست")


def unsupported_roles(summary: Passage, source: Source) -> list[Unsupported]:
    """Find a doer and a sufferer that have changed places.

    Only where verb, doer and sufferer are all words of one sentence of the article, whose order is
    verb, doer, sufferer or doer, verb, sufferer.
    """
    found = []
    for i, token in enumerate(summary.tokens):
        if token.opens_clause:
            continue  # who does it stands in another clause
        won = _outcome(token)
        if not won and not token.text.startswith(_PREFIXES):
            continue
        before, after = _side(summary.tokens, i, -1), _side(summary.tokens, i, 1)
        if not before or not after or says_plainly(token.text):
            continue
        if not won and not (_has_name(before, source) and _has_name(after, source)):
            continue
        orders = {
            order
            for passage in source.passages
            for j, other in enumerate(passage.tokens)
            if _same_verb(token, other)
            and (order := _order(passage.tokens, j, before, after, turned=won * _outcome(other) < 0))
        }
        if orders == {"turned"}:
            text = summary.plain[before[0].start : after[-1].end]
            found.append(Unsupported("roles", text, "in the article it is the other way round"))
    return found


def _has_name(tokens: Sequence[Token], source: Source) -> bool:
    return any(
        not is_ordinary(token.text) or named_at([token.text], 0)[0] or token.text in source.surnames
        for token in tokens
    )


def _outcome(token: Token) -> int:
    """1 for winning, -1 for losing, 0 for any other word."""
    own = bases(token.text)
    return (not own.isdisjoint(_WIN)) - (not own.isdisjoint(_LOSE))


def _same_verb(token: Token, other: Token) -> bool:
    if _outcome(token) and _outcome(other):
        return True
    return not roots(token.text).isdisjoint(roots(other.text))


def _side(tokens: Sequence[Token], at: int, step: int) -> list[Token]:
    """Words of the same clause on one side of a verb, in the order of the text."""
    found: list[Token] = []
    i = at + step
    while 0 <= i < len(tokens) and abs(i - at) <= (_BEFORE if step < 0 else _AFTER):
        if step > 0 and (tokens[i].opens_clause or tokens[i].text in _APART):
            break
        if len(tokens[i].text) > 2 and tokens[i].text not in _SMALL:
            found.append(tokens[i])
        if step < 0 and tokens[i].opens_clause:
            break
        i += step
    return found[::step]


def _order(
    tokens: Sequence[Token], verb: int, before: Sequence[Token], after: Sequence[Token], *, turned: bool
) -> str:
    """``kept``, ``turned`` or nothing, by where the summary's doer and sufferer stand around the verb."""
    doers, sufferers = _places(tokens, before, after), _places(tokens, after, before)
    if turned:
        doers, sufferers = sufferers, doers
    behind = range(verb + 1, verb + 1 + _REACH)
    left = range(max(0, verb - _REACH), verb)
    doer, sufferer = _first(doers, behind), _first(sufferers, behind)
    own = bases(tokens[verb].text)
    if any(base.endswith(("ه", "ها")) for base in own) and _outcome(tokens[verb]):  # بفوزه على
        doer, sufferer = _first(doers, left), _first(sufferers, behind)
        if doer >= 0 and sufferer >= 0:
            return "kept"
        return "turned" if _first(sufferers, left) >= 0 and _first(doers, behind) >= 0 else ""
    if doer >= 0 and sufferer >= 0:
        return "turned" if sufferer < doer and _first(doers, left) < 0 else "kept"
    if _first(doers, left) >= 0 and sufferer >= 0:
        return "kept"
    if _first(sufferers, left) >= 0 and doer >= 0 and not tokens[verb].text.startswith("و"):
        return "turned" if _adjoins(sufferers, verb) else ""
    return ""


def _adjoins(places: Sequence[int], verb: int) -> bool:
    return any(verb - 3 <= place < verb for place in places)


def _places(tokens: Sequence[Token], wanted: Sequence[Token], other: Sequence[Token]) -> list[int]:
    """Places of words that are of one side of the verb alone."""
    shared = {stem for token in other for stem in stems(token.text)}
    forms = {stem for token in wanted for stem in stems(token.text)} - shared
    return [i for i, token in enumerate(tokens) if not stems(token.text).isdisjoint(forms)]


def _first(places: Sequence[int], span: range) -> int:
    return next((place for place in places if place in span), -1)
