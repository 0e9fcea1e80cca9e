"""Uncertain records in the two forms that people correct and `mujaz-train classifier` reads again."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import quoteattr

from infer.cells import guarded, well_formed
from infer.table import OTHER

# Names in Label Studio's labelling interface, which its annotations refer to.
CHOICES, TEXT = "topics", "article"
# Behind a label of a spreadsheet that nobody looked at; no topic is called so, and training refuses it.
UNSEEN = "?"


@dataclass
class Uncertain:
    """A record that a person should look at.

    Attributes:
        id, page, title, summary, published, source, url, topics, model: As in the record.
        distance: Log-odds from its nearest threshold.
        body: Text of its article, None where that was not found.
    """

    id: str
    page: str
    title: str
    summary: str | None
    published: date | None
    source: str | None
    url: str | None
    topics: list[str]
    model: str | None
    distance: float
    body: str | None = None

    def data(self) -> dict[str, str]:
        """What is shown and what is learnt from; the summary stands where there is no text."""
        row = {
            "id": self.id,
            "page": self.page,
            "title": self.title or "",
            "body": (self.summary if self.body is None else self.body) or "",
            "body_is": "summary" if self.body is None else "article",
            "outlet": self.source or "",
            "date": self.published.isoformat() if self.published else "",
            "url": self.url or "",
        }
        return {name: well_formed(text) for name, text in row.items()}


def label_studio(items: Sequence[Uncertain]) -> bytes:
    """Tasks in Label Studio's JSON, the model's answer as a prediction of each.

    A prediction's score grows with the distance from the threshold, from 0.5 to 1, so that sorting by it
    shows first what is least sure.
    """
    tasks = [
        {
            "data": item.data(),
            "predictions": [
                {
                    "model_version": item.model or "",
                    "score": round(1 / (1 + math.exp(-item.distance)), 4),
                    "result": [
                        {
                            "id": f"topics-{number}",
                            "from_name": CHOICES,
                            "to_name": TEXT,
                            "type": "choices",
                            "value": {"choices": item.topics or [OTHER]},
                        }
                    ],
                }
            ],
        }
        for number, item in enumerate(items, 1)
    ]
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def labelling_interface(topics: Sequence[str], arabic: Mapping[str, str]) -> str:
    """Label Studio's labelling interface for these tasks, from right to left.

    People see the Arabic names; annotations hold the topics' own (``alias``).
    """
    named = [(name, arabic.get(name, name)) for name in topics] + [(OTHER, "غير ذلك")]
    choices = "\n".join(
        f"    <Choice value={quoteattr(shown)} alias={quoteattr(name)}/>" for name, shown in named
    )
    return f"""<View style="direction: rtl; text-align: right">
  <Header value="$title"/>
  <Text name="{TEXT}" value="$body"/>
  <Choices name="{CHOICES}" toName="{TEXT}" choice="multiple" required="true" showInline="true">
{choices}
  </Choices>
</View>
"""


def spreadsheet(items: Sequence[Uncertain]) -> bytes:
    """CSV for a spreadsheet: ``labels`` has the model's answer, with a question mark behind it.

    Whoever looks at a row takes the mark off, or writes other topics with ``|`` between them. Training
    refuses labels with the mark, so an answer that nobody looked at is never learnt from.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    for number, item in enumerate(items):
        data = item.data()
        if number == 0:
            rows.writerow([*data, "labels"])
        answer = "|".join(item.topics) or OTHER
        rows.writerow([*map(guarded, data.values()), f"{answer}{UNSEEN}"])
    return text.getvalue().encode("utf-8-sig")
