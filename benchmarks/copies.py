"""How well copies are found among real articles, and how fast and in how much memory among many.

    python benchmarks/copies.py ARTICLES.parquet [-o benchmarks/results/copies.json]

Two articles are called republished where the sets of runs of three words of their bodies have a Jaccard index
of one half or more; sets are exact, not estimated by MinHash. Looked at are all pairs of bodies of at least
``FEW_WORDS`` words that have eight words in a row in common, unless those stand in more than 1,000 articles.
A true story is what republished pairs link. Not counted are shorter bodies, which are copies only where they
are the same. Times are of the processor, as others may use it too; memory is measured in a process of its own
for each number of made-up articles.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from timing import machine, publish

from infer.schema import Article
from infer.stories.copies import FEW_WORDS, SIGNATURE, SIMILARITY, Numbers, Stories, signatures
from infer.text import normalize, words

REPUBLISHED = 0.5
INDEXES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SIMILARITIES = (0.4, 0.45, 0.5, 0.55, 0.6, 0.7)
COMMON = 1000
MADE_UP = (10_000, 100_000, 1_000_000)
AT_ONCE = 512

Ids = npt.NDArray[np.int64]
Pairs = dict[tuple[int, int], float]  # Jaccard index by numbers of two articles, the lower first


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    made_up = []  # first, as a process's peak begins with that of the one that started it
    for count in MADE_UP:
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
            made_up.append(fresh.submit(_made_up, count).result())
    rows = pq.read_table(arguments.articles, columns=["title", "body"]).to_pylist()
    articles = [Article(str(i), row["title"] or "", row["body"]) for i, row in enumerate(rows)]
    runs = _runs_of_three(articles)
    pairs = _republished(articles, runs)
    start = time.process_time()
    signed = np.concatenate([signatures(articles[i : i + AT_ONCE]) for i in range(0, len(articles), AT_ONCE)])
    signing = time.process_time() - start
    start = time.process_time()
    Stories().place(signed)
    placing = time.process_time() - start
    true = _joined(pairs, len(articles), any_member=True)
    report = {
        "machine": machine("numpy"),
        "articles": len(articles),
        "of_enough_words": sum(each is not None for each in runs),
        "cpu_us_an_article": {
            "signing": round(1e6 * signing / len(articles), 1),
            "placing": round(1e6 * placing / len(articles), 1),
        },
        "pairs_by_jaccard_index": {str(i): sum(j >= i for j in pairs.values()) for i in INDEXES},
        "by_similarity": {
            str(limit): _scores(Stories(similarity=limit).place(signed), pairs, true, runs)
            for limit in SIMILARITIES
        },
        "chosen_similarity": SIMILARITY,
        "compared_with": {
            name: _drift(_joined(pairs, len(articles), any_member=any_member), pairs, runs)
            for name, any_member in (("the first article", False), ("any member", True))
        },
        "made_up": made_up,
    }
    publish(report, arguments.output)


def _runs_of_three(articles: list[Article]) -> list[Ids | None]:
    """Sorted distinct runs of three words of each article as numbers, exact; None where words are few."""
    vocabulary: dict[str, int] = {}
    found: list[Ids | None] = []
    for article in articles:
        ids = _word_ids(article, vocabulary)
        packed = ids[:-2] << 42 | ids[1:-1] << 21 | ids[2:] if len(ids) >= FEW_WORDS else None
        found.append(None if packed is None else np.unique(packed))
    if len(vocabulary) > 1 << 21:
        raise SystemExit("more different words than 21 bits can number: give fewer articles")
    return found


def _word_ids(article: Article, vocabulary: dict[str, int]) -> Ids:
    text = words(normalize(article.body).lower())
    return np.array([vocabulary.setdefault(word, len(vocabulary)) for word in text], np.int64)


def _republished(articles: list[Article], runs: list[Ids | None]) -> Pairs:
    """The Jaccard index of every pair that has eight words in a row in common."""
    vocabulary: dict[str, int] = {}
    keys, owners = [], []
    for i, article in enumerate(articles):
        if runs[i] is not None:
            ids = _word_ids(article, vocabulary).astype(np.uint64)
            eight = np.zeros(len(ids) - 7, np.uint64)
            for j in range(8):
                eight = (eight ^ (ids[j : len(ids) - 7 + j] + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
                eight ^= eight >> np.uint64(29)
            distinct = np.unique(eight)
            keys.append(distinct)
            owners.append(np.full(len(distinct), i, np.int64))
    key, owner = np.concatenate(keys), np.concatenate(owners)
    order = np.argsort(key, kind="stable")
    key, owner = key[order], owner[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.append(starts, len(key)))
    candidates = set()
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        if size <= COMMON:
            members = owner[start : start + size].tolist()
            candidates.update((a, b) for k, a in enumerate(members) for b in members[k + 1 :])
    return {pair: _jaccard(runs, *pair) for pair in sorted(candidates)}


def _jaccard(runs: list[Ids | None], a: int, b: int) -> float:
    left, right = runs[a], runs[b]
    if left is None or right is None:
        return 0.0
    both = len(np.intersect1d(left, right, assume_unique=True))
    return both / (len(left) + len(right) - both)


def _joined(pairs: Pairs, count: int, *, any_member: bool) -> Numbers:
    """Stories by the exact index: an article joins that of the earlier article most like it.

    With ``any_member`` stories that an article links become one, so that they are what pairs link.
    """
    earlier = defaultdict(list)
    for (a, b), index in pairs.items():
        if index >= REPUBLISHED:
            earlier[b].append((-index, a))
    stories = np.arange(count)
    members: dict[int, list[int]] = {}
    for i in range(count):
        if any_member:
            linked = {int(stories[a]) for _, a in earlier[i]} | {i}
            first = min(linked)
            together = [each for story in sorted(linked) for each in members.pop(story, [story])]
            members[first] = together
            stories[together] = first
        elif firsts := [pair for pair in sorted(earlier[i]) if stories[pair[1]] == pair[1]]:
            stories[i] = firsts[0][1]
    return stories


def _scores(stories: Numbers, pairs: Pairs, true: Numbers, runs: list[Ids | None]) -> dict[str, Any]:
    """Of copies and their first articles; of republished pairs; of whole stories (B-cubed)."""
    copies = [(int(story), i) for i, story in enumerate(stories) if story != i and runs[i] is not None]
    indexes = np.array([pairs[pair] if pair in pairs else _jaccard(runs, *pair) for pair in copies])
    recall = {
        f"recall_of_pairs_from_{limit}": round(
            float(np.mean([stories[a] == stories[b] for (a, b), j in pairs.items() if j >= limit])), 3
        )
        for limit in (0.4, 0.5, 0.6, 0.7)
    }
    return {
        "copies": len(copies),
        **{f"precision_from_{limit}": round(float(np.mean(indexes >= limit)), 3) for limit in (0.4, 0.5)},
        **recall,
        "story_precision": _shared(stories, true, runs),
        "story_recall": _shared(true, stories, runs),
    }


def _shared(stories: Numbers, others: Numbers, runs: list[Ids | None]) -> float:
    """B-cubed: of an article's story the share that is in its other story too, mean of those with company."""
    long = [i for i, each in enumerate(runs) if each is not None]
    sizes = Counter(stories[long].tolist())
    both = Counter(zip(stories[long].tolist(), others[long].tolist(), strict=True))
    several = [i for i in long if sizes[stories[i]] > 1]
    return round(float(np.mean([both[stories[i], others[i]] / sizes[stories[i]] for i in several])), 3)


