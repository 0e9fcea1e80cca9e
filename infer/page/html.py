"""An HTML page into its main text and its metadata; nothing is fetched from the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any, NamedTuple

import trafilatura
from trafilatura.settings import Document

from infer.encoding import LEAST_ARABIC, common_share, decode
from infer.hours import Moment, find_moment
from infer.page.furniture import Kind, clean, fold, is_headline, read_lines
from infer.page.times import Times, linked_data

_Tree = Any  # an lxml element; lxml carries no types

# Beyond these a page is read by `_paragraphs` alone, in linear time and without a tree.
_MOST_CHARACTERS = 20_000_000
_MOST_ELEMENTS = 40_000
_MOST_ATTRIBUTES = 40
_MOST_BLOCKS = 2000  # looked through for a date
_LEAST_WORDS = 25
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{3,20})", re.IGNORECASE)
_ARABIC_WORD = re.compile(r"[^\W\d_]*[\u0621-\u064a][\w\u064b-\u0652]*")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TAG_NAME = re.compile(r"/?\s*([a-zA-Z0-9]+)")
_LONG_TAG = re.compile(r"<[^<>]{20000,}>")
_TITLE_TAG = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_SENTENCE = re.compile(r"[.،؛؟!:,]")
_SITE = re.compile(r"\s*[|•·»]\s*|\s+[-–—]\s+")
_NAME = re.compile(r"\w+")
_RAW = frozenset(_NAME.findall("script style noscript template svg textarea select nav footer head"))
_INLINE = frozenset(
    _NAME.findall("a abbr b bdi bdo big cite em font i ins mark q s small span strong sub sup time u wbr")
)


class Page(NamedTuple):
    """What an HTML page holds; a field it does not name is None, the title empty."""

    text: str
    title: str = ""
    published: str | None = None
    published_at: str | None = None
    source: str | None = None
    tags: str = ""
    url: str | None = None


def extract(html: str | bytes) -> Page | None:
    """Take the article's text and metadata out of a page; None where it has no article.

    The text comes from trafilatura, which favours leaving out over letting in; where it finds less
    than the page's own JSON-LD ``articleBody`` holds, that counts; where neither finds anything (or
    the page is too large or too deep for a tree), the text's paragraphs as they stand.

    Raises:
        ValueError: The bytes are not text, or not in a known encoding.
    """
    text = _DECLARATION.sub("", _CONTROL.sub("", html if isinstance(html, str) else decode_page(html)))
    text = _LONG_TAG.sub("<div>", text)  # a picture in a data URI, or thousands of attributes
    if "<" not in text:
        return Page(text)
    tree = _tree(text) if len(text) <= _MOST_CHARACTERS else None
    title = _TITLE_TAG.search(text, 0, 100_000)
    times = Times()
    page = Page("", title=_title(unescape(title[1]), None) if title else "")
    if tree is not None:
        linked = linked_data(tree)
        written, times = _json_ld_body(linked), Times.of(tree, linked)
        page = _read(tree) or page
        if _count(page.text) < max(_LEAST_WORDS, _count(written) // 2) and written:
            page = page._replace(text=written)
    if _count(page.text) < _LEAST_WORDS:
        flat = _paragraphs(text)
        if _count(flat) > _count(page.text):
            page = page._replace(text=flat)
    if page.published is None and (line := _date_line(text)):
        page = page._replace(published=line.day, published_at=line.at)
    elif page.published is not None:
        page = page._replace(published_at=times.on(page.published))
    return page if any(_is_prose(line) for line in page.text.splitlines()) else None


def _is_prose(line: str) -> bool:
    """Say whether a line is a sentence; a menu run together is as long, but has no punctuation."""
    return line.strip() != "" and not is_headline(line) and _SENTENCE.search(line) is not None


def decode_page(data: bytes, charset: str | None = None) -> str:
    """Decode by what the bytes are; a page's declaration is often wrong and counts only where that fails.

    Args:
        data: The page.
        charset: What the page was sent as, which counts last.

    Raises:
        ValueError: The bytes are not text, or not in a known encoding.
    """
    text, fault = "", None
    try:
        text = decode(data)
    except ValueError as error:
        fault = error
    if fault is None and (_is_utf8(data) or _reads_as_arabic(text)):
        return text
    # A page of much markup passes for windows-1256 in whatever code page its few words are.
    declared = _CHARSET.search(data[:4096])
    for name in (declared and declared[1].decode("ascii"), charset):
        try:
            if name:
                return data.decode(name)
        except (LookupError, ValueError):  # no such encoding, or the bytes are not in it
            continue
    if fault is not None:
        raise fault
    return text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_arabic(text: str) -> bool:
    return common_share(" ".join(_ARABIC_WORD.findall(text))) >= LEAST_ARABIC


def _tree(text: str) -> _Tree | None:
    """Parse a page, and loosen what old sites wrap whole articles in; None where it is too large."""
    tree = trafilatura.load_html(text)
    if tree is None:
        return None
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]  # no comments
    if len(elements) > _MOST_ELEMENTS:
        return None
    wrappers: dict[_Tree, int] = {}
    for element in elements:
        if len(element.attrib) > _MOST_ATTRIBUTES:
            element.attrib.clear()
        if element.tag in ("p", "h1") and len(element.text_content()) > 20:
            parent = element.getparent()
            while parent is not None and wrappers.get(parent, 0) < 2:
                wrappers[parent] = wrappers.get(parent, 0) + 1
                parent = parent.getparent()
    for element, paragraphs in wrappers.items():
        if paragraphs >= 2 and element.tag in ("form", "table", "tbody", "tr", "td"):
            element.tag = "div"
    return tree


def _read(tree: _Tree) -> Page | None:
    """Read text and metadata with trafilatura; None where it finds no article."""
    document = trafilatura.bare_extraction(
        tree,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
        # A date guessed from any number in the text is worse than none.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if not isinstance(document, Document):
        return None
    url = document.url or ""
    return Page(
        text=document.text or "",
        title=_title(document.title or "", document.sitename),
        published=document.date,
        source=document.sitename,
        tags=",".join(document.tags or ()),
        url=url if url.startswith(("http://", "https://")) else None,
    )


def _title(title: str, site: str | None) -> str:
    """Take the site's name off the end of a title."""
    title = " ".join(title.split())
    marks = list(_SITE.finditer(title))
    if marks:
        head, mark, tail = title[: marks[-1].start()], marks[-1][0].strip(), title[marks[-1].end() :]
        named = site is not None and (fold(tail) in fold(site) or fold(site) in fold(tail))
        if len(head.split()) >= 3 and (named or (mark == "|" and len(tail.split()) <= 5)):
            return head
    return title


