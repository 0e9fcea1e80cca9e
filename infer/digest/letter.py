"""The mail's plain text, for readers without HTML: short lines, each in its own direction."""

from __future__ import annotations

import re
import textwrap

from infer.digest.config import DigestConfig, Wording
from infer.digest.day import Digest, Story
from infer.digest.plain import report_facts, story_facts, told, with_isolates
from infer.digest.runs import is_arabic, runs
from infer.digest.wording import byline, counted, isolated, number, title

WIDTH = 72
MOST_SOURCES = 8
RLM = "\u200f"
_GLUE = "\x00"  # stands for a space inside of a run while lines are made; texts hold no control characters
_INSIDE = re.compile("\u2068.*?\u2069")
_STRONG = re.compile(r"[^\W\d_]")


def letter(digest: Digest, config: DigestConfig, said: str, *, cut: bool) -> str:
    """Write a digest as plain text; ``said`` is how much it holds, ``cut`` that some is left out here."""
    wording = config.words(digest.lang)
    lines = [title(digest, wording), said]
    if cut:
        lines.append(wording.left_out)
    if config.publishing.address:
        lines += [f"{wording.whole}:", str(config.publishing.address)]
    for section in digest.sections:
        lines += ["", f"== {isolated(section.name)} =="]
        if not section.stories and not section.more:
            lines.append(wording.nothing_on_topic)
        for story in section.stories:
            lines += _story(story, digest, config)
        if section.more:
            lines += ["", counted(wording, wording.more, section.more)]
    if digest.review or digest.review_more:
        lines += ["", f"== {wording.review} ==", *textwrap.wrap(wording.review_note, WIDTH)]
        for story in digest.review:
            lines += ["", *wrapped(story.headline), *_sources(story, wording)]
        if digest.review_more:
            lines += ["", counted(wording, wording.more, digest.review_more)]
    lines += ["", "--", *textwrap.wrap(wording.footer, WIDTH)]
    return "\n".join(_turned(line) if digest.lang == "ar" else line for line in lines) + "\n"


def wrapped(text: str) -> list[str]:
    """Text of an outlet in lines, its left-to-right runs isolated, and kept whole where they are short."""
    glued = "".join(
        run.replace(" ", _GLUE) if other and len(run) <= WIDTH // 2 else run for run, other in runs(text)
    )
    lines = textwrap.wrap(glued, WIDTH, break_on_hyphens=False)
    return [_turned(with_isolates(line.replace(_GLUE, " "))) for line in lines]


def shown_reports(story: Story) -> list[int]:
    """Places of the reports that a mail names: the first ones, and those that the summary is from."""
    first = range(min(MOST_SOURCES, len(story.reports)))
    return sorted({*first, *(sentence.report for sentence in story.summary)})


def _story(story: Story, digest: Digest, config: DigestConfig) -> list[str]:
    wording = config.words(digest.lang)
    told_by = " ".join(f"{each.text} {RLM}[{number(wording, each.report + 1)}]" for each in story.summary)
    lines = ["", *wrapped(story.headline), *wrapped(told_by)]
    if facts := story_facts(story, config, digest.lang):
        lines.append(" · ".join(facts))
    if story.differences:
        lines.append(f"{wording.differences}:")
        lines += [told(each, story, wording) for each in story.differences]
    return lines + _sources(story, wording)


def _sources(story: Story, wording: Wording) -> list[str]:
    lines = []
    places = shown_reports(story)
    for place in places:
        report = story.reports[place]
        name = isolated(byline(report, wording))
        lines.append(" · ".join([f"[{number(wording, place + 1)}] {name}", *report_facts(report, wording)]))
        if report.url:
            lines.append(report.url)
    if rest := len(story.reports) - len(places):
        lines.append(f"+ {counted(wording, wording.reports, rest)}")
    return lines


def _turned(line: str) -> str:
    """A line that is read from right to left even where nothing in it says so; addresses stay as they are."""
    if not line or line.startswith((RLM, "http://", "https://")) or line == "--":
        return line
    first = _STRONG.search(_INSIDE.sub("", line))
    return line if first and is_arabic(first[0]) else RLM + line
