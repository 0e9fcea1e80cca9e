"""What ``configs/digest.yaml`` may say: limits, ranking, and the wording of the frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, field_validator

from infer.settings import Strict, load_config, shipped_config

Text = Annotated[str, Field(min_length=1)]


class Counted(Strict):
    """How a number of things is said: CLDR's plural categories, ``{n}`` in them is the number.

    Only ``other`` is needed; a category that is left out is said as ``other``. ``zero`` is said of none in
    every language.
    """

    zero: str | None = None
    one: str | None = None
    two: str | None = None
    few: str | None = None
    many: str | None = None
    other: Text


class Wording(Strict):
    """The frame's texts in one language; what may stand in braces is said by ``configs/digest.yaml``.

    Attributes:
        locale: CLDR's locale, for dates and plurals.
        digits: ``latn`` (1 2 3) or ``arab`` (١ ٢ ٣), for the frame's own numbers.
    """

    locale: Text
    digits: Literal["latn", "arab"] = "latn"
    name: Text
    title: Text
    title_span: Text
    skip: Text
    contents: Text
    articles: Counted
    outlets: Counted
    stories: Counted
    reports: Counted
    overview: Text
    nothing: Text
    nothing_on_topic: Text
    more: Counted
    sources: Text
    source_mark: Text
    no_source: Text
    no_address: Text
    copy_mark: Text
    lead_mark: Text
    model_mark: Text
    also_about: Text
    differences: Text
    figure_by: Text
    evidence: Text
    review: Text
    review_note: Text
    trend: Text
    trend_note: Text
    trend_table: Text
    day: Text
    whole: Text
    left_out: Text
    footer: Text


class Wordings(Strict):
    """The frame in each language."""

    ar: Wording
    en: Wording


class TopicWords(Strict):
    """A topic's name in each language."""

    ar: Text
    en: Text


class Limits(Strict):
    """How much a digest holds.

    Attributes:
        stories: Most stories of a section.
        review: Most stories that are set apart for review.
        trend_days: Days of the chart, the digest's own among them.
        title_characters, sentence_characters: Where longer text is cut.
    """

    stories: int = Field(default=30, ge=1)
    review: int = Field(default=20, ge=0)
    trend_days: int = Field(default=14, ge=2, le=60)
    title_characters: int = Field(default=300, ge=40)
    sentence_characters: int = Field(default=1200, ge=100)


class Ranking(Strict):
    """What makes a story important; weights of numbers between 0 and 1.

    Attributes:
        outlets: Of how many outlets carry it (log scale, against the day's most).
        newness: Of how late its latest report is within the digest's days.
        confidence: Of how sure the label is.
    """

    outlets: float = Field(default=0.6, ge=0)
    newness: float = Field(default=0.2, ge=0)
    confidence: float = Field(default=0.2, ge=0)


class Publishing(Strict):
    """Where the digest will be found, for feeds and mail.

    Attributes:
        address: Of the folder that the files are published in; None: nowhere. A slash at its end is added.
        author: Who publishes, as the feed names them.
        utc_offset: Of the clocks that the outlets' hours are read from; feeds and mail have to name one.
    """

    address: HttpUrl | None = None
    author: Text = "Mujaz"
    utc_offset: Annotated[str, Field(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")] = "+00:00"

    @field_validator("address")
    @classmethod
    def _folder(cls, address: HttpUrl | None) -> HttpUrl | None:
        """Names of files are put behind it."""
        if address is None or str(address).endswith("/"):
            return address
        if address.query is not None or address.fragment is not None:
            raise ValueError("name a folder's address, without ? or #")
        return HttpUrl(f"{address}/")


class DigestConfig(Strict):
    """Everything about a digest that is not on the command line.

    Attributes:
        topics: Names for people; a topic that is not here goes by its model's name.
        order: Topics in the order of their sections; others follow in the model's order.
    """

    lang: Literal["ar", "en"] = "ar"
    topics: dict[str, TopicWords] = Field(default_factory=dict)
    order: list[str] = Field(default_factory=list)
    limits: Limits = Limits()
    ranking: Ranking = Ranking()
    publishing: Publishing = Publishing()
    wording: Wordings

    @field_validator("order")
    @classmethod
    def _once(cls, order: list[str]) -> list[str]:
        """A topic's stories stand once."""
        if twice := [topic for topic in dict.fromkeys(order) if order.count(topic) > 1]:
            raise ValueError(f"{', '.join(twice)} stands there more than once")
        return order

    def topic_name(self, topic: str, lang: str) -> str:
        """A topic's name for people; the model's own where it has none here."""
        names = self.topics.get(topic)
        return topic if names is None else (names.en if lang == "en" else names.ar)

    def words(self, lang: str | None = None) -> Wording:
        """The frame's texts in a language, by default the configured one."""
        return self.wording.en if (lang or self.lang) == "en" else self.wording.ar


def load_digest_config(path: Path | None = None) -> DigestConfig:
    """Read a configuration, by default the one that comes with Mujaz.

    Raises:
        UsageError: It is missing, not YAML, or has an unknown, missing or mistyped key.
    """
    return load_config(path or shipped_config("digest.yaml"), DigestConfig)
