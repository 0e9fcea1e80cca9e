"""Weights by which a summarizer's drafts and the lead are ranked, fitted to editors' summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Ridge

from infer.ranking import FEATURES, features
from infer.schema import Article
from infer.summary import Guarded, Lead, Summary
from infer.writer import Draft
from train.rouge import rouge
from train.summary_scores import Reference

# Of standardized features, against ROUGE-2 in percent.
PENALTY = 50.0
FOLDS = 8


@dataclass(frozen=True)
class Written:
    """A writer that hands on what is written already."""

    drafts: Mapping[Article, list[Draft]]
    ranking: dict[str, float] | None = None

    def write(
        self, articles: Sequence[Article], length: str = "short", *, beams: int | None = None
    ) -> list[list[Draft]]:
        """What was written for the articles, whatever the length and the beams."""
        return [self.drafts[article] for article in articles]


@dataclass(frozen=True)
class Judged:
    """The drafts of an article and its lead, less their mean, so that articles do not differ.

    Attributes:
        features: From ``infer.ranking.features``, texts × features.
        quality: ROUGE-2 with the editors' summary in percent, of each text.
    """

    features: npt.NDArray[np.float64]
    quality: npt.NDArray[np.float64]


def judge(held: Sequence[Reference], drafts: Sequence[Sequence[Draft]]) -> list[Judged | None]:
    """How good each draft and each lead is; None for an article without a draft or a lead."""
    leads = Lead().summarize([reference.article for reference in held])
    found: list[Judged | None] = []
    for reference, written, lead in zip(held, drafts, leads, strict=True):
        if not written or lead is None:
            found.append(None)
            continue
        table = features(written, reference.article, lead.text)
        texts = [*(draft.text for draft in written), lead.text]
        quality = np.array([100 * rouge(reference.summary, text)["rouge2"] for text in texts])
        found.append(Judged(table - table.mean(0), quality - quality.mean()))
    return found


def fit(judged: Sequence[Judged | None]) -> dict[str, float] | None:
    """Weights for ``infer.ranking.rank``, by a ridge regression of quality on features.

    Args:
        judged: Of articles that the model was not trained on.

    Returns:
        None where there is nothing to learn from.
    """
    there = [each for each in judged if each]
    if not there:
        return None
    table = np.concatenate([each.features for each in there])
    scale = table.std(0) + 1e-9
    quality = np.concatenate([each.quality for each in there])
    ridge = Ridge(alpha=PENALTY, fit_intercept=False).fit(table / scale, quality)
    return {name: round(float(w), 4) for name, w in zip(FEATURES, ridge.coef_ / scale, strict=True)}


def cross_ranked(
    held: Sequence[Reference], drafts: Sequence[list[Draft]], judged: Sequence[Judged | None]
) -> list[Summary | None]:
    """What stands for each article where the weights were fitted on the others, in ``FOLDS`` parts."""
    written = {reference.article: texts for reference, texts in zip(held, drafts, strict=True)}
    found: list[Summary | None] = [None] * len(held)
    for fold in range(min(FOLDS, len(held))):
        weights = fit([each for i, each in enumerate(judged) if i % FOLDS != fold])
        here = range(fold, len(held), FOLDS)
        guarded = Guarded(Written(written, weights)).summarize([held[i].article for i in here])
        for i, summary in zip(here, guarded, strict=True):
            found[i] = summary
    return found
