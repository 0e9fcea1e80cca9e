"""Negations: what a sentence denies."""

from __future__ import annotations

from collections.abc import Sequence

from infer.faithful.forms import Token, bases, listed

_PARTICLES = listed(
    """
    لم لن لا ليس ليست ليسوا لسنا غير عدم دون بلا بدون الا كلا انعدام
    """
)
# Words that deny what follows in a wider span, so that "نفى وقوع إصابات" is "لم تقع إصابات".
_DENIALS = listed(
    """
    نفي نفت ينفي تنفي نافيا نافيه نفي رفض رفضت يرفض ترفض رافضا استبعد استبعدت يستبعد تستبعد مستبعدا
    امتنع امتنعت يمتنع فشل فشلت يفشل تفشل عجز عجزت منع منعت يمنع تمنع حظر حظرت يحظر تحظر اوقف اوقفت
    يوقف توقف انكر انكرت ينكر تنكر كذب كذبت يكذب تكذب تعذر يتعذر حرم حرمت يحرم الغي الغت يلغي تلغي
    توقفت يتوقف تجنب ممنوع استحاله رغم نقص غياب خلو خال نفاد خاليه سوي باستثناء عدا تفادي  هل
    ليلا مستحيل نادر قلما
    """
)
# "لا يزال" affirms; "لا سيما", "لا بد", "إلا أن" and the like deny nothing.
_AFFIRMING = listed(
    """
    يقل تقل
    يزال تزال يزالون تزل يزل سيما بد شك محاله ان انه انها اذا فقط مجرد بل
    """
)
# Verbs that say of a whole report that it is not so, or of a plan that it shall not be.
_REJECTIONS = listed(
    """
    نفي نفت ينفي تنفي نفوا ينفون نافيا نافيه انكر انكرت ينكر تنكر انكروا ينكرون كذب كذبت يكذب تكذب مكذبا
    رفض رفضت يرفض ترفض رفضوا يرفضون رافضا رافضه استبعد استبعدت يستبعد تستبعد مستبعدا مستبعده
    دحض دحضت يدحض فند فندت يفند تفند
    """
)
_UNTRUE = frozenset({"صحه", "اساس", "صحيح", "صحيحا", "صحيحه", "حقيقه"})  # "لا صحة لما", "ليس صحيحا أن"
_REPORTS = listed(
    """
    ان انه انها انهم انهما صحه انباء الانباء وجود وقوع حدوث تقارير مزاعم شايعات اشاعات معلومات ما اتهامات
    """
)
_CONDITIONS = frozenset({"اذا", "واذا", "فاذا", "لو", "ولو"})
EMPTY = listed(
    """
    يتضمن تتضمن يتضمنها
    يكن تكن يكون تكون يكونوا يعد تعد يعودوا يتم تتم قد اي من في علي ان انه انها به بها له لها هناك
    احد كل بعد ثمه يوجد توجد وجود يجب يمكن يمكنه يمكنها يمكنهم ينبغي يحق يتمكن تتمكن يستطيع تستطيع
    بحاجه عن ما ابدا اطلاقا تماما نهاييا حتي الان ايضا
    """
)
SCOPE = 4  # words after a negation within which a word counts as denied
_WIDE = 6  # the same after a word of denial
_FAR = 12  # words from a rejection to the report that it rejects


def heads(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Place of each negation and of the word that it denies."""
    found = []
    for i, token in enumerate(tokens):
        if not _is_particle(token.text):
            continue
        following = i + 1
        while following < len(tokens) and tokens[following].text in EMPTY and following - i < 4:
            following += 1
        if following >= len(tokens) or following - i > 3 or tokens[following].opens_clause:
            continue
        if tokens[i + 1].text in _AFFIRMING or tokens[following].number:
            continue
        found.append((i, following))
    return found


def unasserted(tokens: Sequence[Token]) -> frozenset[int]:
    """Places of the words that a sentence gives as a report that it rejects, or as a condition."""
    places: set[int] = set()
    for i in range(len(tokens)):
        if _is_rejection(tokens, i):
            places.update(_rejected(tokens, i))
        elif is_condition(tokens, i):
            places.update(_clause(tokens, i + 1))
    return frozenset(places)


def rejects(word: str) -> bool:
    """Whether a folded word rejects a report or a plan, as ``نفى`` and ``رفض`` do."""
    return not bases(word).isdisjoint(_REJECTIONS)


def _is_rejection(tokens: Sequence[Token], at: int) -> bool:
    denied = at > 0 and _is_particle(tokens[at - 1].text)
    if rejects(tokens[at].text):
        return not denied  # "لم ينف"
    return denied and tokens[at].text in _UNTRUE


def is_condition(tokens: Sequence[Token], at: int) -> bool:
    """Whether a condition opens at a token: ``إذا``, ``لو``, ``في حال``."""
    word = tokens[at].text
    return word in _CONDITIONS or (word == "حال" and at > 0 and tokens[at - 1].text in {"في", "وفي"})


def _rejected(tokens: Sequence[Token], verb: int) -> range:
    """The report behind a verb, past the one who rejects it; without a report, the verb's clause."""
    for opener in range(verb + 1, min(verb + _FAR, len(tokens))):
        if not bases(tokens[opener].text).isdisjoint(_REPORTS):
            return _clause(tokens, opener + 1)
    return _clause(tokens, verb + 1)


def _clause(tokens: Sequence[Token], start: int) -> range:
    end = start
    while end < len(tokens) and (end == start or not tokens[end].opens_clause):
        end += 1
    return range(start, end)


def _is_particle(word: str) -> bool:
    return word in _PARTICLES or (len(word) > 2 and word[0] in "وفب" and word[1:] in _PARTICLES)


def is_denial(word: str) -> bool:
    """Whether a folded word denies what follows it, as ``نفى`` does."""
    return not bases(word).isdisjoint(_DENIALS)


def is_denied(tokens: Sequence[Token], at: int) -> bool:
    """Whether a negation or a word of denial stands shortly before a token."""
    for back in range(1, _WIDE + 1):
        i = at - back
        if i < 0 or tokens[i + 1].opens_clause:
            return False
        if back <= SCOPE and _is_particle(tokens[i].text) and tokens[i + 1].text not in _AFFIRMING:
            return True
        if is_denial(tokens[i].text):
            return True
    return False
