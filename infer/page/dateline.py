"""The dateline an agency puts before its text: ``بغداد - (أ ف ب) -``, ``(CNN)--``, ``واشنطن/ الأناضول -``."""

from __future__ import annotations

import re

from infer.page.furniture import fold
from infer.text import normalize

_SEEN = 120
_AGENCIES = frozenset(
    fold(
        "cnn|سي إن إن|سي ان ان عربية|reuters|رويترز|afp|أ ف ب|أف ب|أ.ف.ب|فرانس برس|وكالة فرانس برس|ap"
        "|أ ب|أ.ب|أسوشيتد برس|أسوشيتدبرس|الأسوشيتد برس|د ب أ|د.ب.أ|dpa|الأناضول|وكالة الأناضول|aa"
        "|سبوتنيك|sputnik|شفق نيوز|واع|وكالة الأنباء العراقية|السومرية نيوز|الفرات نيوز|بغداد اليوم"
        "|رووداو|كوردستان 24|وات|وام|واس|وفا|بترا|سانا|كونا|قنا|بنا|أ ش أ|أ.ش.أ|شينخوا|xinhua|تاس"
        "|نوفوستي|إنترفاكس|بي بي سي|bbc|بلومبرغ|bloomberg|وكالات|الوكالات|سكاي نيوز عربية|روسيا اليوم|rt"
        "|العربية نت|العربية.نت|الجزيرة نت|الجزيرة.نت|يورونيوز|فرانس 24|dw|الوكالة الوطنية للإعلام"
        "|قدس برس|د ب ا|وكالة الأنباء الألمانية|وكالة الأنباء السعودية|وكالة أنباء الإمارات"
        "|وكالة الأنباء القطرية|وكالة الأنباء الأردنية|وكالة الأنباء الفلسطينية"
    ).split("|")
)
# Also everyday words: an agency only between brackets.
_IN_BRACKETS = frozenset(fold("الجزيرة|العربية|الحرة|معا|صفا|سما|المدى|عربي21|المدن|الشرق").split("|"))
_BRACKETS = re.compile(r"^([^()]{0,70}?)[(\[]\s*([^()\[\]]{1,40}?)\s*[)\]]\s*([-–—ـ:/]*)[.،]?\s*")
_SEPARATOR = re.compile(r"\s*(?:[/:]|[-–—]+(?=\s)|(?<=\s)[-–—])[-–—\s]*")
_JOINED = re.compile(r"\s*(?:[/+،,&]|\sو\s?|\s-\s)\s*")
_PLACE_WORDS = 7


def split_dateline(paragraph: str) -> tuple[str, str | None, str]:
    """Take the agency's dateline off the beginning of an article.

    Returns:
        The text after it, the agency as the page writes it (normalized; None where the paragraph has
        no dateline) and the dateline itself, in which a date may stand.
    """
    head = paragraph[:_SEEN]
    found = _bracketed(head) or _plain(head)
    if found is None or found[0] >= len(paragraph):
        return paragraph, None, ""
    end, agency = found
    return paragraph[end:].lstrip(), normalize(agency), paragraph[:end]


def agency_line(line: str) -> str | None:
    """Return the agency where a line names one and no more: ``(رويترز)``, ``بغداد/ واع``, ``وكالات``."""
    bare = line.strip(" ()[]-–—*.:") if len(line) <= 40 else ""
    if _known(bare):
        return bare
    rest = bare.partition("/")[2]
    known = [_known(part) for part in _JOINED.split(bare)]
    if not any(known):
        return None
    return bare if known[0] or not rest else rest.strip()


def _known(name: str, *, in_brackets: bool = False) -> bool:
    key = " ".join(fold(name).split())
    return key in _AGENCIES or (in_brackets and key in _IN_BRACKETS)


def _bracketed(head: str) -> tuple[int, str] | None:
    match = _BRACKETS.match(head)
    if match is None:
        return None
    place, agency, mark = match.groups()
    known = any(_known(name, in_brackets=True) for name in [agency, *_JOINED.split(agency)])
    known = known or (agency.isascii() and agency.isupper() and agency.isalpha())
    # "(CNN) قالت" needs no mark after it; where a place stands before the bracket, there is one.
    if not known or (place.strip() and (not mark or len(place.split()) > _PLACE_WORDS)):
        return None
    return match.end(), agency


def _plain(head: str) -> tuple[int, str] | None:
    start = 0
    for count, mark in enumerate(_SEPARATOR.finditer(head)):
        part = head[start : mark.start()].strip()
        if _known(part):
            return mark.end(), part
        if count == 3 or len(part.split()) > _PLACE_WORDS:
            return None
        start = mark.end()
    return None
