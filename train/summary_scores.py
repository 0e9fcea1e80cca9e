"""How good summaries are: ROUGE, chrF, what is new in them, what is unsupported, how long they are.

Every figure is a mean over articles with a 95% bootstrap interval, for each outlet and for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics.chrf import CHRF

from infer.faithful import Source, check, choose
from infer.schema import Article
from infer.summary import Lead
from infer.text import normalize, sentences, words
from train.rouge import KINDS, TOKENIZER, nearest, rouge

RESAMPLES = 1_000
SEARCHED = 20  # sentences that the oracle chooses from
PERCENT = (*KINDS, "chrf", "new_words", "new_bigrams", "unsupported_number", "unsupported_name", "refused")
MEASURES = (*PERCENT, "words", "written")

Summarize = Callable[[Sequence[Article]], Sequence[str | None]]
"""Anything that writes summaries: one for each article in order, None or empty where it cannot."""


@dataclass(frozen=True)
class Reference:
    """An article and the summary that its editors wrote."""

    article: Article
    summary: str
    outlet: str


def references(rows: Sequence[dict[str, Any]]) -> list[Reference]:
    """Read rows with ``id, title, body, summary`` and, where there are, ``outlet`` and ``date``."""
    return [
        Reference(
            Article(str(row["id"]), row.get("title") or "", row["body"], published=row.get("date")),
            row["summary"],
            row.get("outlet") or "",
        )
        for row in rows
    ]


def evaluate(held: Sequence[Reference], systems: dict[str, Summarize], *, seed: int = 0) -> dict[str, Any]:
    """Score each system on each outlet.

    Args:
        held: Articles with their editors' summaries.
        systems: What writes the summaries, by name.
        seed: Of the bootstrap.

    Returns:
        ``{"tokenizer": …, "articles": {outlet: n}, "systems": {name: {outlet: {measure: [mean, low,
        high]}}}}``; shares and ROUGE are percent.

    Raises:
        ValueError: A system gives another number of summaries than there are articles.
    """
    groups = defaultdict(list)
    for i, reference in enumerate(held):
        groups[reference.outlet].append(i)
    everything = {**dict(sorted(groups.items())), "all": list(range(len(held)))}
    sources = [Source.of(reference.article) for reference in held]
    report: dict[str, Any] = {}
    for name, system in systems.items():
        texts = system([reference.article for reference in held])
        if len(texts) != len(held):
            raise ValueError(f"{name} gives {len(texts)} summaries for {len(held)} articles")
        table = np.array(
            [
                measure(reference, text or "", source)
                for reference, text, source in zip(held, texts, sources, strict=True)
            ]
        )
        report[name] = {outlet: _interval(table[rows], seed) for outlet, rows in everything.items()}
    return {
        "tokenizer": TOKENIZER,
        "articles": {outlet: len(rows) for outlet, rows in everything.items()},
        "systems": report,
    }


def measure(reference: Reference, text: str, source: Source | None = None) -> list[float]:
    """The measures of one summary, in the order of ``MEASURES``; shares are 0 or 100."""
    verdict = check(text, source or Source.of(reference.article))
    kinds = {thing.kind for thing in verdict.unsupported}
    scores = rouge(reference.summary, text)
    article = f"{reference.article.title}\n{reference.article.body}"
    return [
        *(100 * scores[kind] for kind in KINDS),
        chrf(reference.summary, text),
        100 * novelty(article, text, 1),
        100 * novelty(article, text, 2),
        100.0 * bool(kinds & {"number", "date"}),
        100.0 * bool(kinds & {"name", "quote"}),
        100.0 * (not verdict.faithful),
        float(len(words(normalize(text)))),
        100.0 * bool(text.strip()),
    ]


def chrf(reference: str, summary: str) -> float:
    """chrF, 0 to 100, on normalized texts (Popović 2015, character 6-grams, beta 2, as sacrebleu has it)."""
    return float(_CHRF.sentence_score(normalize(summary), [normalize(reference)]).score)


_CHRF = CHRF()


def novelty(article: str, summary: str, size: int) -> float:
    """Share of a summary's n-grams that its article does not have, 0.0 to 1.0 (See et al. 2017, figure 6)."""
    own, theirs = _grams(summary, size), set(_grams(article, size))
    return sum(gram not in theirs for gram in own) / len(own) if own else 0.0


def _grams(text: str, size: int) -> list[tuple[str, ...]]:
    found = words(normalize(text))
    return [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]


def _interval(table: npt.NDArray[np.float64], seed: int) -> dict[str, list[float]]:
    """Mean, low and high of each column, resampling the rows (articles × measures)."""
    draw = np.random.default_rng(seed)
    means = np.stack([table[draw.integers(0, len(table), len(table))].mean(0) for _ in range(RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return {
        name: [round(float(value), 2) for value in (table[:, i].mean(), low[i], high[i])]
        for i, name in enumerate(MEASURES)
    }


def baselines(held: Sequence[Reference]) -> dict[str, Summarize]:
    """What any model is to be read beside; the oracle has seen the editors' summaries."""
    wanted = {reference.article.id: reference.summary for reference in held}
    return {
        "lead-1": lambda articles: [first_sentences(article, 1) for article in articles],
        "lead-2": lambda articles: [first_sentences(article, 2) for article in articles],
        "mujaz lead": lambda articles: [
            summary.text if summary else None for summary in Lead().summarize(list(articles))
        ],
        "title": lambda articles: [article.title for article in articles],
        "best sentence (oracle)": lambda articles: [
            best_sentence(article, wanted[article.id]) for article in articles
        ],
        "editors": lambda articles: [wanted[article.id] for article in articles],
    }


def first_sentences(article: Article, count: int) -> str:
    """The first sentences of the body."""
    return " ".join(sentences(article.body)[:count])


def best_sentence(article: Article, summary: str) -> str:
    """The sentence with the highest ROUGE-2 against a summary; ROUGE-1 where none shares a pair of words."""
    candidates = sentences(article.body)[:SEARCHED]
    return candidates[nearest(summary, candidates, "rouge2", "rouge1")[0]] if candidates else ""


def guarded(system: Summarize) -> Summarize:
    """The same system behind the guard: what it refuses is replaced by the lead."""

    def summarize(articles: Sequence[Article]) -> list[str | None]:
        leads = Lead().summarize(list(articles))
        chosen = [
            choose([text or ""], article, lead.text if lead else None)
            for article, text, lead in zip(articles, system(articles), leads, strict=True)
        ]
        return [choice.text if choice else None for choice in chosen]

    return summarize
