"""Pictures of a model's quality, as SVG beside the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from train import evaluate
from train.config import TopicsConfig
from train.measure import Measurement

PICTURES = {
    "precision-recall": "Precision and recall of each topic",
    "reliability": "Reliability: how often a probability comes true",
    "review": "Accuracy of what is not reviewed",
    "learning-curve": "Learning curve",
}
COLORS = ("#0b6e99", "#c1440e", "#5a7d2a", "#7b4b94", "#8a6d00", "#444444")
# The same figures make the same file.
STABLE: Any = {"svg.hashsalt": "mujaz", "svg.fonttype": "path", "font.size": 10}


def draw(measured: Measurement, topics: TopicsConfig, folder: Path) -> list[str]:
    """Write the pictures that there are figures for; returns their names, in the order of ``PICTURES``."""
    names = [topic.arabic for topic in topics.topics]
    truth, scores = measured.targets > 0.5, measured.decisions.scores
    drawn = []
    with mpl.rc_context(STABLE):
        for name, title in PICTURES.items():
            figure = Figure(figsize=(5.6, 4.2), layout="constrained")
            axes = figure.subplots()
            axes.set_title(title, loc="left")
            axes.grid(color="#dddddd", linewidth=0.6)
            if name == "precision-recall":
                _precision_recall(axes, truth, scores, names)
            elif name == "reliability":
                _reliability(axes, truth, scores, names)
            elif name == "review":
                _review(axes, (truth == measured.decisions.predicted).all(1), measured.decisions.distance)
            elif points := measured.metrics.get("learning_curve"):
                _learning_curve(axes, points)
            else:
                continue
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            drawn.append(name)
    return drawn


def _precision_recall(axes: Axes, truth: evaluate.Bool, scores: evaluate.Array, names: list[str]) -> None:
    for i, name in enumerate(names):
        precision, recall, _ = precision_recall_curve(truth[:, i], scores[:, i])
        axes.plot(recall, precision, color=COLORS[i % len(COLORS)], label=name)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))
    axes.legend(loc="lower left")


def _reliability(axes: Axes, truth: evaluate.Bool, scores: evaluate.Array, names: list[str]) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    for i, name in enumerate(names):
        points = _bins(truth[:, i], scores[:, i])
        axes.plot(points[:, 0], points[:, 1], marker="o", color=COLORS[i % len(COLORS)], label=name)
    axes.set(xlabel="probability", ylabel="share that has the topic", xlim=(0, 1.01), ylim=(0, 1.01))
    axes.legend(loc="upper left")


def _bins(truth: evaluate.Bool, scores: evaluate.Array) -> evaluate.Array:
    """Mean score and share of true ones in each bin that holds any: bins × 2."""
    number = np.minimum((scores * evaluate.BINS).astype(int), evaluate.BINS - 1)
    return np.array([[scores[number == b].mean(), truth[number == b].mean()] for b in np.unique(number)])


def _review(axes: Axes, right: evaluate.Bool, distance: evaluate.Array) -> None:
    rest = evaluate.accuracy_after_review(right, distance)
    shown = len(right) // 2
    axes.plot(np.arange(shown) / len(right), rest[:shown], color=COLORS[0])
    axes.axhline(evaluate.GOOD, color="#999999", linewidth=1, linestyle="--")
    axes.set(xlabel="share of articles reviewed", ylabel="share of the rest with every topic right")


def _learning_curve(axes: Axes, points: list[dict[str, Any]]) -> None:
    articles, precision = zip(*((p["articles"], p["average_precision"]) for p in points), strict=True)
    axes.plot(articles, precision, marker="o", color=COLORS[0])
    axes.set(xlabel="training articles", ylabel="mean average precision", xlim=(0, None))
