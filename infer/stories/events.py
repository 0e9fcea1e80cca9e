"""Same event in other words: which reports of outlets tell one story.

Two reports are compared by their words (cosine of TF-IDF over stems; Salton & Buckley 1988, "Term-weighting
approaches in automatic text retrieval") and by the topic model's vectors. A report joins the group whose
members are most like it on average, so that two events are not joined through a third report (average
linkage, one report at a time, as in topic detection and tracking: Allan et al. 1998, "On-line new event
detection and tracking").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from infer.cascade import stem
from infer.text import normalize, words

# Days between the reports of one event, at most.
WINDOW = 2
# Cosine of words below which nothing else counts: vectors of short texts may be alike for little reason.
LEAST = 0.05
# Characters of a report that are read: titles come from strangers.
READ = 2000
# Reports whose vectors are multiplied at a time.
AT_ONCE = 256
# Reports of other days that none of the words is in: what is common is unknown from a few reports alone.
UNSEEN = 50

# Weights of a logistic function, as ``benchmarks/events.py`` fits them to half of its real pairs.
WORDS_ALONE, BIAS_ALONE = 13.9, -2.1
WORDS, VECTORS, BIAS = 9.9, 42.9, -41.8
# Of reports that are too far apart in time or in words: no average is above the border with one of them.
NEVER = -100.0

Floats = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Told:
    """A report as it is compared.

    Attributes:
        title: Its headline.
        text: Its summary, or first sentences.
        published: ISO day or day and time; None goes with any.
        source: Its outlet.
    """

    title: str
    text: str
    published: str | None
    source: str | None


def group(reports: Sequence[Told], vectors: Vectors | None = None) -> list[list[int]]:
    """Put the reports of one event together.

    Args:
        reports: In any order, which changes nothing.
        vectors: Unit vectors of their titles and texts, reports × width; None: words alone decide.

    Returns:
        Places of the reports, groups by their first place, each in ascending order.

    Raises:
        ValueError: There are not as many vectors as reports.
    """
    if vectors is not None and len(vectors) != len(reports):
        raise ValueError(f"{len(vectors)} vectors, but {len(reports)} reports to group")
    order = sorted(range(len(reports)), key=lambda i: (reports[i].published or "", *_said(reports[i])))
    ordered = [reports[i] for i in order]
    turned = None if vectors is None else np.ascontiguousarray(vectors[order])
    groups: list[list[int]] = []
    belongs, sizes = np.zeros(len(reports), np.int64), np.zeros(len(reports), np.int64)
    for place, row in enumerate(evidence(ordered, turned)):
        if groups:
            sums = np.bincount(belongs[:place], weights=row, minlength=len(groups))
            means = sums / sizes[: len(groups)]
            best = int(means.argmax())
        if not groups or means[best] <= 0:
            best = len(groups)
            groups.append([])
        groups[best].append(order[place])
        belongs[place], sizes[best] = best, sizes[best] + 1
    return sorted(sorted(each) for each in groups)


def evidence(reports: Sequence[Told], vectors: Vectors | None = None) -> Iterator[Floats]:
    """Log-odds, for each report and each one before it, that they tell the same event."""
    days = np.array([_day(report.published) for report in reports], np.float32)
    for place, cosines in enumerate(cosines_of(reports)):
        if vectors is None:
            odds = WORDS_ALONE * cosines + BIAS_ALONE
        else:
            if place % AT_ONCE == 0:
                alike = vectors[place : place + AT_ONCE] @ vectors[: place + AT_ONCE].T
            odds = WORDS * cosines + VECTORS * alike[place % AT_ONCE, :place] + BIAS
        far = np.abs(days[:place] - days[place]) > WINDOW  # False where a day is not known
        yield np.where(far | (cosines < LEAST), np.float32(NEVER), odds)


def cosines_of(reports: Sequence[Told]) -> Iterator[Floats]:
    """For each report the cosines of its words with those of each report before it."""
    counts = [_stems(report) for report in reports]
    often = Counter(term for each in counts for term in each)
    rare = {term: math.log((len(reports) + UNSEEN) / (0.5 + n)) for term, n in often.items()}
    known = [{term: (1 + math.log(n)) * rare[term] for term, n in each.items()} for each in counts]
    lengths = [math.sqrt(sum(weight * weight for weight in each.values())) or 1.0 for each in known]
    # Where each term occurs, in order, and with which weight; of these so many as have been met.
    places: dict[str, list[int]] = {term: [] for term in often}
    weights: dict[str, list[float]] = {term: [] for term in often}
    for place, (each, length) in enumerate(zip(known, lengths, strict=True)):
        for term, weight in each.items():
            places[term].append(place)
            weights[term].append(weight / length)
    posted = {term: (np.array(places[term]), np.array(weights[term], np.float32)) for term in often}
    met: Counter[str] = Counter()
    for place, each in enumerate(known):
        row = np.zeros(place, np.float32)
        for term in each:
            at, shares = posted[term]
            if seen := met[term]:
                row[at[:seen]] += shares[seen] * shares[:seen]
            met[term] += 1
        yield row


def _stems(report: Told) -> Counter[str]:
    found = (stem(word) or word for word in words(normalize(" ".join(_said(report))).lower()))
    return Counter(term for term in found if len(term) > 1 or term.isdigit())


def _said(report: Told) -> tuple[str, str]:
    return report.title[:READ], report.text[:READ]


def _day(published: str | None) -> float:
    try:
        return date.fromisoformat((published or "")[:10]).toordinal()
    except ValueError:
        return math.nan
