"""What the reports of a story count: values with what is counted, in which circumstances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from infer.faithful.amounts import Amount, in_base_units
from infer.faithful.forms import Token, bases, is_definite, is_ordinary, listed, stems
from infer.faithful.gazetteer import implied
from infer.faithful.parts import opens_part
from infer.faithful.source import Passage, read
from infer.text import sentences

# What befalls people: the words for those it befell, and those that say it of others.
_FATES = {
    "dead": (
        listed("قتيل قتلي شهيد شهداء"),
        listed("مقتل قتل قتلت قتلوا استشهد استشهدوا استشهاد مصرع وفاه توفي توفوا حتفهم لقوا"),
    ),
    "hurt": (
        listed("جريح جرحي مصاب مصابين مصابون مصابا اصابه اصابات"),
        listed("اصابه اصيب اصيبوا اصابت جرح جرحوا جرحت"),
    ),
    "missing": (listed("مفقود مفقودا مفقودين"), listed("فقدان فقد فقدوا")),
    "held": (
        listed("معتقل معتقلا معتقلين موقوف موقوفا موقوفين"),
        listed("اعتقال اعتقل اعتقلت اعتقلوا توقيف احتجاز"),
    ),
    "displaced": (listed("نازح نازحا نازحين"), listed("نزوح نزح تهجير")),
}
# Whoever is counted so may be anybody.
_ANYBODY = listed("شخص اشخاص اخر اخرين اخرون مدني مدنيا مواطن انسان فرد افراد فلسطيني عراقي لبناني سوري يمني")
_MONEY = listed("دولار دينار دنانير يورو ريال درهم دراهم جنيه لير ليره شيكل شواكل روبل روبي يوان")
_MEASURES = listed(
    "متر امتار كيلومتر كم ميل ميلا طن طنا اطنان كيلوغرام كغ كلغ غرام برميل براميل لتر درجه هكتار فدان ميغاواط"
)
_TIMES = listed(
    "ثانيه ثوان ثواني دقيقه دقايق ساعه يوم ايام اسبوع اسابيع شهر اشهر شهور سنه سنوات عام اعوام عقد عقود قرن"
)
_COUNTLESS = listed("مره مرات جانب طرف اتجاه نوع انواع نقطه نقاط ضعف اضعاف مقابل هدف اهداف وجه جهه")
_SMALL = listed(
    """
    في من علي الي عن مع بعد قبل خلال ضد بين منذ كان كانت كانوا الذي التي الذين قد ان انه انها هذا هذه ذلك
    تلك كما او ثم لا لم لن ما قال قالت اضاف اضافت اعلن اعلنت افاد افادت ذكر ذكرت اكد اكدت وقال اكثر اقل نحو
    حوالي بينهم بينها منهم منها بلغ بلغت نسبه بنسبه عند لدي كل بعض عده عدد جراء نتيجه اثر مصدر مصادر وزاره
    الوزاره بيان وفق بحسب حسب اليوم امس الاحد الاثنين الثلاثاء الاربعاء الخميس الجمعه السبت مليون مليار الف
    """
)
_SINCE = listed("منذ اجمالي مجمل مجموع اجماليه")
_PART_OF_DAY = listed("فجر صباح ظهر مساء ليل ليله ساعات امس اليوم")
_PARTS = listed("بينهم بينهن بينها منهم منهن منها ضمنهم اصل بين")
_OTHERS = frozenset({"اخر", "اخرون", "اخرين"})
_BEFORE, _AFTER = 4, 3  # tokens from a number to what says its people's fate
_AROUND = 9  # tokens on each side that tell what a number is about
_YEARS = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a report.

    Attributes:
        kind: What is counted: a fate (and whose), ``money``, ``measure``, ``percent`` or ``things``.
        unit: Skeletons of the word that is counted; of percentages empty.
        low, high: What it may be; the same where it is said without "about" or "more than".
        value: As it is written, with its scale and the unit of money or measures; other words as digits.
        about: What is counted, in the report's words.
        after: Readings of the word behind what is counted, where it may tell which: ``شاحنة وقود``.
        context: Readings of each word around it.
        places: Known things that its sentence names, and what they lie in.
        years: Years that its sentence names.
        floor: Whether it is said with "at least", which agrees with whatever is more.
        total: Whether it adds up what came before: ``منذ بدء الحرب``.
        digits: Whether it is written in digits.
    """

    kind: str
    unit: frozenset[str]
    low: float
    high: float
    value: str
    about: str
    after: frozenset[str]
    context: tuple[frozenset[str], ...]
    places: frozenset[int]
    years: frozenset[int]
    floor: bool
    total: bool
    digits: bool

    @property
    def exact(self) -> bool:
        """Whether it says one number."""
        return self.low == self.high


