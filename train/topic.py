"""A new topic from a few examples: one more sigmoid on the encoder as it is, nothing else changed.

A logistic regression on sentence vectors, as in SetFit's head (Tunstall et al. 2022, arXiv 2209.11055)
without its contrastive fine-tuning, which would move the vectors that the other topics stand on.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedGroupKFold

from infer.bundle import open_bundle, write_manifest
from infer.errors import UsageError
from infer.schema import Article
from infer.topics import TopicModel
from train import calibration, data, evaluate, splits
from train.folder import replace, write_json
from train.tables import OTHER

log = logging.getLogger(__name__)

Array = npt.NDArray[np.floating[Any]]
FOLDS = 5
LEAST_EXAMPLES = 16
LEAST_OF_A_KIND = 5  # with fewer a fold would have none
# Strengths of regularization that an inner cross-validation chooses from.
STRENGTHS = (0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True)
class Head:
    """Logits are ``vectors @ weights + bias``."""

    weights: Array
    bias: float

    def logits(self, vectors: Array) -> Array:
        """Logits of vectors (articles × width)."""
        return np.asarray(vectors @ self.weights + self.bias)


def add_topic(
    name: str, examples: Path, model: Path, output: Path, arabic: str | None = None
) -> dict[str, Any]:
    """Write a copy of a model folder that knows one more topic.

    Args:
        name: The topic's name in records.
        examples: Labelled articles (``train.data.load_labelled``): those whose labels have ``name`` are on
            the topic, the others are not. 16 to 200 are meant; more do no harm.
        model: Folder to start from, which stays as it is.
        output: Folder to write.
        arabic: The topic's name for readers; ``name`` where None.

    Returns:
        The cross-validated figures of the topic.

    Raises:
        UsageError: The name cannot be used, or the examples are too few or of one kind.
        ModelError: ``model`` is refused.
    """
    topic_model = TopicModel.from_pretrained(model)
    _check_name(name, topic_model.topics)
    preparation = open_bundle(model).config["preparation"]
    labelled = data.load_labelled(examples, [name, *topic_model.topics], preparation)
    targets = labelled.targets[:, :1]
    _check_examples(name, examples, targets)
    articles = [
        Article(id=str(i), title=title, body=body)
        for i, (title, body) in enumerate(zip(labelled.titles, labelled.bodies, strict=True))
    ]
    vectors = topic_model.vectors(articles)
    logits, part = _held_out(vectors, targets[:, 0], splits.duplicate_groups(labelled.plain_texts))
    decisions = evaluate.cross_fitted(logits, targets, part)
    figures = evaluate.report(targets, decisions.predicted, decisions.scores, [name])["topics"][name]
    figures |= {"examples": len(targets)}
    _write(
        name,
        arabic or name,
        _fit(vectors, targets[:, 0]),
        calibration.fit(logits, targets),
        figures,
        model,
        output,
    )
    return dict(figures)


def _check_name(name: str, known: tuple[str, ...]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == OTHER:
        raise UsageError(f"{name}: a topic's name has small letters, digits and _, and is not {OTHER!r}")
    if name in known:
        raise UsageError(f"{name}: the model has this topic already; its topics: {', '.join(known)}")


def _check_examples(name: str, examples: Path, targets: Array) -> None:
    positive = int(targets.sum())
    counts = f"{len(targets)} examples, {positive} of them on {name}"
    if len(targets) < LEAST_EXAMPLES:
        raise UsageError(f"{examples}: {counts}; at least {LEAST_EXAMPLES} are needed")
    if min(positive, len(targets) - positive) < LEAST_OF_A_KIND:
        raise UsageError(
            f"{examples}: {counts}; at least {LEAST_OF_A_KIND} on the topic and {LEAST_OF_A_KIND} on none or "
            "another are needed"
        )


def _fit(vectors: Array, targets: Array) -> Head:
    """A logistic regression on standardized vectors, as weights on the vectors themselves."""
    mean, spread = vectors.mean(0), vectors.std(0) + 1e-6
    inner = min(3, int(min(targets.sum(), len(targets) - targets.sum())))
    linear = LogisticRegressionCV(
        Cs=list(STRENGTHS),
        cv=inner,
        scoring="neg_log_loss",
        class_weight="balanced",
        max_iter=2_000,
        l1_ratios=(0.0,),
        use_legacy_attributes=False,
    )
    linear.fit((vectors - mean) / spread, targets > 0.5)
    weights = linear.coef_[0] / spread
    return Head(weights, float(linear.intercept_[0] - mean @ weights))


def _held_out(
    vectors: Array, targets: Array, groups: npt.NDArray[np.int64]
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Logits (articles × 1) of each example from a head that had not seen it, and the fold it was in."""
    logits, part = np.zeros((len(targets), 1)), np.zeros(len(targets), np.int64)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for number, (seen, held) in enumerate(folds.split(vectors, targets > 0.5, groups)):
        logits[held, 0] = _fit(vectors[seen], targets[seen]).logits(vectors[held])
        part[held] = number
    return logits, part


def _write(
    name: str,
    arabic: str,
    head: Head,
    fitted: calibration.Calibration,
    figures: dict[str, Any],
    model: Path,
    output: Path,
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(shutil.copytree(model, Path(scratch) / output.name))
        config = json.loads((draft / "config.json").read_text(encoding="utf-8"))
        number = len(config["id2label"])
        config["name"] = output.name
        config["id2label"][str(number)] = name
        config["label2id"][name] = number
        config["arabic_names"][name] = arabic
        config["calibration"][name] = {
            "slope": round(float(fitted.slopes[0]), 5),
            "intercept": round(float(fitted.intercepts[0]), 5),
            "threshold": round(float(fitted.thresholds[0]), 4),
        }
        weights = [round(float(weight), 6) for weight in head.weights]
        config.setdefault("heads", {})[name] = {"weights": weights, "bias": round(head.bias, 6)}
        write_json(draft / "config.json", config)
        metrics_file = draft / "metrics.json"
        metrics = json.loads(metrics_file.read_text(encoding="utf-8")) if metrics_file.is_file() else {}
        metrics.setdefault("added_topics", {})[name] = figures
        write_json(metrics_file, metrics)
        with (draft / "README.md").open("a", encoding="utf-8") as card:
            card.write(_section(name, arabic, figures))
        write_manifest(draft)
        replace(output, draft)


def _section(name: str, arabic: str, figures: dict[str, Any]) -> str:
    low, high = figures["f1_95"]
    return f"""
## Added topic: `{name}` ({arabic})

Learnt on the encoder as it is from {figures["examples"]} examples, {figures["articles"]} of them on it.
{FOLDS}-fold cross-validation: F1 {figures["f1"]:.3f} ({low:.3f}–{high:.3f}), precision
{figures["precision"]:.3f}, recall {figures["recall"]:.3f}. The other topics score as before.
"""
