"""A new topic from a few examples: its cross-validated F1, the seconds it takes, and what it changes.

    python benchmarks/topic.py [--model FOLDER] [-o benchmarks/results/topic.json]

The examples, `oil-prices.jsonl`, were written for the project: 26 articles on oil prices, 20 near it and
18 on anything else.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from timing import publish

from infer.bundle import available_cores
from infer.inputs import read
from infer.pipeline import default_model
from infer.schema import Article
from infer.topics import TopicModel
from train.topic import add_topic

EXAMPLES = Path(__file__).with_name("oil-prices.jsonl")
NAME = "oil_prices"


def main() -> None:
    """Add the topic, compare the other topics' scores on the samples, print and write the result."""
    arguments = _arguments()
    folder = arguments.model or default_model()
    samples = [item for item in read(["samples"]) if isinstance(item, Article)]
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        figures = add_topic(NAME, EXAMPLES, folder, Path(scratch) / "model")
        seconds = time.perf_counter() - start
        before = TopicModel.from_pretrained(folder).predict(samples)
        after = TopicModel.from_pretrained(Path(scratch) / "model").predict(samples)
    changed = sum(a.probabilities != b.probabilities[:-1] for a, b in zip(before, after, strict=True))
    result = {key: figures[key] for key in ("examples", "articles", "f1", "f1_95", "precision", "recall")}
    result |= {"seconds": round(seconds, 1), "cores": available_cores()}
    result |= {"samples": len(samples), "samples_whose_other_scores_changed": changed}
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, help="topic model folder (the shipped one)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
