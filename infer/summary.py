"""Summaries of articles: one interface, and the method that copies the lead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from infer.schema import Article
from infer.text import normalize, sentences, words

MOST_WORDS = 60
# A first sentence shorter than this says too little alone and is joined by the next.
FEW_WORDS = 10
# How many sentences may be passed over before the search gives up: the news stands at the top.
SEARCHED = 12

_QUOTED = re.compile(r"[«»\"“”„]")
_QUOTE_ONLY = re.compile(r"^[\s(\[]*[«\"“„][^«»\"“”„]*[»\"”“][\s.،!؟)\]]*$")
# Lines by which a desk signs, promotes or corrects itself; they name no news.
_DESK = re.compile(
    r"^(?:\(?(?:رويترز|أ ?ف ?ب|د ?ب ?أ|وكالات|الأناضول|سانا|واع|وفا)\)?\s*[-:.]*$"
    r"|(?:كتب|كتبت|بقلم|إعداد|تحرير|ترجمة|تقرير|تصوير|مراسلنا|المصدر|متابعة|خاص)\s*[:/-]"
    r"|(?:شاهد|تابع|اشترك|حمل|للمزيد|يمكنكم|انضم|لمتابعة|اضغط)\b)"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary and the method that wrote it (``lead`` or ``model``)."""

    text: str
    method: str


class Summarizer(Protocol):
    """Anything that writes summaries: one for each article, in order, None where it cannot."""

    def summarize(self, articles: list[Article]) -> list[Summary | None]:
        """Summarize a batch of articles."""
        ...


class Lead:
    """The article's own lead sentence, whole.

    By position alone: on 1,200 articles with the summary that their editors wrote, weighing in the
    overlap with the headline or with the whole text never scored above the first sentence
    (``benchmarks/lead.py``). Bylines, calls to follow, sentences that are nothing but a quotation and
    sentences of more than ``MOST_WORDS`` words are passed over.
    """

    def summarize(self, articles: list[Article]) -> list[Summary | None]:
        """Summarize a batch; None where an article has no sentence of at most ``MOST_WORDS`` words."""
        return [_lead(article) for article in articles]


def _lead(article: Article) -> Summary | None:
    chosen: list[str] = []
    length = 0
    for sentence in sentences(article.body)[:SEARCHED]:
        size = len(words(normalize(sentence)))
        if length + size > MOST_WORDS or not says_something(sentence, article.title):
            if chosen:
                break
            continue
        chosen.append(" ".join(sentence.split()))
        length += size
        if length >= FEW_WORDS:
            break
    text = " ".join(chosen)
    if not text and len(words(normalize(article.title))) <= MOST_WORDS:
        text = article.title
    return Summary(text, "lead") if text else None


def says_something(sentence: str, title: str = "") -> bool:
    """False for bylines and calls to follow, quotations without a speaker, and the headline again."""
    plain = normalize(sentence)
    if len(words(plain)) < 3 or _DESK.search(plain) or plain.rstrip(".") == normalize(title).rstrip("."):
        return False
    return not (_QUOTED.search(plain) and _QUOTE_ONLY.match(plain))
