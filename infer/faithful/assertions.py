"""What a summary asserts and its article only rejects, or makes a condition, or says of something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from infer.faithful.findings import Unsupported
from infer.faithful.forms import Token, is_definite, kin, listed, stems
from infer.faithful.gazetteer import is_given_name, named_at
from infer.faithful.negation import EMPTY, is_condition, is_denial, is_denied, rejects
from infer.faithful.source import Passage, Source
from infer.faithful.statements import SMALL, says_plainly

# Words that take a report back, or leave it open.
_OPEN = listed(
    """
    صحه شايعات شايعه اشاعات مزاعم انباء الانباء احتمال احتمالات امكانيه جدل تكهنات تلويح يلوح تلوح يهدد تهدد
    تهديد يشترط تشترط شرط شروط قد ربما لعل سيناريو مخاوف خشيه تكذيب دحض
    """
)
_COPULAS = listed("كان كانت كانوا اصبح اصبحت بات باتت صار صارت ظل ظلت")
_OFFICES = listed("رييس وزير وزاره مدير نايب قايد زعيم امين سفير مكتب مجلس حكومه مشروع قرار بيان اتفاق")
_PRESENT = re.compile("^[وف]?س?[يت].{2,}[^ه]$")
_SHE = re.compile("^.{3,}[^ا]ت$")
_JOINED = ("ال", "ب", "ل", "و", "ف", "ك")  # what begins so behind a noun is no verb
_WHY = "the article rejects it or makes it a condition"
_MOSTLY = 0.5  # of the summary's words that the sentence has which rejects what it says


def unsupported_assertions(summary: Passage, source: Source) -> list[Unsupported]:
    """Find what the article rejects or makes a condition, and what it has in two sentences."""
    return [*_rejected(summary, source), *_spliced(summary, source)]


def _rejected(summary: Passage, source: Source) -> list[Unsupported]:
    if (
        summary.unasserted
        or summary.denied
        or any(_leaves_open(summary.tokens, i) for i in range(len(summary.tokens)))
    ):
        return []
    if copied := _copied(summary, source):
        return [copied]
    found = []
    for i, token in enumerate(summary.tokens):
        if not _may_tell(summary.tokens, i):
            continue
        if any(_rejects(passage, token, summary) for passage in source.passages) and not _asserted(
            token, source
        ):
            found.append(Unsupported("negation", token.text, _WHY))
    return found


def _leaves_open(tokens: list[Token], at: int) -> bool:
    word = tokens[at].text
    return is_denial(word) or rejects(word) or is_condition(tokens, at) or not stems(word).isdisjoint(_OPEN)


def _copied(summary: Passage, source: Source) -> Unsupported | None:
    """A part of a sentence word for word, most of it in what the sentence rejects."""
    words = summary.words
    for passage in source.passages:
        for start in range(len(passage.words) - len(words) + 1):
            places = range(start, start + len(words))
            if passage.words[start : start + len(words)] != words:
                continue
            if 2 * len(passage.unasserted.intersection(places)) > len(words):
                return Unsupported("negation", summary.text, _WHY)
    return None


def _may_tell(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word can be the verb of a sentence."""
    word = tokens[at].text
    if (
        tokens[at].number
        or len(word) < 3
        or is_definite(word)
        or word in EMPTY | SMALL | _COPULAS
        or says_plainly(word)
    ):
        return False
    if named_at([word], 0)[0] or is_given_name(word) or not stems(word).isdisjoint(_OFFICES):
        return False
    if _PRESENT.match(word) or _SHE.match(word) or at == 0 or tokens[at].opens_clause:
        return True
    return tokens[at - 1].text.startswith("ال") and not word.startswith(_JOINED)


def _rejects(passage: Passage, token: Token, summary: Passage) -> bool:
    """Whether a sentence of the article has a word in what it rejects, and most of the summary's words."""
    sure = {form for form in kin(token.text) if len(form) > 2}
    if all(sure.isdisjoint(kin(passage.words[place])) for place in passage.unasserted):
        return False
    told = [other.text for other in summary.tokens if len(other.text) > 3]
    known = {form for word in passage.words for form in kin(word)}
    shared = sum(not kin(word).isdisjoint(known) for word in told)
    return shared >= max(2, _MOSTLY * len(told))


def _asserted(token: Token, source: Source) -> bool:
    """Whether some use of a word in the article, in whatever form, is neither rejected nor denied."""
    wanted = kin(token.text)
    return any(
        not wanted.isdisjoint(kin(other.text))
        for passage in source.passages
        for i, other in enumerate(passage.tokens)
        if i not in passage.unasserted and not is_denied(passage.tokens, i)
    )


def _spliced(summary: Passage, source: Source) -> list[Unsupported]:
    """Find a run of words that starts in one sentence of the article and ends in the next.

    ``وزير الدفاع`` of the title and ``العراقي`` that opens the body make no Iraqi minister of defence.
    """
    words = summary.words
    found = []
    for passage, following in pairwise(source.passages):
        end, start = passage.words[-2:], following.words[:2]
        for i in range(2, len(words)):
            if summary.tokens[i].opens_clause or words[i].startswith("و") or words[i - 2 : i] != end:
                continue
            if words[i : i + 1] != start[:1] or not is_definite(words[i]):
                continue
            if _has_run(words[i - 1 : i + 1], source):
                continue
            text = summary.plain[summary.tokens[i - 1].start : summary.tokens[i].end]
            found.append(Unsupported("roles", text, "the article has these words in different sentences"))
    return found


def _has_run(pair: list[str], source: Source) -> bool:
    return any(list(run) == pair for passage in source.passages for run in pairwise(passage.words))
