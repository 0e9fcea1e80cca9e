"""Articles a second of `mujaz label` into an archive, beside what one would run without Mujaz.

    python benchmarks/archive.py ARTICLES.parquet --labelled TOPICS.parquet --encoder FOLDER
        [--encoder FOLDER …] [--articles 20000] [--exact 1000] [--sample 96] [-o OUT.json]

Whole commands from a shell over articles drawn at random: `mujaz label -o labels/` with the cascade, and with
--exact on fewer, with leads for summaries; on these fewer also with the summaries of the model. Then on a
sample of the same articles the loop that a user would write, a transformers text-classification pipeline in
float32 with batches of 16 (once for each encoder folder; its head is random, which changes no speed), and
TF-IDF with logistic regression. Last, where the time goes, stage by stage in one thread. With --memory,
instead: peak memory over made-up articles, without the topic model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from timing import machine, publish

from infer.archive.reading import prepare, read
from infer.archive.rows import content_key
from infer.inputs import read as read_inputs
from infer.outputs.forms import Layout, records_table
from infer.pipeline import load, screen
from infer.schema import Article
from infer.stories.copies import Stories, signatures

MAIN = "from infer.cli import main; main()"
LEADS = ("--method", "lead")
BATCH, LONGEST = 16, 512
STAGED = 512  # articles whose stages are timed
MADE_UP = (10_000, 100_000, 1_000_000)
WORDS_AN_ARTICLE = 250
VOCABULARY = 20_000

# Labels made-up articles without the topic model, and tells the peak memory in MB.
STUBBED = """
import resource, sys, numpy as np
from infer.archive import open_archive
from infer.pipeline import load
from infer.topics import TopicModel
TopicModel.windows = lambda self, articles: [type("W", (), {"article": i}) for i in range(len(articles))]
TopicModel.log_odds = lambda self, windows: np.full((len(windows), len(self.topics)), -5, np.float32)
with open_archive(sys.argv[2], load(method="lead"), exact=True) as run:
    for _ in run.results([sys.argv[1]]):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    if arguments.memory:
        publish(
            {"machine": machine(), "memory": [_memory(count) for count in arguments.memory]}, arguments.output
        )
        return
    table = pq.read_table(arguments.articles_file)
    order = np.random.default_rng(0).permutation(len(table))
    with tempfile.TemporaryDirectory() as scratch:
        mix, few = Path(scratch) / "mix.parquet", Path(scratch) / "few.parquet"
        pq.write_table(table.take(order[: arguments.articles]), mix)
        pq.write_table(table.take(order[: arguments.exact]), few)
        rates = {
            "mujaz label": _command(mix, Path(scratch) / "mix", *LEADS),
            "mujaz label, nothing new": _command(mix, Path(scratch) / "mix", *LEADS),
            "mujaz label --exact": _command(few, Path(scratch) / "few", "--exact", *LEADS),
            "mujaz label, the model's summaries on topic": _command(few, Path(scratch) / "written"),
            "mujaz label, leads for the same": _command(few, Path(scratch) / "leads", *LEADS),
        }
        sample = _articles(few)[: arguments.sample]
        stages = _stages(few)
    for folder in arguments.encoder:
        rates[f"transformers pipeline, {folder.parent.name}"] = _timed(_pipeline(folder), sample)
    rates["TF-IDF + logistic regression"] = _timed(_linear(arguments.labelled), sample)
    ours = rates["mujaz label"]["articles_a_second"]
    result = {
        "machine": machine("onnxruntime", "transformers", "torch", "scikit-learn"),
        "articles": {
            "mix": min(arguments.articles, len(table)),
            "exact": arguments.exact,
            "peers": len(sample),
        },
        "rates": rates,
        "mujaz_label_is_times_as_fast_as": {
            name: round(ours / rate["articles_a_second"], 2)
            for name, rate in rates.items()
            if name != "mujaz label"
        },
        "share_of_one_thread": stages,
    }
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles_file", type=Path, nargs="?", metavar="ARTICLES.parquet")
    parser.add_argument("--labelled", type=Path, help="labelled articles that TF-IDF is fitted on")
    parser.add_argument("--encoder", type=Path, action="append", default=[], help="encoder of a plain loop")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--exact", type=int, default=1_000, help="articles without the cascade")
    parser.add_argument("--sample", type=int, default=96, help="articles of the plain loops")
    parser.add_argument("--memory", type=int, nargs="*", metavar="ARTICLES", help="the memory curve instead")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.memory == []:
        arguments.memory = list(MADE_UP)
    return arguments


