"""Whether the text after a "read also" marker is the next article or the same one going on."""

from __future__ import annotations

import re
from typing import NamedTuple

from infer.page.dateline import split_dateline
from infer.page.furniture import Kind, Line, fold, is_headline

# Share of a headline's content words in the paragraph below it from which they belong together; where
# nothing says that the article above has ended, a related link must not pass for the next one's headline.
KINSHIP = 0.25
KINSHIP_OPEN = 0.3
_WORD = re.compile(r"\w+")
# A paragraph that begins so continues another: "وأضاف", "من جهته", "يذكر أن".
_CONTINUING = re.compile(
    "(?:"
    + fold(
        "كما|بدوره|بدورها|من جانبه|من جانبها|من جهته|من جهتها|من ناحيته|من ناحيتها|من جهة أخرى|لكن"
        "|غير أن|إلا أن|في المقابل|بالمقابل|في السياق|في سياق|في غضون ذلك|إلى ذلك|يذكر أن|يشار إلى"
        "|يشار أن|جدير بالذكر|تجدر الإشارة|الجدير بالذكر|بعد ذلك|كذلك|أيضا|ثم|أما|بينما|فيما|تابع|تابعت"
        "|أضاف|أضافت|يضيف|تضيف|أردف|استطرد|يأتي ذلك|جاء ذلك|يأتي هذا|هذا وقد"
    )
    + r")(?:\W|$)"
)
# Words whose first و belongs to them; before any other word it joins a sentence to what came before.
_OWN_WAW = tuple(
    fold(
        "وزي|وزا|وزر|وصل|وصف|وقع|وقف|وافق|واصل|واجه|وجه|وجد|وجو|وحد|وحي|ورد|ورش|ورق|وسط|وسا|وسع|وضع|وعد"
        "|وفد|وفا|وفي|وفق|وفر|وقت|وقود|وكا|وكي|ولا|ولي|ولد|واشنطن|وارسو|والدة|والد|وثق|وثا|وثي|وداع|ودع"
        "|وديع|وبا|وان"
    ).split("|")
)
_PREFIX = re.compile(r"^(?:وال|بال|كال|فال|ولل|لل|ال|و(?=\w{3})|ب(?=\w{4})|ل(?=\w{4}))")
_STOP = frozenset(
    fold(
        "على إلى من في عن مع هذا هذه التي الذي بعد قبل بين أن إن كان لا ما هل كل أو غير منذ حتى خلال"
    ).split()
)


class Run(NamedTuple):
    """The lines between a marker and the next real paragraph.

    Attributes:
        headlines: Indexes of the headlines that are no bullets.
        bullets: Whether bullets stand there.
        dated: Whether a date stands below a headline.
        end: Index of the paragraph, or of what ended the search.
    """

    headlines: list[int]
    bullets: bool
    dated: bool
    end: int


def run_of_headlines(lines: list[Line], at: int, end: int, *, over_markers: bool) -> Run:
    """Read on from ``at`` to the first real paragraph, at most to ``end``."""
    headlines: list[int] = []
    bullets = dated = False
    while at < end:
        kind, text = lines[at]
        if kind is Kind.TEXT:
            if not is_headline(text) or continues(text) or has_dateline(text):
                break
            headlines.append(at)
        elif kind is Kind.MARKER:
            if not over_markers:
                break
            if not text:  # another list begins
                headlines, bullets, dated = [], False, False
        elif kind is Kind.BULLET:
            bullets = True
        elif kind in (Kind.DATE, Kind.UPDATED):
            dated = dated or bool(headlines)
        at += 1
    return Run(headlines, bullets, dated, at)


def has_dateline(text: str) -> bool:
    """Say whether a line begins with a dateline; ``رويترز: …`` is how headlines name who said it."""
    _, agency, line = split_dateline(text)
    return agency is not None and ":" not in line


def continues(text: str) -> bool:
    """Say whether a paragraph begins like one that goes on with what was said before it."""
    key = fold(text[:40]).lstrip("\"'«“([ ")
    if key.startswith("و"):
        return not key.startswith(_OWN_WAW)
    return bool(_CONTINUING.match(key))


def kinship(headline: str, paragraph: str) -> float:
    """Return the share of a headline's content words whose stem stands in the paragraph's first 80 words."""
    wanted = _stems(headline, 40)
    return len(wanted & _stems(paragraph, 80)) / len(wanted) if wanted else 0.0


def _stems(text: str, most: int) -> set[str]:
    words = _WORD.findall(fold(text[: most * 12]))[:most]
    return {_PREFIX.sub("", word)[:4] for word in words if len(word) > 2 and word not in _STOP}
