"""What a text counts: numbers in digits and words, percentages, duals, fractions, rounded quantities.

``25 مليون``, ``خمسة وعشرين مليونا`` and ``25,000,000`` have one value, so do ``سنتين`` and ``24 شهرا``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from infer.faithful.duals import of_two
from infer.faithful.forms import Token, bases, is_definite, listed, stems
from infer.faithful.months import month_at
from infer.faithful.numerals import (
    OF_HUNDRED,
    ONE,
    PERCENT,
    SCALES,
    VAGUE,
    last_scale,
    read_word,
    spelled,
)
from infer.faithful.parts import fraction, opens_part, ordinal
from infer.numbers import Number

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
_MONTHLY = {"شهر": 1, "عام": 12, "سنه": 12, "سن": 12, "سنو": 12, "عقد": 120, "قرن": 1200}
_HOURLY = {"دقيق": 1 / 60, "دقايق": 1 / 60, "ساع": 1, "يوم": 24, "ايام": 24, "اسبوع": 168, "اسابيع": 168}
_NO_UNIT = listed(
    """
    في علي الي عن مع بعد قبل منذ خلال حتي بين ضد لدي عبر هذا هذه كل اي او ان انه انها قد كما الي نحو
    ايضا مقارنه مقابل نتيجه بنسبه بسبب
    """
)
# What a number behind one of these tells is a place in a row: "المادة 140", "الدقيقة 25".
_NUMBERED = listed(
    """
    رقم ماده دقيقه مرتبه مركز دوره جوله فقره بند قمه نسخه قرن ساعه مرحله فصل عام سنه موسم
    """
)
_GROUP = 3  # digits of a group of thousands
_MILLION = 1_000_000


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
        number = tokens[at].number
        if (not number and not _opens(tokens[at].text)) or (number and month_at(tokens, at)):
            at += 1
            continue
        counted = bool(found and found[-1].last == at and found[-1].unit)
        counted = counted and not tokens[at].text.startswith("و")
        amount = (
            _half(tokens, at)
            or _fraction(tokens, at)
            or _numeral(tokens, at)
            or (None if counted else _other(tokens, at))
        )
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
    return (
        word == "ونصف"
        or not own.isdisjoint(ONE)
        or not own.isdisjoint(VAGUE)
        or opens_part(word)
        or read_word(word) is not None
        or of_two(word) is not None
    )


def _numeral(tokens: Sequence[Token], at: int) -> Amount | None:
    """A number in digits or words with its scale, percent word and unit."""
    token = tokens[at]
    if token.number:
        value, percent, end = _digits(tokens, at, token.number)
        value, end = _scaled(tokens, value, end)
    else:
        words = spelled(tokens, at)
        if words is None:
            return None
        value, end = _and_more(tokens, *words)
        percent = False
        if end < len(tokens) and tokens[end].text in PERCENT:
            percent, end = True, end + 1
        elif end + 1 < len(tokens) and tokens[end].text == "في" and tokens[end + 1].text in OF_HUNDRED:
            percent, end = True, end + 2
    if value == 3 and end < len(tokens) and tokens[end].text == "ارباع":
        value, percent, end = 75.0, True, end + 1
    percent = percent or _opens_range(tokens, at, end)
    unit = frozenset[str]() if percent or _is_numbered(tokens, at) else _unit(tokens, end)
    if end + 1 < len(tokens) and tokens[end + 1].text == "ونصف" and not percent:
        value += 0.5  # "3 سنوات ونصف"
    return Amount(value, value, "percent" if percent else "count", unit, _hedge(tokens, at), at, end)


def _opens_range(tokens: Sequence[Token], at: int, end: int) -> bool:
    """``بين 70 و80%``: the first is a percentage too."""
    if end + 1 >= len(tokens) or tokens[end].text != "و" or not at > 0:
        return False
    upper = tokens[end + 1].number
    return upper is not None and upper.percent and tokens[at - 1].text.endswith("بين")


def _is_numbered(tokens: Sequence[Token], at: int) -> bool:
    """``المادة 140``, ``الذكرى الـ73 لتأسيسها``: a number in digits that counts nothing, whatever follows."""
    if at == 0 or not tokens[at].number or tokens[at].opens_clause:
        return False
    if tokens[at - 1].text == "ال":
        return at + 1 < len(tokens) and tokens[at + 1].text.startswith("ل")
    return not bases(tokens[at - 1].text).isdisjoint(_NUMBERED)


def _digits(tokens: Sequence[Token], at: int, number: Number) -> tuple[float, bool, int]:
    """Value of a number in digits, whose thousands may stand apart (``10 000``); whether it is a share."""
    value, percent, end = float(number.value), number.percent, at + 1
    if number.value.as_tuple().exponent == -3 and value.is_integer():
        return value * 1000, percent, end  # 10.000, as some pages group thousands
    grouped = 0 < value < 1000 and value.is_integer() and tokens[at].end - tokens[at].start <= _GROUP
    while grouped and not percent and end < len(tokens):
        token = tokens[end]
        following = token.number
        if following is None or token.gap != " " or not _is_group(token, following):
            break
        value, end = 1000 * value + float(following.value), end + 1
    return value, percent, end


def _is_group(token: Token, number: Number) -> bool:
    whole = number.value.as_tuple().exponent == 0
    return whole and not number.percent and token.end - token.start == _GROUP


def _scaled(tokens: Sequence[Token], value: float, end: int) -> tuple[float, int]:
    """Multiply digits by the scale words behind them and add what is joined on: ``5 ملايين و300 ألف``."""
    last = 0
    while end < len(tokens) and tokens[end].text in SCALES and not tokens[end].opens_clause:
        last = SCALES[tokens[end].text]
        value, end = value * last, end + 1
    if last and end < len(tokens) and tokens[end].text == "ونصف":
        again = tokens[end + 1].text if end + 1 < len(tokens) else ""  # 5 ملايين ونصف المليون
        return value + last / 2, end + 1 + (again.removeprefix("ال") in SCALES)
    return _and_more(tokens, value, end) if last > 1000 else (value, end)


def _and_more(tokens: Sequence[Token], value: float, end: int) -> tuple[float, int]:
    """Add a smaller amount in thousands or millions: ``مليارين و300 مليون``."""
    if end + 1 >= len(tokens) or tokens[end].opens_clause or value < _MILLION:
        return value, end
    if tokens[end].text == "و" and (number := tokens[end + 1].number):
        digits, _, start = _digits(tokens, end + 1, number)
        more, after = _scaled(tokens, digits, start)
        scaled = after > start
    elif tokens[end].text.startswith("و") and (words := spelled(tokens, end)):
        more, after = words
        scaled = more >= 1000
    else:
        return value, end
    return (value + more, after) if scaled and more < last_scale(value) else (value, end)


def _half(tokens: Sequence[Token], at: int) -> Amount | None:
    """``سنة ونصف`` is a year and a half; ``3 سنوات ونصف`` is read with its number."""
    if tokens[at].text != "ونصف" or at == 0 or tokens[at - 1].number or (at > 1 and tokens[at - 2].number):
        return None
    return Amount(1.5, 1.5, "count", stems(tokens[at - 1].text), "", at, at + 1)


def _fraction(tokens: Sequence[Token], at: int) -> Amount | None:
    """``ثلث السكان``, ``نصف مليون شخص``, ``ربع ساعة``."""
    part = fraction(tokens, at)
    if part is None or tokens[at].text == "ونصف":
        return None
    value, percent, end = part
    unit = frozenset[str]() if percent else _unit(tokens, end)
    return Amount(value, value, "percent" if percent else "count", unit, _hedge(tokens, at), at, end)


def _other(tokens: Sequence[Token], at: int) -> Amount | None:
    """Rounded quantities, ordinals, duals."""
    word = tokens[at].text
    own = bases(word)
    for name in own & VAGUE.keys():
        low, high = VAGUE[name]
        end = at + 1
        if end < len(tokens) and (more := bases(tokens[end].text) & {"الاف", "ملايين", "مليارات"}):
            scale = SCALES[min(more)]
            low, high, end = low * scale // 2, high * scale, end + 1
        return Amount(low, high, "vague", _unit(tokens, end), "", at, end)
    if month_at(tokens, at):
        return None
    if order := ordinal(tokens, at):
        value, end = order
        return Amount(value, value, "ordinal", _ranked(tokens, at, end), "", at, end)
    return _dual(tokens, at)


def _dual(tokens: Sequence[Token], at: int) -> Amount | None:
    stem = of_two(tokens[at].text)
    if not stem:
        return None
    unit = stems(stem) | stems(stem + "ه")
    if at + 1 < len(tokens) and tokens[at + 1].text == "ونصف":
        return Amount(2.5, 2.5, "count", unit, "", at, at + 2)
    return Amount(2, 2, "dual", unit, "", at, at + 1)


def _unit(tokens: Sequence[Token], at: int) -> frozenset[str]:
    """Readings of the word that a number before ``at`` counts."""
    if at < len(tokens) and tokens[at].text == "من":
        at += 1
    if at < len(tokens) and (month := month_at(tokens, at)):
        return frozenset({f"month {month}"})
    if at >= len(tokens) or tokens[at].opens_clause or tokens[at].number or len(tokens[at].text) < 2:
        return frozenset()
    return frozenset() if tokens[at].text in _NO_UNIT else stems(tokens[at].text)


def _ranked(tokens: Sequence[Token], at: int, end: int) -> frozenset[str]:
    """Readings of what an ordinal ranks: before it with the article, behind it without (``ثالث لقاء``)."""
    following = _unit(tokens, end)
    if any(reading.startswith("month") for reading in following):
        return following
    if not is_definite(tokens[at].text):
        return following
    if at == 0 or tokens[at].opens_clause or tokens[at - 1].number:
        return frozenset()
    return stems(tokens[at - 1].text)


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
