"""News articles read, judged as training pairs, and packed as tokens."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from infer.errors import UsageError
from infer.text import prepare, sentences, words
from train.pairs import Packed
from train.rouge import nearest

log = logging.getLogger(__name__)

# Words in a row that two texts share when one is taken for a copy of the other.
SHARED = 8
# To be raised with every change of what is packed: what was packed by another version is not used.
VERSION = 3
COLUMNS = ("lengths", "pieces", "good_title", "good_summary", "good_lead", "chosen", "added", "several")
FEWEST_WORDS = 40
FEWEST_SENTENCES = 4
TITLE_WORDS = range(4, 13)
SUMMARY_WORDS = range(7, 70)
# Least share of a title's or a summary's words that its article must have: others teach to invent.
LEAST_SUPPORT = 0.6
# A sentence that a summary is extended by: words, and the share of them that are new.
ADDED_WORDS = range(8, 36)
ADDED_NEWS = 0.5
# A sentence of which more is new tells of something else.
ALL_NEWS = 0.9
SEARCHED = 8
CHOSEN_FROM = 16

_PREFIX = re.compile(r"^(?:[وف]?(?:ال|لل|بال|كال)|[وفبلك])(?=\w{3})")
_SUFFIX = re.compile(r"(?<=\w{3})(?:ات|ون|ين|ان|ها|هم|[ةهيا])$")
_NO_HEADLINE = re.compile(r"[؟?|]|^(?:فيديو|بالفيديو|شاهد|صور|بالصور|خاص|مقال|رأي)\b")


@dataclass(frozen=True)
class Text:
    """A prepared article.

    Attributes:
        title: Its headline.
        summary: Its standfirst, empty where it has none.
        body: Its sentences.
    """

    title: str
    summary: str
    body: list[str]


def read(paths: Sequence[Path], preparation: str, without: Sequence[Path] = ()) -> list[Text]:
    """Articles of Parquet files with ``title``, ``body`` and maybe ``id`` and ``summary``.

    An article whose id came before, with an ``s`` before it or not, is not taken again, nor one that shares
    ``SHARED`` words in a row with the titles, summaries or first words of the files in ``without``.

    Raises:
        UsageError: A file is missing or has no ``title`` or ``body``.
    """
    known: set[str] = set()
    seen: set[str] = set()
    for row in _rows(without):
        seen.add(row["id"])
        known |= _runs(prepare(" ".join([row["summary"], *row["body"].split()[:60]]), preparation))
    seen.discard("")
    kept, copies = [], 0
    for row in _rows(paths):
        if row["id"] in seen:
            continue
        if row["id"]:
            seen.add(row["id"])
        title, summary = prepare(row["title"], preparation), prepare(row["summary"], preparation)
        body = [prepare(s, preparation) for s in sentences(row["body"])]
        if known & _runs(" ".join([summary, *" ".join(body).split()[:120]])):
            copies += 1
            continue
        kept.append(Text(title, summary, [s for s in body if words(s)]))
    log.info("%d articles read, %d copies of what is measured on left out", len(kept), copies)
    return kept


def pack(texts: Iterable[Text], tokenizer: Tokenizer, window: int, *, judged: bool = True) -> Packed:
    """Tokens of the articles.

    Args:
        texts: The articles.
        tokenizer: Gives the ids; special tokens are not added.
        window: Tokens of a body that are kept.
        judged: Leave out what would teach to invent, as from the articles to train on.
    """
    tokens: list[int] = []
    columns: dict[str, list[int]] = {name: [] for name in COLUMNS}
    for text in texts:
        if judged and not _teaches(text):
            continue
        parts = [text.title, text.summary, *text.body[:window]]
        ids = [e.ids for e in tokenizer.encode_batch_fast(parts, add_special_tokens=False)]
        body = _cut(ids[2:], window)
        source = [text.title, *text.body[: len(body)]]
        columns["lengths"] += map(len, [*ids[:2], *body])
        columns["pieces"].append(2 + len(body))
        columns["good_title"].append(not judged or good_title(text.title, source[1:]))
        columns["good_summary"].append(not judged or good_summary(text.summary, source))
        lead = len(body) >= FEWEST_SENTENCES and good_summary(
            text.body[0], [text.title, *text.body[1 : len(body)]]
        )
        columns["good_lead"].append(lead)
        columns["chosen"].append(chosen(text.summary, text.body[: len(body) - 1]))
        columns["added"].append(added(text.summary, text.body[: len(body) - 1]))
        columns["several"].append(len(sentences(text.summary)) > 1)
        tokens += [i for piece in [*ids[:2], *body] for i in piece]
    kind = np.uint16 if tokenizer.get_vocab_size() <= 1 << 16 else np.uint32
    return Packed(
        tokens=np.array(tokens, kind),
        lengths=np.array(columns["lengths"], np.int64),
        pieces=np.array(columns["pieces"], np.int64),
        good_title=np.array(columns["good_title"], bool),
        good_summary=np.array(columns["good_summary"], bool),
        good_lead=np.array(columns["good_lead"], bool),
        chosen=np.array(columns["chosen"], np.int64),
        added=np.array(columns["added"], np.int64),
        several=np.array(columns["several"], bool),
    )


def _teaches(text: Text) -> bool:
    """Whether an article has enough to say: short posts are most of what is collected, and all lead."""
    long = sum(len(sentence.split()) for sentence in text.body) >= FEWEST_WORDS
    return bool(text.summary) or len(text.body) >= FEWEST_SENTENCES or (bool(text.title) and long)


def good_title(title: str, body: Sequence[str]) -> bool:
    """Whether a title is a plain statement of what the body says."""
    found = words(title)
    if len(found) not in TITLE_WORDS or _NO_HEADLINE.search(title):
        return False
    return sum(len(s.split()) for s in body) >= FEWEST_WORDS and _supported(found, body)


def good_summary(summary: str, source: Sequence[str]) -> bool:
    """Whether a summary states, and asks nothing, and its words and all its numbers are in the source."""
    found = words(summary)
    return len(found) in SUMMARY_WORDS and not summary.endswith("؟") and _supported(found, source)


def added(summary: str, body: Sequence[str]) -> int:
    """Number of the sentence that says most that the summary does not, -1 where none says much."""
    known = set(map(stem, words(summary)))
    best, most = -1, ADDED_NEWS
    for i, sentence in enumerate(body[:SEARCHED]):
        found = words(sentence)
        if summary and len(found) in ADDED_WORDS:
            news = sum(stem(word) not in known for word in found) / len(found)
            worth = news - 0.02 * i  # the news stands at the top
            if news < ALL_NEWS and most <= worth:
                best, most = i, worth
    return best


def chosen(summary: str, body: Sequence[str]) -> int:
    """Number of the sentence that is nearest to a summary by ROUGE-2, -1 where none is near."""
    if not summary or not body:
        return -1
    place, score = nearest(summary, body[:CHOSEN_FROM], "rouge2")
    return place if score > 0 else -1


def stem(word: str) -> str:
    """A word without what is written together with it; for comparing alone."""
    return _SUFFIX.sub("", _PREFIX.sub("", word))


def _supported(found: list[str], source: Sequence[str]) -> bool:
    there = {word for sentence in source for word in words(sentence)}
    if any(any(c.isdigit() or c.isascii() for c in word) and word not in there for word in found):
        return False
    stems = set(map(stem, there))
    return sum(stem(word) in stems for word in found) >= LEAST_SUPPORT * len(found)


def _cut(pieces: list[list[int]], window: int) -> list[list[int]]:
    """Pieces up to ``window`` tokens, the last one cut."""
    kept, left = [], window
    for piece in pieces:
        if left <= 0:
            break
        kept.append(piece[:left])
        left -= len(piece)
    return kept


def _runs(text: str) -> set[str]:
    found = words(text)
    return {" ".join(found[i : i + SHARED]) for i in range(len(found) - SHARED + 1)}


def _rows(paths: Sequence[Path]) -> Iterator[dict[str, str]]:
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: no such file of articles; name Parquet files with title and body")
        file = pq.ParquetFile(path)
        names = set(file.schema_arrow.names)
        if missing := {"title", "body"} - names:
            raise UsageError(f"{path}: no column {min(missing)!r}; columns: {', '.join(sorted(names))}")
        columns = [name for name in ("id", "title", "body", "summary") if name in names]
        for batch in file.iter_batches(1_024, columns=columns):
            for row in batch.to_pylist():
                found = {name: str(row.get(name) or "") for name in ("id", "title", "body", "summary")}
                yield found | {"id": found["id"].removeprefix("s")}
