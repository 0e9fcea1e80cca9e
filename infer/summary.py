"""Summaries of articles: one interface, the method that copies the lead, and the model under guard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from infer.errors import ModelError, UsageError
from infer.faithful import TITLE, Evidence, Refused, Unsupported, choose
from infer.fluency import disfluencies, is_prose
from infer.ranking import FEATURES, rank
from infer.schema import LENGTHS, Article
from infer.text import normalize, sentences, words
from infer.writer import Draft, Writer

MOST_WORDS = 60
# Words of a headline at most, sentences and words of a long summary.
HEADLINE_WORDS = 12
LONG_SENTENCES, LONG_WORDS = 2, 100
_MOST = {"headline": HEADLINE_WORDS, "short": MOST_WORDS, "long": LONG_WORDS}
_NAMES = {"headline": "a headline", "short": "a short summary", "long": "a long summary"}
# An article of fewer words is no longer than its summary.
WORTH_WRITING = 25
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
    """A summary.

    Attributes:
        text: What it says.
        method: What wrote it, ``lead`` or ``model``.
        refused: What the model wrote that was passed over, and why.
        evidence: Sentences of the article, or its title, that carry the summary.
    """

    text: str
    method: str
    refused: tuple[Refused, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Summarizer(Protocol):
    """Anything that writes summaries: one for each article, in order, None where it cannot."""

    @property
    def version(self) -> str:
        """What its summaries depend on beside the article."""
        ...

    def summarize(self, articles: list[Article]) -> list[Summary | None]:
        """Summarize a batch of articles."""
        ...


class Candidates(Protocol):
    """Anything that writes texts to choose from; ``infer.writer.Writer`` is one."""

    def write(
        self, articles: Sequence[Article], length: str = "short", *, beams: int | None = None
    ) -> list[list[Draft]]:
        """For each article in order some texts, best first."""
        ...


class Lead:
    """The article's own lead sentence, whole.

    By position alone: on 1,200 articles with the summary that their editors wrote, weighing in the
    overlap with the headline or with the whole text never scored above the first sentence
    (``benchmarks/lead.py``). Bylines, calls to follow, sentences that are nothing but a quotation and
    sentences of more than ``MOST_WORDS`` words are passed over.

    Args:
        length: ``headline``: the title, if it is short; ``short``: one sentence; ``long``: two.
    """

    def __init__(self, length: str = "short") -> None:
        self.length = length

    @property
    def version(self) -> str:
        """The way of choosing, to be raised with it, and the length."""
        return f"lead-1 {self.length}"

    def summarize(self, articles: list[Article]) -> list[Summary | None]:
        """Summarize a batch; None where an article has no sentence of at most ``MOST_WORDS`` words."""
        return [_lead(article, self.length) for article in articles]


class Guarded:
    """What a model writes, its best text that says nothing its article does not; else the lead.

    Where the model's folder has weights for it, short texts and the lead are ranked first: the lead
    stands too where no text is better.

    Args:
        writer: The model.
        length: One of ``infer.schema.LENGTHS``.
        beams: Width of the search; the model folder's own where None.

    Raises:
        ModelError: The folder's weights lack one that the ranking needs.
    """

    def __init__(self, writer: Candidates, length: str = "short", beams: int | None = None) -> None:
        self.writer = writer
        self.length = length
        self.beams = beams
        self._lead = Lead(length)
        self._ranking = getattr(writer, "ranking", None) if length == "short" else None
        if self._ranking and (missing := [name for name in FEATURES if name not in self._ranking]):
            name = getattr(writer, "name", type(writer).__name__)
            raise ModelError(
                f"{name}: no weight {missing[0]!r} in its config.json's 'ranking'; export it again"
            )

    @property
    def version(self) -> str:
        """The model, the search, and what stands where the guard refuses; to be raised with the guard."""
        name = getattr(self.writer, "name", type(self.writer).__name__)
        return f"{name} guard-3 beams {self.beams} {self._lead.version}"

    def summarize(self, articles: list[Article]) -> list[Summary | None]:
        """Summarize a batch; None where the model fails and an article has no lead."""
        worth = [i for i, article in enumerate(articles) if _is_worth_writing(article)]
        written: list[list[Draft]] = [[] for _ in articles]
        found = self.writer.write([articles[i] for i in worth], self.length, beams=self.beams)
        for i, texts in zip(worth, found, strict=True):
            written[i] = texts
        leads = self._lead.summarize(articles)
        return [self._choose(*given) for given in zip(articles, written, leads, strict=True)]

    def _faults(self, draft: Draft, article: Article) -> tuple[Unsupported, ...]:
        """Why a text is no summary, whatever it says; none for the lead."""
        size, most = len(words(draft.text)), _MOST[self.length]
        if size > most:
            return (Unsupported("length", f"{size} words", f"{_NAMES[self.length]} has up to {most}"),)
        return disfluencies(draft, article)

    def _choose(self, article: Article, written: list[Draft], lead: Summary | None) -> Summary | None:
        if not written:
            return lead
        drafts = {draft.text.strip(): draft for draft in written}
        texts = list(drafts)
        if self._ranking and lead:
            texts = rank(written, article, lead.text, self._ranking)

        def unfit(text: str) -> tuple[Unsupported, ...]:
            return self._faults(drafts[text], article) if text in drafts else ()

        chosen = choose(texts, article, lead.text if lead else None, unfit)
        if chosen is None:
            return None
        method = "lead" if lead and chosen.text == lead.text.strip() else chosen.method
        refused = tuple(each for each in chosen.refused if each.text != chosen.text)
        return Summary(chosen.text, method, refused, chosen.evidence)


def open_summarizer(folder: Path | None, length: str = "short", threads: int | None = None) -> Summarizer:
    """The model of a folder under guard, or the lead where there is none.

    Raises:
        UsageError: There is no such length.
        ModelError: The folder is refused.
    """
    if length not in LENGTHS:
        raise UsageError(f"no length {length!r}; known are {', '.join(LENGTHS)}")
    return Guarded(Writer.from_pretrained(folder, threads), length) if folder else Lead(length)


def _is_worth_writing(article: Article) -> bool:
    return len(article.body.split()) >= WORTH_WRITING and is_prose(article.body)


def _lead(article: Article, wanted: str = "short") -> Summary | None:
    title_words = len(words(normalize(article.title)))
    title = Summary(article.title, "lead", evidence=(Evidence(TITLE, article.title),))
    if wanted == "headline" and 0 < title_words <= HEADLINE_WORDS:
        return title
    most, count = (LONG_WORDS, LONG_SENTENCES) if wanted == "long" else (MOST_WORDS, 1)
    chosen: list[Evidence] = []
    length = 0
    for place, sentence in enumerate(sentences(article.body)[:SEARCHED]):
        size = len(words(normalize(sentence)))
        if size > MOST_WORDS or length + size > most or not says_something(sentence, article.title):
            if chosen:
                break
            continue
        chosen.append(Evidence(place, " ".join(sentence.split())))
        length += size
        if length >= FEW_WORDS and len(chosen) >= count:
            break
    if chosen:
        return Summary(" ".join(found.text for found in chosen), "lead", evidence=tuple(chosen))
    return title if 0 < title_words <= MOST_WORDS else None


def says_something(sentence: str, title: str = "") -> bool:
    """False for bylines and calls to follow, quotations without a speaker, and the headline again."""
    plain = normalize(sentence)
    if len(words(plain)) < 3 or _DESK.search(plain) or plain.rstrip(".") == normalize(title).rstrip("."):
        return False
    return not (_QUOTED.search(plain) and _QUOTE_ONLY.match(plain))
