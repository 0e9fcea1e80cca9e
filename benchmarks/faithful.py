"""What the guard of summaries catches, and what true ones it refuses.

    python benchmarks/faithful.py [-o benchmarks/results/faithful.json] [--show] [--editors SUMMARIES.parquet]

The pairs (``benchmarks/data/faithful-pairs.jsonl``) were written for this project: short articles, true
summaries of each, and the same summaries with one thing changed. The held-out ones (15 of 68 articles) were
written before the rules and are not looked at while they are changed: ``--show`` prints what goes wrong on
the others, and nothing of them.
With ``--editors``, a table of articles and the summaries of their editors: how many are refused, of all and
of those that keep to the article's words (``support`` of 0.95 or more), and how many lead sentences.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from itertools import compress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from timing import publish

from infer.faithful import Source, Verdict, check
from infer.schema import Article
from infer.summary import Lead
from infer.text import words

PAIRS = Path(__file__).parent / "data" / "faithful-pairs.jsonl"
SUPPORT = 0.95


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--editors", type=Path)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    result: dict[str, Any] = {
        name: _pairs([row for row in rows if row["held"] is held], show=arguments.show)
        for name, held in (("held out", True), ("others", False))
        if not (held and arguments.show)
    }
    if arguments.editors:
        result["editors"] = _editors(arguments.editors)
    publish(result, arguments.output)


def _pairs(rows: list[dict[str, Any]], *, show: bool) -> dict[str, Any]:
    caught, tried = Counter[str](), Counter[str]()
    same_kind = refused = true = 0
    for row in rows:
        source = Source.of(Article(row["id"], row["title"], row["body"], published=row["published"]))
        for summary in row["true"]:
            true += 1
            verdict = check(summary, source)
            refused += not verdict.faithful
            if show and not verdict.faithful:
                print("REFUSED", row["id"], summary, *verdict.unsupported, sep="\n    ")
        for altered in row["altered"]:
            tried[altered["kind"]] += 1
            verdict = check(altered["summary"], source)
            caught[altered["kind"]] += not verdict.faithful
            same_kind += any(thing.kind == altered["kind"] for thing in verdict.unsupported)
            if show and verdict.faithful:
                print("MISSED", row["id"], altered["kind"], altered["was"], "->", altered["is"])
    return {
        "articles": len(rows),
        "true": true,
        "true refused": refused,
        "true refused %": round(100 * refused / true, 1),
        "altered": tried.total(),
        "caught": caught.total(),
        "caught %": round(100 * caught.total() / tried.total(), 1),
        "caught and named as what it is": same_kind,
        "by kind": {
            kind: {"altered": n, "caught": caught[kind], "%": round(100 * caught[kind] / n, 1)}
            for kind, n in sorted(tried.items())
        },
    }


def _editors(path: Path) -> dict[str, Any]:
    """Refusals of editors' summaries and of leads, by kind; the time that a check takes."""
    rows = pq.read_table(path).to_pylist()
    articles = [Article(row["id"], row["title"], row["body"], published=row["date"]) for row in rows]
    sources = [Source.of(article) for article in articles]
    # Words are read once and kept, as in a service that has run for a while.
    for row, source in zip(rows, sources, strict=True):
        check(row["summary"], source)
    began = time.process_time()
    verdicts = [check(row["summary"], source) for row, source in zip(rows, sources, strict=True)]
    checked = time.process_time()
    for article, row in zip(articles, rows, strict=True):
        check(row["summary"], article)
    ended = time.process_time()
    faithful = [row["support"] >= SUPPORT for row in rows]
    leads = Lead().summarize(articles)
    return {
        "all": _refusals(verdicts),
        f"support of {SUPPORT}": _refusals(list(compress(verdicts, faithful))),
        "leads refused": sum(
            lead is not None and not check(lead.text, source).faithful
            for lead, source in zip(leads, sources, strict=True)
        ),
        "words an article": round(sum(len(words(row["body"])) for row in rows) / max(len(rows), 1)),
        "milliseconds a check": round(1000 * (checked - began) / max(len(rows), 1), 2),
        "milliseconds a check, article read anew": round(1000 * (ended - checked) / max(len(rows), 1), 2),
    }


def _refusals(verdicts: list[Verdict]) -> dict[str, Any]:
    refused = [verdict for verdict in verdicts if not verdict.faithful]
    kinds = Counter(kind for verdict in refused for kind in {thing.kind for thing in verdict.unsupported})
    return {
        "summaries": len(verdicts),
        "refused": len(refused),
        "refused %": round(100 * len(refused) / max(len(verdicts), 1), 1),
        "refused for": dict(sorted(kinds.items())),
    }


if __name__ == "__main__":
    main()
