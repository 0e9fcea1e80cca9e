"""The cascade of a topic model: a linear model that settles what is plain, fitted to the encoder's decisions.

Viola and Jones 2001 ("Rapid object detection using a boosted cascade of simple features") for the idea. It is
fitted and measured on articles of the mix that an archive has, most of which are about none of the topics.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedGroupKFold

from infer.cascade import COLUMNS, FILE, features, from_levels
from infer.errors import UsageError
from infer.pipeline import screen
from infer.schema import Article
from infer.text import normalize
from infer.topics import TopicModel
from train.files import save_whole, write_json
from train.folder import changed
from train.splits import duplicate_groups

log = logging.getLogger(__name__)

Array = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

SHARD = 512
FOLDS = 5
LEAST_ARTICLES = 1_000
# Strength of the ridge, and how far from its border a decision still counts: surer ones teach nothing more.
STRENGTH, FAR = 1.0, 8.0
# Standard deviations by which the share of errors has to stay below what is allowed.
MARGIN = 1.28
SHARES = (0.001, 0.002, 0.003, 0.004, 0.005, 0.01)


@dataclass(frozen=True)
class Scored:
    """Articles, and what the encoder says of them.

    Attributes:
        articles: The articles.
        distances: Log-odds less those at which the model decides for a topic, articles × topics.
        review: Which of them the model puts aside for review.
    """

    articles: list[Article]
    distances: Array
    review: Bools


@dataclass(frozen=True)
class Doubts:
    """What cross-validation says of articles that a linear model did not see.

    Attributes:
        doubt: For each article the largest probability that a topic is decided otherwise.
        wrong: Whether any topic is decided otherwise.
    """

    doubt: Array
    wrong: Bools


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
        UsageError: A file cannot be used, or there are too few articles.
        ModelError: The folder is refused.
    """
    scored = score(TopicModel.from_pretrained(model), articles, runs, count=count, seed=seed)
    if len(scored.articles) < LEAST_ARTICLES:
        raise UsageError(f"{len(scored.articles)} articles; a cascade needs {LEAST_ARTICLES} or more")
    matrix = _matrix(scored.articles)
    sums, parts = cross_validate(matrix, scored, seed)
    doubts = _doubts(sums, parts, scored.distances > 0)
    limit = best_limit(doubts, agreement)
    figures = _figures(doubts, parts, scored, agreement, limit)
    ridges = [_ridge(matrix, scored.distances[:, topic]) for topic in range(scored.distances.shape[1])]
    slopes, offsets = _platt(sums, scored.distances > 0)
    offsets = offsets + slopes * np.array([ridge.intercept for ridge in ridges])
    with changed(model, model) as draft:
        largest = np.array([ridge.largest for ridge in ridges], np.float32)
        np.savez_compressed(
            draft / FILE, levels=np.stack([ridge.levels for ridge in ridges]), largest=largest
        )
        config = json.loads((draft / "config.json").read_text(encoding="utf-8"))
        config["cascade"] = {
            "file": FILE,
            "topics": list(config["id2label"].values()),
            "slopes": [round(float(value), 5) for value in slopes],
            "offsets": [round(float(value), 5) for value in offsets],
            "doubt": float(f"{limit:.4g}"),
        }
        write_json(draft / "config.json", config)
        metrics = json.loads(_text(draft / "metrics.json") or "{}")
        write_json(draft / "metrics.json", metrics | {"cascade": figures})
        card = _text(draft / "README.md").split(HEADING)[0].rstrip("\n")
        (draft / "README.md").write_text(card + _section(figures), encoding="utf-8")
    return figures


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def score(model: TopicModel, paths: Sequence[Path], runs: Path, *, count: int, seed: int) -> Scored:
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
    review = np.array([model.decide(row).review for row in log_odds])
    borders = np.log(model.thresholds / (1 - model.thresholds))
    return Scored(articles, log_odds - borders, review)


def _rows(path: Path) -> list[dict[str, str | None]]:
    try:
        found: list[dict[str, str | None]] = pq.read_table(path, columns=["title", "body"]).to_pylist()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: no Parquet file with title and body: {error}") from None
    return found


def _matrix(articles: Sequence[Article]) -> csr_matrix:
    columns = [features(article) for article in articles]
    values = np.concatenate([np.full(len(c), 1 / np.sqrt(max(1, len(c)))) for c in columns])
    ends = np.cumsum([0, *map(len, columns)])
    return csr_matrix((values, np.concatenate(columns), ends), (len(articles), COLUMNS))


