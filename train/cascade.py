"""The cascade of a topic model: a linear model that settles what is plain, fitted to the encoder's scores.

Viola and Jones 2001 ("Rapid object detection using a boosted cascade of simple features") for the idea. It is
fitted and measured on articles of the mix that an archive has, most of which are about none of the topics.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.model_selection import StratifiedGroupKFold

from infer.cascade import FEATURES, FILE, LEAST_KNOWN, Hashes, Weights, features
from infer.errors import UsageError
from infer.pipeline import screen
from infer.schema import Article
from infer.text import normalize
from infer.topics import TopicModel
from train import settling
from train.files import save_whole, write_json
from train.folder import changed
from train.settling import Teacher
from train.splits import duplicate_groups

log = logging.getLogger(__name__)

Array = npt.NDArray[np.floating[Any]]

SHARD = 512
FOLDS = 5
LEAST_ARTICLES = 1_000
LEAST_GIVEN = 20
# Articles that have a feature, at least, for it to have a weight.
RAREST = 3
# Features that are kept, those with the most effect: with all 130,000 no more is settled.
MOST_FEATURES = 30_000
TINY = 1e-12
# Strength of the ridge, and how far from its border a decision still counts: surer ones teach nothing more.
STRENGTH, FAR = 1.0, 6.0
HEADING = "\n\n## The cascade\n"


@dataclass(frozen=True)
class Matrix:
    """Features of articles.

    Attributes:
        values: Articles × features, one over the root of an article's number of features for each it has.
        hashes: Of the features, sorted.
    """

    values: csr_matrix
    hashes: Hashes


@dataclass(frozen=True)
class Linear:
    """Linear models of all topics, in int8, as they are kept.

    Attributes:
        weights: For ``infer.cascade``; features without one are left out.
        columns: Where these stand in the matrix that they were fitted on.
        intercepts: What is added, one a topic.
    """

    weights: Weights
    columns: npt.NDArray[np.int64]
    intercepts: Array

    def known(self, values: csr_matrix) -> npt.NDArray[np.int64]:
        """How many features of each article have a weight."""
        return np.asarray(np.diff(values[:, self.columns].indptr), np.int64)

    def sums(self, values: csr_matrix) -> Array:
        """Articles × topics."""
        return np.asarray(values[:, self.columns] @ self.weights.exact() + self.intercepts)


@dataclass(frozen=True)
class Held:
    """What is said of articles by models that did not see them.

    Attributes:
        sums: Of weights, articles × topics.
        known: Features with a weight of each article.
        parts: Its fold.
    """

    sums: Array
    known: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int64]


def make_cascade(
    model: Path, articles: Sequence[Path], runs: Path, *, count: int, seed: int = 7, agreement: float = 0.995
) -> dict[str, Any]:
    """Fit a cascade and put it into a model's folder.

    Args:
        model: Folder of a topic model, which is replaced.
        articles: Parquet files with ``title`` and ``body``, of an archive's mix.
        runs: Where the encoder's scores are kept, so that a run that was cut off goes on.
        count: Articles to draw.
        seed: Of the draw and the folds.
        agreement: Least share of all articles whose topics have to be the encoder's.

    Returns:
        Figures, as they are written to ``metrics.json``.

    Raises:
        UsageError: A file cannot be used, or there are too few articles in all or on a topic.
        ModelError: The folder is refused.
    """
    topic_model = TopicModel.from_pretrained(model)
    drawn, teacher = score(topic_model, articles, runs, count=count, seed=seed)
    _check(topic_model.topics, drawn, teacher)
    matrix = _matrix(drawn)
    held = cross_validate(matrix, drawn, teacher, seed)

    # Two numbers a topic, which no limit but the margin of review depends on: folds need not have their own.
    slopes, offsets = settling.calibrate(held.sums, teacher)
    log_odds = held.sums * slopes + offsets
    log_odds[held.known < LEAST_KNOWN] = teacher.borders  # where nothing is plain
    choose = partial(settling.best_limits, agreement=agreement)
    limits = choose(log_odds, held.parts, teacher)
    if limits is None:
        raise UsageError(
            f"no limits are safe for an agreement of {agreement:.2%} by {len(drawn)} articles: draw more, or "
            "ask for less"
        )
    outcome = settling.nested(log_odds, held.parts, teacher, choose)
    figures = settling.figures(outcome, teacher, topic_model.topics)
    linear = fit(matrix, teacher)
    figures |= {"share": limits.share, "curve": settling.curve(log_odds, held.parts, teacher)}
    settings = {
        "slopes": slopes,
        "offsets": offsets + slopes * linear.intercepts,
        "low": limits.low,
        "high": limits.high,
    }
    _write(model, topic_model.topics, linear.weights, settings, figures)
    return figures


def _check(topics: Sequence[str], drawn: list[Article], teacher: Teacher) -> None:
    if len(drawn) < LEAST_ARTICLES:
        raise UsageError(f"{len(drawn)} articles; a cascade needs {LEAST_ARTICLES} or more: draw more")
    for topic, given in zip(topics, teacher.given.sum(0), strict=True):
        if given < LEAST_GIVEN:
            raise UsageError(
                f"{topic}: the model gives it to {given} of {len(drawn)} articles, too few to tell what a "
                f"cascade loses of it; {LEAST_GIVEN} are needed: draw more articles, or others"
            )


def _write(
    model: Path, topics: Sequence[str], kept: Weights, settings: dict[str, Array], figures: dict[str, Any]
) -> None:
    with changed(model, model) as draft:
        steps = np.diff(kept.hashes, prepend=np.uint32(0))  # which are small numbers, as hashes are not
        np.savez_compressed(draft / FILE, steps=steps, levels=kept.levels.T, largest=kept.largest)
        config = json.loads((draft / "config.json").read_text(encoding="utf-8"))
        config["cascade"] = {"topics": list(topics), "features": FEATURES} | {
            name: [round(float(value), 5) for value in values] for name, values in settings.items()
        }
        write_json(draft / "config.json", config)
        metrics = json.loads(_text(draft / "metrics.json") or "{}")
        write_json(draft / "metrics.json", metrics | {"cascade": figures})
        card = _text(draft / "README.md").split(HEADING)[0].rstrip("\n")
        (draft / "README.md").write_text(card + _section(figures), encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def score(
    model: TopicModel, paths: Sequence[Path], runs: Path, *, count: int, seed: int
) -> tuple[list[Article], Teacher]:
    """Let the encoder read articles drawn at random, in an order that the seed alone decides."""
    rows = [row for path in paths for row in _rows(path)]
    order = np.random.default_rng(seed).permutation(len(rows))[:count]
    digest = hashlib.sha256(json.dumps([model.version.reading, seed, len(rows)]).encode())
    for path in paths:
        digest.update(path.read_bytes())
    folder = runs / f"scores-{digest.hexdigest()[:12]}"
    articles, parts = [], []
    for start in range(0, len(order), SHARD):
        drawn = [
            Article(str(i), rows[i]["title"] or "", rows[i]["body"] or "")
            for i in order[start : start + SHARD]
        ]
        taken = [article for article in drawn if isinstance(screen(article), Article)]
        kept = folder / f"{start:06d}.npy"
        if not kept.is_file():
            save_whole(kept, model.log_odds(model.windows(taken)))
            log.info("scored %d of %d articles", start + len(drawn), len(order))
        articles += taken
        parts.append(np.load(kept)[: len(taken)])
    log_odds = np.concatenate(parts)
    borders, margin = model.limits
    return articles, Teacher(log_odds.astype(np.float64), borders.astype(np.float64), margin)


def _rows(path: Path) -> list[dict[str, str | None]]:
    try:
        found: list[dict[str, str | None]] = pq.read_table(path, columns=["title", "body"]).to_pylist()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: no Parquet file with title and body: {error}") from None
    return found


def _matrix(articles: Sequence[Article]) -> Matrix:
    """Features that ``RAREST`` articles have; an article's others count only towards their number."""
    found = [features(article) for article in articles]
    hashes, often = np.unique(np.concatenate(found), return_counts=True)
    hashes = hashes[often >= RAREST]
    rows = []
    for each in found:
        at = np.searchsorted(hashes, each)
        at[at == len(hashes)] = 0
        rows.append(at[hashes[at] == each])
    values = np.concatenate(
        [np.full(len(row), 1 / np.sqrt(len(each))) for row, each in zip(rows, found, strict=True) if len(row)]
    )
    ends = np.cumsum([0, *map(len, rows)])
    return Matrix(csr_matrix((values, np.concatenate(rows), ends), (len(rows), len(hashes))), hashes)


