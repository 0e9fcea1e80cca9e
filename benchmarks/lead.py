"""Which sentence of an article says best what its editors said of it: ROUGE of ways to choose one.

    python benchmarks/lead.py SUMMARIES.parquet [--articles 300] [-o benchmarks/results/lead.json]

The table has ``title``, ``body``, ``summary`` and ``outlet``. ROUGE counts Arabic words of the normal
form, no stemming (rouge-score's own tokenizer deletes Arabic).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rouge_score.rouge_scorer import RougeScorer
from timing import publish

from infer.schema import Article
from infer.summary import Lead
from infer.text import normalize, sentences, words
from train.rouge import KINDS, ArabicTokenizer

SEARCHED = 6
Row = dict[str, Any]


def main() -> None:
    """Score every way of choosing on every outlet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("summaries", type=Path)
    parser.add_argument("--articles", type=int, default=300, help="articles an outlet (300)")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    rows = _sample(pq.read_table(arguments.summaries).to_pylist(), arguments.articles)
    ways: dict[str, Callable[[Row], str]] = {
        "mujaz lead": _mujaz,
        "first sentence": lambda row: _pick(row, lambda sentence, place: -place),
        "nearest to the headline": lambda row: _pick(row, lambda s, place: _overlap(s, row["title"])),
        "nearest to the headline, early first": lambda row: _pick(
            row, lambda s, place: _overlap(s, row["title"]) - 0.15 * place
        ),
        "nearest to the whole text": lambda row: _pick(row, lambda s, place: _centrality(s, row["body"])),
        "first two sentences": lambda row: " ".join(sentences(row["body"])[:2]),
    }
    result = {name: _score(rows, way) for name, way in ways.items()}
    publish(result, arguments.output)


def _sample(rows: list[Row], count: int) -> list[Row]:
    by_outlet = defaultdict(list)
    for row in rows:
        by_outlet[row["outlet"]].append(row)
    draw = random.Random(1)  # noqa: S311
    return [row for group in by_outlet.values() for row in draw.sample(group, min(count, len(group)))]


def _mujaz(row: Row) -> str:
    [summary] = Lead().summarize([Article(row["id"], row["title"], row["body"])])
    return summary.text if summary else ""


def _pick(row: Row, value: Callable[[str, int], float]) -> str:
    candidates = sentences(row["body"])[:SEARCHED]
    return max(((value(s, i), -i, s) for i, s in enumerate(candidates)), default=(0, 0, ""))[2]


def _overlap(of: str, among: str) -> float:
    """Share of the words of ``among`` that occur in ``of``."""
    wanted, there = set(words(normalize(among))), set(words(normalize(of)))
    return len(wanted & there) / max(len(wanted), 1)


def _centrality(sentence: str, body: str) -> float:
    """How often the sentence's words occur in the whole text, on average."""
    counts = Counter(words(normalize(body)))
    own = words(normalize(sentence))
    return sum(counts[word] for word in own) / max(len(own), 1)


def _score(rows: list[Row], way: Callable[[Row], str]) -> dict[str, dict[str, float]]:
    """Mean F1 × 100 of each outlet, and words a summary."""
    scorer = RougeScorer(list(KINDS), tokenizer=ArabicTokenizer())
    values: dict[str, list[list[float]]] = defaultdict(list)
    for row in rows:
        text = way(row)
        score = scorer.score(row["summary"], text)
        values[row["outlet"]].append([100 * score[kind].fmeasure for kind in KINDS] + [len(text.split())])
    names = [*KINDS, "words"]
    return {
        outlet: {
            name: round(sum(column) / len(column), 1)
            for name, column in zip(names, zip(*v, strict=True), strict=True)
        }
        for outlet, v in values.items()
    }


if __name__ == "__main__":
    main()
