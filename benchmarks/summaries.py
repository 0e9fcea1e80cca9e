"""Summaries scored beside the lead, the title and the best single sentence, per outlet, with intervals.

    python benchmarks/summaries.py SUMMARIES.parquet [--predictions NAME=FILE.jsonl …] [--articles 300]
        [-o benchmarks/results/summaries.json]

The table has ``id``, ``title``, ``body``, ``summary``, ``outlet`` and ``date``. A file of predictions has
``{"id": …, "summary": …}`` on each line, for every article of the table; it is scored as it is and behind
the guard. From Python, ``train.summary_scores.evaluate`` takes any callable from articles to summaries.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from train.summary_scores import Reference, Summarize, baselines, evaluate, guarded, references

COLUMNS = {
    "rouge1": "R-1",
    "rouge2": "R-2",
    "rougeL": "R-L",
    "chrf": "chrF",
    "new_words": "new words",
    "new_bigrams": "bigrams",
    "unsupported_number": "number",
    "unsupported_name": "name",
    "refused": "refused",
    "words": "words",
}


def main() -> None:
    """Print a table and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("summaries", type=Path)
    parser.add_argument("--predictions", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--articles", type=int, help="articles an outlet (all)")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    held = references(pq.read_table(arguments.summaries).to_pylist())
    held = _sample(held, arguments.articles) if arguments.articles else held
    systems = baselines(held)
    for given in arguments.predictions:
        name, _, path = given.partition("=")
        systems[name] = _written(Path(path))
        systems[f"{name}, guarded"] = guarded(systems[name])
    report = evaluate(held, systems)
    _print(report)
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _sample(held: list[Reference], count: int) -> list[Reference]:
    groups = defaultdict(list)
    for reference in held:
        groups[reference.outlet].append(reference)
    draw = random.Random(1)  # noqa: S311
    return [each for group in groups.values() for each in draw.sample(group, min(count, len(group)))]


def _written(path: Path) -> Summarize:
    """A system that has written its summaries to a file already."""
    lines = path.read_text(encoding="utf-8").splitlines()
    texts = {str(row["id"]): row["summary"] for row in map(json.loads, lines)}

    def summarize(articles: Any) -> list[str | None]:  # noqa: ANN401
        if missing := [article.id for article in articles if article.id not in texts]:
            raise SystemExit(f"{path} has no summary of {len(missing)} articles, the first is {missing[0]}")
        return [texts[article.id] for article in articles]

    return summarize


def _print(report: dict[str, Any]) -> None:
    for outlet, count in report["articles"].items():
        print(f"\n{outlet}: {count} articles; {report['tokenizer']}; intervals are in the file")
        print(f"{'':26}" + "".join(f"{title:>10}" for title in COLUMNS.values()))
        for name, outlets in report["systems"].items():
            means = (outlets[outlet][column][0] for column in COLUMNS)
            print(f"{name:26}" + "".join(f"{mean:10.1f}" for mean in means))


if __name__ == "__main__":
    main()
