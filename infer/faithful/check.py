"""A summary held against its article: what the article does not say, and which sentences carry the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from infer.faithful.assertions import unsupported_assertions
from infer.faithful.counts import unsupported_counts, unsupported_dates
from infer.faithful.findings import Unsupported
from infer.faithful.forms import is_ordinary, roots, stems
from infer.faithful.names import unsupported_names
from infer.faithful.polarity import unsupported_polarity
from infer.faithful.roles import unsupported_roles
from infer.faithful.source import Passage, Source, read
from infer.faithful.speakers import unsupported_speakers
from infer.schema import Article
from infer.text import sentences

MOST_EVIDENCE = 3
_WORTH = 0.12  # of the summary's words that a further sentence must add


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of the article that carries a part of the summary.

    Attributes:
        index: Place among the sentences of the body, from 0; -1 for the title.
        text: The sentence on one line.
    """

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a summary, and what stands behind it."""

    unsupported: tuple[Unsupported, ...]
    evidence: tuple[Evidence, ...]

    @property
    def faithful(self) -> bool:
        """Whether nothing unsupported was found."""
        return not self.unsupported


def check(summary: str, article: Article | Source) -> Verdict:
    """Hold a summary against its article.

    A whole sentence of the article is never at fault. The rest is looked through for
    numbers by value, dates, names, quotations, negations, speakers and who did what to whom: rules and
    lists, no model, so a paraphrase that changes the meaning with the article's own words can pass.

    Args:
        summary: One or more sentences.
        article: The article, or ``Source.of`` it where several summaries are to be checked.
    """
    source = article if isinstance(article, Source) else Source.of(article)
    found: list[Unsupported] = []
    evidence: dict[int, Passage] = {}
    for sentence in sentences(summary):
        passage = read(sentence)
        for carrier in _carriers(passage, source):
            evidence.setdefault(carrier.index, carrier)
        if not source.has(passage):
            found += _faults(passage, source)
    return Verdict(
        tuple(dict.fromkeys(found)),
        tuple(Evidence(passage.index, passage.text) for passage in evidence.values()),
    )


def _faults(passage: Passage, source: Source) -> list[Unsupported]:
    return [
        *unsupported_counts(passage, source),
        *unsupported_dates(passage, source),
        *unsupported_names(passage, source),
        *unsupported_polarity(passage, source),
        *unsupported_assertions(passage, source),
        *unsupported_speakers(passage, source),
        *unsupported_roles(passage, source),
    ]


def _carriers(summary: Passage, source: Source) -> list[Passage]:
    """Choose the sentences that cover most of a summary's words, rare ones first, the title last."""
    spread = Counter(stem for passage in source.passages for stem in passage.stems | passage.roots)
    wanted = {
        i: (stems(token.text) | roots(token.text), _weight(token.text))
        for i, token in enumerate(summary.tokens)
        if len(token.text) > 2
    }
    total = sum(weight for _, weight in wanted.values())
    chosen: list[Passage] = []
    while wanted and len(chosen) < MOST_EVIDENCE:
        best, gain, covered = None, 0.0, set[int]()
        for passage in [*source.passages[1:], *source.passages[:1]]:
            own = passage.stems | passage.roots
            hits = {i for i, (forms, _) in wanted.items() if not forms.isdisjoint(own)}
            score = sum(wanted[i][1] / (1 + min(spread[form] or 99 for form in wanted[i][0])) for i in hits)
            if score > gain:
                best, gain, covered = passage, score, hits
        if best is None or (chosen and sum(wanted[i][1] for i in covered) < _WORTH * total):
            break
        chosen.append(best)
        wanted = {i: want for i, want in wanted.items() if i not in covered}
    return chosen


def _weight(word: str) -> float:
    return 1.0 if is_ordinary(word) else 2.0