def _drift(stories: Numbers, pairs: Pairs, runs: list[Ids | None]) -> dict[str, Any]:
    members = defaultdict(list)
    for i, story in enumerate(stories.tolist()):
        members[story].append(i)
    within = [
        pairs[a, b] if (a, b) in pairs else _jaccard(runs, a, b)
        for story in members.values()
        for k, a in enumerate(story)
        for b in story[k + 1 :]
    ]
    return {
        "copies": int(np.sum(stories != np.arange(len(stories)))),
        "largest_story": max(map(len, members.values())),
        "pairs_within_stories": len(within),
        "of_them_republished": round(float(np.mean(np.array(within) >= REPUBLISHED)), 3),
    }


def _made_up(count: int) -> dict[str, Any]:
    """Place random signatures, one in ten a copy of an earlier one with a quarter of its minima changed."""
    before = _peak()
    draw = np.random.default_rng(0)
    found, copies, seconds = Stories(), 0, 0.0
    last = draw.integers(0, 2**32, (AT_ONCE, SIGNATURE), np.uint32)
    for start in range(0, count, AT_ONCE):
        now = draw.integers(0, 2**32, (min(AT_ONCE, count - start), SIGNATURE), np.uint32)
        now[::10, SIGNATURE // 4 :] = last[: len(now) : 10, SIGNATURE // 4 :]
        begun = time.process_time()
        stories = found.place(now)
        seconds += time.process_time() - begun
        copies += int(np.sum(stories != np.arange(start, start + len(now))))
        last = now
    return {
        "articles": count,
        "copies": copies,
        "cpu_us_an_article": round(1e6 * seconds / count, 1),
        "peak_mb": round(_peak()),
        "of_that_before_the_first_mb": round(before),
    }


def _peak() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
