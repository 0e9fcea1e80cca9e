"""Articles a second of the shipped topic model beside the same encoder in transformers.

    python benchmarks/label.py [INPUT ...] [-o benchmarks/results/label.json]

Both read the same windows of the same articles. The peer is what one would write without Mujaz: an
encoder of the same shape (random weights: they change no speed) in float32 or bfloat16, batches of 16
in the order they come, padded to the longest. The runs alternate, and the median is reported.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from infer.bundle import available_cores, open_bundle
from infer.inputs import read
from infer.pipeline import default_model
from infer.schema import Article
from infer.topics import TopicModel

BATCH = 16


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    articles = [item for item in read(arguments.inputs) if isinstance(item, Article)]
    articles = (articles * (arguments.articles // len(articles) + 1))[: arguments.articles]
    folder = arguments.model or default_model()
    topic_model = TopicModel.from_pretrained(folder)
    windows = [window.ids for window in topic_model.windows(articles)]
    encoder = _encoder(folder)
    engines: dict[str, Callable[[], object]] = {
        "mujaz (ONNX Runtime, int8)": lambda: topic_model.predict(articles),
        "transformers float32": lambda: _transformers(encoder, windows, torch.float32),
        "transformers bfloat16": lambda: _transformers(encoder, windows, torch.bfloat16),
    }
    seconds = _measure(engines, arguments.runs)
    result = _result(articles, windows, seconds)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("inputs", nargs="*", default=["samples"], help="what to label (samples/)")
    parser.add_argument("--model", type=Path, help="topic model folder (the shipped one)")
    parser.add_argument("--articles", type=int, default=400, help="articles a run (400); inputs are repeated")
    parser.add_argument("--runs", type=int, default=5, help="runs of each engine (5)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _encoder(folder: Path) -> BertModel:
    shape = open_bundle(folder).config["encoder"]
    config = BertConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["feed_forward"],
    )
    return BertModel(config, add_pooling_layer=False).eval()


@torch.inference_mode()
def _transformers(encoder: BertModel, windows: list[list[int]], kind: torch.dtype) -> None:
    for start in range(0, len(windows), BATCH):
        batch = windows[start : start + BATCH]
        longest = max(map(len, batch))
        ids = torch.tensor([window + [1] * (longest - len(window)) for window in batch])
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
            encoder(ids, attention_mask=(ids != 1).long())


def _measure(engines: dict[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Seconds of every run, engines in turn, after one uncounted round."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(runs + 1):
        for name, engine in engines.items():
            start = time.perf_counter()
            engine()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def _result(
    articles: list[Article], windows: list[list[int]], seconds: dict[str, list[float]]
) -> dict[str, object]:
    ours = next(iter(seconds))
    words = sum(len(a.title.split()) + len(a.body.split()) for a in articles)
    return {
        "articles": len(articles),
        "words_an_article": round(words / len(articles)),
        "windows": len(windows),
        "tokens": sum(map(len, windows)),
        "articles_a_second": {n: round(len(articles) / statistics.median(s), 1) for n, s in seconds.items()},
        "times_as_fast_as": {
            name: {
                "median": round(statistics.median(ratios), 2),
                "least": round(min(ratios), 2),
                "most": round(max(ratios), 2),
            }
            for name, runs in seconds.items()
            if name != ours and (ratios := [b / a for a, b in zip(seconds[ours], runs, strict=True)])
        },
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": available_cores(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("onnxruntime", "torch", "transformers")},
        },
    }


if __name__ == "__main__":
    main()
