"""Arabic text: its normal form, words, sentences, and whether a text is Arabic at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from infer import arabert
from infer.arabert import SAME_LETTER
from infer.numbers import separate_digits

PREPARATION = "mujaz-1"
"""Name and version of the normal form; a model that was trained on it names it in its config."""

# What NFKC does not spell out.
# U+2581 is how SentencePiece writes a space.
_LIGATURES = {"\u2581": " ", "﷼": "ريال", "﷽": "بسم الله الرحمن الرحيم", "\u2044": "/", "٪": "%"}
# Tatweel, vowel marks and Quranic annotation, also in their presentation forms, which NFKC would
# write as a space and a mark. Hamza and madda above stay until NFKC has joined them to their letter.
_MARKS = re.compile(
    r"[\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    r"\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff\ufc5e-\ufc63\ufcf2-\ufcf4\ufe00-\ufe0f\ufe70-\ufe72\ufe74-\ufe7f]+"
)
_LOOSE_HAMZA = re.compile(r"[\u0653-\u0655]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[٫٬](?=[0-9])")
_BLANK_LINES = re.compile(r"\n{3,}")


class _Folding(dict[int, str | int]):
    """Translation table that works a character out when it is first met."""

    def __missing__(self, code: int) -> str | int:
        char = chr(code)
        category = unicodedata.category(char)
        folded: str | int = code
        if char in "\n\r\v\f\x85\u2028\u2029":
            folded = "\n"
        elif category == "Cf":  # bidi controls, joiners, soft hyphens
            folded = ""
        elif category in {"Cc", "Cs", "Co"}:
            folded = " "
        elif category == "Nd":
            folded = str(unicodedata.decimal(char))
        else:
            folded = _LIGATURES.get(char) or SAME_LETTER.get(char) or code
        self[code] = folded
        return folded


_FOLDING = _Folding()


def normalize(text: str, *, keep_lines: bool = False) -> str:
    """Bring Arabic text into its normal form; a text that is in it comes back as it is.

    NFKC with presentation forms restored; invisible, control and unpaired surrogate characters,
    tatweel and vowel marks taken out; Persian and Urdu letters of the same shape, digits of all
    scripts, ``٫ ٬ ٪`` folded; whitespace collapsed. Alef, hamza, ta marbuta and alef maksura stay
    as written.

    Args:
        text: Any text.
        keep_lines: Keep line ends, and one blank line between paragraphs; otherwise a line end is a space.
    """
    # The order makes one pass enough: NFKC sees no invisible character or mark that would keep letters
    # apart, and what it spells out is folded after it.
    text = _MARKS.sub("", text.replace("\r\n", "\n").translate(_FOLDING))
    text = unicodedata.normalize("NFKC", separate_digits(text)).translate(_FOLDING)
    text = unicodedata.normalize("NFC", _MARKS.sub("", text).replace("ى\u0654", "ئ"))
    if _LOOSE_HAMZA.search(text):
        text = unicodedata.normalize("NFC", _LOOSE_HAMZA.sub("", text))
    if "٫" in text or "٬" in text:
        text = _BETWEEN_DIGITS.sub(lambda mark: "." if mark[0] == "٫" else ",", text)
        text = text.replace("٫", "،").replace("٬", "،")
    if not keep_lines:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


_WORD = re.compile(
    r"[0-9]+(?:[.,][0-9]+|،[0-9]{1,3}(?![0-9]))+"
    r"|(?:[^\W_]|[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff])+"
)


def words(text: str) -> list[str]:
    """Words of a normalized text: runs of letters, their marks and digits; ``1,200`` and ``3.5`` are one."""
    return _WORD.findall(text)


# A full stop after one of these ends nothing, as after single letters ("د.", "U.S.").
_ABBREVIATIONS = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "vs",
        "no",
        "inc",
        "ltd",
        "co",
        "jr",
        "sr",
        "gen",
        "col",
        "lt",
        "sen",
    )
)
_DOMAIN = re.compile(r"(?:نت|كوم|أورغ|اورغ)(?!\w)")  # العربية.نت
_QUOTE_LIMIT = 500  # characters; a longer quotation is split like any text
_PAIRS = {mark: pair[0] for pair in ('"“”„', "«»", "()", "[]", "{}", "﴿﴾") for mark in pair}
_PAIR = re.compile(f"[{re.escape(''.join(_PAIRS))}]")
_URL = re.compile(r"(?:https?://|www\.)[^\s\"«»“”<>]*[^\s\"«»“”<>.!?؟…،؛,:)\]}]")
_STOP = re.compile(r"[.!?؟…]+")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_VOWELS = r"\u064b-\u065f\u0670"
_LAST_LETTERS = re.compile(rf"(?<![^\W\d_])(?<![{_VOWELS}])[^\W\d_](?:[^\W\d_]|[{_VOWELS}])*+$")
_LIST_MARK = re.compile(r"\W*(?:\d{1,2}|[^\W\d_])")
_ARABIC = re.compile(
    r"[\u0620-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06ee-\u06fc\ufb50-\ufdfb\ufe70-\ufefc]+"
)


def sentences(text: str) -> list[str]:
    """Split a text into sentences; together they have every non-space character of it, in order.

    A line end always ends a sentence, so do ``. ! ? ؟`` and three dots, with the closing quotes and
    brackets after them. No end is seen in decimals, initials and abbreviations (``د. محمد``, ``أ.ف.ب``,
    ``U.S.``), web addresses, list marks (``1. ``), after ``؛``, at ``..`` (a pause in Arabic headlines),
    and inside quotation marks or brackets that go on. A stop glued to the next sentence
    (``انتهى.وقال``) ends one after a word of three letters or more.
    """
    return [sentence for line in text.splitlines() for sentence in _split_line(line)]


def _split_line(line: str) -> list[str]:
    spans, pairs = _closed_spans(line)
    pieces, start, inside_to, span = [], 0, -1, 0
    first = _ALPHANUMERIC.search(line)  # of the sentence that begins at ``start``
    for stop in _STOP.finditer(line):
        end, opened = _take_closers(line, stop.end(), pairs)
        while span < len(spans) and spans[span][0] < stop.start():
            inside_to = max(inside_to, spans[span][1])
            span += 1
        if inside_to >= end or first is None or first.start() >= stop.start():
            continue
        if opened is not None and first.start() < opened and stop[0] != ".":
            continue  # a question that is quoted or named inside a sentence
        if _ends_sentence(line, start, stop, end):
            pieces.append(line[start:end])
            start, first = end, _ALPHANUMERIC.search(line, end)
    if first is None and pieces:
        pieces[-1] += line[start:]
    else:
        pieces.append(line[start:])
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _closed_spans(line: str) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """Find addresses, quotations and brackets: first and last offset of each, and every closer's opener."""
    spans = [(match.start(), match.end() - 1) for match in _URL.finditer(line)]
    pairs: dict[int, int] = {}
    open_at: dict[str, int] = {}
    for match in _PAIR.finditer(line):
        at, kind = match.start(), _PAIRS[match[0]]
        if kind in '"«':  # pages mix up which way these point: what is beside them tells
            before, after = line[at - 1 : at] if at else "", line[at + 1 : at + 2]
            free_before = not before or before.isspace() or before in "(["
            free_after = not after or after.isspace() or after in ".,،؛:!?؟…)]"
            opens = free_before if free_before != free_after else kind not in open_at
        else:
            opens = match[0] in "([{﴿"
        if opens:
            open_at[kind] = at
        elif kind in open_at:
            pairs[at] = open_at.pop(kind)
            if at - pairs[at] <= _QUOTE_LIMIT:
                spans.append((pairs[at], at))
    return sorted(spans), pairs