def cross_validate(matrix: csr_matrix, scored: Scored, seed: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """Sums of weights for articles that a fold's model did not see (articles × topics), and their folds."""
    groups = duplicate_groups([normalize(f"{a.title} {a.body}") for a in scored.articles])
    kind = (scored.distances > 0) @ (1 << np.arange(scored.distances.shape[1]))
    part = np.empty(len(kind), np.int64)
    sums = np.empty_like(scored.distances)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (train, test) in enumerate(splitter.split(kind, kind, groups)):
        part[test] = number
        for topic in range(sums.shape[1]):
            sums[test, topic] = _ridge(matrix[train], scored.distances[train, topic]).predict(matrix[test])
        log.info("fold %d of %d", number + 1, FOLDS)
    return sums, part


@dataclass(frozen=True)
class Linear:
    """A linear model in int8, as it is kept.

    Attributes:
        levels: Weights, ``COLUMNS`` of them, as ``infer.cascade.from_levels`` takes them.
        largest: Weight of the highest level.
        intercept: What is added.
    """

    levels: npt.NDArray[np.int8]
    largest: float
    intercept: float

    def predict(self, matrix: csr_matrix) -> Array:
        """Sums of weights, one an article."""
        (weights,) = from_levels(self.levels[None], np.array([self.largest], np.float32))
        return np.asarray(matrix @ weights + self.intercept)


def _ridge(matrix: csr_matrix, distances: Array) -> Linear:
    """Distances from the border by the words, which weigh more where they are rare (tf-idf)."""
    often = np.bincount(matrix.indices, minlength=COLUMNS)
    rarity = np.where(often > 1, np.log((1 + matrix.shape[0]) / (1 + often)) + 1, 0.0)
    weighted = matrix.copy()
    weighted.data = weighted.data * rarity[weighted.indices]
    ridge = Ridge(alpha=STRENGTH, solver="sparse_cg").fit(weighted, np.clip(distances, -FAR, FAR))
    weights = ridge.coef_ * rarity
    largest = float(np.abs(weights).max()) or 1.0
    levels = np.sign(weights) * np.rint(127 * np.sqrt(np.abs(weights) / largest))
    return Linear(levels.astype(np.int8), largest, float(ridge.intercept_))


def _platt(sums: Array, decided: Bools) -> tuple[Array, Array]:
    """Slopes and offsets that turn sums into log-odds of the encoder's decisions (Platt 1999)."""
    fits = [_of_one(sums[:, [topic]], decided[:, topic]) for topic in range(sums.shape[1])]
    return np.array([slope for slope, _ in fits]), np.array([offset for _, offset in fits])


def _of_one(sums: Array, decided: Bools) -> tuple[float, float]:
    if decided.all() or not decided.any():  # all that is known is how many there were
        return 0.0, float(np.log(2 * len(decided)) * (1 if decided.any() else -1))
    fit = LogisticRegression(C=1e4).fit(sums, decided)
    return fit.coef_.item(), fit.intercept_.item()


def _doubts(sums: Array, parts: npt.NDArray[np.int64], decided: Bools) -> Doubts:
    """Doubts of each fold, calibrated by the other folds."""
    log_odds = np.empty_like(sums)
    for part in np.unique(parts):
        slopes, offsets = _platt(sums[parts != part], decided[parts != part])
        log_odds[parts == part] = sums[parts == part] * slopes + offsets
    doubt = 1 / (1 + np.exp(np.abs(log_odds).min(1)))
    return Doubts(doubt, ((log_odds > 0) != decided).any(1))


def best_limit(doubts: Doubts, agreement: float) -> float:
    """Highest doubt up to which articles may be settled, with the errors safely within what is allowed."""
    order = np.argsort(doubts.doubt, kind="stable")
    errors = np.cumsum(doubts.wrong[order])
    fitting = np.flatnonzero(errors + MARGIN * np.sqrt(errors) <= (1 - agreement) * len(order))
    return float(doubts.doubt[order[fitting[-1]]]) if len(fitting) else 0.0


def _figures(
    doubts: Doubts, parts: npt.NDArray[np.int64], scored: Scored, agreement: float, limit: float
) -> dict[str, Any]:
    """Agreement of each fold by the limit that the others choose, and the curve of all."""
    settled = np.zeros(len(parts), bool)
    for part in np.unique(parts):
        others = Doubts(doubts.doubt[parts != part], doubts.wrong[parts != part])
        settled |= (parts == part) & (doubts.doubt <= best_limit(others, agreement))
    order = np.argsort(doubts.doubt, kind="stable")
    errors = np.cumsum(doubts.wrong[order])
    curve = {
        f"{1 - share:.3f}": round(float(np.searchsorted(errors, share * len(order), "right") / len(order)), 4)
        for share in SHARES
    }
    return {
        "articles": len(parts),
        "on_a_topic": round(float((scored.distances > 0).any(1).mean()), 4),
        "settled": round(float(settled.mean()), 4),
        "agreement": round(float(1 - (settled & doubts.wrong).mean()), 4),
        "settled_of_review": round(float((settled & scored.review).sum() / max(1, scored.review.sum())), 4),
        "doubt": round(limit, 5),
        "settled_by_agreement": curve,
    }


HEADING = "\n\n## The cascade\n"


def _section(figures: dict[str, Any]) -> str:
    settled, agreement = f"{figures['settled']:.1%}", f"{figures['agreement']:.2%}"
    mix = f"{figures['articles']:,} articles of an archive's mix ({figures['on_a_topic']:.0%} on a topic)"
    return f"""{HEADING}
In archives, a linear model over hashed words (`{FILE}`) settles what is plain before the encoder is
asked. On {mix}, in five folds with near-duplicates together
and each fold's limit chosen on the others, it settles {settled}, and {agreement} of all have the topics
that the encoder gives. Of what the encoder puts aside for review, {figures["settled_of_review"]:.0%} is
settled. Made by `mujaz-train cascade`.
"""
