"""An article made ready to be asked what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from infer.faithful.amounts import Amount, amounts
from infer.faithful.forms import Token, bases, family, is_ordinary, kin, roots, stems, tokenize
from infer.faithful.gazetteer import implied, is_given_name, named_at
from infer.faithful.months import month_at, weekday_at
from infer.faithful.negation import heads, unasserted
from infer.faithful.statements import Statement, names_somebody, statements
from infer.schema import Article
from infer.text import normalize, sentences

TITLE = -1


@dataclass(frozen=True)
class Passage:
    """A sentence with what is read from it.

    Attributes:
        index: Place among the body's sentences from 0; ``TITLE`` for the title.
        text: As it stands in the article, on one line.
        plain: Its normal form, which the tokens' offsets refer to.
        tokens: Its words and numbers.
        amounts: Its quantities.
    """

    index: int
    text: str
    plain: str
    tokens: list[Token]
    amounts: list[Amount]
    stems: frozenset[str]
    roots: frozenset[str]

    @cached_property
    def denied(self) -> list[tuple[int, int]]:
        """Place of each negation and of the word that it denies."""
        return heads(self.tokens)

    @cached_property
    def counted(self) -> frozenset[int]:
        """Places of the words of its quantities."""
        return frozenset(i for amount in self.amounts for i in range(amount.first, amount.last))

    @cached_property
    def things(self) -> set[int]:
        """The known things that it names."""
        found: set[int] = set()
        at = 0
        while at < len(self.words):
            size, things = named_at(self.words, at)
            found |= things
            at += size or 1
        return found

    @cached_property
    def unasserted(self) -> frozenset[int]:
        """Places of the words that it rejects or makes a condition."""
        return unasserted(self.tokens)

    @cached_property
    def words(self) -> list[str]:
        """Folded words; empty strings for numbers in digits."""
        return [token.text for token in self.tokens]


def read(text: str, index: int = 0) -> Passage:
    """Read one sentence."""
    plain = normalize(text)
    tokens = tokenize(plain)
    return Passage(
        index,
        " ".join(text.split()),
        plain,
        tokens,
        amounts(tokens),
        frozenset(stem for token in tokens for stem in stems(token.text)),
        frozenset(root for token in tokens for root in roots(token.text)),
    )


@dataclass(frozen=True)
class Source:
    """What an article says, for any number of summaries; each thing is read when it is asked for."""

    passages: list[Passage]
    published: str | None = None

    @cached_property
    def bases(self) -> set[str]:
        """Readings of its words without particles."""
        return {base for group in self._tokens for token in group for base in bases(token.text)}

    @cached_property
    def stems(self) -> set[str]:
        """Readings of its words without particles and endings."""
        return {stem for passage in self.passages for stem in passage.stems}

    @cached_property
    def roots(self) -> set[str]:
        """Consonants of its words."""
        return {root for passage in self.passages for root in passage.roots}

    @cached_property
    def denied(self) -> set[str]:
        """Readings of the words that it denies."""
        words = [passage.words[head] for passage in self.passages for _, head in passage.denied]
        return {form for word in words for form in kin(word)}

    @cached_property
    def things(self) -> set[int]:
        """Known things that it names, and what they lie in."""
        return implied({thing for passage in self.passages for thing in passage.things})

    @cached_property
    def statements(self) -> list[Statement]:
        """Who says what in it; a statement that names nobody is by whoever spoke before."""
        found: list[Statement] = []
        for passage in self.passages:
            for statement in statements(passage.tokens, loosely=True):
                speaker = statement.speaker
                if found and statement.verb.startswith("و") and not names_somebody(statement.speaker):
                    speaker = (*speaker, *found[-1].speaker)  # "وأضاف أن", "وأعلن الحداد"
                found.append(Statement(speaker, statement.said, statement.verb))
        return found

    @cached_property
    def _people(self) -> list[tuple[str, str]]:
        """Each first name with the word behind it."""
        return [
            (given.text, after.text)
            for group in self._tokens
            for given, after in pairwise(group)
            if is_given_name(given.text) and not after.opens_clause and after.text[:1] not in ("ي", "ت")
        ]

    @cached_property
    def given(self) -> set[str]:
        """Readings of first names that stand before another word."""
        return {base for given, _ in self._people for base in bases(given)}

    @cached_property
    def surnames(self) -> set[str]:
        """Readings of the words that stand behind first names."""
        return {base for _, after in self._people for base in bases(after)}

    @cached_property
    def families(self) -> set[str]:
        """Known family names that it has."""
        return {named[0] for group in self._tokens for token in group if (named := family(token.text))}

    @cached_property
    def before_family(self) -> set[str]:
        """Unusual words with a definite one behind them wherever they stand: first names, most likely."""
        followed, alone = set[str](), set[str]()
        for group in self._tokens:
            for word, after in pairwise(group):
                family = after.text.startswith("ال") and not after.opens_clause
                (followed if family else alone).add(word.text)
        return {word for word in followed - alone if not is_ordinary(word) and not named_at([word], 0)[0]}

    @cached_property
    def months(self) -> set[int]:
        """Numbers of the months that it names."""
        return {month for group in self._tokens for i in range(len(group)) if (month := month_at(group, i))}

    @cached_property
    def weekdays(self) -> set[int]:
        """Numbers of the weekdays that it names, Monday is 0."""
        found = (weekday_at(group, i) for group in self._tokens for i in range(len(group)))
        return {day for day in found if day is not None}

    @property
    def _tokens(self) -> list[list[Token]]:
        return [passage.tokens for passage in self.passages]

    @classmethod
    def of(cls, article: Article) -> Source:
        """Read an article's title, body and date."""
        body = [read(sentence, i) for i, sentence in enumerate(sentences(article.body))]
        title = [read(article.title, TITLE)] if article.title.strip() else []
        return cls(title + body, article.published)

    def has(self, summary: Passage) -> bool:
        """Whether a sentence is one of the article's, or several of them in order, from end to end.

        Less than a whole sentence can turn its meaning round: "it is not true that" may stand before it.
        """
        words, whole = joined(summary), self._whole
        return words in self._titles or any(_is_run(words, whole[first:]) for first in range(len(whole)))

    @cached_property
    def _titles(self) -> list[str]:
        return [joined(passage) for passage in self.passages if passage.index == TITLE]

    @cached_property
    def _whole(self) -> list[str]:
        """Sentences of the body; none goes on from the title."""
        return [words for passage in self.passages if passage.index != TITLE and (words := joined(passage))]

    def knows(self, word: str) -> bool:
        """Whether a folded word can come from a word of the article, by its stem or its consonants."""
        return not (stems(word).isdisjoint(self.stems) and roots(word).isdisjoint(self.roots))


def joined(passage: Passage) -> str:
    """Folded words and numbers of a sentence between single spaces."""
    return " ".join(token.text or passage.plain[token.start : token.end] for token in passage.tokens)


def _is_run(words: str, following: Sequence[str]) -> bool:
    """Whether words are the first few of these sentences from end to end."""
    for sentence in following:
        if words == sentence:
            return True
        if not words.startswith(f"{sentence} "):
            return False
        words = words[len(sentence) + 1 :]
    return False
