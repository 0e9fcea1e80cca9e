"""Articles a second of the shipped topic model beside what one would run without Mujaz.

    python benchmarks/label.py [INPUT ...] [--arabert FOLDER] [-o benchmarks/results/label.json]

All read the same articles. The peers are encoders of the same shape (random weights: they change no
speed) in transformers in float32, in bfloat16 where the processor multiplies it, and in OpenVINO where
that is installed, over the same windows; and one of AraBERT-base's shape in transformers float32, over
windows of its own vocabulary (``benchmarks/arabert_shape.py`` makes one). Peers get windows sorted by
length, and each the batch size that suits it best. The runs alternate, and the median is reported.
Beside it: what one short article costs from a shell, in seconds and memory.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from timing import machine, measure, publish, times_as_fast
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from infer.bundle import open_bundle
from infer.inputs import read
from infer.pipeline import default_model
from infer.schema import Article
from infer.text import prepare
from infer.topics import TopicModel
from train.trainer import multiplies_bf16

BATCHES = (4, 16, 64)
# Windows that choose the batch size.
TRIED = 64
# Runs a command and tells the most memory it took; from here it would count this process's own too.
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
Windows = list[list[int]]
Run = Callable[[np.ndarray, np.ndarray], object]


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    articles = [item for item in read(arguments.inputs) if isinstance(item, Article)]
    articles = (articles * (arguments.articles // len(articles) + 1))[: arguments.articles]
    folder = arguments.model or default_model()
    topic_model = TopicModel.from_pretrained(folder)
    windows = sorted((window.ids for window in topic_model.windows(articles)), key=len)
    engines: dict[str, Callable[[], object]] = {
        "mujaz (ONNX Runtime, int8)": lambda: topic_model.predict(articles)
    }
    batches = {}
    for name, run, read_by_it in _peers(folder, windows, arguments.arabert, articles):
        batches[name] = _best_batch(run, read_by_it)
        engines[name] = lambda run=run, w=read_by_it, n=batches[name]: _in_batches(run, w, n)  # type: ignore[misc]
    result = _result(articles, windows, measure(engines, arguments.runs))
    result["batch_sizes"] = batches
    result["one_article_from_a_shell"] = _cold_start(folder, articles[0], arguments.runs)
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("inputs", nargs="*", default=["samples"], help="what to label (samples/)")
    parser.add_argument("--model", type=Path, help="topic model folder (the shipped one)")
    parser.add_argument("--arabert", type=Path, help="encoder of AraBERT-base's shape, with its tokenizer")
    parser.add_argument("--articles", type=int, default=400, help="articles a run (400); inputs are repeated")
    parser.add_argument("--runs", type=int, default=5, help="runs of each engine (5)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _peers(
    folder: Path, windows: Windows, arabert: Path | None, articles: list[Article]
) -> list[tuple[str, Run, Windows]]:
    """Name, engine and windows of every peer that can run here."""
    shape = open_bundle(folder).config["encoder"]
    compact = BertModel(
        BertConfig(
            vocab_size=shape["vocabulary"],
            hidden_size=shape["width"],
            num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"],
            intermediate_size=shape["feed_forward"],
        ),
        add_pooling_layer=False,
    ).eval()
    peers = [("transformers float32", _transformers(compact, torch.float32), windows)]
    if multiplies_bf16():
        peers.append(("transformers bfloat16", _transformers(compact, torch.bfloat16), windows))
    else:
        print("no instructions for bfloat16 here, which would crawl: left out", file=sys.stderr)
    try:
        peers.append(("OpenVINO", _openvino(compact), windows))
    except ModuleNotFoundError:
        print("openvino is not installed: left out", file=sys.stderr)
    if arabert:
        large = BertModel.from_pretrained(arabert, add_pooling_layer=False).eval()
        longer = _arabert_windows(arabert, articles)
        name = "AraBERT-base's shape, transformers float32"
        peers.append((name, _transformers(large, torch.float32), longer))
    return peers


def _transformers(encoder: BertModel, kind: torch.dtype) -> Run:
    @torch.inference_mode()
    def run(ids: np.ndarray, mask: np.ndarray) -> object:
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
            return encoder(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))

    return run


def _openvino(encoder: BertModel) -> Run:
    import openvino  # type: ignore[import-untyped]

    example = {"input_ids": torch.ones(2, 8, dtype=torch.int64)}
    example["attention_mask"] = torch.ones_like(example["input_ids"])
    with torch.inference_mode():
        model = openvino.compile_model(openvino.convert_model(encoder, example_input=example), "CPU")
    return lambda ids, mask: model({"input_ids": ids, "attention_mask": mask})


def _arabert_windows(folder: Path, articles: list[Article]) -> Windows:
    """The articles in as many windows of 128 as they need, as Mujaz would cut them for this model."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(128, stride=32, strategy="only_second")
    first = [
        tokenizer.encode(prepare(a.title, "arabert-v02"), prepare(a.body, "arabert-v02")) for a in articles
    ]
    return sorted((w.ids for e in first for w in (e, *e.overflowing)), key=len)


def _in_batches(run: Run, windows: Windows, size: int) -> None:
    for start in range(0, len(windows), size):
        batch = windows[start : start + size]
        ids = np.ones((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(batch):
            ids[row, : len(window)], mask[row, : len(window)] = window, 1
        run(ids, mask)


def _best_batch(run: Run, windows: Windows) -> int:
    """The batch size that reads windows from all lengths fastest."""
    some = windows[:: max(1, len(windows) // TRIED)]
    seconds = {}
    for size in BATCHES:
        _in_batches(run, some[:size], size)
        start = time.perf_counter()
        _in_batches(run, some, size)
        seconds[size] = time.perf_counter() - start
    return min(seconds, key=lambda size: seconds[size])


def _cold_start(folder: Path, article: Article, runs: int) -> dict[str, float]:
    """Seconds and memory of `mujaz label` on one article, from the start of the process to its end."""
    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.txt"
        page.write_text(f"{article.title}\n\n{article.body}\n", encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("mujaz")),
            "label",
            str(page),
            "-o",
            f"{scratch}/out.jsonl",
            "--method",
            "lead",
        ]
        for _ in range(runs + 1):
            start = time.perf_counter()
            told = subprocess.run(  # noqa: S603
                [sys.executable, "-c", PEAK, *command, "--model", str(folder)],
                check=True,
                capture_output=True,
                text=True,
            )
            seconds.append(time.perf_counter() - start)
    peak = int(told.stdout.split()[-1]) / 1e3
    return {"seconds": round(statistics.median(seconds[1:]), 2), "peak_memory_mb": round(peak)}


def _result(
    articles: list[Article], windows: list[list[int]], seconds: dict[str, list[float]]
) -> dict[str, Any]:
    words = sum(len(a.title.split()) + len(a.body.split()) for a in articles)
    return {
        "articles": len(articles),
        "words_an_article": round(words / len(articles)),
        "windows": len(windows),
        "tokens": sum(map(len, windows)),
        "articles_a_second": {n: round(len(articles) / statistics.median(s), 1) for n, s in seconds.items()},
        "times_as_fast_as": times_as_fast(seconds),
        "machine": machine("onnxruntime", "torch", "transformers", "openvino"),
    }


if __name__ == "__main__":
    main()