def _json_ld_body(linked: list[dict[str, Any]]) -> str:
    """Return the longest ``articleBody`` of the page's JSON-LD, empty where there is none."""
    bodies = (value.get("articleBody") for value in linked)
    best = max((body for body in bodies if isinstance(body, str)), key=len, default="")
    return "\n".join(_blocks(best)) if "<" in best or "&" in best else best


def _date_line(text: str) -> Moment | None:
    """Return what the page's first labelled date line says; a bare date may be that of the visit."""
    for block in islice(_blocks(text), _MOST_BLOCKS):
        line = next(read_lines(block), None)
        if line is not None and line.kind is Kind.DATE and line.text != clean(block):
            return find_moment(line.text)
    return None


def _paragraphs(text: str) -> str:
    """Return the paragraphs of a page as they stand, without headlines, menus and other short lines."""
    lines = [line for line in _blocks(text) if _is_prose(line)]
    return "\n".join(lines) if sum(map(_count, lines)) >= _LEAST_WORDS else ""


def _blocks(html: str) -> Iterator[str]:
    """Yield the text between block tags, in one pass over the page whatever its nesting."""
    parts: list[str] = []
    at = 0
    while at < len(html):
        start = html.find("<", at)
        start = len(html) if start < 0 else start
        parts.append(html[at:start])
        comment = html.startswith("<!--", start)
        end = html.find("-->" if comment else ">", start)
        end = len(html) if end < 0 else end
        name = _TAG_NAME.match(html, start + 1)
        tag = name[1].lower() if name else ""
        at = end + (3 if comment else 1)
        if tag in _RAW and not html.startswith("</", start):
            end = html.find("</" + tag, at)
            at = len(html) if end < 0 else end
        if not comment and tag not in _INLINE:
            yield from _line(parts)
            parts = []
    yield from _line(parts)


def _line(parts: list[str]) -> Iterator[str]:
    line = " ".join(unescape("".join(parts)).split())
    if line:
        yield line


def _count(text: str) -> int:
    return len(text.split())
