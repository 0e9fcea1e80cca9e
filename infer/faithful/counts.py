"""Quantities and dates of a summary held against its article's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infer.faithful.amounts import Amount, in_base_units
from infer.faithful.findings import Unsupported
from infer.faithful.forms import bases, listed, stems
from infer.faithful.months import around, month_at, weekday_at
from infer.faithful.source import Passage, Source

_NEAR = 0.05  # what "about" may be off by
_OVER = 0.15  # what "more than" may leave out
# Units of one kind: where both sides name one, it has to be the same.
_UNITS = tuple(
    tuple(frozenset(group.split("|")) for group in kind.split())
    for kind in (
        "ثانيه|ثوان|ثواني دقيق|دقايق ساع|ساعات يوم|ايام اسبوع|اسابيع "
        "شهر|اشهر|شهور سنه|سنو|سنوات|عام|اعوام عقد|عقود قرن|قرون",
        "دولار دينار|دنانير يورو ريال درهم|دراهم جنيه لير شيكل|شواكل روبل روبي يوان",
        "متر|امتار كيلومتر|كم ميل|اميال",
        "طن|اطنان كيلوغرام|كغ|كلغ غرام برميل|براميل",
        "قتيل|قتلي|شهيد|شهداء|وفاه|وفا جريح|جرحي|مصاب|اصابه",
    )
)
# What anybody who is counted may be called: 125 children are 125 persons, not the other way round.
_ANYBODY = listed(
    """
    ضحيه ضحايا شخص اشخاص اخر اخرين اخرون مدني مدنيا مواطن انسان فرد افراد حال حاله
    """
)
# Some of these are called by another of their names: pupils are children, workers employees.
_SOMEBODY = listed(
    """
    طفل اطفال تلميذ تلاميذ طالب طلاب عامل عمال موظف مسافر رجل رجال امراه نساء جندي جنود لاجي نازح
    فلسطيني اسراييلي
    """
)
_BEFORE_YEARS = listed("عام سنه في منذ حتي موسم خلال نهايه مطلع بدايه قبل بعد الي من صيف ربيع شتاء خريف")
_TIMED = re.compile("شهر|سنه|سن|سنو|عام|يوم|ايام|ساع|صباح|مساء|ظهر|فجر|month")
_NEAR_DAYS = frozenset({"امس", "غدا", "غد", "البارحه", "اليوم", "الليله"})
_NO_CONTEXT = listed(
    """
    نسبه بلغ بلغت مقابل خلال اكثر نحو حوالي بعد قبل بقيمه مقدار يبلغ تبلغ كانت الذي التي
    """
)
_CONTEXT_FROM = 11  # smaller numbers turn up everywhere
_YEARS = range(1900, 2101)
_CONTEXT_SHARED = 3  # words that tell that another number was meant
_LAST = frozenset({"الماضي", "الماضيه", "المنصرم", "الفايت", "السابق"})
_NEXT = frozenset({"المقبل", "المقبله", "القادم", "القادمه", "التالي"})


def unsupported_counts(summary: Passage, source: Source) -> list[Unsupported]:
    """Find quantities that the article does not give, or gives of something else."""
    there = [amount for passage in source.passages for amount in passage.amounts]
    found = []
    for amount in summary.amounts:
        if why := _problem(amount, summary, there, source):
            first, last = summary.tokens[amount.first], summary.tokens[amount.last - 1]
            end = (
                summary.tokens[amount.last].end
                if amount.unit and amount.last < len(summary.tokens)
                else last.end
            )
            found.append(Unsupported("number", summary.plain[first.start : end], why))
    return found


def _problem(amount: Amount, summary: Passage, there: Sequence[Amount], source: Source) -> str | None:
    if amount.kind == "count" and (amount.value == 1 or _is_year(amount, summary, source)):
        return None
    if amount.kind == "dual":
        return _dual_problem(amount, there, source)
    if amount.kind == "ordinal" and amount.value == 1:
        return _first_problem(amount, there)
    same = [other for other in there if _agrees(amount, other)]
    if not same:
        return f"the article has no {_say(amount)}"
    return _unit_problem(amount, same, there) or _context_problem(amount, summary, source)


def _is_year(amount: Amount, summary: Passage, source: Source) -> bool:
    """Whether a number is the year of publication or one beside it, and counts nothing."""
    if amount.value not in _date_parts(source):
        return False
    following = summary.words[amount.last] if amount.last < len(summary.words) else ""
    before = summary.words[amount.first - 1] if amount.first else ""
    # "2024 عاملا", as numbers of two digits count
    counts = bool(amount.unit) and following.endswith(("ا", "ه"))
    return not counts or not bases(before).isdisjoint(_BEFORE_YEARS)


def _first_problem(amount: Amount, there: Sequence[Amount]) -> str | None:
    """``أول لقاء``, where the article has no first thing at all, and calls this the third."""
    ranks = [other for other in there if other.kind == "ordinal"]
    if any(other.value == 1 for other in ranks):
        return None
    if any(not amount.unit.isdisjoint(other.unit) for other in ranks):
        return "the article gives another place in the row"
    return None


def _say(amount: Amount) -> str:
    if amount.kind == "vague":
        return f"quantity from {amount.value:,.0f} to {amount.high:,.0f}"
    value = f"{amount.value:,.10g}"
    return f"share of {value}%" if amount.kind == "percent" else f"number {value}"


def _agrees(amount: Amount, other: Amount) -> bool:
    """Whether the article's ``other`` carries the summary's ``amount``."""
    if (amount.kind == "percent") != (other.kind == "percent"):
        return False
    if (amount.kind == "ordinal") != (other.kind == "ordinal"):
        return amount.value == other.value and _may_rank(amount, other)
    if amount.kind == "vague":
        return amount.value <= other.high and other.value <= amount.high
    if other.kind == "vague":
        return False
    if abs(amount.value - other.value) <= 1e-6 * abs(amount.value) or _same_time(amount, other):
        return True
    if amount.kind == "percent" and amount.value in (33.3, 66.7):
        return abs(amount.value - other.value) < 0.5
    return _within_hedge(amount, other.value)


def _may_rank(amount: Amount, other: Amount) -> bool:
    """Whether a count can be what an ordinal says: a bare number, one of time, or one of the same thing."""
    count, rank = (other, amount) if amount.kind == "ordinal" else (amount, other)
    if count.kind not in ("count", "dual"):
        return False
    if not count.unit:
        return count.kind == "count"
    return any(_TIMED.match(unit) for unit in count.unit) or not count.unit.isdisjoint(rank.unit)


def _within_hedge(amount: Amount, value: float) -> bool:
    if amount.hedge == "about":
        return abs(amount.value - value) <= _NEAR * abs(value)
    if amount.hedge == "over":
        return amount.value <= value <= amount.value * (1 + _OVER)
    return amount.hedge == "under" and amount.value * (1 - _OVER) <= value <= amount.value


def _same_time(amount: Amount, other: Amount) -> bool:
    mine, theirs = in_base_units(amount), in_base_units(other)
    return any(a == b and abs(x - y) < 1e-6 for a, x in mine for b, y in theirs)


def _dual_problem(amount: Amount, there: Sequence[Amount], source: Source) -> str | None:
    """A dual needs two of something in the article, or a length of time that is the same."""
    timed = bool(in_base_units(amount))
    for other in there:
        same = not other.unit.isdisjoint(amount.unit)
        two = other.value == 2 and (same or (not timed and other.kind != "ordinal"))
        if two or _same_time(amount, other):
            return None
    measured = any(_which(amount.unit, kind) is not None for kind in _UNITS)
    if amount.unit.isdisjoint(source.stems) and not (timed or measured):
        return None  # what it counts is not the article's word, so the reading as a dual is unsure
    return "the article has not two of it"


def _unit_problem(amount: Amount, same: Sequence[Amount], there: Sequence[Amount]) -> str | None:
    """The value is in the article, but of another thing: 14 days for 14 months, the wounded for the dead."""
    if amount.kind == "ordinal":
        return _rank_problem(amount, same, there)
    if amount.kind != "count" or not amount.unit or any(_same_time(amount, other) for other in same):
        return None
    for kind in _UNITS:
        mine = _which(amount.unit, kind)
        theirs = {_which(other.unit, kind) for other in same}
        if mine is not None and None not in theirs and mine not in theirs:
            return f"the article has the number {amount.value:,.10g} of something else"
    counted = [other for other in there if not amount.unit.isdisjoint(other.unit)]
    others = [other.unit for other in same]
    alike = frozenset() if amount.unit.isdisjoint(_SOMEBODY) else _SOMEBODY
    clear = all(unit and unit.isdisjoint(amount.unit | alike) for unit in others)
    if counted and clear and amount.unit.isdisjoint(_ANYBODY) and not amount.hedge:
        return (
            f"the article has the number {amount.value:,.10g} of something else, and another number of this"
        )
    return None


def _rank_problem(amount: Amount, same: Sequence[Amount], there: Sequence[Amount]) -> str | None:
    """The value is in the article, but of another row, and another place in this one."""
    if not amount.unit or any(not other.unit or not amount.unit.isdisjoint(other.unit) for other in same):
        return None
    if any(other.kind == "ordinal" and not amount.unit.isdisjoint(other.unit) for other in there):
        return "the article gives another place in the row"
    return None


def _context_problem(amount: Amount, summary: Passage, source: Source) -> str | None:
    """The value is in the article, but what the summary says of it is said there of another."""
    few = amount.kind == "count" and amount.value < _CONTEXT_FROM
    if amount.kind not in ("count", "percent") or few or amount.value in _YEARS:
        return None
    about = _context(summary, amount)
    mine = others = 0
    for passage in source.passages:
        for other in passage.amounts:
            if other.kind != amount.kind:
                continue
            if amount.kind == "count" and not _agrees(amount, other) and amount.unit.isdisjoint(other.unit):
                continue
            shared = len([word for word in about if not stems(word).isdisjoint(passage.stems)]) and sum(
                any(not stems(word).isdisjoint(stems(near)) for near in _context(passage, other))
                for word in about
            )
            if _agrees(amount, other):
                mine = max(mine, shared)
            else:
                others = max(others, shared)
    if mine == 0 and others >= _CONTEXT_SHARED:
        return f"the article has {_say(amount)}, of something else"
    return None


def _context(passage: Passage, amount: Amount) -> list[str]:
    """Words of an amount's clause, up to the amounts beside it."""
    taken = {i for other in passage.amounts if other is not amount for i in range(other.first, other.last)}
    tokens = passage.tokens
    first, last = amount.first, amount.last
    while first > 0 and not tokens[first].opens_clause and first - 1 not in taken:
        first -= 1
    while last < len(tokens) and not tokens[last].opens_clause and last not in taken:
        last += 1
    own = range(amount.first, amount.last)
    return [
        tokens[i].text
        for i in range(first, last)
        if i not in own and len(tokens[i].text) > 3 and bases(tokens[i].text).isdisjoint(_NO_CONTEXT)
    ]


