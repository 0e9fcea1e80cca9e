"""The way of an AraBERT through the training tools, with a stand-in of its size.

    python benchmarks/arabert_shape.py [--data topics.parquet] [--corpus articles.parquet]

Makes an encoder of AraBERT-base's shape (12 layers, 768 wide, a WordPiece vocabulary of 64,000 trained
on the corpus) with random weights, then trains, exports, and labels with it exactly as
configs/classifier/arabert.yaml does with the real one. Random weights change neither speed nor size; the
quality of what comes out means nothing and is not printed.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import pyarrow.parquet as pq
from timing import publish
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel

from infer.inputs import read
from infer.pipeline import load
from infer.schema import Article
from infer.settings import load_config
from infer.text import prepare
from train.config import ClassifierConfig
from train.run import train_classifier

CONFIG = Path("configs/classifier/arabert.yaml")
VOCABULARY = 64_000


def main() -> None:
    """Make the stand-in, run it through every step, print and write what was measured."""
    arguments = _arguments()
    folder = arguments.folder
    backbone = folder / "backbone"
    corpus = _texts(arguments.corpus, arguments.corpus_articles)
    tokens_a_word = _write_backbone(backbone, corpus)
    config = _config(folder, backbone, arguments)
    start = time.perf_counter()
    model = train_classifier(config)
    trained = time.perf_counter() - start
    articles = [item for item in read(["samples"]) if isinstance(item, Article)] * 4
    pipeline = load(model, summaries=False)
    pipeline.analyze(articles[:4])
    start = time.perf_counter()
    labelled = pipeline.analyze(articles)
    seconds = time.perf_counter() - start
    result = {
        "encoder": "12 layers x 768, 64,000 pieces, random weights",
        "tokens_a_word": round(tokens_a_word, 3),
        "trained_on": arguments.articles,
        "folds": config.folds,
        "train_and_export_seconds": round(trained),
        "int8_mb": round((model / "model.onnx").stat().st_size / 1e6, 1),
        "float32_mb": round((config.runs / "export/graphs/model_fp32.onnx").stat().st_size / 1e6, 1),
        "labelled": len(labelled),
        "articles_a_second": round(len(labelled) / seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/topics.parquet"))
    parser.add_argument("--corpus", type=Path, default=Path("../shared/data/articles.parquet"))
    parser.add_argument("--corpus-articles", type=int, default=10_000)
    parser.add_argument("--articles", type=int, default=96, help="labelled articles to train on (96)")
    parser.add_argument("--folder", type=Path, default=Path("runs/arabert-shape"))
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _texts(corpus: Path, count: int) -> list[str]:
    table = pq.read_table(corpus, columns=["title", "body"]).slice(0, count)
    return [prepare(f"{row['title'] or ''} {row['body'] or ''}", "arabert-v02") for row in table.to_pylist()]


def _write_backbone(folder: Path, corpus: list[str]) -> float:
    """Write the encoder and its vocabulary; returns the tokens that a word of the corpus takes."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(corpus, vocab_size=VOCABULARY, show_progress=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    BertModel(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            intermediate_size=3072,
        ),
        add_pooling_layer=False,
    ).save_pretrained(folder)
    some = corpus[:500]
    encoded = tokenizer.encode_batch(some, add_special_tokens=False)
    return sum(len(e.ids) for e in encoded) / sum(len(text.split()) for text in some)


def _config(folder: Path, backbone: Path, arguments: argparse.Namespace) -> ClassifierConfig:
    """The real configuration, on fewer articles and folds."""
    data = folder / "articles.parquet"
    pq.write_table(pq.read_table(arguments.data).slice(0, arguments.articles), data)
    config = load_config(CONFIG, ClassifierConfig)
    training = config.training.model_copy(update={"epochs": 1, "early_stopping": None})
    changes = {"backbone": str(backbone), "data": data, "more": None, "folds": 2, "training": training}
    places = {"runs": folder / "runs", "output": folder / "topics-arabert-shape"}
    return config.model_copy(update=changes | places | {"name": "topics-arabert-shape"})


if __name__ == "__main__":
    main()
