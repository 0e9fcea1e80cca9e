"""What a text counts: numbers in digits and words, percentages, duals, fractions, rounded quantities.

``25 مليون``, ``خمسة وعشرين مليونا`` and ``25,000,000`` have one value, so do ``سنتين`` and ``24 شهرا``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from infer.faithful.forms import Token, bases, is_ordinary, listed, stems
from infer.faithful.months import month_at
from infer.faithful.numerals import OF_HUNDRED, ONE, PERCENT, SCALES, VAGUE, read_word, spelled

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
}
_FRACTIONS = {"نصف": 50.0, "ثلث": 33.3, "ثلثي": 66.7, "ثلثا": 66.7, "ثلثين": 66.7, "ربع": 25.0, "ارباع": 75.0}
_FIRST = {"حادي": 1, "حاديه": 1}  # in "الحادي عشر" and "الحادي والعشرين"
# Behind a fraction they make it a part of a year, of a match or of a contest.
_PARTS = listed("اول اولي اخير اخيره نهايي ساعه") | _ORDINALS.keys()
_ABOUT = listed(
    """
    نحو حوالي قرابه زهاء تقريبا قراب يقارب يقرب يناهز بنحو
    """
)
_OVER = listed(
    """
    اكثر باكثر يزيد تزيد فوق ازيد يفوق يتجاوز تجاوز تجاوزت الاقل يقل
    """
)
_UNDER = frozenset({"اقل", "دون"})
_MONTHLY = {"شهر": 1, "عام": 12, "سنه": 12, "سن": 12, "سنو": 12, "عقد": 120}
_HOURLY = {"دقيق": 1 / 60, "دقايق": 1 / 60, "ساع": 1, "يوم": 24, "ايام": 24, "اسبوع": 168, "اسابيع": 168}
_NO_UNIT = listed(
    """
    في علي الي عن مع بعد قبل منذ خلال حتي بين ضد لدي عبر هذا هذه كل اي او ان انه انها قد كما الي نحو
    ايضا
    """
)
_DUAL_MEN = listed(
    """
    يوم اسبوع شهر عام شخص جندي طفل قتيل جريح شاب رجل صاروخ هدف عنصر ضابط عقد حزب قرار شرط مشروع منزل
    """
)
_CONSTRUCT = ("تي", "تا")
_DUAL_ENDINGS = ("تين", "تان", "تي", "تا")


@dataclass(frozen=True, slots=True)
class Amount:
    """One quantity.

    Attributes:
        value: Its value; of a rounded one ("hundreds"), the lowest that it may mean.
        high: The highest that it may mean; the value itself where it is exact.
        kind: ``count``, ``percent``, ``ordinal``, ``dual`` or ``vague``.
        unit: Readings of the word that it counts; empty where there is none.
        hedge: ``about``, ``over``, ``under`` or nothing.
        first: Place of its first token.
        last: Place after its last.
    """

    value: float
    high: float
    kind: str
    unit: frozenset[str]
    hedge: str
    first: int
    last: int


def amounts(tokens: Sequence[Token]) -> list[Amount]:
    """Find the quantities of a text's tokens, in order; ``one`` counts nothing."""
    found: list[Amount] = []
    at = 0
    while at < len(tokens):
        if not tokens[at].number and not _opens(tokens[at].text):
            at += 1
            continue
        counted = bool(found) and found[-1].last == at and bool(found[-1].unit)
        amount = _half(tokens, at) or _numeral(tokens, at) or (None if counted else _other(tokens, at))
        if amount is None:
            at += 1
            continue
        found.append(amount)
        at = amount.last
    return found


@lru_cache(maxsize=1 << 16)
def _opens(word: str) -> bool:
    """Whether a quantity can begin with a word; almost no word does, and this is what makes reading fast."""
    own = bases(word)
    tables = (VAGUE, _FRACTIONS, _ORDINALS, _FIRST)
    return (
        word == "ونصف"
        or not own.isdisjoint(ONE)
        or any(not own.isdisjoint(table) for table in tables)
        or read_word(word) is not None
        or _of_two(word) is not None
    )


