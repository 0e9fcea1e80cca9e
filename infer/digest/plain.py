"""What Markdown, feed and mail share: a model made harmless, phrases, moments, identity."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, TypeVar, cast

from infer.digest import safe
from infer.digest.config import DigestConfig, Wording
from infer.digest.day import Difference, Digest, Report, Story
from infer.digest.runs import runs
from infer.digest.wording import byline, filled, isolated, joined, overview, right_to_left

T = TypeVar("T")

# Longer than any text that the digest itself lets through: only a model from elsewhere is cut here.
LONGEST = 5000
END_OF_DAY = time(23, 59, 59)


def harmless(model: T) -> T:
    """The same model with every text in it one line that is safe to show, and every address http or None.

    The digest's own models are so already; a model that somebody else made may hold anything.
    """
    return cast(T, _harmless(model))


def one_line(text: str) -> str:
    """Text for a header: a line break in it would begin another one."""
    return safe.line(text, LONGEST)


def _harmless(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return safe.line(value, LONGEST)
    if isinstance(value, tuple):
        return tuple(map(_harmless, value))
    if isinstance(value, Report):
        url = safe.address(value.url) if value.url else None
        return replace(_replaced(value), url=url)
    if is_dataclass(value) and not isinstance(value, type):
        return _replaced(value)
    return value


def _replaced(value: Any) -> Any:  # noqa: ANN401
    return replace(value, **{field.name: _harmless(getattr(value, field.name)) for field in fields(value)})


def with_isolates(text: str) -> str:
    """Text whose left-to-right runs are isolated by FSI and PDI."""
    return "".join(isolated(run) if other else run for run, other in runs(text))


def story_facts(story: Story, config: DigestConfig, lang: str) -> list[str]:
    """What is said beside a story: how its summary was made, and its other topics."""
    wording = config.words(lang)
    facts = []
    if story.summary and story.method:
        facts.append(wording.lead_mark if story.method == "lead" else wording.model_mark)
    if len(story.topics) > 1:
        others = joined(wording, (isolated(config.topic_name(topic, lang)) for topic in story.topics[1:]))
        facts.append(filled(wording.also_about, topics=others))
    return facts


def report_facts(report: Report, wording: Wording) -> list[str]:
    """What is said beside a report's source: its hour, that it is a copy, that it has no address."""
    facts = [report.hour] if report.hour else []
    if report.copy:
        facts.append(wording.copy_mark)
    if not report.url:
        facts.append(wording.no_address)
    return facts


def said(digest: Digest, wording: Wording) -> str:
    """How much a digest holds, or that it has no news."""
    return overview(digest, wording) if digest.stories else wording.nothing


def told(difference: Difference, story: Story, wording: Wording) -> str:
    """A difference in words: what is counted, and each figure with who gives it."""
    figures = []
    for figure in difference.figures:
        names = dict.fromkeys(isolated(byline(story.reports[report], wording)) for report in figure.reports)
        sources = joined(wording, names)
        figures.append(filled(wording.figure_by, value=isolated(figure.value), sources=sources))
    return f"{isolated(difference.about)}: {('؛ ' if right_to_left(wording) else '; ').join(figures)}"


def latest(story: Story, offset: timezone) -> datetime:
    """When its newest report was published; the end of that day where the reports name no hour."""
    day = max(report.published for report in story.reports)
    return datetime.combine(day, max(_hours(story, day), default=END_OF_DAY), offset)


def earliest(story: Story, offset: timezone) -> datetime:
    """When its first report was published; the start of that day where the reports name no hour."""
    day = min(report.published for report in story.reports)
    return datetime.combine(day, min(_hours(story, day), default=time()), offset)


def updated(digest: Digest, offset: timezone) -> datetime:
    """When its newest report was published, or the end of its last day where it has no stories."""
    moments = [latest(story, offset) for story in digest.stories]
    return max(moments, default=day_end(digest.last, offset))


def day_end(day: date, offset: timezone) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, END_OF_DAY, offset)


def _hours(story: Story, day: date) -> list[time]:
    return [hour for report in story.reports if report.published == day and (hour := _hour(report))]


def _hour(report: Report) -> time | None:
    try:
        return time.fromisoformat(report.hour).replace(tzinfo=None) if report.hour else None
    except ValueError:
        return None


def utc_offset(written: str) -> timezone:
    """``+03:00`` as a time zone."""
    hours, minutes = written[1:].split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if written[0] == "-" else size)


def fingerprint(*parts: str) -> str:
    """Thirty-two hexadecimal digits, the same for the same texts."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:32]
