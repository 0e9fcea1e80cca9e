"""Articles as packed tokens, and from them the rows that a summarizer is trained on.

Everything here is numpy alone, so that a machine without the tools that read the data can train.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infer.errors import UsageError
from train.files import whole

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HEADLINE, SHORT, LONG = range(3)
"""Places of the three lengths in the list of start tokens."""
IGNORED = -100
"""Stands in labels where there is no token to be written."""


@dataclass(frozen=True)
class Format:
    """Token ids that frame a source and a target.

    Attributes:
        begin: What stands before a source, None for vocabularies without such a token.
        end: What stands after a title, a source and a target.
        padding: What fills rows up.
        starts: First token that the decoder reads, one for each of ``LENGTHS``.
    """

    begin: int | None
    end: int
    padding: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Packed:
    """Articles cut into pieces, all tokens in one array.

    The pieces of an article are its title, its summary (both may be empty) and its sentences.

    Attributes:
        tokens: Token ids of all pieces one after another.
        lengths: Tokens of each piece.
        pieces: Pieces of each article.
        good_title: Whether the title says what the body does, for each article.
        good_summary: The same of the summary.
        good_lead: Whether the sentences behind the first say what it does.
        chosen: Which sentence, from 0, is nearest to the summary; -1 where none is near.
        added: Which sentence, from 0, says most that the summary does not; -1 where none.
        several: Whether the summary has several sentences.
    """

    tokens: npt.NDArray[Any]
    lengths: Ints
    pieces: Ints
    good_title: Bools
    good_summary: Bools
    good_lead: Bools
    chosen: Ints
    added: Ints
    several: Bools

    def __len__(self) -> int:
        return len(self.pieces)

    def save(self, path: Path) -> None:
        """Write to an ``.npz``, whole or not at all."""
        with whole(path) as draft:
            np.savez_compressed(draft, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Packed:
        """Read what ``save`` wrote."""
        with np.load(path) as file:
            found = {name: file[name] for name in file.files}
        for name in ("lengths", "pieces", "chosen", "added"):
            found[name] = found[name].astype(np.int64)
        return cls(**found)


@dataclass(frozen=True)
class Rows:
    """Sources and targets, padded.

    Attributes:
        sources: Rows × source length.
        targets: Rows × target length, without the start token and with the end token.
        starts: Start token of each row.
        source_lengths: Tokens of each source.
        target_lengths: Tokens of each target.
    """

    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    source_lengths: Ints
    target_lengths: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, chosen: Ints) -> Rows:
        """The chosen rows, in their order."""
        return Rows(*(column[chosen] for column in vars(self).values()))

    def some(self, count: int) -> Rows:
        """As many rows, evenly spaced; all where there are fewer."""
        return self.take(np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64))


class Builder:
    """Makes rows of packed articles.

    Args:
        packed: The articles.
        form: How sources and targets are framed.
        window: Longest source in tokens; longer ones are cut.
        longest: Longest target in tokens; articles with a longer one are left out.
        seed: Of what is drawn at random.
    """

    def __init__(self, packed: Packed, form: Format, window: int, longest: int, seed: int = 0) -> None:
        self.packed = packed
        self.form = form
        self.window = window
        self.longest = longest
        self.random = np.random.default_rng(seed)
        self._tokens = np.concatenate([packed.tokens, [form.end, form.begin or 0]]).astype(np.int32)
        self._begins = np.cumsum(packed.lengths) - packed.lengths
        self._firsts = np.cumsum(packed.pieces) - packed.pieces
        self._title = packed.lengths[self._firsts]
        self._summary = packed.lengths[self._firsts + 1]

    def headline(self) -> Rows:
        """Body to title."""
        chosen = np.flatnonzero(self.packed.good_title & (self._title > 0))
        return self._rows(chosen, HEADLINE, self._piece(chosen, 0), titled=False)

    def summary(self, *, titled: bool = True, start: int = SHORT) -> Rows:
        """Title, unless left out, and body to summary."""
        chosen = np.flatnonzero(self.packed.good_summary & (self._summary > 0))
        return self._rows(chosen, start, self._piece(chosen, 1), titled=titled)

    def several(self) -> Rows:
        """Title and body to summary, where that has several sentences."""
        chosen = np.flatnonzero(self.packed.good_summary & self.packed.several)
        return self._rows(chosen, LONG, self._piece(chosen, 1))

    def extended(self) -> Rows:
        """Title and body to summary and the sentence that adds most to it."""
        good = self.packed.good_summary & ~self.packed.several & (self.packed.added >= 0)
        chosen = np.flatnonzero(good)
        pieces = [self._piece(chosen, 1), self._piece(chosen, 2 + self.packed.added[chosen])]
        return self._rows(chosen, LONG, np.concatenate(pieces))

    def lead(self) -> Rows:
        """Title and body to the first sentence."""
        chosen = np.flatnonzero(self.packed.pieces > 3)
        return self._rows(chosen, SHORT, self._piece(chosen, 2))

    def gap(self) -> Rows:
        """Title and body without its first sentence to that (Zhu et al. 2019, arXiv 1912.11602)."""
        chosen = np.flatnonzero(self.packed.good_lead)
        return self._rows(chosen, SHORT, self._piece(chosen, 2), skipped=1)

    def chosen(self) -> Rows:
        """Title and body to the sentence that is nearest to the summary."""
        chosen = np.flatnonzero(self.packed.good_summary & (self.packed.chosen >= 0))
        return self._rows(chosen, SHORT, self._piece(chosen, 2 + self.packed.chosen[chosen]))

    def shuffled(self) -> Rows:
        """Body with its sentences in any order to the first of them."""
        chosen = np.flatnonzero(self.packed.pieces > 3)
        return self._rows(chosen, SHORT, self._piece(chosen, 2), titled=False, shuffled=True)

    def leads(self) -> Rows:
        """Title and body to the first two sentences."""
        chosen = np.flatnonzero(self.packed.pieces > 4)
        pieces = [self._piece(chosen, 2), self._piece(chosen, 3)]
        return self._rows(chosen, LONG, np.concatenate(pieces))

    def _piece(self, articles: Ints, place: int | Ints) -> Ints:
        """One piece of each article, as owner and piece."""
        return np.stack([np.arange(len(articles)), self._firsts[articles] + place], 1)

    def _rows(
        self,
        articles: Ints,
        start: int,
        target: Ints,
        *,
        titled: bool = True,
        shuffled: bool = False,
        skipped: int = 0,
    ) -> Rows:
        order = np.argsort(target[:, 0], kind="stable")
        owners, pieces = target[order].T
        targets, target_lengths = self._assemble(
            owners, self._begins[pieces], self.packed.lengths[pieces], len(articles), self.longest
        )
        whole = np.bincount(owners, self.packed.lengths[pieces], len(articles)).astype(np.int64)
        kept = np.flatnonzero((whole > 0) & (whole < self.longest))
        sources, source_lengths = self._sources(
            articles[kept], titled=titled, shuffled=shuffled, skipped=skipped
        )
        starts = np.full(len(kept), self.form.starts[start], np.int32)
        return Rows(sources, targets[kept], starts, source_lengths, target_lengths[kept])

    def _sources(
        self, articles: Ints, *, titled: bool, shuffled: bool, skipped: int
    ) -> tuple[npt.NDArray[np.int32], Ints]:
        count = len(articles)
        firsts = self._firsts[articles] + 2 + skipped
        sentences = self.packed.pieces[articles] - 2 - skipped
        owners = np.repeat(np.arange(count), sentences)
        place = np.arange(len(owners)) - np.repeat(np.cumsum(sentences) - sentences, sentences)
        pieces = np.repeat(firsts, sentences) + place
        rank = self.random.random(len(owners)) if shuffled else place
        pieces = pieces[np.lexsort((rank, owners))]
        last, first = len(self._tokens) - 2, len(self._tokens) - 1
        begin = np.full(count, self.form.begin is not None, np.int64)
        title = self._title[articles] if titled else np.zeros(count, np.int64)
        each = np.arange(count)
        parts = [  # owner, where its tokens begin, how many they are
            (each, np.full(count, first), begin),
            (each, self._begins[self._firsts[articles]], title),
            (each, np.full(count, last), np.ones(count, np.int64)),
            (owners, self._begins[pieces], self.packed.lengths[pieces]),
        ]
        owner, starts, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(owner, kind="stable")
        return self._assemble(owner[order], starts[order], lengths[order], count, self.window)

    def _assemble(
        self, owners: Ints, starts: Ints, lengths: Ints, count: int, limit: int
    ) -> tuple[npt.NDArray[np.int32], Ints]:
        """Join pieces, sorted by owner, to rows of at most ``limit`` tokens, the end token among them."""
        before = np.cumsum(lengths) - lengths
        sizes = np.bincount(owners, lengths, count).astype(np.int64)
        row_begins = np.cumsum(sizes) - sizes
        step = np.arange(int(lengths.sum()))
        row = np.repeat(owners, lengths)
        column = step - row_begins[row]
        index = np.repeat(starts - before, lengths) + step
        kept = column < limit - 1
        result = np.full((count, limit), self.form.padding, np.int32)
        result[row[kept], column[kept]] = self._tokens[index[kept]]
        found = np.minimum(sizes, limit - 1)
        result[np.arange(count), found] = self.form.end
        return result, found + 1


TASKS: dict[str, Callable[[Builder], Rows]] = {
    "shuffled": Builder.shuffled,
    "lead": Builder.lead,
    "leads": Builder.leads,
    "gap": Builder.gap,
    "chosen": Builder.chosen,
    "headline": Builder.headline,
    "summary": Builder.summary,
    "untitled": lambda builder: builder.summary(titled=False),
    "several": Builder.several,
    "extended": Builder.extended,
}
"""What a stage may train, by the names that configurations use."""


def mix(builder: Builder, shares: dict[str, float]) -> Rows:
    """Rows of several tasks; a share of 0.5 takes half of a task's rows, one of 2 takes each twice.

    Raises:
        UsageError: A task is unknown, or none has a row.
    """
    parts = []
    for task, share in shares.items():
        if task not in TASKS:
            raise UsageError(f"no task {task!r}; known are {', '.join(TASKS)}")
        rows = TASKS[task](builder)
        wanted = round(share * len(rows))
        order = [builder.random.permutation(len(rows)) for _ in range(int(share) + 1)]
        parts.append(rows.take(np.concatenate(order)[:wanted]))
    joined = Rows(
        *(np.concatenate(column) for column in zip(*(vars(p).values() for p in parts), strict=True))
    )
    if not len(joined):
        raise UsageError(f"no article has what the tasks {', '.join(shares)} need")
    return joined


def batches(rows: Rows, size: int, seed: int, epoch: int) -> list[Ints]:
    """Batches of rows of like lengths, in an order that the seed and the epoch alone decide."""
    random = np.random.default_rng([seed, epoch])
    noise = random.random(len(rows))
    group = np.searchsorted([24, 48, 72], rows.target_lengths)
    order = np.lexsort((rows.source_lengths + 24 * noise, group))
    cut: Sequence[Ints] = np.array_split(order, max(1, round(len(order) / size)))
    return [cut[i] for i in random.permutation(len(cut))]
