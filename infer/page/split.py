"""A scraped page into its articles.

Scrapers glue stories together: after "اقرأ أيضا" stands sometimes the whole next article, sometimes
only its headline or a list of them, and then the text goes on or ends. What follows the marker decides.
"""

from __future__ import annotations

from dataclasses import replace

from infer.hours import agreed
from infer.page.draft import Draft, to_name, to_tags
from infer.page.furniture import Kind, Line, is_headline, read_lines
from infer.page.glue import KINSHIP, KINSHIP_OPEN, Run, continues, has_dateline, kinship, run_of_headlines
from infer.schema import Article

_LOOKAHEAD = 8


def split_page(text: str, *, page: str, url: str | None = None) -> list[Article]:
    """Cut the text of a scraped page into its articles, in the page's order.

    Furniture (share lines, related headlines, cookie notices, photo credits) is dropped; date, source
    and tags become fields, an agency's dateline the source where the page names none. Bodies keep
    their wording; control, bidi and format characters are taken out and whitespace is collapsed.
    Tags that the page runs together with spaces alone stay one tag.

    Args:
        text: The page's text, a paragraph or headline a line.
        page: File name for the articles' ids, ``<page>#<part>``.
        url: Address of the page, kept on every article.

    Returns:
        Articles with a body that is never empty; none where the page has fewer than three words. A
        page that is one headline comes back as a body without a title.
    """
    return _number(_split(list(read_lines(text))), page=page, url=url)


def from_html(html: str | bytes, *, page: str, url: str | None = None) -> list[Article]:
    """Cut an HTML page into its articles: main text and metadata out of the markup, then as `split_page`.

    What the text itself says of date and source counts before the page's metadata.

    Args:
        html: The page; bytes in any encoding that `infer.encoding.decode` knows, or that it declares.
        page: File name for the articles' ids.
        url: Address of the page, where it names none itself.

    Raises:
        ValueError: The bytes are not text, or not in a known encoding.
    """
    from infer.page.html import extract  # trafilatura takes longer to import than a text page to read

    found = extract(html)
    if found is None:
        return []
    articles = _split(list(read_lines(found.text)), title=found.title)
    articles = _number(articles, page=page, url=found.url or url)
    if articles:
        first = articles[0]
        articles[0] = replace(
            first,
            published=first.published or found.published,
            published_at=first.published_at or agreed(first.published or found.published, found.published_at),
            source=first.source or to_name(found.source),
            tags=first.tags or tuple(to_tags(found.tags)),
        )
    return articles


def _number(articles: list[Article], *, page: str, url: str | None) -> list[Article]:
    return [
        replace(article, id=f"{page}#{part}", page=page, part=part, url=url)
        for part, article in enumerate(articles, 1)
    ]


def _split(lines: list[Line], *, title: str = "") -> list[Article]:
    """Return the articles of a page's lines, without ids; ``title`` is the first one's, where it is known."""
    articles: list[Article] = []
    draft = Draft(title=title)
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.kind is Kind.MARKER and line.text and at == 1 and not title:
            draft.add(Line(Kind.TEXT, line.text))  # "شاهد.. …" may be the page's own headline
        elif line.kind is Kind.MARKER:
            start, at = _after_marker(lines, at, draft, line.text)
            if start is not None:
                articles += draft.finish()
                draft = Draft(title=line.text if start < 0 else "")
                at = at if start < 0 else start
        elif line.kind in (Kind.TEXT, Kind.BULLET):
            if draft.take_value(line.text):
                continue
            if draft.closed == len(draft.lines) and _opens(lines, at - 1):
                articles += draft.finish()
                draft = Draft()
            draft.add(line)
        elif line.kind is Kind.DATE and draft.published and draft.has_prose and _dated_next(lines, at, draft):
            headline = draft.lines.pop()
            articles += draft.finish()
            draft = Draft()
            draft.add(headline)
            draft.label(line)
        else:
            draft.label(line)
    return articles + draft.finish()


def _after_marker(lines: list[Line], at: int, draft: Draft, inline: str) -> tuple[int | None, int]:
    """Decide what a marker opens.

    Returns:
        Index of the next article's first line (-1 where its headline stands on the marker's own line;
        None where there is no next article) and the index to read on from.
    """
    if inline:
        return _after_link(lines, at, draft, inline)
    run = run_of_headlines(lines, at, len(lines), over_markers=True)
    start = _start(lines, run, draft)
    for line in lines[at : run.end if start is None else start]:
        if line.kind not in (Kind.TEXT, Kind.BULLET, Kind.MARKER):
            draft.label(line)
    return start, run.end


def _after_link(lines: list[Line], at: int, draft: Draft, headline: str) -> tuple[int | None, int]:
    """Decide for a headline on the marker's line: a link, unless a closed article is followed by its text."""
    while at < len(lines) and lines[at].kind is Kind.BULLET and is_headline(lines[at].text):
        at += 1
    if draft.closed is not None and at < len(lines) and lines[at].kind is Kind.TEXT:
        below = lines[at].text
        kin = has_dateline(below) or kinship(headline, below) >= KINSHIP
        if kin and not is_headline(below) and not continues(below):
            return -1, at
    return None, at


def _start(lines: list[Line], run: Run, draft: Draft) -> int | None:
    if run.end == len(lines) or (draft.lines and not draft.has_prose and draft.closed is None):
        return None
    paragraph = lines[run.end].text
    kin = {index: kinship(lines[index].text, paragraph) for index in run.headlines}
    akin = max(kin.values(), default=0.0)
    start = max(kin, key=kin.__getitem__) if akin >= KINSHIP else (run.headlines or [run.end])[-1]
    if run.dated or has_dateline(paragraph):
        return start
    if continues(paragraph):
        return None
    if draft.closed is not None or not (draft.lines or draft.title):
        return start
    return start if akin >= KINSHIP_OPEN and len(run.headlines) == 1 and not run.bullets else None


def _opens(lines: list[Line], at: int) -> bool:
    """Say whether a new article begins, without a marker, right after one that its source or tags closed."""
    run = run_of_headlines(lines, at, min(len(lines), at + _LOOKAHEAD), over_markers=False)
    if not run.headlines or run.end == len(lines) or lines[run.end].kind is not Kind.TEXT:
        return False
    paragraph = lines[run.end].text
    if is_headline(paragraph) or continues(paragraph):
        return False
    return run.dated or any(
        len(lines[index].text.split()) >= 4 and kinship(lines[index].text, paragraph) >= KINSHIP
        for index in run.headlines
    )


def _dated_next(lines: list[Line], at: int, draft: Draft) -> bool:
    """Say whether a second date stands below another article's headline, the draft's last line."""
    last = draft.lines[-1]
    if last.kind is not Kind.TEXT or not is_headline(last.text) or len(last.text.split()) < 4:
        return False
    run = run_of_headlines(lines, at, min(len(lines), at + _LOOKAHEAD), over_markers=False)
    return run.end < len(lines) and lines[run.end].kind is Kind.TEXT and not continues(lines[run.end].text)