def _take_closers(line: str, end: int, pairs: dict[int, int]) -> tuple[int, int | None]:
    """Move ``end`` past closing quotes and brackets; say also where the outermost of them opened."""
    opened: int | None = None
    while end < len(line):
        spaced = line[end] == " " and end + 1 in pairs and line[end + 1] in '"”»'
        at = end + 1 if spaced else end
        if at in pairs:
            opened = pairs[at] if opened is None else min(opened, pairs[at])
        elif line[at] not in "'’" or line[at + 1 : at + 2].strip():
            break
        end = at + 1
    return end, opened


def _ends_sentence(line: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Tell whether a stop, with its closers up to ``end``, ends the sentence that began at ``start``."""
    after = line[end : end + 16]
    following = after.lstrip()
    if not following:
        return True
    glued = following == after
    if glued and following[0] not in '"“«(#' and not _ARABIC.match(following):
        return False
    if not glued and following[0] in "،؛,;:":
        return False
    before = line[max(start, stop.start() - 40) : stop.start()]
    if not set(stop[0]) <= {".", "…"}:
        return True
    if stop[0] != ".":
        pause = stop[0] == ".." or glued or before[-1].isspace() or following.startswith(("إلخ", "الخ"))
        return not pause and len(before.split()) >= 3
    if stop.start() - start < 8 and _LIST_MARK.fullmatch(before):
        return False
    return _full_stop_ends(before, following, glued=glued)


def _full_stop_ends(before: str, following: str, *, glued: bool) -> bool:
    """Tell the same of a single full stop from the text on both sides."""
    last = _LAST_LETTERS.search(before)
    if last is None:  # a digit, a percent sign or a closing mark
        return True
    letters = "".join(char for char in last[0] if char.isalpha() and char != "ـ")
    if glued:
        return len(letters) >= 3 and not _DOMAIN.match(following)
    if len(letters) > 1:
        return letters.lower() not in _ABBREVIATIONS
    after_number = before[: last.start()].rstrip()[-1:].isdigit()  # "500 م.": a unit or an era
    return after_number and _ARABIC.match(letters) is not None and not following[0].isdigit()


# Letters of Arabic script that Arabic is not written with, names apart; alef wasla of the Quran left out.
_FOREIGN = re.compile(r"[\u0676-\u06d3\u06d5\u06ee-\u06fc]")
_ONLY_ARABIC = re.compile(r"[ةىأإ]|\bال")
_NO_PROSE = re.compile(r"(?:https?://|www\.)\S+|[#@] ?[A-Za-z_]\w*|(?<![\w.+-])[\w.+-]++@\S+")
_MIN_ARABIC_SHARE = 0.5
_MAX_FOREIGN_SHARE = 0.01  # Persian and Urdu have 2% to 10%, Arabic news 0.002%


def arabic_share(text: str) -> float:
    """Share of a text's letters that are of Arabic script, 0.0 to 1.0; 0.0 where there are none."""
    letters = sum(map(str.isalpha, text)) - text.count("ـ")
    return sum(len(run) for run in _ARABIC.findall(text.replace("ـ", ""))) / letters if letters else 0.0


def language_problem(text: str) -> str | None:
    """Say in one sentence why a text is not one in Arabic, or None where it is.

    A text counts as another language's (Persian, Urdu, Kurdish...) where letters such as ``پ چ گ ٹ ے``
    are three or more, above 1% of its letters, and outnumber Arabic's own signs (``ة ى أ إ`` and the
    article), which names and dialect in Arabic do not. A sentence of Persian may have too few to tell.
    """
    text = normalize(text)
    if not text:
        return "The text is empty; give one with words in Arabic."
    prose = _NO_PROSE.sub(" ", text)  # addresses and Latin hashtags say nothing about the language
    if not any(map(str.isalpha, prose)):
        return "The text has no letters outside of addresses and hashtags; give one with words in Arabic."
    share = arabic_share(prose)
    if share < _MIN_ARABIC_SHARE:
        return (
            f"Only {share:.0%} of the text's letters are Arabic, at least {_MIN_ARABIC_SHARE:.0%} should be."
        )
    foreign, letters = len(_FOREIGN.findall(prose)), sum(len(run) for run in _ARABIC.findall(prose))
    if foreign >= 3 and foreign > _MAX_FOREIGN_SHARE * letters and foreign > len(_ONLY_ARABIC.findall(prose)):
        return (
            f"The text reads as Persian, Urdu or another language in Arabic script, as {foreign} of its "
            f"{letters} letters are not Arabic's; give one in Arabic."
        )
    return None


PREPARATIONS: dict[str, Callable[[str], str]] = {PREPARATION: normalize, "arabert-v02": arabert.prepare}
"""Every preparation a model can name, from its name."""


def prepare(text: str, name: str) -> str:
    """Prepare a text as the model that names ``name`` was trained to see it.

    Raises:
        ValueError: No preparation has that name.
    """
    if name not in PREPARATIONS:
        raise ValueError(f"unknown text preparation {name!r}: known are {', '.join(sorted(PREPARATIONS))}")
    return PREPARATIONS[name](text)
