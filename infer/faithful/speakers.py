"""Who says what: statements of a summary held against the article's, by speaker."""

from __future__ import annotations

from collections.abc import Sequence

from infer.faithful.findings import Unsupported
from infer.faithful.forms import Token, bases, is_ordinary, listed, roots, stems
from infer.faithful.gazetteer import implied, named_at
from infer.faithful.source import Passage, Source
from infer.faithful.statements import SMALL, Statement, is_saying, says_plainly, specific, statements

_TITLES = listed(
    """
    وزير رييس مدير متحدث ناطق محامي محام نايب سفير قايد امين مدرب نقيب
    """
)
_BODIES = listed(
    """
    نادي وزاره حكومه حزب حركه موسسه شركه فريق مجلس مجموعه جيش هييه جمعيه لجنه منظمه مصادر ارقام احصاءات بيانات
    """
)
_DESCRIPTION = 5  # words before a name that may say who it is
_MEDIA = listed(
    """
    صحيفه وكاله قناه موقع شبكه مجله اعلام تقرير اذاعه دراسه بيان
    """
)
# How well a statement must fit another speaker, and how badly the one named, to be called a swap.
_SWAPPED = ((0.7, 0.35), (0.4, 0.1))


def unsupported_speakers(summary: Passage, source: Source) -> list[Unsupported]:
    """Find statements of the summary whose speaker says no such thing in the article."""
    theirs = source.statements
    found = []
    for statement in statements(summary.tokens):
        own = specific(statement.speaker)
        if not own or not _MEDIA.isdisjoint(base for t in statement.speaker for base in bases(t.text)):
            continue
        why = _problem(own, statement, theirs, source)
        if why:
            text = summary.plain[statement.speaker[0].start : statement.speaker[-1].end]
            found.append(Unsupported("speaker", text, why))
    return found


def _names_same(mine: Sequence[Token], theirs: Sequence[Token]) -> float:
    """Share of a speaker's words that another naming of a speaker has."""
    words = [token.text for token in theirs]
    things = {thing for i in range(len(words)) for thing in named_at(words, i)[1]}
    known = {stem for word in words for stem in stems(word)}
    own = [token.text for token in mine]
    hits = [
        word
        for i, word in enumerate(own)
        if not stems(word).isdisjoint(known) or named_at(own, i)[1] & implied(things)
    ]
    if any(not is_ordinary(word) and not named_at([word], 0)[0] for word in hits):
        return 1.0
    return len(hits) / len(own)


def _fit(said: Sequence[Token], theirs: Sequence[Token]) -> float:
    """Share of what the summary lets somebody say that a statement of the article has."""
    words = [token for token in said if len(token.text) > 2 and bases(token.text).isdisjoint(SMALL)]
    known = {root for token in theirs for root in roots(token.text)}
    known |= {stem for token in theirs for stem in stems(token.text)}
    if not words:
        return 0.0
    return sum(not (roots(t.text) | stems(t.text)).isdisjoint(known) for t in words) / len(words)


def _problem(
    own: Sequence[Token], statement: Statement, theirs: Sequence[Statement], source: Source
) -> str | None:
    if not theirs:
        return None
    if all(is_saying(token.text) for token in own):
        return None
    named = [(_share(own, statement, other, source), other) for other in theirs]
    mine = [other for share, other in named if share >= 0.5]
    if not mine:
        if all(not source.knows(token.text) for token in own):
            return "the article does not name this speaker"
        body = not bases(statement.speaker[0].text).isdisjoint(_BODIES)
        if body and all(source.knows(token.text) for token in own):
            return None  # what a body does is often told without a word that it said so
        return "the article does not let this speaker say anything"
    if any(_same_act(statement.verb, other.verb) for other in mine):
        return None
    said = _clause(statement)
    best = _fit(said, [token for other in mine for token in other.said])
    rivals = [other for share, other in named if share < 0.5 and specific(other.speaker)]
    rival = max((_fit(said, other.said) for other in rivals), default=0.0)
    if any(rival >= fits and best <= hardly for fits, hardly in _SWAPPED):
        return "in the article somebody else says this"
    return None


def _share(own: Sequence[Token], statement: Statement, other: Statement, source: Source) -> float:
    """How far a statement of the article is by the speaker whom the summary means."""
    share = _names_same(own, other.speaker)
    if share >= 0.5:
        return share
    if other.speaker and _is_the_body(other.speaker[0].text):
        return 0.5  # "النادي", "الشركة": one that was named before
    titles = {base for token in statement.speaker for base in bases(token.text)} & _TITLES
    for token in other.speaker:  # "الوزير": one whose office is told elsewhere
        if "ال" in token.text[:3] and not bases(token.text).isdisjoint(titles):
            return 0.5
    return max(share, _names_same(own, [*other.speaker, *_described(other.speaker, source)]))


def _is_the_body(word: str) -> bool:
    return "ال" in word[:3] and not bases(word).isdisjoint(_BODIES)


def _described(speaker: Sequence[Token], source: Source) -> list[Token]:
    """What stands before a speaker's name elsewhere: "رئيس الوزراء العراقي" of one whom it names."""
    names = {base for token in specific(speaker) if not is_ordinary(token.text) for base in bases(token.text)}
    if len(alone := specific(speaker)) == 1:
        names |= bases(alone[0].text)
    names |= {base for token in specific(speaker) for base in bases(token.text) if base in source.surnames}
    return [
        before
        for passage in source.passages
        for i, token in enumerate(passage.tokens)
        if not bases(token.text).isdisjoint(names)
        for before in passage.tokens[max(0, i - _DESCRIPTION) : i]
    ]


def _same_act(verb: str, other: str) -> bool:
    """Whether two verbs of saying are one that says more than "said"."""
    if not verb or says_plainly(verb):
        return False
    return not (roots(verb) | stems(verb)).isdisjoint(roots(other) | stems(other))


def _clause(statement: Statement) -> list[Token]:
    """What is said, up to where the summary turns to somebody else."""
    found: list[Token] = []
    for token in statement.said:
        if found and token.opens_clause and token.text.startswith("و"):
            break
        found.append(token)
    return found
