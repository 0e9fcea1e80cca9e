"""The digest as an Atom feed (RFC 4287): an entry a story."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timezone

from lxml import etree
from lxml.builder import E as HTML
from lxml.builder import ElementMaker

from infer.digest import FORMS
from infer.digest.config import DigestConfig, Wording
from infer.digest.day import Digest, Report, Story
from infer.digest.plain import (
    earliest,
    harmless,
    latest,
    report_facts,
    said,
    story_facts,
    told,
    updated,
    utc_offset,
    with_isolates,
)
from infer.digest.runs import runs
from infer.digest.wording import byline, isolated, number, title

NAMESPACE = "http://www.w3.org/2005/Atom"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_IDENTITY = uuid.uuid5(uuid.NAMESPACE_OID, "mujaz digest")
_atom = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})


def atom(digest: Digest, config: DigestConfig) -> bytes:
    """Write a digest as a feed in UTF-8; the same digest gives the same bytes.

    Every story of a section is an entry. Stories in review are none, as nobody has said what they are about.
    The feed's id depends on where and by whom it is published, an entry's on its story, its day and the same.
    """
    digest = harmless(digest)
    wording = config.words(digest.lang)
    offset = utc_offset(config.publishing.utc_offset)
    feed = _atom.feed(
        {LANGUAGE: digest.lang},
        _atom.id(_identity(config, digest.lang)),
        _atom.title(wording.name),
        _atom.subtitle(f"{title(digest, wording)} · {said(digest, wording)}"),
        _atom.updated(updated(digest, offset).isoformat()),
        _atom.author(_atom.name(config.publishing.author)),
        _atom.generator("Mujaz"),
    )
    if address := config.publishing.address:
        feed.append(_atom.link(rel="alternate", type="text/html", href=str(address)))
        feed.append(_atom.link(rel="self", type="application/atom+xml", href=f"{address}{FORMS['atom']}"))
    feed.extend(_entry(story, digest, config, offset) for story in digest.stories)
    written: bytes = etree.tostring(feed, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def anchor(story: Story) -> str:
    """Where the story stands on the page, after the ``#``: the id of its element there."""
    return story.key


def _identity(config: DigestConfig, *parts: str) -> str:
    publishing = config.publishing
    return uuid.uuid5(_IDENTITY, "\n".join([str(publishing.address), publishing.author, *parts])).urn


def _entry(story: Story, digest: Digest, config: DigestConfig, offset: timezone) -> etree._Element:
    entry = _atom.entry(
        _atom.id(_identity(config, "story", story.key, digest.last.isoformat())),
        _atom.title({LANGUAGE: "ar"}, with_isolates(story.headline)),
        _atom.updated(latest(story, offset).isoformat()),
        _atom.published(earliest(story, offset).isoformat()),
        *_links(story, config),
        *(
            _atom.category(term=topic, label=config.topic_name(topic, digest.lang))
            for topic in dict.fromkeys(story.topics)
        ),
    )
    if story.summary:
        summary = " ".join(sentence.text for sentence in story.summary)
        entry.append(_atom.summary({LANGUAGE: "ar"}, with_isolates(summary), type="text"))
    html = etree.tostring(_content(story, digest, config), method="html", encoding="unicode")
    entry.append(_atom.content(html, type="html"))
    return entry


def _links(story: Story, config: DigestConfig) -> Iterator[etree._Element]:
    """The story on the digest's page, else at its first source; its sources."""
    sources = list(dict.fromkeys(report.url for report in story.reports if report.url))
    if address := config.publishing.address:
        yield _atom.link(rel="alternate", type="text/html", href=f"{address}#{anchor(story)}")
    elif sources:
        yield _atom.link(rel="alternate", type="text/html", href=sources[0])
    for source in sources:
        yield _atom.link(rel="via", type="text/html", href=source)


def _content(story: Story, digest: Digest, config: DigestConfig) -> etree._Element:
    wording = config.words(digest.lang)
    content = HTML.div(_frame(digest.lang))
    if story.summary:
        content.append(HTML.p({"dir": "rtl", "lang": "ar"}, *_sentences(story, wording)))
    if facts := story_facts(story, config, digest.lang):
        content.append(HTML.p(" · ".join(facts)))
    if story.differences:
        listed = (HTML.li(told(each, story, wording)) for each in story.differences)
        content.extend([HTML.p(f"{wording.differences}:"), HTML.ul(*listed)])
    content.extend(
        [HTML.p(f"{wording.sources}:"), HTML.ol(*(_source(each, wording) for each in story.reports))]
    )
    return content


def _frame(lang: str) -> dict[str, str]:
    return {"dir": "rtl" if lang == "ar" else "ltr", "lang": lang}


def _sentences(story: Story, wording: Wording) -> Iterator[str | etree._Element]:
    for sentence in story.summary:
        for run, other in runs(sentence.text):
            yield HTML.span(run, dir="ltr") if other else run
        mark, url = f"[{number(wording, sentence.report + 1)}]", story.reports[sentence.report].url
        yield " "
        yield HTML.a(mark, href=url) if url else mark
        yield " "


def _source(report: Report, wording: Wording) -> etree._Element:
    name = isolated(byline(report, wording))
    facts = "".join(f" · {fact}" for fact in report_facts(report, wording))
    return HTML.li(HTML.a(name, href=report.url) if report.url else name, facts)
