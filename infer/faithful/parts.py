"""Fractions and ordinals in words: ``نصف مليون`` is 500,000, ``الحادي والعشرين`` the 21st."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from infer.faithful.forms import Token, bases, is_definite, listed
from infer.faithful.numerals import SCALES, TENS

_FRACTIONS = {
    "نصف": 1 / 2,
    "ثلث": 1 / 3,
    "ثلثي": 2 / 3,
    "ثلثا": 2 / 3,
    "ثلثين": 2 / 3,
    "ربع": 1 / 4,
}
_MANY = {"ارباع": 4, "اخماس": 5}
_SEVERAL = {"ثلاثه": 3, "ثلاث": 3, "اربعه": 4, "اربع": 4}
# Of these a half is a quantity; of anything else ("half of the people") it is a share.
_MEASURES = listed(
    """
    ثانيه دقيقه ساعه يوم اسبوع شهر عام سنه عقد قرن دولار دينار يورو ريال درهم جنيه ليره متر كيلومتر ميل طن
    كيلوغرام لتر برميل نقطه درجه
    """
)
_FINALS = frozenset({"نهايي", "النهايي", "نهاييات", "نهايه", "سنوي", "سنويه"})  # "ربع النهائي", "نصف سنوي"
_FIRST = ("اول", "اولي")
_ORDINALS = {
    name: value
    for value, names in enumerate(
        (
            "ثاني ثانيه",
            "ثالث ثالثه",
            "رابع رابعه",
            "خامس خامسه",
            "سادس سادسه",
            "سابع سابعه",
            "ثامن ثامنه",
            "تاسع تاسعه",
            "عاشر عاشره",
        ),
        2,
    )
    for name in (*names.split(), names.split()[0] + "ا")
} | dict.fromkeys(_FIRST, 1)
_ELEVEN = {"حادي": 1, "حاديه": 1}  # ordinals of one before ten and the tens only
_MONTHS = frozenset({"كانون", "تشرين", "ربيع", "جمادي"})  # "تشرين الثاني"


@lru_cache(maxsize=1 << 16)
def opens_part(word: str) -> bool:
    """Whether a folded word can begin a fraction or an ordinal."""
    own = bases(word)
    return any(not own.isdisjoint(table) for table in (_FRACTIONS, _ORDINALS, _ELEVEN, _SEVERAL))


def fraction(tokens: Sequence[Token], at: int) -> tuple[float, bool, int] | None:
    """Read a fraction.

    Returns:
        Its value, whether that is a percentage, and the place after it; None where a token begins none, or
        one that is no quantity (``الربع الأول من العام``, ``ربع النهائي``).
    """
    own = bases(tokens[at].text)
    following = tokens[at + 1].text if at + 1 < len(tokens) and not tokens[at + 1].opens_clause else ""
    for name in own & _SEVERAL.keys():
        if parts := bases(following) & _MANY.keys():
            return 100 * _SEVERAL[name] / _MANY[min(parts)], True, at + 2
    for name in own & _FRACTIONS.keys():
        share = _FRACTIONS[name]
        if scale := SCALES.get(following.removeprefix("ال")):
            return share * scale, False, at + 2
        if following in _MEASURES:
            return share, False, at + 1
        if following in _FINALS or _is_period(tokens[at].text, following):
            return None
        return round(100 * share, 1), True, at + 1
    return None


def _is_period(word: str, following: str) -> bool:
    if not is_definite(word):
        return False
    return following in {"الاخير", "الحالي", "الماضي"} or not bases(following).isdisjoint(_ORDINALS)


def ordinal(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Read an ordinal: its value and the place after it."""
    own = bases(tokens[at].text)
    if at and not bases(tokens[at - 1].text).isdisjoint(_MONTHS):
        return None
    following = tokens[at + 1].text if at + 1 < len(tokens) and not tokens[at + 1].opens_clause else ""
    alone = max((_ORDINALS[name] for name in own & _ORDINALS.keys()), default=0)
    unit = alone or max((_ELEVEN[name] for name in own & _ELEVEN.keys()), default=0)
    if not unit:
        return None
    if following in {"عشر", "عشره"} and unit < 10:
        return unit + 10, at + 2
    tens = following.removeprefix("و").removeprefix("ال")
    if following.startswith("و") and tens in TENS and unit < 10:
        return unit + TENS[tens], at + 2
    return (alone, at + 1) if alone else None
