"""How well reports of one event are found, by words, by vectors and by both, and how fast.

    python benchmarks/events.py ARTICLES.parquet [--fit] [-o benchmarks/results/events.json]

Real reports are titles and lead sentences of articles whose ids stand in ``benchmarks/data/event-pairs.csv``
(pairs over the range of likeness, few of one outlet) and ``event-days.csv`` (every article on topic of some
days, with its event). Both are split by spans of ten days: one half chose the signals, weights and limits,
the other reports. A pair is compared amid the reports of its half from the day before to the day after.
Written pairs (``tests/infer/event-pairs.jsonl``) chose nothing. ``--fit`` fits the weights to the choosing
half and prints them, with the loss in cross-validation without each signal. Times are of the processor, as
others may use it too.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from timing import machine, publish

from infer.pipeline import default_model
from infer.schema import Article
from infer.stories.events import TOGETHER, Comparison, Signals, Told, group
from infer.summary import Lead
from infer.topics import TopicModel

HERE = Path(__file__).parent
PAIRS, DAYS = HERE / "data" / "event-pairs.csv", HERE / "data" / "event-days.csv"
WRITTEN = HERE.parent / "tests" / "infer" / "event-pairs.jsonl"
# Of the day's pairs in the fit: they are many, nearly all plainly different.
DAY_WEIGHT = 0.35
SAMPLES, MANY = 2000, 5000

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Pair(NamedTuple):
    """What is measured of a pair: its signals, whether it is one event, and the day it is of."""

    signals: tuple[float, ...]
    same: bool
    day: int
    weight: float


class Known(NamedTuple):
    """Labelled reports of one half."""

    told: dict[str, Told]
    vectors: dict[str, npt.NDArray[np.float32]]
    pairs: list[tuple[str, str, bool]]
    days: list[dict[str, str]]  # event by id


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    model = TopicModel.from_pretrained(default_model())
    choosing, reporting = (_read(arguments.articles, half, model) for half in ("choose", "report"))
    if arguments.fit:
        _fit(choosing)
        return
    chosen = _measured(choosing)
    limit = _best_limit([pair for pair in chosen if pair.weight == 1])
    result: dict[str, Any] = {"machine": machine("numpy"), "limit_of_vectors_alone": round(limit, 4)}
    for name, known in (("choosing half", choosing), ("reporting half", reporting)):
        measured = _measured(known)
        result[name] = {
            "drawn pairs": _by_signals([pair for pair in measured if pair.weight == 1], limit),
            "pairs of whole days": _by_signals([pair for pair in measured if pair.weight < 1], limit),
            "grouping of whole days": _grouping(known),
        }
    result["written"] = _written(model, limit)
    result["processor_seconds"] = _seconds(arguments.articles)
    publish(result, arguments.output)


def _read(path: Path, half: str, model: TopicModel) -> Known:
    pairs = [row for row in _rows(PAIRS) if row["half"] == half and row["label"] != "unsure"]
    events = [row for row in _rows(DAYS) if row["half"] == half]
    ids = {row[name] for row in pairs for name in ("first", "second")} | {row["id"] for row in events}
    columns = ["id", "outlet", "date", "title", "body"]
    rows = pq.read_table(path, columns=columns, filters=[("id", "in", sorted(ids))]).to_pylist()
    leads = Lead().summarize([Article(row["id"], row["title"], row["body"]) for row in rows])
    told = {
        row["id"]: Told(row["title"], lead.text if lead else "", row["date"][:10], row["outlet"])
        for row, lead in zip(rows, leads, strict=True)
    }
    if missing := ids - told.keys():
        raise SystemExit(
            f"{path}: lacks {len(missing)} of {len(ids)} labelled articles, {min(missing)} first"
        )
    days: dict[str, dict[str, str]] = {}
    for row in events:
        days.setdefault(row["event"].split("/")[0], {})[row["id"]] = row["event"]
    vectors = dict(zip(told, _vectors(model, list(told.values())), strict=True))
    named = [(row["first"], row["second"], row["label"] == "same") for row in pairs]
    return Known(told, vectors, named, list(days.values()))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _vectors(model: TopicModel, reports: Sequence[Told]) -> npt.NDArray[np.float32]:
    return model.vectors([Article(str(i), told.title, told.text) for i, told in enumerate(reports)])


def _day(told: Told) -> int:
    return date.fromisoformat((told.published or "")[:10]).toordinal()


def _measured(known: Known) -> list[Pair]:
    """Signals of all labelled pairs, each amid the reports of its days."""
    found = []
    for first, second, same in known.pairs:
        days = sorted((_day(known.told[first]), _day(known.told[second])))
        amid = [i for i, told in known.told.items() if days[0] - 1 <= _day(told) <= days[1] + 1]
        signals = _comparison(known, amid).with_all(amid.index(first))
        found.append(Pair(_at(signals, amid.index(second)), same, days[0], 1))
    for events in known.days:
        ids = list(events)
        comparison = _comparison(known, ids)
        for i, first in enumerate(ids):
            signals = comparison.with_all(i)
            for j in range(i):
                same = events[first] == events[ids[j]]
                found.append(Pair(_at(signals, j), same, _day(known.told[first]), DAY_WEIGHT))
    return found


def _comparison(known: Known, ids: list[str]) -> Comparison:
    return Comparison([known.told[i] for i in ids], np.stack([known.vectors[i] for i in ids]))


def _at(signals: Signals, place: int) -> tuple[float, ...]:
    return tuple(float(values[place]) for values in signals if values is not None)


def _probability(pairs: Sequence[Pair], *, vectors: bool) -> Floats:
    columns = [np.array(values, np.float32) for values in zip(*(pair.signals for pair in pairs), strict=True)]
    signals = Signals(columns[0], columns[1], columns[2], columns[3] > 0, columns[4] if vectors else None)
    return signals.probability().astype(np.float64)


def _best_limit(pairs: Sequence[Pair]) -> float:
    """The cosine of vectors at which F1 is highest."""
    same = np.array([pair.same for pair in pairs])
    cosines = np.array([pair.signals[4] for pair in pairs])
    return float(max(cosines, key=lambda limit: _scores(cosines >= limit, same)[2]))


def _scores(found: Flags, same: Flags) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    both = int((found & same).sum())
    precision, recall = both / max(int(found.sum()), 1), both / max(int(same.sum()), 1)
    return precision, recall, 2 * both / max(int(found.sum() + same.sum()), 1)


def _by_signals(pairs: Sequence[Pair], limit: float) -> dict[str, Any]:
    same = np.array([pair.same for pair in pairs])
    cosines = np.array([pair.signals[4] for pair in pairs])
    return {
        "pairs": len(pairs),
        "same": int(same.sum()),
        "words": _with_intervals(_probability(pairs, vectors=False) >= TOGETHER, same),
        "vectors": _with_intervals(cosines >= limit, same),
        "both": _with_intervals(_probability(pairs, vectors=True) >= TOGETHER, same),
    }


def _with_intervals(found: Flags, same: Flags) -> dict[str, list[float]]:
    """Each score with the ends of its 95% bootstrap interval."""
    draw = np.random.default_rng(0)
    samples = [_scores(found[k], same[k]) for k in draw.integers(0, len(same), (SAMPLES, len(same)))]
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    return {
        name: [round(float(value), 3) for value in values]
        for name, *values in zip(("precision", "recall", "f1"), _scores(found, same), low, high, strict=True)
    }


def _grouping(known: Known) -> dict[str, Any]:
    """Of whole days: pairs within groups, and B-cubed over all reports (one alone counts too)."""
    return {
        name: [_grouped(known, events, vectors=vectors) for events in known.days]
        for name, vectors in (("words", False), ("both", True))
    }


def _grouped(known: Known, events: dict[str, str], *, vectors: bool) -> dict[str, Any]:
    ids = list(events)
    given = np.stack([known.vectors[i] for i in ids]) if vectors else None
    groups = group([known.told[i] for i in ids], given)
    of = {place: number for number, members in enumerate(groups) for place in members}
    size = Counter(events.values())
    together = [(a, b) for a in range(len(ids)) for b in range(a)]
    found = np.array([of[a] == of[b] for a, b in together])
    same = np.array([events[ids[a]] == events[ids[b]] for a, b in together])
    shared = [sum(events[ids[j]] == events[ids[i]] for j in groups[of[i]]) for i in range(len(ids))]
    return {
        "first": min(known.told[i].published or "" for i in ids),
        "reports": len(ids),
        "events": len(size),
        "groups": len(groups),
        "pairs": dict(
            zip(("precision", "recall", "f1"), np.round(_scores(found, same), 3).tolist(), strict=True)
        ),
        "b_cubed_precision": round(float(np.mean([n / len(groups[of[i]]) for i, n in enumerate(shared)])), 3),
        "b_cubed_recall": round(float(np.mean([n / size[events[ids[i]]] for i, n in enumerate(shared)])), 3),
    }


def _written(model: TopicModel, limit: float) -> dict[str, Any]:
    """Of the written pairs, each amid all of them, and each alone."""
    rows = [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    reports = [Told(**row[name]) for row in rows for name in ("first", "second")]
    vectors = _vectors(model, reports)
    comparison = Comparison(reports, vectors)
    pairs = [
        Pair(_at(comparison.with_all(2 * i), 2 * i + 1), row["same"], 0, 1) for i, row in enumerate(rows)
    ]
    same = np.array([row["same"] for row in rows])
    result = _by_signals(pairs, limit)
    for name, given in (("words", None), ("both", vectors)):
        groups = group(reports, given)
        of = {place: number for number, members in enumerate(groups) for place in members}
        found = np.array([of[2 * i] == of[2 * i + 1] for i in range(len(rows))])
        result[f"{name}, grouped"] = _with_intervals(found, same)
        result[f"{name}, of different pairs together"] = sum(
            i // 2 != j // 2 for members in groups for i in members for j in members if i < j
        )
        alone = [
            len(group(reports[k : k + 2], None if given is None else given[k : k + 2])) == 1
            for k in range(0, len(reports), 2)
        ]
        result[f"{name}, two reports alone"] = _with_intervals(np.array(alone), same)
    return result


def _seconds(path: Path) -> dict[str, float]:
    """For reports that share words as real ones do: titles and first words of articles, put on two days."""
    rows = pq.read_table(path, columns=["outlet", "title", "body"]).slice(0, MANY).to_pylist()
    reports = [
        Told(row["title"] or "", " ".join(row["body"].split()[:40]), f"2025-03-0{1 + i % 2}", row["outlet"])
        for i, row in enumerate(rows)
    ]
    draw = np.random.default_rng(0).normal(size=(MANY, 384)).astype(np.float32)
    vectors = draw / np.linalg.norm(draw, axis=1, keepdims=True)
    return {
        f"{MANY} reports": _timed(lambda: group(reports)),
        f"{MANY} reports with vectors": _timed(lambda: group(reports, vectors)),
    }


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return round(time.process_time() - start, 2)


def _fit(known: Known) -> None:
    """Print weights for ``infer/stories/events.py``, and what each signal is good for."""
    from sklearn.linear_model import LogisticRegression

    pairs = _measured(known)
    names = ("whole", "title", "days", "outlet", "vectors")
    table = np.array([pair.signals for pair in pairs])
    same, weight = np.array([pair.same for pair in pairs]), np.array([pair.weight for pair in pairs])
    days = np.array([pair.day for pair in pairs])

    def fitted(columns: list[int], rows: Flags) -> tuple[float, Floats]:
        x = table[rows][:, columns]
        middle, spread = x.mean(0), x.std(0)
        model = LogisticRegression().fit((x - middle) / spread, same[rows], weight[rows])
        slopes = model.coef_[0] / spread
        return float(model.intercept_[0] - slopes @ middle), slopes

    def loss(columns: list[int]) -> float:
        total = 0.0
        for fold in range(8):
            held = days // 2 % 8 == fold
            constant, slopes = fitted(columns, ~held)
            odds = constant + table[held][:, columns] @ slopes
            total += float((weight[held] * np.log1p(np.exp(np.where(same[held], -odds, odds)))).sum())
        return total / float(weight.sum())

    for title, columns in (("WORDS", [0, 1, 2, 3]), ("BOTH", [0, 1, 2, 3, 4])):
        constant, slopes = fitted(columns, np.ones(len(pairs), bool))
        print(
            title, round(constant, 2), *(f"{names[c]}={s:.2f}" for c, s in zip(columns, slopes, strict=True))
        )
        print("  loss", round(loss(columns), 4))
        for left in columns:
            print(f"  without {names[left]}", round(loss([c for c in columns if c != left]), 4))


if __name__ == "__main__":
    main()
