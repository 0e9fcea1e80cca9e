"""How well reports of the same event are told from others: precision and recall, fitted weights, seconds.

Pairs of real articles are named by id in ``event-pairs.csv``: articles of two outlets at most a day apart,
about one subject, at all degrees of likeness; 1 is the same event. Those of days with an even ordinal
number fit the weights, the others are reported. Words are weighed among all articles of the days about a
pair whose titles have one of the topics' keywords. Written pairs are ``tests/infer/event-pairs.jsonl``,
weighed among themselves; nothing was fitted to them. Intervals are of 1,000 bootstrap samples of pairs.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import yaml
from sklearn.linear_model import LogisticRegression
from timing import machine, publish

from infer.pipeline import default_model
from infer.schema import Article
from infer.stories.events import LEAST, Told, cosines_of, evidence, group
from infer.text import normalize, sentences
from infer.topics import TopicModel

HERE = Path(__file__).parent
PAIRS, WRITTEN = HERE / "event-pairs.csv", HERE.parent / "tests" / "infer" / "event-pairs.jsonl"
MANY = 5000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    model = TopicModel.from_pretrained(default_model())
    features, same, days = _real(arguments.articles, model)
    fitting = days % 2 == 0
    figures: dict[str, Any] = {"machine": machine(), "real": {"fitted": {}, "pairs": _counts(same[~fitting])}}
    for name, columns in (("words", [0]), ("vectors", [1]), ("both", [0, 1])):
        fitted = LogisticRegression(C=1 / len(columns), max_iter=1000)
        scale = features[fitting].std(0)[columns]
        fitted.fit(features[fitting][:, columns] / scale, same[fitting])
        odds = fitted.decision_function(features[~fitting][:, columns] / scale)
        odds[features[~fitting][:, 0] < LEAST] = -1
        weights = [round(float(w), 2) for w in (*(fitted.coef_[0] / scale), fitted.intercept_[0])]
        figures["real"]["fitted"][name] = {"weights": weights} | _scores(odds > 0, same[~fitting])
    figures["written"] = _written(model)
    figures["seconds_for_5000"] = _seconds(arguments.articles)
    publish(figures, arguments.output)


def _real(path: Path, model: TopicModel) -> tuple[Any, Any, Any]:
    """Cosine of words and of vectors of each pair, whether they are the same event, and their day."""
    with PAIRS.open(encoding="utf-8", newline="") as stream:
        pairs = list(csv.DictReader(stream))
    config = yaml.safe_load((HERE.parent / "configs" / "topics.yaml").read_text(encoding="utf-8"))
    keywords = [normalize(w) for t in config["topics"] for words in t["keywords"] for w in words]
    rows = pq.read_table(path, columns=["id", "date", "title", "body"]).to_pylist()
    by_id, by_day = {row["id"]: row for row in rows}, defaultdict(list)
    for row in rows:
        if row["date"] and row["title"] and any(w in normalize(row["title"]) for w in keywords):
            by_day[row["date"][:10]].append(row)
    features, same, days = [], [], []
    for pair in pairs:
        first, second = by_id[pair["first"]], by_id[pair["second"]]
        day = date.fromisoformat(first["date"][:10])
        about = [row for n in (-1, 0, 1) for row in by_day[str(day + timedelta(n))]]
        ids = {first["id"], second["id"]}
        told = [_told(row) for row in (*(r for r in about if r["id"] not in ids), first, second)]
        *_, last = cosines_of(told)
        a, b = model.vectors([Article("", each.title, each.text) for each in told[-2:]])
        features.append((last[-1], float(a @ b)))
        same.append(int(pair["same"]))
        days.append(day.toordinal())
    return np.array(features), np.array(same), np.array(days)


def _told(row: dict[str, str]) -> Told:
    return Told(row["title"] or "", " ".join(sentences(row["body"] or "")[:2])[:600], row["date"], None)


def _written(model: TopicModel) -> dict[str, Any]:
    pairs = [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    told = [Told(**pair[side]) for pair in pairs for side in ("first", "second")]
    same = np.array([int(pair["same"]) for pair in pairs])
    vectors = model.vectors([Article("", each.title, each.text) for each in told])
    figures: dict[str, Any] = {"pairs": _counts(same)}
    for name, given in (("words", None), ("both", vectors)):
        odds = list(evidence(told, given))
        paired = np.array([odds[2 * i + 1][2 * i] for i in range(len(pairs))])
        groups = {place: number for number, each in enumerate(group(told, given)) for place in each}
        joined = np.array([groups[2 * i] == groups[2 * i + 1] for i in range(len(pairs))])
        apart = sum(len({place // 2 for place in each}) - 1 for each in group(told, given))
        figures[name] = {"compared": _scores(paired > 0, same), "grouped": _scores(joined, same)}
        figures[name]["pairs_joined_to_others"] = apart
    return figures


def _scores(said: Any, same: Any) -> dict[str, Any]:  # noqa: ANN401
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(same), len(same)) for _ in range(1000)]
    scores: dict[str, Any] = {}
    for name, of in (("precision", said), ("recall", same == 1)):
        right = (said & (same == 1)).astype(float)
        shares = [right[d].sum() / max(of[d].sum(), 1) for d in draws]
        low, high = np.percentile(shares, [2.5, 97.5])
        scores[name] = round(float(right.sum() / max(of.sum(), 1)), 3)
        scores[f"{name}_95"] = [round(float(low), 3), round(float(high), 3)]
    return scores


def _counts(same: Any) -> dict[str, int]:  # noqa: ANN401
    return {"same": int(same.sum()), "others": int((same == 0).sum())}


def _seconds(path: Path) -> float:
    rows = pq.read_table(path, columns=["title", "body"]).slice(0, MANY).to_pylist()
    told = [_told(row | {"date": "2025-03-05"}) for row in rows]
    vectors = np.random.default_rng(0).normal(size=(MANY, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = time.perf_counter()
    group(told, vectors)
    return round(time.perf_counter() - start, 1)


if __name__ == "__main__":
    main()
