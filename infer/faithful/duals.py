"""Duals: ``مستشفيين`` is two hospitals, ``مسلحين`` may be any number of armed men."""

from __future__ import annotations

from functools import lru_cache

from infer.faithful.forms import bases, family, is_ordinary, listed
from infer.faithful.gazetteer import named_at

# Masculine nouns whose plural does not end in "-ين", so that the ending tells two of them.
_MEN = listed(
    """
    يوم اسبوع شهر عام قرن شخص جندي طفل قتيل جريح شاب رجل صاروخ هدف عنصر ضابط عقد حزب قرار شرط مشروع منزل
    مستشفي مبني مصنع مسجد مطار ميناء مخيم مركز مقر متجر منجم طن متر كيلومتر ميل برميل دينار دولار ريال جنيه
    درهم هجوم انفجار زلزال اجتماع لقاء اتفاق ملف بند سجين اسير طبيب تلميذ شرطي عسكري مدني قاض نايب فريق
    جسر حقل بير نفق كتاب فيلم كوكب قمر قمرا حصان كلب جمل سوق شارع حي بيت باب مصرف بنك فندق مطعم صندوق طابق
    """
)
_SHORT_WOMEN = frozenset({"مر", "سن"})  # "مرتين", "سنتين": too short a stem for the rule
_JOINED = ("تي", "تا")
_FEMININE = ("تين", "تان", "تي", "تا")


@lru_cache(maxsize=1 << 16)
def of_two(word: str) -> str | None:
    """What a dual has two of; a masculine ``-ين`` may be a plural and counts for few nouns only."""
    if family(word):
        return None  # "حميدتي"
    of_place = any(named_at([base], 0)[0] for base in bases(word))
    for base in bases(word):
        for ending in (*_FEMININE, "ين", "ان"):
            if not base.endswith(ending) or (ending in _JOINED and "ال" in word[:4]):
                continue  # "الكويتي": what is joined to another noun has no article
            if ending == "تي" and of_place:
                continue  # "بيروتي"
            stem = base[: -len(ending)]
            if ending in _FEMININE and (_is_feminine(stem) or (stem in _SHORT_WOMEN and len(ending) == 3)):
                return stem
            if stem in _MEN or (ending == "ان" and _is_nisba(stem)):
                return stem
    return None


def _is_feminine(stem: str) -> bool:
    return len(stem) >= 3 and is_ordinary(stem + "ه")


def _is_nisba(stem: str) -> bool:
    """``فلسطينيان``: the nominative of the plural would end in ``-ون``."""
    return stem.endswith("ي") and bool(named_at([stem], 0)[0])
