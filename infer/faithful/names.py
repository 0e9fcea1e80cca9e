"""Names of a summary that its article does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infer.faithful.findings import Unsupported
from infer.faithful.forms import Token, bases, family, is_ordinary, listed, stems, tokenize
from infer.faithful.gazetteer import is_given_name, named_at
from infer.faithful.months import month_at, weekday_at
from infer.faithful.source import Passage, Source

_LATIN = re.compile("[a-zà-ÿ]")
_QUOTED = re.compile(r"[«\"“„]([^«»\"“”„]+)[»\"”“]")
_SHORT = 3  # letters: a word so short is too often a particle to be called a name
_PARTICLES = frozenset({"علي", "باسم", "لي", "بيت"})  # first names that are more often something else
_PATRONYMS = frozenset({"بن", "ابن", "بنت", "ابو", "ابي", "ام", "ال"})
_SHORT_QUOTE = 4  # words: such a quotation is a name or a term, and stands in the article as it is
# What stands before the name of a place, a party, a company; a definite word after it is a name.
_BEFORE_NAMES = listed(
    """
    مركز مدينه بلده قريه محافظه ولايه قضاء ناحيه حي مطار ميناء معبر جسر نهر جبل سد قاعده مخيم حقل طريق
    ملعب استاد حزب حركه تيار كتله ايتلاف جبهه كتايب لواء فصيل جماعه نادي شركه مجموعه بنك مصرف صحيفه
    قناه وكاله موقع جامعه
    """
)
# What a name may stand behind.
_HEADS = frozenset({"الرييس", "رييس", "زعيم", "نظام", "السيد", "الامين", "ال"})
_VERB = re.compile("^[وفس]{0,2}[يت]")
_SHORT_VERB = re.compile("^[وف]?س?[يت]..$")
_THEY = re.compile("^[وفس]{0,2}[يت].{3,}ن$")  # feminine plural: too rare for the list of ordinary words


def unsupported_names(summary: Passage, source: Source) -> list[Unsupported]:
    """Find names, Latin words and quotations that are not in the article.

    A name shortened to its last part is supported; a first name, a title's place or a party that the
    article does not give is not.
    """
    found = [
        Unsupported("name", summary.plain[group[0].start : group[-1].end], "the article does not name it")
        for group in _neighbours(summary.tokens, _strangers(summary, source))
    ]
    found += _mixed(summary, source)
    return found + list(_quotes(summary, source))


def _strangers(summary: Passage, source: Source) -> set[int]:
    """Places of tokens that name something the article does not."""
    words, tokens = summary.words, summary.tokens
    places: set[int] = set()
    at = 0
    while at < len(tokens):
        size, things = named_at(words, at)
        if size and (things & source.things or _runs(tokens[at : at + size], source)):
            at += size
            continue
        if size:
            places.update(range(at, at + size))
        elif at not in summary.counted and _is_strange(tokens, at, source):
            places.add(at)
        at += size or 1
    return places


def _literally(word: str, source: Source) -> bool:
    return not bases(word).isdisjoint(source.bases)


def _is_strange(tokens: list[Token], at: int, source: Source) -> bool:
    token = tokens[at]
    if token.number:
        return False
    named = family(token.text)
    if named and (not named[1] or _acts(tokens, at)):
        return named[0] not in source.families
    if not stems(token.text).isdisjoint(source.stems):
        return False
    if month_at(tokens, at) or weekday_at(tokens, at) is not None:
        return False
    if _LATIN.search(token.text):
        return len(token.text) > 1
    given = is_given_name(token.text) and token.text not in _PARTICLES
    if given and any(_is_name(tokens, i, source) for i in (at - 1, at + 1)):
        return True
    if source.knows(token.text) or len(token.text) < 3:
        return False
    if _follows_name(tokens, at, source):
        return True
    if len(token.text) <= _SHORT or _SHORT_VERB.match(token.text):
        return False
    return _is_family(tokens, at) or not (is_ordinary(token.text) or _THEY.match(token.text))


def _acts(tokens: list[Token], at: int) -> bool:
    """Whether a word that may be a name stands where somebody acts: ``الصدر يدعو``, ``يستقبل الأسد``."""
    before = tokens[at - 1].text if at and not tokens[at].opens_clause else ""
    if before:
        verb = _VERB.match(before) and not before.endswith("ه")
        return bool(verb) or before in _HEADS or is_given_name(before)
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is not None and bool(":" in after.gap or _VERB.match(after.text))


def _is_name(tokens: list[Token], at: int, source: Source) -> bool:
    """Whether a token's neighbour reads as a part of a name."""
    if not 0 <= at < len(tokens) or tokens[at].number:
        return False
    word = tokens[at].text
    return is_given_name(word) or not is_ordinary(word) or not bases(word).isdisjoint(source.surnames)


