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
# Past tense, which stands before who does it and to whom: "اتهمت إيران إسرائيل".
_DID = listed(
    """
    اتهم انتقد استقبل هاجم قصف ضرب هزم دعم ساند ايد هنا زار استدعي اقال طرد حذر هدد ادان حاصر استهدف احتجز
    اعتقل قتل اغتال رشح عين شكر كلف اوفد استضاف
    """
)
_SMALL = listed(
    """
    في علي الي عن مع بعد قبل من ان انه انها الذي التي بان ضد خلال امام منذ حتي او هذا هذه قد لا لم
    لن كما بين عند
    """
)
# What follows one of these is a place or a time, nobody that anything is done to.
_APART = frozenset({"في", "خلال", "منذ", "بعد", "قبل", "بسبب", "عبر", "قرب", "عند", "وسط", "داخل", "خارج"})
_OPENERS = frozenset({"ان", "انه", "انها", "بان"})
_BEFORE, _AFTER, _REACH = 4, 5, 12
_PREFIXES = ("ي", "ت", "وي", "وت", "سي", "ست")


def unsupported_roles(summary: Passage, source: Source) -> list[Unsupported]:
    """Find a doer and a sufferer that have changed places.

    Only where verb, doer and sufferer are all words of one sentence of the article, whose order is
    verb, doer, sufferer or doer, verb, sufferer; what stands behind ``في`` or ``قرب`` is neither.
    """
    found = []
    for i, token in enumerate(summary.tokens):
        before, after = _sides(summary.tokens, i, source)
        if not before or not after:
            continue
        won = _outcome(token)
        orders = {
            order
            for passage in source.passages
            for j, other in enumerate(passage.tokens)
            if _same_verb(token, other)
            and (order := _order(passage.tokens, j, before, after, turned=won * _outcome(other) < 0))
        }
        if orders == {"turned"}:
            first = min(before[0].start, token.start)
            text = summary.plain[first : after[-1].end]
            found.append(Unsupported("roles", text, "in the article it is the other way round"))
    return found


def _sides(tokens: Sequence[Token], at: int, source: Source) -> tuple[list[Token], list[Token]]:
    """Who does what a verb says and to whom; nobody where a token is no such verb."""
    token = tokens[at]
    if _is_done(token.text) and (at == 0 or token.opens_clause or token.text.startswith("و")):
        named = [other for other in _side(tokens, at, 1) if _has_name([other], source)]
        return named[:1], named[1:]
    won = _outcome(token)
    if token.opens_clause or says_plainly(token.text):
        return [], []  # who does it stands in another clause
    if not won and not token.text.startswith(_PREFIXES):
        return [], []
    before, after = _side(tokens, at, -1), _side(tokens, at, 1)
    if won or (_has_name(before, source) and _has_name(after, source)):
        return before, after
    return [], []


def _is_done(word: str) -> bool:
    return any(form in _DID for base in bases(word) for form in (base, base.removesuffix("ت")))


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
        if step < 0 and tokens[i].text in _OPENERS:
            break
        if step > 0 and (tokens[i].opens_clause or tokens[i].text in _APART):
            break
        if len(tokens[i].text) > 2 and tokens[i].text not in _SMALL and not _is_apart(tokens, i):
            found.append(tokens[i])
        if step < 0 and tokens[i].opens_clause:
            break
        i += step
    return found[::step]


def _is_apart(tokens: Sequence[Token], at: int) -> bool:
    """``قرب دمشق``: a place or a time, whatever is done there."""
    return at > 0 and tokens[at - 1].text in _APART


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
    return [
        i
        for i, token in enumerate(tokens)
        if not stems(token.text).isdisjoint(forms) and not _is_apart(tokens, i)
    ]


def _first(places: Sequence[int], span: range) -> int:
    return next((place for place in places if place in span), -1)
