"""A new topic from a few examples: one more sigmoid on the encoder as it is, nothing else changed.

A logistic regression on sentence vectors, as in SetFit's head (Tunstall et al. 2022, arXiv 2209.11055)
without its contrastive fine-tuning, which would move the vectors that the other topics stand on.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from infer import cascade
from infer.bundle import open_bundle
from infer.errors import UsageError
from infer.schema import Article
from infer.topics import TopicModel
from train import calibration, data, evaluate, splits, tables
from train.files import write_json
from train.folder import changed, check_place
from train.tables import OTHER

log = logging.getLogger(__name__)

Array = npt.NDArray[np.floating[Any]]
Groups = npt.NDArray[np.int64]
# At most; fewer where near-duplicates, which stay together, leave fewer groups of a kind.
FOLDS = 5
LEAST_FOLDS = 2
LEAST_EXAMPLES = 16
LEAST_OF_A_KIND = 5
# Strengths of regularization that an inner cross-validation chooses from.
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
STRENGTH = 0.01  # where there are too few groups to choose


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
            the topic, the others are not, whatever their labels. 16 to 200 are meant; more do no harm.
        model: Folder to start from, which stays as it is.
        output: Folder to write.
        arabic: The topic's name for readers; ``name`` where None.

    Returns:
        The cross-validated figures of the topic.

    Raises:
        UsageError: The name or the output cannot be used, or the examples are too few, of one kind, or
            near-duplicates of one another.
        ModelError: ``model`` is refused.
    """
    _check_output(output, model)
    topic_model = TopicModel.from_pretrained(model)
    _check_name(name, topic_model.topics)
    preparation = open_bundle(model).config["preparation"]
    counts = Counter(label for row in tables.labels(tables.load_table(examples), examples) for label in row)
    labelled = data.load_labelled(examples, [name, *sorted(counts.keys() - {name})], preparation)
    targets = labelled.targets[:, :1]
    _check_examples(name, examples, targets, counts)
    groups = splits.duplicate_groups(labelled.plain_texts, rarest=1)
    part = _folds(targets[:, 0], groups, FOLDS)
    if part is None:
        on_topic, off_topic = map(len, _kinds(targets[:, 0], groups))
        raise UsageError(
            f"{examples}: {len(targets)} examples, but with near-duplicates taken as one only {on_topic} on "
            f"{name} and {off_topic} not; at least {LEAST_FOLDS} of each are needed: add examples that differ"
        )
    articles = [
        Article(id=str(i), title=title, body=body)
        for i, (title, body) in enumerate(zip(labelled.titles, labelled.bodies, strict=True))
    ]
    vectors = topic_model.vectors(articles)
    logits = _held_out(vectors, targets[:, 0], groups, part)
    decisions = evaluate.cross_fitted(logits, targets, part)
    figures = evaluate.report(targets, decisions.predicted, decisions.scores, [name])["topics"][name]
    figures |= {"examples": len(targets), "folds": int(part.max()) + 1}
    _write(
        name,
        arabic or name,
        _fit(vectors, targets[:, 0], groups),
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


def _check_output(output: Path, model: Path) -> None:
    check_place(output)
    place, start = output.resolve(), model.resolve()
    if place.is_relative_to(start) or start.is_relative_to(place):
        raise UsageError(
            f"{output}: the model to start from, {model}, is this folder, in it or around it, and stays as "
            "it is; name another folder as output"
        )


def _check_examples(name: str, examples: Path, targets: Array, found: Counter[str]) -> None:
    positive = int(targets.sum())
    counts = f"{len(targets)} examples, {positive} of them on {name}"
    log.info("%s: %s; labels: %s", examples, counts, dict(found.most_common()))
    if len(targets) < LEAST_EXAMPLES:
        raise UsageError(f"{examples}: {counts}; at least {LEAST_EXAMPLES} are needed")
    if min(positive, len(targets) - positive) < LEAST_OF_A_KIND:
        raise UsageError(
            f"{examples}: {counts}; at least {LEAST_OF_A_KIND} on the topic and {LEAST_OF_A_KIND} on none or "
            f"another are needed; labels: {dict(found.most_common())}"
        )


def _kinds(targets: Array, groups: Groups) -> tuple[Groups, Groups]:
    """Groups with an example on the topic, and those with none."""
    on_topic = np.unique(groups[targets > 0.5])
    return on_topic, np.setdiff1d(groups, on_topic)


def _folds(targets: Array, groups: Groups, most: int) -> Groups | None:
    """The fold of each example: groups whole, both kinds in every fold; None where that cannot be.

    Dealt here, since scikit-learn's StratifiedGroupKFold may leave a fold without a kind.
    """
    kinds = _kinds(targets, groups)
    count = min(most, *map(len, kinds))
    if count < LEAST_FOLDS:
        return None
    part, draw = np.zeros(len(targets), np.int64), np.random.default_rng(0)
    for kind in kinds:
        filled = np.zeros(count, np.int64)
        # The largest first, each to the fold with least of its kind.
        for group in sorted(draw.permutation(kind), key=lambda group: -int((groups == group).sum())):
            members, fold = groups == group, int(filled.argmin())
            part[members] = fold
            filled[fold] += members.sum()
    return part


def _fit(vectors: Array, targets: Array, groups: Groups) -> Head:
    """A logistic regression on standardized vectors, as weights on the vectors themselves."""
    mean, spread = vectors.mean(0), vectors.std(0) + 1e-6
    inner = _folds(targets, groups, FOLDS)
    if inner is None:
        linear = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2_000)
    else:
        linear = LogisticRegressionCV(
            Cs=list(STRENGTHS),
            cv=[(np.flatnonzero(inner != i), np.flatnonzero(inner == i)) for i in range(inner.max() + 1)],
            scoring="neg_log_loss",
            class_weight="balanced",
            max_iter=2_000,
            l1_ratios=(0.0,),
            use_legacy_attributes=False,
        )
    linear.fit((vectors - mean) / spread, targets > 0.5)
    weights = linear.coef_[0] / spread
    return Head(weights, float(linear.intercept_[0] - mean @ weights))


def _held_out(vectors: Array, targets: Array, groups: Groups, part: Groups) -> Array:
    """Logits (articles × 1) of each example from a head that had not seen its fold."""
    logits = np.zeros((len(targets), 1))
    for number in range(part.max() + 1):
        held = part == number
        head = _fit(vectors[~held], targets[~held], groups[~held])
        logits[held, 0] = head.logits(vectors[held])
    return logits


def _write(
    name: str,
    arabic: str,
    head: Head,
    fitted: calibration.Calibration,
    figures: dict[str, Any],
    model: Path,
    output: Path,
) -> None:
    with changed(model, output) as draft:
        config = json.loads((draft / "config.json").read_text(encoding="utf-8"))
        number = len(config["id2label"])
        config["name"] = output.resolve().name
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
        if config.pop("cascade", None):  # which knows nothing of the new topic
            (draft / cascade.FILE).unlink()
            write_json(draft / "config.json", config)


def _section(name: str, arabic: str, figures: dict[str, Any]) -> str:
    low, high = figures["f1_95"]
    return f"""
## Added topic: `{name}` ({arabic})

Learnt on the encoder as it is from {figures["examples"]} examples, {figures["articles"]} of them on it.
{figures["folds"]}-fold cross-validation: F1 {figures["f1"]:.3f} ({low:.3f}–{high:.3f}), precision
{figures["precision"]:.3f}, recall {figures["recall"]:.3f}. The other topics score as before.
"""