def _numeral(tokens: Sequence[Token], at: int) -> Amount | None:
    """A number in digits or words with its scale, percent word and unit."""
    token = tokens[at]
    if token.number:
        value, percent, end = float(token.number.value), token.number.percent, at + 1
        if token.number.value.as_tuple().exponent == -3 and value.is_integer():
            value *= 1000  # 10.000, as some pages group thousands
        value, end = _scaled(tokens, value, end)
    else:
        words = spelled(tokens, at)
        if words is None:
            return None
        value, end = words
        percent = False
        if end < len(tokens) and tokens[end].text in PERCENT:
            percent, end = True, end + 1
        elif end + 1 < len(tokens) and tokens[end].text == "في" and tokens[end + 1].text in OF_HUNDRED:
            percent, end = True, end + 2
    if value == 3 and end < len(tokens) and tokens[end].text == "ارباع":
        value, percent, end = 75.0, True, end + 1
    percent = percent or _opens_range(tokens, at, end)
    unit = frozenset[str]() if percent or _is_place(tokens, at, end) else _unit(tokens, end)
    if end + 1 < len(tokens) and tokens[end + 1].text == "ونصف" and not percent:
        value += 0.5  # "3 سنوات ونصف"
    return Amount(value, value, "percent" if percent else "count", unit, _hedge(tokens, at), at, end)


def _is_place(tokens: Sequence[Token], at: int, end: int) -> bool:
    """``الذكرى الـ73 لتأسيسها``: digits that tell a place and count nothing."""
    return at > 0 and tokens[at - 1].text == "ال" and end < len(tokens) and tokens[end].text.startswith("ل")


def _opens_range(tokens: Sequence[Token], at: int, end: int) -> bool:
    """``بين 70 و80%``: the first is a percentage too."""
    if end + 1 >= len(tokens) or tokens[end].text != "و" or not at > 0:
        return False
    upper = tokens[end + 1].number
    return upper is not None and upper.percent and tokens[at - 1].text.endswith("بين")


def _scaled(tokens: Sequence[Token], value: float, end: int) -> tuple[float, int]:
    """Multiply digits by the scale words behind them and add what is joined on: ``5 ملايين و300 ألف``."""
    total, last = 0.0, 0
    while end < len(tokens) and tokens[end].text in SCALES and not tokens[end].opens_clause:
        last = SCALES[tokens[end].text]
        value, end = value * last, end + 1
    if last and end < len(tokens) and tokens[end].text == "ونصف":
        return value + last / 2, end + 1
    joined = end + 1 < len(tokens) and tokens[end].text == "و" and tokens[end + 1].number
    if last > 1000 and joined and not tokens[end].opens_clause:
        more, after = _scaled(tokens, float(joined.value), end + 2)
        if after > end + 2 and more < last:
            total, end = more, after
    return value + total, end


def _half(tokens: Sequence[Token], at: int) -> Amount | None:
    """``سنة ونصف`` is a year and a half; ``3 سنوات ونصف`` is read with its number."""
    if tokens[at].text != "ونصف" or at == 0 or tokens[at - 1].number:
        return None
    return Amount(1.5, 1.5, "count", stems(tokens[at - 1].text), "", at, at + 1)


