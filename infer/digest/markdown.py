"""The digest as Markdown, for GitHub and whatever else reads CommonMark."""

from __future__ import annotations

import re

from infer.digest.config import DigestConfig, Wording
from infer.digest.day import Digest, Report, Section, Story, Trend
from infer.digest.plain import harmless, report_facts, story_facts, told, with_isolates
from infer.digest.wording import byline, counted, day, isolated, number, overview, title

NEWS = '<div dir="rtl" lang="ar">'
END = "</div>"

_FOREIGN = r"[^\W\d_\u0600-\u06ff]"
# What GitHub makes something of even behind a backslash (addresses, mentions, formulas, emoji) stands in an
# element of its own, as GitHub itself advises for the dollar sign.
_SPECIAL = re.compile(
    rf"(?P<apart>[@$]|#(?=\d)|:(?=//|[a-z0-9_+-]+:)|(?<={_FOREIGN})\.(?={_FOREIGN}))"
    r"|(?P<mark>[\\`*_\[\]<>&|~#])",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(\d{0,9})([-+=.)])")
_IN_ADDRESS = re.compile(r"[\s<>\\`\"]")
_REFERENCE = re.compile(r"&(?=#?\w+;)")


def markdown(digest: Digest, config: DigestConfig) -> str:
    """Write a digest as CommonMark with GitHub's tables.

    Markdown has no direction, so ``div`` elements give it; no other text in it is HTML, a link or a mark-up
    of the news' own.
    """
    digest = harmless(digest)
    wording = config.words(digest.lang)
    frame = NEWS if digest.lang == "ar" else '<div dir="ltr" lang="en">'
    blocks = [frame, f"# {escaped(title(digest, wording))}"]
    if digest.articles:
        blocks.append(escaped(overview(digest, wording)))
    if not digest.stories:
        blocks.append(escaped(wording.nothing))
    for section in digest.sections:
        blocks += _section(section, digest, config)
    if digest.review:
        blocks += _review(digest, wording)
    blocks += _trend(digest.trend, digest.sections, wording)
    blocks += ["---", escaped(wording.footer), END]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """One line of text as Markdown that shows it and does nothing else, wherever in a line it stands."""
    inert = _SPECIAL.sub(
        lambda found: f"<span>{found['apart']}</span>" if found["apart"] else "\\" + found["mark"],
        text,
    )
    return _OPENING.sub(r"\1\\\2", inert)


def news(text: str) -> str:
    """Text of an outlet as Markdown, what is written from left to right in it isolated."""
    return escaped(with_isolates(text))


def link(text: str, url: str) -> str:
    """A link; ``text`` is Markdown already, ``url`` an address as it is."""
    address = _IN_ADDRESS.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
    return f"[{text}](<{_REFERENCE.sub('&amp;', address)}>)"


def _section(section: Section, digest: Digest, config: DigestConfig) -> list[str]:
    wording = config.words(digest.lang)
    blocks = [f"## {news(section.name)}"]
    if not section.stories:
        blocks.append(escaped(wording.nothing_on_topic))
    for story in section.stories:
        blocks += _story(story, digest, config)
    if section.more:
        blocks.append(escaped(counted(wording, wording.more, section.more)))
    return blocks


def _story(story: Story, digest: Digest, config: DigestConfig) -> list[str]:
    wording = config.words(digest.lang)
    shown = [f"### {news(story.headline)}"]
    if story.summary:
        sentences = (
            f"{news(sentence.text)} {_mark(story.reports[sentence.report], sentence.report, wording)}"
            for sentence in story.summary
        )
        shown.append(" ".join(sentences))
    for sentence in story.summary:
        label = escaped(isolated(f"{wording.evidence}:"))
        shown += [f"> {label} {news(text)}" for text in sentence.evidence]
    blocks = shown if digest.lang == "ar" else [NEWS, *shown, END]
    if facts := story_facts(story, config, digest.lang):
        blocks.append(" · ".join(map(escaped, facts)))
    if story.differences:
        listed = (f"- {escaped(told(each, story, wording))}" for each in story.differences)
        blocks += [f"{escaped(wording.differences)}:", "\n".join(listed)]
    return [*blocks, f"{escaped(wording.sources)}:", _sources(story.reports, wording)]


def _mark(report: Report, index: int, wording: Wording) -> str:
    mark = rf"\[{number(wording, index + 1)}\]"
    return link(mark, report.url) if report.url else mark


def _sources(reports: tuple[Report, ...], wording: Wording) -> str:
    return "\n".join(f"{place}. {_source(report, wording)}" for place, report in enumerate(reports, 1))


def _source(report: Report, wording: Wording) -> str:
    name = escaped(isolated(byline(report, wording)))
    return " · ".join(
        [link(name, report.url) if report.url else name, *map(escaped, report_facts(report, wording))]
    )


def _review(digest: Digest, wording: Wording) -> list[str]:
    """Stories that nobody has decided on: what they are called and who reports them, no summary."""
    blocks = [f"## {escaped(wording.review)}", escaped(wording.review_note)]
    for story in digest.review:
        headline = [f"### {news(story.headline)}"]
        blocks += headline if digest.lang == "ar" else [NEWS, *headline, END]
        blocks.append(_sources(story.reports, wording))
    if digest.review_more:
        blocks.append(escaped(counted(wording, wording.more, digest.review_more)))
    return blocks


def _trend(trend: Trend, sections: tuple[Section, ...], wording: Wording) -> list[str]:
    counts = [
        (isolated(section.name), trend.counts[section.topic])
        for section in sections
        if section.topic in trend.counts
    ]
    if not counts or not trend.days:
        return []
    heads = [wording.day, *(name for name, _ in counts)]
    rows = [
        [day(wording, date), *(number(wording, numbers[row]) for _, numbers in counts)]
        for row, date in enumerate(trend.days)
    ]
    lines = [map(escaped, heads), ["---"] * len(heads), *(map(escaped, row) for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return [f"## {escaped(wording.trend)}", table]
