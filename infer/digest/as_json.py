"""A digest as JSON: ``infer.digest.day`` whole, under the names of its attributes.

    {"format": 1, "first": "2025-03-05", "last": "2025-03-05", "lang": "ar",
     "articles": 9, "outlets": 4, "undated": 1, "review_more": 0,
     "sections": [{"topic": "gaza", "name": "غزة", "more": 0, "stories": [STORY, …]}, …],
     "review": [STORY, …],
     "trend": {"days": ["2025-03-01", …], "counts": {"gaza": [5, …], …}}}

    STORY: {"key": "5a1e00000003", "headline": "…", "method": "lead", "outlets": 1, "topics": ["gaza"],
            "confidence": 0.97,
            "summary": [{"text": "…", "report": 0, "evidence": []}, …],
            "reports": [{"id": "…", "page": "…", "title": "…", "source": "…", "url": "https://…",
                         "published": "2025-03-05", "hour": "09:15", "copy": false}, …],
            "differences": [{"about": "عقدا", "figures": [{"value": "42", "reports": [0, 2]}, …]}, …]}

``report`` and ``reports`` of figures count in the story's own ``reports``, from 0. What may be None in the
model is null. Keys are always there and in the same order, so that the same digest gives the same text.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date

from infer.cells import well_formed
from infer.digest.day import Digest

FORMAT = 1


def as_json(digest: Digest) -> str:
    """The digest as indented JSON, with a line end."""
    text = json.dumps({"format": FORMAT} | asdict(digest), ensure_ascii=False, indent=1, default=_day)
    return well_formed(text) + "\n"


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
