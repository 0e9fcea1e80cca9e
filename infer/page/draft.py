"""An article while it is being read: lines and labels in, headline, text and fields out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from infer.hours import Moment, find_moment
from infer.page.dateline import agency_line, split_dateline
from infer.page.furniture import Kind, Line, fold, is_headline
from infer.page.glue import KINSHIP, kinship
from infer.schema import Article
from infer.text import normalize

_MOST_TAGS = 50
_LETTER_WORD = re.compile(r"[^\W\d_]+")
_PHOTO_BANK = re.compile("غيتي|جيتي|getty|شترستوك|shutterstock|istock")
_TAG_MARK = re.compile(r"[,،;؛|#•\n]|\s[-–—/]\s")


@dataclass
class Draft:
    """An article being read."""

    title: str = ""
    lines: list[Line] = field(default_factory=list)
    published: Moment | None = None
    updated: Moment | None = None
    source: str | None = None
    tags: list[str] = field(default_factory=list)
    # Agencies named on a line of their own, with the number of lines above.
    credits: list[tuple[int, str]] = field(default_factory=list)
    has_prose: bool = False
    # Length of ``lines`` where a source or tags closed the text; None while it is open.
    closed: int | None = None
    # The label that waits for its value on the next line.
    waiting: Kind | None = None

    def add(self, line: Line) -> None:
        """Take a line of text."""
        if agency := agency_line(line.text):
            self.credits.append((len(self.lines), agency))
            return
        self.lines.append(line)
        if line.kind is Kind.TEXT and not is_headline(line.text):
            self.has_prose, self.closed = True, None

    def label(self, line: Line) -> None:
        """Take a date, a source or tags; the first of each counts."""
        self.waiting = None if line.text else line.kind
        if line.kind is Kind.DATE:
            self.published = self.published or find_moment(line.text)
        elif line.kind is Kind.UPDATED:
            self.updated = self.updated or find_moment(line.text)
        elif line.kind is Kind.SOURCE:
            self.source = self.source or to_name(line.text)
        else:
            self.tags = self.tags or to_tags(line.text)
        if line.kind in (Kind.SOURCE, Kind.TAGS) and (self.has_prose or self._is_long()):
            self.closed = len(self.lines)

    def _is_long(self) -> bool:
        return sum(len(line.text.split()) for line in islice(self.lines, 40)) >= 40

    def take_value(self, text: str) -> bool:
        """Take a line as the value of the label alone on the line above, where it can be that."""
        kind, self.waiting = self.waiting, None
        words = len(text.split())
        if kind is None or not is_headline(text) or words > 12:
            return False
        if kind is Kind.TAGS:
            if self.tags and words > 3:
                return False
            self.tags += [tag for tag in to_tags(text) if tag not in self.tags][:_MOST_TAGS]
            self.waiting = kind if words <= 3 and len(self.tags) < _MOST_TAGS else None  # one a line
            return True
        if words <= 5:
            self.label(Line(kind, text))
        return words <= 5

    def finish(self) -> list[Article]:
        """Return the article, without id and page; nothing where it has no three words."""
        title, body = _headed(self.lines[: self.closed], self.title)
        source, date = self.source, ""
        for index, paragraph in enumerate(body[:2]):
            body[index], agency, date = split_dateline(paragraph)
            if agency:
                source = source or agency
                break
        # Below the headline or below the text it is the source; between paragraphs, a photo's credit.
        for place, name in self.credits:
            if place <= 2 or place == len(self.lines):
                source = source or to_name(name)
        kept: list[str] = []
        seen = {title}
        for paragraph in body:
            if paragraph not in seen:
                kept.append(paragraph)
                if len(paragraph) > 40:  # short ones may well be said twice
                    seen.add(paragraph)
        if not _has_words(kept):  # a post of one line, or a line and a name
            title, kept = "", [line for line in (title, *kept) if line]
            if not _has_words(kept):
                return []
        moment = self.published or (find_moment(date) if date else None) or self.updated
        return [
            Article(
                id="",
                title=title,
                body="\n".join(kept),
                published=moment.day if moment else None,
                source=source,
                tags=tuple(self.tags),
                published_at=moment.at if moment else None,
            )
        ]


def _has_words(lines: list[str]) -> bool:
    return sum(1 for _ in islice(_LETTER_WORD.finditer("\n".join(lines)), 3)) == 3


def to_name(text: str | None) -> str | None:
    """Return a source's name as it is kept; None where the text is none."""
    name = normalize(text or "").strip(" \"'«»“”*:.،-()")
    return name if 0 < len(name) <= 80 and not _PHOTO_BANK.match(fold(name)) else None


def to_tags(text: str) -> list[str]:
    """Part tags at commas, bars, hash signs; run together with spaces alone they stay one tag."""
    parts = text.replace("_", " ").split("#") if "#" in text else _TAG_MARK.split(text)
    tags = (normalize(part).strip(" \"'.:،,-") for part in parts)
    return list(dict.fromkeys(tag for tag in tags if tag and len(tag) <= 200))[:_MOST_TAGS]


def _headed(lines: list[Line], title: str) -> tuple[str, list[str]]:
    """Part the headline (the given one, or the first that looks like one) from the paragraphs."""
    count = 0
    while count < len(lines) and lines[count].kind is Kind.TEXT and is_headline(lines[count].text):
        count += 1
    heads = [line.text for line in lines[:count]]
    rest = [line.text for line in lines[count:]]
    if heads and not title:
        # Section names and kickers of a word or two stand above the headline.
        wordy = [index for index, head in enumerate(heads) if len(head.split()) >= 4] or [0]
        kin = [index for index in wordy if rest and kinship(heads[index], rest[0]) >= KINSHIP]
        chosen = (kin or wordy)[0]
        title, heads = heads[chosen], heads[chosen + 1 :]
    key = fold(title)
    heads = [head for head in heads if fold(head) != key]
    if rest:  # what is left of them above the text: a standfirst, or names of a writer and a place
        heads = [head for head in heads if len(head.split()) > 4]
    return title, heads + rest
