"""How well copies are found among real articles, and how fast and in how much memory among many.

    python benchmarks/stories.py ARTICLES.parquet [-o benchmarks/results/stories.json]

Two articles count as republished where at least half of the runs of three words of either are the other's
too (Jaccard index of the exact sets, not of MinHash), both of ``FEW_WORDS`` words or more; candidates are
all pairs that have eight words in a row in common.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from infer import stories
from infer.schema import Article
from infer.stories import FEW_WORDS, SIGNATURE, Stories, signatures
from infer.text import normalize, words

RUN = 8
REPUBLISHED = 0.5
# A run of words in more articles than this is a signature or a slogan.
COMMON = 50
SYNTHETIC = (10_000, 100_000, 1_000_000)
AT_ONCE = 512


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    synthetic = [_synthetic(count) for count in SYNTHETIC]  # first, while little else is in memory
    rows = pq.read_table(arguments.articles, columns=["body"])["body"].to_pylist()
    articles = [Article(str(i), "", body) for i, body in enumerate(rows)]
    texts = [words(normalize(article.body).lower()) for article in articles]
    pairs = _exact(texts)
    start = time.perf_counter()
    found = np.concatenate([signatures(articles[i : i + AT_ONCE]) for i in range(0, len(articles), AT_ONCE)])
    signing = time.perf_counter() - start
    report: dict[str, Any] = {
        "articles": len(articles),
        "republished_pairs": sum(share >= REPUBLISHED for share in pairs.values()),
        "ms_an_article_signing": round(1000 * signing / len(articles), 3),
        "by_agreement": {},
        "synthetic": synthetic,
    }
    for limit in (0.4, 0.5, 0.6, 0.7, 0.8):
        stories.AGREEMENT = limit
        report["by_agreement"][str(limit)] = _scores(Stories().place(found), pairs, texts)
    text = json.dumps(report, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


def _exact(texts: list[list[str]]) -> dict[tuple[int, int], float]:
    """Jaccard index of every pair that has eight words in a row in common."""
    owners: dict[int, list[int]] = defaultdict(list)
    for i, found in enumerate(texts):
        if len(found) >= FEW_WORDS:
            for run in {hash(tuple(found[j : j + RUN])) for j in range(len(found) - RUN + 1)}:
                owners[run].append(i)
    pairs = {
        (a, b)
        for places in owners.values()
        if 1 < len(places) <= COMMON
        for k, a in enumerate(places)
        for b in places[k + 1 :]
    }
    return {(a, b): _jaccard(texts[a], texts[b]) for a, b in pairs}


def _jaccard(a: list[str], b: list[str]) -> float:
    left, right = ({tuple(t[i : i + 3]) for i in range(len(t) - 2)} for t in (a, b))
    return len(left & right) / len(left | right)


def _scores(
    placed: stories.Numbers,
    pairs: dict[tuple[int, int], float],
    texts: list[list[str]],
) -> dict[str, Any]:
    """Of pairs of a copy and its story's first article, how many are republished; and how many are found."""
    linked = [(int(s), i) for i, s in enumerate(placed) if s != i and len(texts[i]) >= FEW_WORDS]
    shares = np.array([pairs[p] if p in pairs else _jaccard(texts[p[0]], texts[p[1]]) for p in linked])
    true = [pair for pair, share in pairs.items() if share >= REPUBLISHED]
    return {
        "copies": len(linked),
        "precision": round(float(np.mean(shares >= REPUBLISHED)), 4),
        "precision_at_jaccard_0.4": round(float(np.mean(shares >= 0.4)), 4),
        "recall": round(float(np.mean([placed[a] == placed[b] for a, b in true])), 4),
    }


def _synthetic(count: int) -> dict[str, Any]:
    """Place random signatures, one in ten a copy of an earlier one."""
    draw = np.random.default_rng(0)
    found = Stories()
    start = time.perf_counter()
    last = draw.integers(0, 2**32, (AT_ONCE, SIGNATURE), np.uint32)
    for _ in range(0, count, AT_ONCE):
        now = draw.integers(0, 2**32, (AT_ONCE, SIGNATURE), np.uint32)
        now[::10] = last[::10]
        found.place(now)
        last = now
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "articles": count,
        "us_an_article": round(1e6 * seconds / count, 1),
        "peak_mb": round(peak),
    }


if __name__ == "__main__":
    main()
