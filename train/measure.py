"""A model measured as it will be used: on folds, on outlets it has not read, on a later time."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from infer.errors import UsageError
from train import baselines, calibration, classifier, evaluate, splits
from train.config import ClassifierConfig, TopicsConfig
from train.data import Labelled, select

log = logging.getLogger(__name__)

Array = npt.NDArray[np.floating[Any]]
# Gives a split's test articles their logits, articles × topics.
Engine = Callable[[splits.Split], Array]


@dataclass(frozen=True)
class Held:
    """Logits of articles that the model which gave them had not seen.

    Attributes:
        rows: Which articles, as places in the labelled data.
        logits: Articles × topics.
        part: The split that each article was tested in.
    """

    rows: npt.NDArray[np.int64]
    logits: Array
    part: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measurement:
    """What is known of a model.

    Attributes:
        metrics: For ``metrics.json``.
        calibration: Fitted on the folds.
        decisions: Of the cross-validation.
        targets: Of the same articles, articles × topics.
    """

    metrics: dict[str, Any]
    calibration: calibration.Calibration
    decisions: evaluate.Decisions
    targets: Array


def measure(config: ClassifierConfig, topics: TopicsConfig, labelled: Labelled) -> Measurement:
    """Cross-validate the model and the baselines; by outlet and by date too where the settings ask."""
    folds = splits.folds(labelled, config.folds, config.seed)
    outlets = splits.outlets(labelled, config.left_out) if config.left_out else []
    later = [splits.before_and_after(labelled, config.after)] if config.after else []
    shares = [splits.thinned(folds[0], share, config.seed) for share in config.learning_curve]
    _check(labelled, [*folds, *outlets, *later, *shares])
    engines: dict[str, Engine] = {evaluate.OURS: lambda split: classifier.held_out(config, labelled, split)}
    for number, (name, engine) in enumerate(baselines.engines(config, labelled).items()):
        engines[name] = _keeping(config, labelled, f"baseline-{number}", engine)
    held = {name: _held(engine, folds) for name, engine in engines.items()}
    ours = held[evaluate.OURS]
    targets = labelled.targets[ours.rows]
    decisions = evaluate.cross_fitted(ours.logits, targets, ours.part)

    def compared(parts: Sequence[splits.Split]) -> dict[str, Any]:
        """Figures of every engine on other splits than the folds."""
        return _compared(
            topics,
            labelled,
            {name: _held(engine, parts) for name, engine in engines.items()},
            calibrated=None if len(parts) > 1 else {n: _older(h, parts[0]) for n, h in held.items()},
        )

    crossed = _compared(topics, labelled, held, None)
    metrics = {"data": _counts(config, labelled), "cross_validation": crossed["model"]}
    metrics["baselines"] = crossed["baselines"]
    if outlets:
        metrics["unseen_outlets"] = {"parts": [_outlets(labelled, s) for s in outlets]} | compared(outlets)
    if later:
        metrics["later"] = {"after": config.after} | compared(later)
    if shares:
        metrics["learning_curve"] = _learning_curve(config, labelled, [*shares, folds[0]])
    return Measurement(metrics, calibration.fit(ours.logits, targets), decisions, targets)


def _held(engine: Engine, parts: Sequence[splits.Split]) -> Held:
    rows = [np.flatnonzero(split.test) for split in parts]
    return Held(
        np.concatenate(rows),
        np.concatenate([engine(split) for split in parts]),
        np.concatenate([np.full(len(r), i) for i, r in enumerate(rows)]),
    )


def _older(held: Held, split: splits.Split) -> Held:
    """What of the folds' logits a split may be calibrated on: those of articles that it trains on."""
    known = split.train[held.rows]
    return Held(held.rows[known], held.logits[known], held.part[known])


def _compared(
    topics: TopicsConfig, labelled: Labelled, held: dict[str, Held], calibrated: dict[str, Held] | None
) -> dict[str, Any]:
    """Figures of the model and of the baselines on the same articles.

    Calibration and thresholds of a part come from the other parts, or from ``calibrated``.
    """
    figures = {}
    for name, given in held.items():
        targets = labelled.targets[given.rows]
        if calibrated is None:
            decisions = evaluate.cross_fitted(given.logits, targets, given.part)
        else:
            known = calibrated[name]
            decisions = evaluate.decide(
                calibration.fit(known.logits, labelled.targets[known.rows]), given.logits
            )
        figures[name] = evaluate.report(targets, decisions.predicted, decisions.scores, topics.names)
        figures[name] |= evaluate.after_review(targets, decisions)
    rows = held[evaluate.OURS].rows
    keyword = baselines.keyword_rule(labelled, topics)[rows]
    ours = figures.pop(evaluate.OURS)
    rule = evaluate.report(labelled.targets[rows], keyword, keyword.astype(float), topics.names)
    return {"model": ours, "baselines": {baselines.KEYWORDS: rule} | figures}


def _check(labelled: Labelled, parts: Sequence[splits.Split]) -> None:
    """Refuse, before hours of training, a split from which a topic cannot be learned."""
    for split in parts:
        for topic, column in zip(labelled.topics, labelled.targets[split.train].T, strict=True):
            if len(np.unique(column)) < 2:
                raise UsageError(
                    f"{split.name}: {int(column.sum())} of the {len(column)} articles to train on are on "
                    f"{topic}: needed are some that are and some that are not; label more, or leave this "
                    "measurement out (folds, left_out, after, learning_curve)"
                )


def _keeping(config: ClassifierConfig, labelled: Labelled, name: str, engine: Engine) -> Engine:
    """An engine whose logits are kept in ``runs``."""
    return lambda split: classifier.kept(config, labelled, split, name, lambda: engine(split))


def _learning_curve(
    config: ClassifierConfig, labelled: Labelled, parts: Sequence[splits.Split]
) -> list[dict[str, float | int]]:
    """Mean average precision on the first fold of models trained on shares of the other folds."""
    points: list[dict[str, float | int]] = []
    for split in parts:
        logits = classifier.held_out(config, labelled, split)
        precision = average_precision_score(labelled.targets[split.test] > 0.5, logits, average="macro")
        points.append({"articles": int(split.train.sum()), "average_precision": round(float(precision), 4)})
    return points


def _outlets(labelled: Labelled, split: splits.Split) -> list[str]:
    return sorted({labelled.outlets[row] for row in np.flatnonzero(split.test)})


def _counts(config: ClassifierConfig, labelled: Labelled) -> dict[str, Any]:
    measured = labelled.targets[labelled.measured]
    groups = splits.duplicate_groups(labelled.plain_texts)
    return {
        "articles": len(measured),
        "topics": {name: int(n) for name, n in zip(labelled.topics, measured.sum(0), strict=True)},
        "trained_on_besides": int((~labelled.measured).sum()),
        "near_duplicate_groups": len(np.unique(groups[labelled.measured])),
        "folds": config.folds,
        "sha256": _digest(labelled),
    }


def _digest(labelled: Labelled) -> str:
    """Of the texts and labels that the model is measured by: figures on others do not compare."""
    measured = select(labelled, labelled.measured)
    digest = hashlib.sha256("\n".join(measured.plain_texts).encode())
    digest.update(measured.targets.tobytes())
    return digest.hexdigest()
