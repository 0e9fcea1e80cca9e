"""What an archive remembers of every article that it ever labelled, in some 60 bytes and its id."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from infer.schema import Article
from infer.stories.copies import SIGNATURE

# New articles that are held in a dictionary before they join the sorted arrays, which take a tenth.
_RECENT = 100_000
_NO_DAY = np.iinfo(np.int32).min

SCHEMA = pa.schema(
    [
        ("article", pa.uint64()),
        ("content", pa.uint64()),
        ("id", pa.string()),
        ("day", pa.date32()),
        ("story", pa.int64()),
        ("reading", pa.string()),
        ("deciding", pa.string()),
        ("writing", pa.string()),
        ("log_odds", pa.list_(pa.float32())),
        ("signature", pa.binary(4 * SIGNATURE)),
    ]
)
"""Columns of the ledger: a row for each time that an article was labelled, in order."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a record depends on beside its article.

    Attributes:
        reading: What the log-odds depend on.
        deciding: What topics and ``review`` depend on, the log-odds given.
        writing: What the summary depends on.
    """

    reading: str
    deciding: str
    writing: str


def article_key(article: Article) -> int:
    """Which article of which page this is, whatever its text, in 64 bits."""
    return key_of(article.page, str(article.part), article.id)


def content_key(article: Article) -> int:
    """What a record is made of, whatever the spaces in its text, in 64 bits.

    Without a time it is what it was before times were kept, so that older records stand.
    """
    about = (article.title, article.body, article.published, article.source, article.url)
    parts = [*(" ".join((text or "").split()) for text in about), "|".join(article.tags)]
    return key_of(*parts, *([article.published_at] if article.published_at else []))


def key_of(*parts: str) -> int:
    """A hash of texts in 64 bits, the same for ever."""
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return int.from_bytes(digest.digest(), "little")


class Rows:
    """Rows of a ledger by number, in memory, without their signatures."""

    def __init__(self, topics: int) -> None:
        self._topics = topics
        self._article, self._content, self._story = array("Q"), array("Q"), array("q")
        self._day, self._version = array("i"), array("H")
        self._log_odds = array("f")
        self._ids, self._ends = bytearray(), array("Q")
        self._versions: list[Version] = []
        self._latest = _Index()

    def __len__(self) -> int:
        return len(self._article)

    def find(self, article: int) -> int | None:
        """Number of the latest row of an article."""
        return self._latest.get(article)

    def add(
        self, article: int, content: int, id_: str, day: date | None, story: int, version: Version
    ) -> int:
        """Append a row and return its number."""
        number = len(self._article)
        self._article.append(article)
        self._content.append(content)
        self._story.append(story)
        self._day.append((day - date(1970, 1, 1)).days if day else _NO_DAY)
        self._version.append(self._known(version))
        self._log_odds.extend([float("nan")] * self._topics)
        self._ids += id_.encode("utf-8", "replace")
        self._ends.append(len(self._ids))
        self._latest.put(article, number)
        return number

    def extend(self, table: pa.Table) -> None:
        """Append rows of ``SCHEMA``, column by column: there may be millions."""
        first, count = len(self), table.num_rows
        for column, name in ((self._article, "article"), (self._content, "content"), (self._story, "story")):
            column.frombytes(table[name].to_numpy().tobytes())
        days = table["day"].cast(pa.int32()).fill_null(_NO_DAY)
        self._day.frombytes(days.to_numpy().astype(np.int32).tobytes())
        versions = [table[name].to_pylist() for name in ("reading", "deciding", "writing")]
        known = {given: self._known(Version(*given)) for given in dict.fromkeys(zip(*versions, strict=True))}
        self._version.extend(known[given] for given in zip(*versions, strict=True))
        self._log_odds.frombytes(_matrix(table["log_odds"], self._topics).tobytes())
        ids = table["id"].to_pylist()
        ends = np.cumsum([len(id_.encode()) for id_ in ids], dtype=np.uint64) + np.uint64(len(self._ids))
        self._ids += "".join(ids).encode()
        self._ends.frombytes(ends.tobytes())
        self._latest.put_all(table["article"].to_numpy(), np.arange(first, first + count))

    def article(self, number: int) -> int:
        """Key of a row's article."""
        return self._article[number]

    def of_days(self, days: set[date | None]) -> set[int]:
        """Keys of the articles whose latest rows are of some days."""
        wanted = [(day - date(1970, 1, 1)).days if day else _NO_DAY for day in days]
        numbers = np.flatnonzero(np.isin(np.frombuffer(self._day, np.int32), wanted))
        return {self._article[n] for n in numbers.tolist() if self.find(self._article[n]) == n}

    def content(self, number: int) -> int:
        """Key of a row's content."""
        return self._content[number]

    def story(self, number: int) -> int:
        """Number of the row with which the story of a row begins."""
        return self._story[number]

    def day(self, number: int) -> date | None:
        """Day in whose parts a row's record is."""
        day = self._day[number]
        return None if day == _NO_DAY else date.fromordinal(date(1970, 1, 1).toordinal() + day)

    def version(self, number: int) -> Version:
        """What a row's record was made with."""
        return self._versions[self._version[number]]

    def id(self, number: int) -> str:
        """The id of a row's article."""
        begin = self._ends[number - 1] if number else 0
        return self._ids[begin : self._ends[number]].decode()

    def log_odds(self, number: int) -> npt.NDArray[np.float32]:
        """Calibrated log-odds of every topic; NaN where the article was not read."""
        begin = number * self._topics
        return np.array(self._log_odds[begin : begin + self._topics], np.float32)

    def set_log_odds(
        self, number: int, values: Sequence[float] | npt.NDArray[np.float32], reading: str
    ) -> None:
        """Fill in what the topic model says, and which version of it."""
        for i, value in enumerate(values):
            self._log_odds[number * self._topics + i] = value
        self._version[number] = self._known(replace(self.version(number), reading=reading))

    def copy_log_odds(self, source: int, number: int) -> None:
        """Fill in what is known of another row."""
        if source != number:
            self.set_log_odds(number, self.log_odds(source), self.version(source).reading)

    def _known(self, version: Version) -> int:
        if version not in self._versions:
            self._versions.append(version)
        return self._versions.index(version)


