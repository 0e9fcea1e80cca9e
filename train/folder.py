"""A model folder: written beside its place, checked, and put there whole."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from infer.bundle import MANIFEST, write_manifest
from infer.errors import ModelError, UsageError
from infer.schema import Article
from infer.topics import TopicModel
from train import card, export, plots, quantization, tokens, trainer
from train.calibration import Calibration
from train.config import ClassifierConfig, TopicsConfig
from train.data import LABELLED_BY, Labelled, select
from train.files import write_json
from train.measure import Measurement
from train.model import TopicClassifier
from train.smooth import Feed
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

GRAPH = "model.onnx"
WINDOW_OVERLAP = 16
# An int8 graph that decides otherwise than float32 more often, or loses more F1, is not written.
LEAST_AGREEMENT = 0.99
MOST_F1_LOSS = 0.003
# Enough to tell 99% from 98%.
COMPARED = 1_200
# Articles that int8 is fitted on.
FITTED_ON = 128
# Articles that are read one by one too, and on which layers are compared where an export is refused.
SAMPLED = 64


def write(
    config: ClassifierConfig,
    topics: TopicsConfig,
    labelled: Labelled,
    network: TopicClassifier,
    measured: Measurement,
) -> Path:
    """Export a trained network and put its folder where the configuration says.

    Raises:
        ModelError: The graph does not agree with the network; an older folder stays as it was.
    """
    draft = config.runs / "export"
    shutil.rmtree(draft, ignore_errors=True)
    feeds = _feeds(config, labelled)
    graphs = export.export(network, draft / "graphs", feeds, config.float32_layers)
    folders = {}
    for kind, graph in (("float32", graphs.float32), ("int8", graphs.int8)):
        folders[kind] = draft / kind
        folders[kind].mkdir()
        shutil.copyfile(graph, folders[kind] / GRAPH)
        export.copy_tokenizer(config.backbone, folders[kind])
        content = model_config(config, topics, network, measured.calibration)
        write_json(folders[kind] / "config.json", content)
        write_manifest(folders[kind])
    new, metrics = folders["int8"], dict(measured.metrics)
    metrics["export"] = _compare(folders["float32"], new, labelled, graphs)
    metrics["speed"] = _speed(new, labelled)
    metrics["versions"] = {p: version(p) for p in ("torch", "transformers", "onnxruntime", "tokenizers")}
    pictures = plots.draw(measured, topics, new)
    metrics["size_mb"] = round(sum(f.stat().st_size for f in new.iterdir()) / 1e6, 1)
    write_json(new / "metrics.json", metrics)
    text = card.topic_model(config, topics, metrics, {name: plots.PICTURES[name] for name in pictures})
    (new / "README.md").write_text(text, encoding="utf-8")
    write_manifest(new)
    replace(config.output, new)
    return config.output


def check_place(place: Path) -> None:
    """Refuse a place where a model folder would take away something else.

    Raises:
        UsageError: It is the folder that the command runs in or one above it, a file or below one, or a
            folder without ``manifest.json``.
    """
    whole = place.resolve()
    if Path.cwd().is_relative_to(whole):
        raise UsageError(f"{place}: the folder this runs in, or one above it; name a new folder as output")
    if not whole.exists() and (file := next(p for p in whole.parents if p.exists())).is_dir():
        return
    if not whole.is_dir():
        raise UsageError(
            f"{place}: {whole if whole.exists() else file} is a file; name a new folder as output"
        )
    if not (whole / MANIFEST).is_file():
        raise UsageError(
            f"{place}: not a model folder, since it has no {MANIFEST}, and would be deleted for the new one; "
            "name a new folder as output, or remove this one first"
        )


@contextmanager
def changed(model: Path, output: Path) -> Iterator[Path]:
    """A copy of a model folder to be changed; at the end it gets its manifest and the place of ``output``."""
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    # Beside the output, so that it is put there by a rename.
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as scratch:
        draft = Path(shutil.copytree(model, Path(scratch) / output.name))
        yield draft
        write_manifest(draft)
        replace(output, draft)


def replace(place: Path, new: Path) -> None:
    """Put a new folder where an old model may be, which stays beside it until the new one is there.

    Raises:
        UsageError: The place is refused (see ``check_place``).
    """
    place = place.resolve()
    older, draft = (place.with_name(f".{place.name}.{kind}") for kind in ("older", "new"))
    if older.exists() and not place.exists():  # an earlier run was killed between the two renames below
        older.rename(place)
    check_place(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    for left in (older, draft):
        shutil.rmtree(left, ignore_errors=True)
    shutil.move(new, draft)  # which takes long where ``new`` is on another file system
    if place.exists():
        place.rename(older)
    draft.rename(place)
    shutil.rmtree(older, ignore_errors=True)


def model_config(
    config: ClassifierConfig, topics: TopicsConfig, network: TopicClassifier, fitted: Calibration
) -> dict[str, Any]:
    """What a model folder's ``config.json`` holds: names, text preparation, windows, calibration."""
    encoder = network.encoder.config
    return {
        "name": config.name,
        "graph": GRAPH,
        "problem_type": "multi_label_classification",
        "id2label": {str(i): name for i, name in enumerate(topics.names)},
        "label2id": {name: i for i, name in enumerate(topics.names)},
        "arabic_names": {topic.name: topic.arabic for topic in topics.topics},
        "preparation": config.preparation,
        "window": config.window,
        "window_overlap": WINDOW_OVERLAP,
        "pad_token_id": encoder.pad_token_id or 0,
        "calibration": {
            name: {
                "slope": round(float(fitted.slopes[i]), 5),
                "intercept": round(float(fitted.intercepts[i]), 5),
                "threshold": round(float(fitted.thresholds[i]), 4),
            }
            for i, name in enumerate(topics.names)
        },
        "review_margin": fitted.margin,
        "encoder": {
            "model_type": encoder.model_type,
            "layers": encoder.num_hidden_layers,
            "width": encoder.hidden_size,
            "heads": encoder.num_attention_heads,
            "feed_forward": encoder.intermediate_size,
            "vocabulary": encoder.vocab_size,
        },
    }