def _command(source: Path, labels: Path, *options: str) -> dict[str, float]:
    """One run from a shell: articles a second, and the share of all cores that it kept busy."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-c", MAIN, "label", str(source), "-o", str(labels), *options]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cores = len(os.sched_getaffinity(0))
    count = pq.read_metadata(source).num_rows
    return {
        "articles_a_second": round(count / seconds, 2),
        "seconds": round(seconds, 1),
        "cores_busy": round(busy / seconds / cores, 3),
    }


def _timed(labels: Callable[[list[str]], object], articles: list[Article]) -> dict[str, float]:
    texts = [f"{article.title}\n{article.body}" for article in articles]
    labels(texts[:BATCH])
    start = time.perf_counter()
    labels(texts)
    return {"articles_a_second": round(len(texts) / (time.perf_counter() - start), 2)}


def _pipeline(folder: Path) -> Callable[[list[str]], object]:
    from transformers import BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    tokenizer.pad_token = next(name for name in ("<pad>", "[PAD]") if name in tokenizer.get_vocab())
    tokenizer.model_max_length = LONGEST
    model = BertForSequenceClassification.from_pretrained(folder, num_labels=3)
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device=-1)
    return lambda texts: classify(texts, batch_size=BATCH, truncation=True, top_k=None)


def _linear(labelled: Path) -> Callable[[list[str]], object]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MultiLabelBinarizer

    table = pq.read_table(labelled, columns=["title", "body", "labels"]).to_pylist()
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), OneVsRestClassifier(LogisticRegression(C=10))
    )
    targets = MultiLabelBinarizer().fit_transform([row["labels"] for row in table])
    model.fit([f"{row['title']}\n{row['body']}" for row in table], targets)
    return model.predict_proba


def _articles(source: Path) -> list[Article]:
    return [item for item in map(screen, read_inputs(source)) if isinstance(item, Article)]


def _stages(source: Path) -> dict[str, dict[str, float]]:
    """Share of a thread's time that each stage takes, with the cascade and without it."""
    return {"with the cascade": _shares(source, exact=False), "--exact": _shares(source, exact=True)}


def _shares(source: Path, *, exact: bool) -> dict[str, float]:
    pipeline = load(threads=1, method="lead")
    topics, summarizer = pipeline.topics, pipeline.summarizer
    if topics is None or summarizer is None:
        raise SystemExit("the models that come with Mujaz are missing")
    clock = _Clock()
    every = clock("read", lambda: _articles(source))
    articles = every[:STAGED]
    clock.seconds["read"] *= len(articles) / len(every)
    clock("hash", lambda: [content_key(each) for each in articles])
    clock("find copies", lambda: Stories().place(signatures(articles)))
    ready = clock("cascade and tokens", lambda: prepare(topics, articles, exact=exact))
    log_odds = clock("topic model", lambda: read(topics, ready))
    summaries = clock("summaries", lambda: summarizer.summarize(articles))
    records = [
        pipeline.record(article, topics.decide(row), summary)
        for article, row, summary in zip(articles, log_odds, summaries, strict=True)
    ]
    with tempfile.TemporaryFile() as file:
        layout = Layout(topics.topics)
        clock("write", lambda: pq.write_table(records_table(records, layout), file, compression="zstd"))
    total = sum(clock.seconds.values())
    return {stage: round(seconds / total, 4) for stage, seconds in clock.seconds.items()}


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        start = time.perf_counter()
        result = work()
        self.seconds[stage] = time.perf_counter() - start
        return result


def _memory(count: int) -> dict[str, float]:
    """Peak memory of labelling made-up articles, of which one in ten is a copy."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "articles.jsonl"
        draw = random.Random(0)  # noqa: S311
        letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
        vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 8))) for _ in range(VOCABULARY)]
        body = ""
        with source.open("w", encoding="utf-8") as file:
            for i in range(count):
                if i % 10:
                    found = draw.choices(vocabulary, k=WORDS_AN_ARTICLE)
                    body = ". ".join(" ".join(found[j : j + 25]) for j in range(0, len(found), 25)) + "."
                day = f"20{10 + i % 15}-{1 + i % 12:02}-{1 + i % 28:02}"
                row = {
                    "id": str(i),
                    "title": " ".join(draw.choices(vocabulary, k=8)),
                    "body": body,
                    "date": day,
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        start = time.perf_counter()
        command = [sys.executable, "-c", STUBBED, str(source), str(Path(scratch) / "labels")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        seconds = time.perf_counter() - start
        return {
            "articles": count,
            "input_mb": round(source.stat().st_size / 1e6),
            "peak_mb": int(done.stdout),
            "articles_a_second": round(count / seconds),
        }


if __name__ == "__main__":
    main()
