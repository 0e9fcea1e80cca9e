"""The first summary that says nothing its article does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infer.faithful.check import Evidence, check
from infer.faithful.findings import Unsupported
from infer.faithful.source import Source
from infer.schema import Article


@dataclass(frozen=True, slots=True)
class Refused:
    """A summary that was passed over, and what it says without support."""

    text: str
    unsupported: tuple[Unsupported, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The summary that stands.

    Attributes:
        text: The summary.
        method: ``model`` where a candidate passed, ``lead`` where none did.
        refused: Candidates passed over, in the order given.
        evidence: Sentences of the article that carry the summary.
    """

    text: str
    method: str
    refused: tuple[Refused, ...]
    evidence: tuple[Evidence, ...]


def choose(
    candidates: Iterable[str],
    article: Article | Source,
    lead: str | None,
    unfit: Callable[[str], tuple[Unsupported, ...]] = lambda _: (),
) -> Chosen | None:
    """Take the first candidate that is faithful to its article, else its lead.

    Candidates after the one that is taken are not looked at, so they may be made as they are asked for.
    Empty ones and ones tried before are passed over without a word.

    Args:
        candidates: Summaries, the best first (beams by score).
        article: The article, or ``Source.of`` it.
        lead: What stands where every candidate fails, an excerpt of the article; None where it has none.
        unfit: Why a candidate is to be passed over whatever it says.

    Returns:
        None where every candidate fails and there is no lead.
    """
    source = article if isinstance(article, Source) else Source.of(article)
    refused: dict[str, Refused] = {}
    for candidate in candidates:
        text = candidate.strip()
        if not text or text in refused:
            continue
        faults = unfit(text)
        if not faults:
            verdict = check(text, source)
            if verdict.faithful:
                return Chosen(text, "model", tuple(refused.values()), verdict.evidence)
            faults = verdict.unsupported
        refused[text] = Refused(text, faults)
    if not lead:
        return None
    return Chosen(lead, "lead", tuple(refused.values()), check(lead, source).evidence)