def _compare(float32: Path, int8: Path, labelled: Labelled, graphs: export.Graphs) -> dict[str, float]:
    """Decisions of the two graphs on the beginnings of labelled articles, by which labels are given.

    Raises:
        ModelError: They agree on fewer than ``LEAST_AGREEMENT`` of the articles, or int8 loses more than
            ``MOST_F1_LOSS``; the message names the layers to leave in float32.
    """
    measured = select(labelled, labelled.measured)
    step = -(-len(measured.titles) // COMPARED)
    articles, truth = _beginnings(measured)[::step], measured.targets[::step] > 0.5
    exact_model, small_model = TopicModel.from_pretrained(float32), TopicModel.from_pretrained(int8)
    exact, small = exact_model.predict(articles), small_model.predict(articles)
    same = sum(a.topics == b.topics for a, b in zip(exact, small, strict=True)) / len(articles)
    changes = np.abs(
        [np.subtract(a.probabilities, b.probabilities) for a, b in zip(exact, small, strict=True)]
    )
    alone = [small_model.predict([article])[0].probabilities for article in articles[:SAMPLED]]
    together = [scores.probabilities for scores in small[:SAMPLED]]
    f1 = []
    for scores in (exact, small):
        given = np.array([[topic in s.topics for topic in exact_model.topics] for s in scores])
        f1.append(float(f1_score(truth, given, average="macro", zero_division=0)))
    loss = f1[0] - f1[1]
    if same < LEAST_AGREEMENT or loss > MOST_F1_LOSS:
        layers = quantization.most_harmed(graphs.float32, small_model.feeds(articles[:SAMPLED]))
        raise ModelError(
            f"{int8}: int8 agrees with float32 on {same:.2%}, needed {LEAST_AGREEMENT:.0%}, and loses "
            f"{100 * loss:.1f} F1 points, allowed {100 * MOST_F1_LOSS:.1f}; the layers that lose most are "
            f"{layers}: name the first of them in float32_layers"
        )
    return {
        "articles_compared": len(articles),
        "int8_agreement": round(same, 4),
        "int8_f1_loss": round(loss, 4),
        "int8_largest_probability_change": round(float(changes.max()), 4),
        "int8_mean_probability_change": round(float(changes.mean()), 5),
        "int8_largest_change_in_a_batch": round(float(np.abs(np.subtract(alone, together)).max()), 4),
    }


def _feeds(config: ClassifierConfig, labelled: Labelled) -> list[Feed]:
    """First windows of articles from all over the labelled ones, in batches as the graph reads them."""
    chosen = np.zeros(len(labelled.titles), bool)
    chosen[:: -(-len(chosen) // FITTED_ON)] = True
    rows = tokens.encode(config, select(labelled, chosen))
    collate = tokens.collator(open_tokenizer(config.backbone))
    batches = [collate(rows[start : start + 8]) for start in range(0, len(rows), 8)]
    return [{name: batch[name].numpy() for name in export.INPUTS} for batch in batches]


def _speed(folder: Path, labelled: Labelled, count: int = 400) -> dict[str, Any]:
    """Articles a second of the finished model on the first labelled articles, on this machine."""
    articles = _articles(labelled)[:count]
    topic_model = TopicModel.from_pretrained(folder)
    topic_model.predict(articles[:20])
    start = time.perf_counter()
    topic_model.predict(articles)
    seconds = time.perf_counter() - start
    words = sum(len(a.title.split()) + len(a.body.split()) for a in articles)
    return {
        "articles_a_second": round(len(articles) / seconds, 1),
        "words_an_article": round(words / len(articles)),
        "cores": len(os.sched_getaffinity(0)),
        "processor": trainer.processor(),
    }


def _articles(labelled: Labelled) -> Sequence[Article]:
    pairs = zip(labelled.titles, labelled.bodies, strict=True)
    return [Article(id=str(i), title=title, body=body) for i, (title, body) in enumerate(pairs)]


def _beginnings(labelled: Labelled) -> Sequence[Article]:
    """The articles as far as labels are given by them, which about one window holds."""
    return [dataclasses.replace(a, body=" ".join(a.body.split()[:LABELLED_BY])) for a in _articles(labelled)]
