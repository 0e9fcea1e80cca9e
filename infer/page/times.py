"""The time of publication that the markup of a page gives, out of the tree that is parsed for its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from infer.hours import find_time

_Tree = Any  # an lxml element; lxml carries no types

# Names of meta elements, without separators; what tells of changes ("modified", "updated") is not among them.
_META = frozenset(
    re.findall(
        r"\w+",
        "articlepublishedtime ogpublishedtime ogarticlepublishedtime publishedtime articlepublished published"
        " publishdate publicationdate pubdate date dcdate dcdateissued dctermsdate dctermsissued dcissued"
        " datepublished dateposted parselypubdate sailthrudate cxenseparserecspublishtime articledate",
    )
)
_SEPARATORS = str.maketrans("", "", ":-_. ")
_WITHOUT_OFFSET = len("2025-03-05T14:30")
_LONGEST = 100  # characters of a time
_MOST = 200  # elements that are looked at


@dataclass(frozen=True)
class Times:
    """Times of publication as the page gives them, the surest kind first.

    Attributes:
        kinds: Of meta elements, of articles and of other things in JSON-LD, of marked and of other time
            elements.
    """

    kinds: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, tree: _Tree, linked: list[dict[str, Any]]) -> Self:
        """Read a page's tree and its JSON-LD."""
        meta, marked, other = [], [], []
        for element in tree.iter("meta", "time"):
            if element.tag == "meta":
                names = (element.get(key) or "" for key in ("property", "name", "itemprop"))
                if any(name.lower().translate(_SEPARATORS) in _META for name in names):
                    meta.append(element.get("content") or "")
            elif element.get("pubdate") is not None or "datePublished" in (element.get("itemprop") or ""):
                marked.append(element.get("datetime") or "")
            else:
                other.append(element.get("datetime") or "")
        articles = [value.get("datePublished") for value in linked if _is_article(value)]
        things = [value.get("datePublished") for value in linked if not _is_article(value)]
        return cls(tuple(map(_read, (meta, articles, things, marked, other))))

    def on(self, day: str) -> str | None:
        """The time on a day; None where there is none, or the page has several of its surest kind.

        A page often says one moment at two offsets: the first that has an offset counts then.
        """
        for kind in self.kinds:
            if found := [time for time in kind if time.startswith(day)]:
                sure = [time for time in found if len(time) > _WITHOUT_OFFSET] or found
                moments = {datetime.fromisoformat(time) for time in sure}
                return sure[0] if len(moments) == 1 else None
        return None


def linked_data(tree: _Tree) -> list[dict[str, Any]]:
    """All objects of the page's JSON-LD, however deep they lie."""
    found: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            waiting: list[Any] = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                found.append(value)
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)
    return found


def _is_article(value: dict[str, Any]) -> bool:
    """``NewsArticle``, ``BlogPosting``, or whatever holds a text."""
    return "articleBody" in value or any(kind in str(value.get("@type")) for kind in ("Article", "Posting"))


def _read(texts: list[Any]) -> tuple[str, ...]:
    short = (text for text in texts[:_MOST] if isinstance(text, str) and 0 < len(text) <= _LONGEST)
    return tuple(time for text in short if (time := find_time(text)))