def _is_family(tokens: list[Token], at: int) -> bool:
    """``يستقبل الكاظمي``: a nisba with the article that describes nothing before it."""
    word = tokens[at].text
    if not (word.startswith("ال") and word.endswith("ي") and len(word) > 5) or at == 0:
        return False
    before = tokens[at - 1]
    return bool(_VERB.match(before.text) and not before.text.endswith("ه"))


def _follows_name(tokens: list[Token], at: int, source: Source) -> bool:
    """An ordinary word that can only be the rest of a name: ``خالد منصور``, ``حزب الوفد``."""
    if at == 0 or tokens[at].opens_clause or tokens[at - 1].number:
        return False
    before, word = tokens[at - 1].text, tokens[at].text
    if word.startswith("ال") and not before.startswith("ال") and not bases(before).isdisjoint(_BEFORE_NAMES):
        return True
    if before in _PATRONYMS:
        return True
    if word.startswith("ال") and before in source.before_family:
        return True
    known = not is_ordinary(before) or not bases(before).isdisjoint(source.given)
    given = is_given_name(before) and before != "علي"  # على
    return given and known and not _VERB.match(word) and word[0] not in "وفبل"


def _neighbours(tokens: list[Token], places: set[int]) -> Iterator[list[Token]]:
    """Runs of places beside one another."""
    group: list[Token] = []
    for i, token in enumerate(tokens):
        if i in places and not (group and token.opens_clause):
            group.append(token)
            continue
        if group:
            yield group
        group = [token] if i in places else []
    if group:
        yield group


def _mixed(summary: Passage, source: Source) -> list[Unsupported]:
    """Find a first name of the article before a last name of the article that are never together there."""
    found = []
    for first, last in zip(summary.tokens, summary.tokens[1:], strict=False):
        if last.opens_clause or first.number or last.number or last.gap.strip():
            continue
        sure = first.text not in _PARTICLES and not bases(first.text).isdisjoint(source.given)
        surname = not is_ordinary(last.text) or not bases(last.text).isdisjoint(source.surnames)
        named = surname and not named_at([last.text], 0)[0] and len(last.text) > 3
        both = _literally(first.text, source) and _literally(last.text, source)
        if sure and named and both and not _together(first.text, last.text, source):
            text = summary.plain[first.start : last.end]
            found.append(Unsupported("name", text, "the article has these names of different people"))
    return found


def _together(first: str, last: str, source: Source) -> bool:
    for passage in source.passages:
        words = passage.words
        for i, word in enumerate(words):
            if not bases(word).isdisjoint(bases(first)) and any(
                not bases(other).isdisjoint(bases(last)) for other in words[i + 1 : i + 5]
            ):
                return True
    return False


def _quotes(summary: Passage, source: Source) -> Iterator[Unsupported]:
    """Quotations: a short one word for word, a longer one with no word of its own."""
    for match in _QUOTED.finditer(summary.plain):
        quoted = [token for token in tokenize(match[1]) if not token.number]
        strange = [token for token in quoted if len(token.text) > 2 and not source.knows(token.text)]
        named = [token for token in strange if not is_ordinary(token.text)]
        short = len(quoted) <= _SHORT_QUOTE and bool(quoted) and not _runs(quoted, source)
        if strange and not named and (short or 4 * len(strange) > len(quoted)):
            yield Unsupported("quote", match[0], "the article does not quote this")


def _runs(quoted: list[Token], source: Source) -> bool:
    """Whether the words stand one behind another in the article."""
    for passage in source.passages:
        words = passage.words
        for start in range(len(words) - len(quoted) + 1):
            if all(
                not bases(words[start + i]).isdisjoint(bases(token.text)) for i, token in enumerate(quoted)
            ):
                return True
    return False