def cross_validate(matrix: Matrix, articles: Sequence[Article], teacher: Teacher, seed: int) -> Held:
    """What models say of the articles of folds that they did not see."""
    groups = duplicate_groups([normalize(f"{a.title} {a.body}") for a in articles])
    kind = teacher.given @ (1 << np.arange(teacher.given.shape[1]))
    part, known = np.empty(len(kind), np.int64), np.empty(len(kind), np.int64)
    sums = np.empty_like(teacher.log_odds)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (train, test) in enumerate(splitter.split(kind, kind, groups)):
        part[test] = number
        chosen = np.isin(np.arange(len(kind)), train)
        linear = fit(Matrix(matrix.values[chosen], matrix.hashes), teacher.of(chosen))
        sums[test] = linear.sums(matrix.values[test])
        known[test] = linear.known(matrix.values[test])
        log.info("fold %d of %d", number + 1, FOLDS)
    return Held(sums, known, part)


def fit(matrix: Matrix, teacher: Teacher) -> Linear:
    """Distances from the borders by the words, which weigh more where they are rare (tf-idf)."""
    count, width = matrix.values.shape
    often = np.bincount(matrix.values.indices, minlength=width)
    rarity = np.where(often >= RAREST, np.log((1 + count) / (1 + often)) + 1, 0.0)
    weighted = matrix.values.copy()
    weighted.data = weighted.data * rarity[weighted.indices]
    distances = np.clip(teacher.log_odds - teacher.borders, -FAR, FAR)
    ridges = [Ridge(alpha=STRENGTH, solver="sparse_cg").fit(weighted, column) for column in distances.T]
    weights = np.stack([ridge.coef_ * rarity for ridge in ridges], axis=1)
    effect = np.abs(weights) * np.sqrt(often)[:, None]
    weights[np.argsort(-(effect / (effect.max(0) + TINY)).max(1), kind="stable")[MOST_FEATURES:]] = 0
    largest = np.abs(weights).max(0)
    largest[largest == 0] = 1.0
    levels = (np.sign(weights) * np.rint(127 * np.sqrt(np.abs(weights) / largest))).astype(np.int8)
    columns = np.flatnonzero(levels.any(1))
    kept = Weights(matrix.hashes[columns], levels[columns], largest.astype(np.float32))
    return Linear(kept, columns, np.array([float(ridge.intercept_) for ridge in ridges]))


def _section(figures: dict[str, Any]) -> str:
    lost = ", ".join(
        f"{each['lost']} of {each['articles']:,} on {name}" for name, each in figures["topics"].items()
    )
    mix = f"{figures['articles']:,} articles of an archive's mix ({figures['on_a_topic']:.0%} on a topic)"
    return f"""{HEADING}
In archives, a linear model over words (`{FILE}`) settles what is plain before the encoder is asked.
On {mix}, in five folds, near-duplicates together
and each fold's limits chosen on the others, it settles {figures["settled"]:.1%}, and
{figures["agreement"]:.2%} of all have the topics that the encoder gives. Of the articles that the encoder
gives a topic it loses {lost}.
Of those that the encoder puts aside for review it settles {figures["settled_of_review"]:.0%}.
Made by `mujaz-train cascade`.
"""