def _which(unit: frozenset[str], kind: Sequence[frozenset[str]]) -> int | None:
    return next((i for i, names in enumerate(kind) if not names.isdisjoint(unit)), None)


def _date_parts(source: Source) -> set[float]:
    """Year and day of publication, and the years beside it that the article may call last and next."""
    days = around(source.published)
    if not days:
        return set()
    day = days[0]
    years = {day.year}
    if not _LAST.isdisjoint(source.bases | source.stems):
        years.add(day.year - 1)
    if not _NEXT.isdisjoint(source.bases | source.stems):
        years.add(day.year + 1)
    return {float(year) for year in years}


def unsupported_dates(summary: Passage, source: Source) -> list[Unsupported]:
    """Find months and weekdays that are neither in the article nor those of its publication."""
    days = around(source.published)
    near = days if _NEAR_DAYS & source.bases or not source.weekdays else days[:1]
    weekdays = source.weekdays | {day.weekday() for day in near}
    months = source.months | {day.month for day in days}
    if days and not _LAST.isdisjoint(source.bases):
        months.add((days[0].month - 2) % 12 + 1)
    if days and not _NEXT.isdisjoint(source.bases):
        months.add(days[0].month % 12 + 1)
    found = []
    for i, token in enumerate(summary.tokens):
        day, month = weekday_at(summary.tokens, i), month_at(summary.tokens, i)
        said = summary.plain[token.start : token.end]
        if day is not None and day not in weekdays:
            found.append(Unsupported("date", said, "the article names another day"))
        elif month and month not in months:
            found.append(Unsupported("date", said, "the article names another month"))
        elif not _LAST.isdisjoint(bases(token.text)) and _flipped(token.text, source, _LAST, _NEXT):
            found.append(Unsupported("date", said, "the article speaks of what is to come"))
        elif not _NEXT.isdisjoint(bases(token.text)) and _flipped(token.text, source, _NEXT, _LAST):
            found.append(Unsupported("date", said, "the article speaks of what is past"))
    return found


def _flipped(word: str, source: Source, mine: frozenset[str], opposite: frozenset[str]) -> bool:
    """Whether the article has only the opposite of a word for the past or the future."""
    return (
        stems(word).isdisjoint(source.stems)
        and mine.isdisjoint(source.bases)
        and not opposite.isdisjoint(source.bases)
    )
