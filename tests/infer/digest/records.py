"""What the tests of reading, choosing and the command share."""

from datetime import date

from infer.digest.reading import Labelled
from infer.outputs.forms import json_line
from tests.infer.archive import TOPICS

DAY = date(2025, 3, 5)


def labelled(number, title, topics=("gaza",), **more):
    """A record as it is read."""
    scores = {name: 0.9 if name in topics else 0.02 for name in TOPICS}
    given = {"page": f"p{number}.txt", "part": 1, "published": DAY, "hour": None, "source": f"مصدر {number}"}
    given |= {"url": None, "review": False, "summary": f"ملخص الخبر: {title}.", "method": "lead"}
    return Labelled(
        id=f"p{number}.txt#1", title=title, topics=tuple(topics), **{**given, "scores": scores, **more}
    )


def row(number, title, topics=("gaza",), *, day="2025-03-05", **more):
    """A record as ``mujaz label -o labels.jsonl`` writes it."""
    scores = {name: 0.9 if name in topics else 0.02 for name in TOPICS}
    given = {"id": f"n{number}", "page": "news.jsonl", "part": number, "title": title, "published": day}
    given |= {"source": f"مصدر {number}", "tags": [], "url": f"https://a.example/{number}"}
    given |= {"topics": list(topics), "scores": scores, "review": False, "summary": f"ملخص: {title}."}
    return given | {"summary_method": "lead", "model": "topics-compact@1a2b3c"} | more


def write(path, rows):
    """A file of JSON lines."""
    path.write_bytes(b"".join(map(json_line, rows)))
    return path
