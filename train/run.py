"""The stages of a topic model in order, from labelled articles to a model folder."""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from infer.bundle import write_manifest
from infer.errors import ModelError
from infer.schema import Article
from infer.topics import TopicModel
from train import calibration, card, classifier, data, evaluate, export, model
from train.config import ClassifierConfig, TopicsConfig, load_config

log = logging.getLogger(__name__)

GRAPH = "model.onnx"
WINDOW_OVERLAP = 16
# An int8 graph that decides otherwise than float32 more often than this is not written.
LEAST_AGREEMENT = 0.99
# Enough to tell 99% from 98%; all of them would take longer than the rest of the export.
COMPARED = 1_000


def train_classifier(config: ClassifierConfig) -> Path:
    """Cross-validate, train on everything, export; what is done already is not done again.

    Raises:
        UsageError: The data or the topics file cannot be used.
        ModelError: The exported graph does not agree with the trained model.
    """
    topics = load_config(config.topics, TopicsConfig)
    labelled = data.load_labelled(config.data, topics.names, config.preparation)
    log.info("%s", data.describe(labelled))
    validation = classifier.cross_validate(config, labelled)
    network = _final(config, labelled)
    fitted = calibration.fit(validation.logits, labelled.targets)
    metrics = _metrics(config, topics, labelled, validation)
    return _export(config, topics, labelled, network, fitted, metrics)


def _final(config: ClassifierConfig, labelled: data.Labelled) -> model.TopicClassifier:
    """The model trained on all articles."""
    folder = config.runs / "final" / f"model-{classifier.fingerprint(config, labelled)}"
    if not (folder / model.WEIGHTS).is_file():
        model.save(classifier.fine_tune(config, labelled, None, config.runs / "final"), folder)
    return model.load(folder)


def _metrics(
    config: ClassifierConfig,
    topics: TopicsConfig,
    labelled: data.Labelled,
    validation: classifier.CrossValidation,
) -> dict[str, Any]:
    """Cross-validated figures of the model and, on the same folds, of the plain baselines."""
    names, targets = topics.names, labelled.targets

    def scored(logits: evaluate.Array) -> dict[str, Any]:
        predicted, scores, review = evaluate.cross_fitted(logits, targets, validation.folds)
        return evaluate.report(targets, predicted, scores, names) | evaluate.after_review(
            targets, predicted, review
        )

    keyword = evaluate.keyword_rule(labelled, topics)
    return {
        "data": {
            "articles": len(targets),
            "topics": {name: int(n) for name, n in zip(names, targets.sum(0), strict=True)},
            "near_duplicate_groups": len(np.unique(data.duplicate_groups(labelled.plain_texts))),
            "folds": config.folds,
        },
        "cross_validation": scored(validation.logits),
        "baselines": {
            "keyword rule": evaluate.report(targets, keyword, keyword.astype(float), names),
            "TF-IDF words 1-2 + logistic regression": scored(
                evaluate.linear_logits(labelled, validation.folds, "word")
            ),
            "TF-IDF characters 2-5 + logistic regression": scored(
                evaluate.linear_logits(labelled, validation.folds, "char_wb")
            ),
        },
    }


def _export(
    config: ClassifierConfig,
    topics: TopicsConfig,
    labelled: data.Labelled,
    network: model.TopicClassifier,
    fitted: calibration.Calibration,
    metrics: dict[str, Any],
) -> Path:
    """Write the model folder beside its place and move it there once it has passed every check."""
    draft = config.runs / "export"
    shutil.rmtree(draft, ignore_errors=True)
    graphs = export.export(network, draft / "graphs", config.float32_layers)
    folders = {}
    for kind, graph in (("float32", graphs.float32), ("int8", graphs.int8)):
        folders[kind] = draft / kind
        folders[kind].mkdir()
        shutil.move(graph, folders[kind] / GRAPH)
        export.copy_tokenizer(config.backbone, folders[kind])
        _write_json(folders[kind] / "config.json", model_config(config, topics, network, fitted))
        write_manifest(folders[kind])
    metrics["export"] = _compare(folders["float32"], folders["int8"], labelled)
    metrics["speed"] = _speed(folders["int8"], labelled)
    metrics["versions"] = {p: version(p) for p in ("torch", "transformers", "onnxruntime", "tokenizers")}
    _write_json(folders["int8"] / "metrics.json", metrics)
    metrics["size_mb"] = round(sum(f.stat().st_size for f in folders["int8"].iterdir()) / 1e6, 1)
    _write_json(folders["int8"] / "metrics.json", metrics)
    text = card.topic_model(config, topics, metrics)
    (folders["int8"] / "README.md").write_text(text, encoding="utf-8")
    write_manifest(folders["int8"])
    _replace(config.output, folders["int8"])
    return config.output


def _replace(place: Path, new: Path) -> None:
    """Put a new folder where an old one may be, which stays beside it until the new one is there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    older = place.with_name(f".{place.name}.older")
    shutil.rmtree(older, ignore_errors=True)
    if place.exists():
        place.rename(older)
    shutil.move(new, place)
    shutil.rmtree(older, ignore_errors=True)


def model_config(
    config: ClassifierConfig,
    topics: TopicsConfig,
    network: model.TopicClassifier,
    fitted: calibration.Calibration,
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


def _compare(float32: Path, int8: Path, labelled: data.Labelled) -> dict[str, float]:
    """Decisions of the two graphs on labelled articles, read whole as a user's would be.

    Raises:
        ModelError: They agree on fewer than ``LEAST_AGREEMENT`` of the articles.
    """
    articles = _articles(labelled)
    articles = articles[:: max(1, len(articles) // COMPARED)]
    exact = TopicModel.from_pretrained(float32).predict(articles)
    small = TopicModel.from_pretrained(int8).predict(articles)
    same = sum(a.topics == b.topics for a, b in zip(exact, small, strict=True)) / len(articles)
    changes = np.abs(
        [np.subtract(a.probabilities, b.probabilities) for a, b in zip(exact, small, strict=True)]
    )
    if same < LEAST_AGREEMENT:
        raise ModelError(
            f"{int8}: int8 agrees with float32 on {same:.2%}, needed {LEAST_AGREEMENT:.0%}; "
            "name more layers in float32_layers"
        )
    return {
        "articles_compared": len(articles),
        "int8_agreement": round(same, 4),
        "int8_largest_probability_change": round(float(changes.max()), 4),
        "int8_mean_probability_change": round(float(changes.mean()), 5),
    }


def _speed(folder: Path, labelled: data.Labelled, count: int = 400) -> dict[str, Any]:
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
        "processor": _processor(),
    }


def _processor() -> str:
    """The processor's name as Linux knows it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _articles(labelled: data.Labelled) -> list[Article]:
    pairs = zip(labelled.titles, labelled.bodies, strict=True)
    return [Article(id=str(i), title=title, body=body) for i, (title, body) in enumerate(pairs)]


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
