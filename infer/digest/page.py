"""A digest as one HTML page that needs nothing else: no script, no picture, no font from anywhere."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

from infer.digest import chart, templating, wording
from infer.digest.config import DigestConfig, Wording
from infer.digest.day import Digest, Figure, Report, Sentence, Story
from infer.digest.runs import is_arabic, runs
from infer.digest.safe import address, line

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# Chromium takes 40 seconds to break 10,000 joined Arabic letters into lines.
_TOO_LONG = re.compile(r"(\S{200})\S+")


def html(digest: Digest, config: DigestConfig) -> str:
    """Write the page.

    Whatever the digest holds is shown as text: it is escaped, control characters are left out, and only
    addresses in ``http`` and ``https`` become links.

    Raises:
        UsageError: Babel or Jinja2 is not installed, or the wording's locale is unknown.
    """
    frame = _Frame(digest, config)
    sheet = _sheet()
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            digest=digest,
            words=frame.words,
            frame=frame,
            sheet=_markup(sheet),
            sheet_hash=b64encode(hashlib.sha256(sheet.encode()).digest()).decode(),
            chart=_markup(chart.svg(digest.trend, digest.sections, frame.words)),
            name=wording.title(digest, frame.words),
            overview=wording.overview(digest, frame.words),
            direction="rtl" if wording.right_to_left(frame.words) else "ltr",
        )
    )


def environment() -> Environment:
    """What the page's templates are read with.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    return templating.environment(_finalized)


def _finalized(value: object) -> object:
    """A value that a template shows: text on one line and without controls; markup as it is."""
    from markupsafe import Markup

    return value if isinstance(value, Markup) or not isinstance(value, str) else _shown(value)


def _shown(text: str) -> str:
    """Text on one line, without control characters and without what is too long for a word."""
    return _TOO_LONG.sub(r"\1…", line(text, max(len(text), 1)))


def _markup(trusted: str) -> Markup:
    from markupsafe import Markup

    return Markup(trusted)  # noqa: S704 - only this module's own, already escaped


@lru_cache
def _sheet() -> str:
    return (templating.TEMPLATES / "page.css").read_text(encoding="utf-8")


class _Frame:
    """What the templates say and ask about a digest, in its language."""

    def __init__(self, digest: Digest, config: DigestConfig) -> None:
        self.words: Wording = config.words(digest.lang)
        self.days = digest.first, digest.last
        self._names = {topic: config.topic_name(topic, digest.lang) for topic in config.topics}
        self._names |= {section.topic: section.name for section in digest.sections}

    def counted(self, forms: str, n: int) -> str:
        """So many of the wording's ``stories``, ``outlets`` or others."""
        return wording.counted(self.words, getattr(self.words, forms), n)

    def number(self, n: int) -> str:
        return wording.number(self.words, n)

    def news(self, text: str) -> Markup:
        """Text of an outlet, with what would fall in disorder isolated."""
        from markupsafe import Markup

        pieces = (
            Markup('<bdi dir="ltr">{}</bdi>').format(piece) if apart else Markup.escape(piece)
            for piece, apart in runs(_shown(text))
        )
        return Markup().join(pieces)

    def turned(self, text: str) -> Markup:
        """Attributes of an element that holds an outlet's text: Arabic whatever the frame's language is."""
        return _markup('lang="ar" dir="rtl"' if is_arabic(text) else 'dir="auto"')

    def by(self, report: Report) -> str:
        return wording.byline(report, self.words)

    def address(self, report: Report) -> Markup | None:
        """Where a link to the report leads, whole; None where it cannot be followed safely."""
        from markupsafe import Markup

        url = address(report.url) if report.url else None
        return Markup.escape(url) if url else None

    def hour(self, report: Report) -> str:
        """The report's time, with its day where that is in doubt; may be empty."""
        first, last = self.days
        alone = first == last == report.published
        day = "" if alone else wording.short_day(self.words, report.published)
        return f"{day} {wording.digits(self.words, report.hour or '')}".strip()

    def moment(self, report: Report) -> str:
        """The report's time for machines."""
        day = report.published.isoformat()
        return f"{day}T{report.hour}" if report.hour else day

    def mark(self, story: Story, place: int) -> str:
        """What a screen reader says of a sentence's source."""
        return wording.filled(
            self.words.source_mark, n=self.number(place + 1), source=self.by(story.reports[place])
        )

    def method(self, story: Story) -> str:
        """How the summary was made, where there is one."""
        return {"lead": self.words.lead_mark, "model": self.words.model_mark}.get(story.method or "", "")

    def topics(self, story: Story, of: str | None) -> str:
        """The story's topics, other than the one that it stands under; may be empty."""
        names = [self._names.get(topic, topic) for topic in story.topics if topic != of]
        return wording.joined(self.words, names)

    def also(self, story: Story, of: str | None) -> str:
        """Which topics the story is about besides; may be empty."""
        topics = self.topics(story, of)
        return wording.filled(self.words.also_about, topics=topics) if topics and of else topics

    def figure(self, story: Story, figure: Figure) -> Markup:
        """A number and who gives it, each a link to the story's list of sources."""
        from markupsafe import Markup

        link = Markup('<a href="#{}-{}"><bdi>{}</bdi></a>')
        links = [
            link.format(_shown(story.key), place + 1, _shown(self.by(story.reports[place])))
            for place in figure.reports
        ]
        value = Markup('<b><bdi dir="ltr">{}</bdi></b>').format(_shown(figure.value))
        template = str(Markup.escape(self.words.figure_by))
        return _markup(
            wording.filled(template, value=value, sources=wording.joined(self.words, map(str, links)))
        )

    def evidence(self, story: Story) -> list[Sentence]:
        return [sentence for sentence in story.summary if sentence.evidence]

    def trend_note(self, digest: Digest) -> str:
        days = digest.trend.days
        return wording.filled(
            self.words.trend_note,
            first=wording.short_day(self.words, days[0]),
            last=wording.short_day(self.words, days[-1]),
        )

    def trend_rows(self, digest: Digest) -> list[tuple[str, list[str]]]:
        """The chart's numbers, the latest day first."""
        none = (0,) * len(digest.trend.days)
        columns = [digest.trend.counts.get(section.topic, none) for section in digest.sections]
        return [
            (wording.short_day(self.words, day), [self.number(column[i]) for column in columns])
            for i, day in reversed(list(enumerate(digest.trend.days)))
        ]