def quantities(text: str) -> list[Quantity]:
    """Find what a report counts; dates, times, ages, ranks, ranges and parts of wholes are left out."""
    return [found for sentence in sentences(text) for found in _read(read(sentence))]


def _read(passage: Passage) -> Iterator[Quantity]:
    for i, amount in enumerate(passage.amounts):
        if amount.kind == "ordinal" or amount.value < 2 or _in_range(passage, i):
            continue
        if amount.kind == "dual" and is_definite(passage.words[amount.first]):
            continue  # "البلدان": two that are known
        if (kind := _kind(passage, i)) and not _is_odd(passage, amount, kind[0]):
            yield _quantity(passage, amount, *kind)


def _is_odd(passage: Passage, amount: Amount, kind: str) -> bool:
    """``18 شخصا آخرين`` dead, beside those before; ``آيفون 8 بلس``; duals of anything but people."""
    if amount.kind == "dual":
        return kind not in _FATES
    if kind == "things":
        return not is_ordinary(passage.words[_unit_place(passage, amount) or 0])
    following = passage.words[amount.last + 1 : amount.last + 2]
    return kind == "dead" and any(not stems(word).isdisjoint(_OTHERS) for word in following)


def _kind(passage: Passage, i: int) -> tuple[str, str] | None:
    """What an amount counts, and the words for it; None where that is not clear."""
    amount, tokens = passage.amounts[i], passage.tokens
    place = _unit_place(passage, amount)
    word = tokens[place].text if place is not None else ""
    said = passage.plain[tokens[place].start : tokens[place].end] if place is not None else ""
    if amount.kind == "percent":
        return "percent", _leading(passage, amount)
    if not amount.unit or not word or any(unit.startswith("month") for unit in amount.unit):
        return None
    if in_base_units(amount) or not amount.unit.isdisjoint(_TIMES | _COUNTLESS):
        return None
    for kind, units in (("money", _MONEY), ("measure", _MEASURES)):
        if not amount.unit.isdisjoint(units):
            return kind, _leading(passage, amount) or said
    return _people(passage, i, place) or ("things", said)


def _people(passage: Passage, i: int, unit: int | None) -> tuple[str, str] | None:
    """Whose fate an amount tells, and the words for it; None where it tells none."""
    amount, tokens = passage.amounts[i], passage.tokens
    if unit is None:
        return None
    said = passage.plain[tokens[unit].start : tokens[unit].end]
    for fate, (people, _) in _FATES.items():
        if not amount.unit.isdisjoint(people):
            return fate, said
    if _is_part(passage, amount) or (found := _fate(passage, i, unit)) is None:
        return None
    fate, verb = found
    if not amount.unit.isdisjoint(_ANYBODY):
        return fate, verb
    return f"{fate} {min(_skeletons(tokens[unit].text))}", said


def _fate(passage: Passage, i: int, unit: int | None) -> tuple[str, str] | None:
    """What befell those that are counted: ``مقتل 42 شخصا``, ``42 شخصا لقوا حتفهم``."""
    amount, tokens = passage.amounts[i], passage.tokens
    taken = {place for other in passage.amounts for place in range(other.first, other.last)}
    for at in range(amount.first - 1, max(-1, amount.first - 1 - _BEFORE), -1):
        if at in taken:
            break
        if fate := _says_fate(passage, at):
            return fate
        if tokens[at + 1].opens_clause or bases(tokens[at].text) & _PARTS:
            break
    after = (amount.last if unit is None else unit) + 1
    for at in range(after, min(len(tokens), after + _AFTER)):
        if at in taken or tokens[at].opens_clause or tokens[at].text.startswith("و"):
            break
        if fate := _says_fate(passage, at):
            return fate
    return None


def _says_fate(passage: Passage, at: int) -> tuple[str, str] | None:
    """A fate, and the word that says it without its particles."""
    token = passage.tokens[at]
    own = bases(token.text)
    for fate, (_, verbs) in _FATES.items():
        if said := own & verbs:
            return fate, passage.plain[token.start : token.end][-max(map(len, said)) :]
    return None


def _is_part(passage: Passage, amount: Amount) -> bool:
    """``بينهم 12 طفلا``: some of those that were counted before."""
    near = passage.words[max(0, amount.first - 2) : amount.first]
    return any(bases(word) & _PARTS for word in near)