def _other(tokens: Sequence[Token], at: int) -> Amount | None:
    """Rounded quantities, fractions, ordinals, duals."""
    word = tokens[at].text
    own = bases(word)
    for name in own & VAGUE.keys():
        low, high = VAGUE[name]
        end = at + 1
        if end < len(tokens) and (more := bases(tokens[end].text) & {"الاف", "ملايين", "مليارات"}):
            scale = VAGUE[min(more)][0]
            low, high, end = low * scale // (2 if name == "عشرات" else 1), high * scale, end + 1
        return Amount(low, high, "vague", _unit(tokens, end), "", at, end)
    for name in own & _FRACTIONS.keys():
        return _fraction(tokens, at, _FRACTIONS[name])
    if month_at(tokens, at):
        return None
    for name in sorted(own & (_ORDINALS.keys() | _FIRST.keys())):
        if at and not bases(tokens[at - 1].text).isdisjoint({"كانون", "تشرين", "ربيع", "جمادي"}):
            return None
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        tens = 10 if following in {"عشر", "عشره"} else _tens_joined(following)
        if name in _FIRST and not tens:
            return None  # "الحادي" alone is no number
        order, end = (_FIRST | _ORDINALS)[name] + tens, at + 1 + bool(tens)
        return Amount(order, order, "ordinal", _unit(tokens, end), "", at, end)
    return _dual(tokens, at)


def _tens_joined(word: str) -> int:
    """20 to 90 of ``والعشرين`` behind an ordinal, else 0."""
    reading = read_word(word) if word.startswith("و") else None
    return reading[0] if reading and reading[1] == "ten" else 0


def _fraction(tokens: Sequence[Token], at: int, share: float) -> Amount | None:
    """A part of a whole in percent, or of a scale as a count: ``نصف مليون``; no part of a year or a cup."""
    following = bases(tokens[at + 1].text) if at + 1 < len(tokens) else set()
    if not following.isdisjoint(_PARTS):
        return None
    for name in following & SCALES.keys():
        value = share / 100 * SCALES[name]
        return Amount(value, value, "count", _unit(tokens, at + 2), _hedge(tokens, at), at, at + 2)
    return Amount(share, share, "percent", frozenset(), _hedge(tokens, at), at, at + 1)


def _dual(tokens: Sequence[Token], at: int) -> Amount | None:
    stem = _of_two(tokens[at].text)
    if not stem:
        return None
    unit = stems(stem) | stems(stem + "ه")
    if at + 1 < len(tokens) and tokens[at + 1].text == "ونصف":
        return Amount(2.5, 2.5, "count", unit, "", at, at + 2)
    return Amount(2, 2, "dual", unit, "", at, at + 1)


@lru_cache(maxsize=1 << 16)
def _of_two(word: str) -> str | None:
    """What a dual has two of; a masculine ``-ين`` may be a plural and counts for few nouns only."""
    for base in bases(word):
        for ending in (*_DUAL_ENDINGS, "ين", "ان"):
            if ending in _CONSTRUCT and "ال" in word[:4]:
                continue  # "الكويتي": what is joined to another noun has no article
            stem = base[: -len(ending)]
            feminine = ending in _DUAL_ENDINGS and len(stem) >= 3 and is_ordinary(stem + "ه")
            if base.endswith(ending) and (feminine or stem in _DUAL_MEN):
                return stem
    return None


def _unit(tokens: Sequence[Token], at: int) -> frozenset[str]:
    """Readings of the word that a number before ``at`` counts."""
    if at < len(tokens) and tokens[at].text == "من":
        at += 1
    if at >= len(tokens) or tokens[at].opens_clause or tokens[at].number or len(tokens[at].text) < 2:
        return frozenset()
    if month := month_at(tokens, at):
        return frozenset({f"month {month}"})
    return frozenset() if tokens[at].text in _NO_UNIT else stems(tokens[at].text)


def _hedge(tokens: Sequence[Token], at: int) -> str:
    near = [token.text for token in tokens[max(0, at - 3) : at]]
    before = {base for word in near for base in bases(word)}
    if not before.isdisjoint(_ABOUT):
        return "about"
    if not before.isdisjoint(_OVER):
        return "over"
    return "under" if not before.isdisjoint(_UNDER) else ""


def in_base_units(amount: Amount) -> list[tuple[str, float]]:
    """A length of time in months or hours, so that ``48 ساعة`` is ``يومين``."""
    return [
        (name, amount.value * factor)
        for name, table in (("month", _MONTHLY), ("hour", _HOURLY))
        for unit, factor in table.items()
        if unit in amount.unit
    ]