def _matrix(column: pa.ChunkedArray, topics: int) -> npt.NDArray[np.float32]:
    """Rows × topics; NaN where a row has another number of topics, as it was made by another model."""
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    found = np.full((len(column), topics), np.nan, np.float32)
    fitting = lengths == topics
    chosen = pc.list_flatten(column.filter(pa.array(fitting))).to_numpy().astype(np.float32)
    found[fitting] = chosen.reshape(-1, topics)
    return found


class _Index:
    """Numbers by 64-bit keys, the last one put first: a dictionary for what is new, arrays for the rest."""

    def __init__(self) -> None:
        self._keys = np.empty(0, np.uint64)
        self._numbers = np.empty(0, np.int64)
        self._recent: dict[int, int] = {}

    def get(self, key: int) -> int | None:
        if (found := self._recent.get(key)) is not None:
            return found
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        if place < len(self._keys) and int(self._keys[place]) == key:
            return int(self._numbers[place])
        return None

    def put(self, key: int, number: int) -> None:
        self._recent[key] = number
        if len(self._recent) >= _RECENT:
            self.put_all(np.empty(0, np.uint64), np.empty(0, np.int64))

    def put_all(self, keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> None:
        """Put many, whose numbers are higher than those there are."""
        recent = np.fromiter(self._recent.keys(), np.uint64), np.fromiter(self._recent.values(), np.int64)
        keys = np.concatenate([self._keys, recent[0], keys])
        numbers = np.concatenate([self._numbers, recent[1], numbers])
        order = np.lexsort((numbers, keys))
        last = np.append(keys[order][1:] != keys[order][:-1], True)
        self._keys, self._numbers = keys[order][last], numbers[order][last]
        self._recent.clear()