def _in_range(passage: Passage, i: int) -> bool:
    """``بين 40 و50``, ``من 40 إلى 45``, ``40-50``, ``من أصل 60``: none of these is the number of a thing."""
    amount, tokens = passage.amounts[i], passage.tokens
    if amount.first and tokens[amount.first - 1].text == "اصل":
        return True
    for one, two in ((i - 1, i), (i, i + 1)):
        if one < 0 or two >= len(passage.amounts):
            continue
        first, second = passage.amounts[one], passage.amounts[two]
        between = [token.text for token in tokens[first.last : second.first]]
        joined = not between and tokens[second.first].gap.strip(" ") in {"-", "–", "—", "/", ":"}
        counted = len(between) == 2 and between[1] == "الي"  # من 40 قتيلا إلى 45
        if joined or between in (["و"], ["الي"], ["او"]) or counted:
            return True
    return False


def _unit_place(passage: Passage, amount: Amount) -> int | None:
    if amount.kind == "dual":
        return amount.first
    at = amount.last + (amount.last < len(passage.words) and passage.words[amount.last] == "من")
    return at if at < len(passage.tokens) and not passage.tokens[at].number else None


def _leading(passage: Passage, amount: Amount) -> str:
    """Up to three words before a number, from the beginning of its clause."""
    first = amount.first
    while first > max(0, amount.first - 3) and not passage.tokens[first].opens_clause:
        if passage.tokens[first - 1].number:
            break
        first -= 1
    return passage.plain[passage.tokens[first].start : passage.tokens[amount.first].start].strip(" ،,:-")


def _quantity(passage: Passage, amount: Amount, kind: str, about: str) -> Quantity:
    tokens = passage.tokens
    low, high = _bounds(amount)
    place = _unit_place(passage, amount)
    last = amount.last if place is None or amount.kind == "percent" else place + 1
    around = [
        *range(max(0, amount.first - _AROUND), amount.first),
        *range(last, min(len(tokens), last + _AROUND)),
    ]
    words = [tokens[i].text for i in around if len(tokens[i].text) > 2]
    own = stems(tokens[place].text) if place is not None and amount.kind != "percent" else frozenset[str]()
    context = [
        stems(word) for word in words if bases(word).isdisjoint(_SMALL) and stems(word).isdisjoint(own)
    ]
    digits = tokens[amount.first].number is not None
    end = last if kind in ("money", "measure") else amount.last
    written = passage.plain[tokens[amount.first].start : tokens[end - 1].end]
    if not digits and opens_part(tokens[amount.first].text[1:]):
        written = written[1:]  # "بنصف مليار"
    return Quantity(
        kind,
        frozenset() if kind == "percent" or place is None else _skeletons(tokens[place].text),
        low,
        high,
        written if digits or end > amount.last or amount.value >= 1_000_000 else f"{amount.value:g}",
        about,
        _after(tokens, last),
        tuple(context),
        frozenset(implied(passage.things)),
        frozenset(int(a.value) for a in passage.amounts if a.value in _YEARS and float(a.value).is_integer()),
        _is_floor(tokens, last),
        _is_total(passage.words),
        digits,
    )


def _is_total(words: Sequence[str]) -> bool:
    """``منذ بدء الحرب``, and not ``منذ فجر الأربعاء``, which is the day's own news."""
    return any(
        bases(word) & _SINCE and not any(bases(each) & _PART_OF_DAY for each in words[i + 1 : i + 2])
        for i, word in enumerate(words)
    )


def _is_floor(tokens: Sequence[Token], at: int) -> bool:
    """``42 شخصا على الأقل``."""
    for i in range(at, min(len(tokens), at + _AFTER)):
        if tokens[i].number:
            return False
        if tokens[i].text == "الاقل":
            return True
    return False


def _bounds(amount: Amount) -> tuple[float, float]:
    if amount.hedge == "over":
        return amount.value, float("inf")
    if amount.hedge == "under":
        return 0.0, amount.value
    if amount.hedge == "about":
        return 0.85 * amount.value, 1.15 * amount.value
    return amount.value, amount.high


def _after(tokens: Sequence[Token], at: int) -> frozenset[str]:
    if at >= len(tokens) or tokens[at].opens_clause or tokens[at].number:
        return frozenset()
    word = tokens[at].text
    verb = word[0] in "يت" or (word.endswith("ت") and not word.endswith("ات"))
    if len(word) < 3 or verb or word.startswith(("بال", "لل")) or bases(word) & _SMALL:
        return frozenset()
    return stems(word)


@lru_cache(maxsize=1 << 14)
def _skeletons(word: str) -> frozenset[str]:
    """Consonants of a word without endings, in which broken plurals meet: ``صاروخ`` and ``صواريخ``."""
    found = {"".join(char for char in stem if char not in "اويء") for stem in stems(word)}
    return frozenset(each for each in found if len(each) >= 3) or stems(word)
