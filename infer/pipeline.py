"""Articles in, records out: in order, each article's faults its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from infer.errors import ModelError, UsageError
from infer.hours import agreed, time_of
from infer.schema import Article, Record, RefusedSummary, Reject
from infer.summary import Lead, Summarizer, Summary, open_summarizer
from infer.text import language_problem
from infer.topics import TopicModel, TopicScores

DEFAULT_MODEL = "topics-compact"
DEFAULT_WRITER = "summary-compact"
METHODS = ("auto", "model", "lead")
# Articles held at once: enough for batches of like lengths, few enough for progress to be seen.
CHUNK = 128

Item = Article | Reject
Result = Record | Reject


@dataclass(frozen=True)
class Pipeline:
    """Topic model and summarizer, either of which may be left out.

    Attributes:
        explain: Whether records say which sentences carry a summary, and what was refused.
        off_topic: Summarizes what is on no topic; the summarizer does where None, or where no topics are
            asked for.
    """

    topics: TopicModel | None
    summarizer: Summarizer | None
    explain: bool = False
    off_topic: Summarizer | None = None

    @property
    def writing(self) -> str:
        """What summaries depend on beside the article and its topics."""
        if self.summarizer is None:
            return "none"
        off_topic = f", off topic {self.off_topic.version}" if self.topics and self.off_topic else ""
        return f"{self.summarizer.version}{off_topic}{' explained' if self.explain else ''}"

    def analyze(self, articles: Iterable[Article | Mapping[str, Any]]) -> list[Result]:
        """Label and summarize articles.

        Args:
            articles: ``Article`` objects, or mappings with ``title`` and ``body`` and whatever else
                an ``Article`` has; ``published`` may be a date or a datetime too, whose time then is
                ``published_at``.

        Returns:
            One ``Record`` for each article in order; a ``Reject`` where its text is empty or is not
            Arabic.

        Raises:
            UsageError: A mapping has a key that an ``Article`` has not, ``published`` is neither text nor
                a date, or ``published_at`` is no time on that day.
        """
        return list(self.stream(_as_article(item, i) for i, item in enumerate(articles, 1)))

    def stream(self, items: Iterable[Item], chunk: int = CHUNK) -> Iterator[Result]:
        """The same for any number of articles in constant memory; rejects pass through in their place."""
        rest = iter(items)
        while held := list(islice(rest, chunk)):
            screened = [screen(item) for item in held]
            records = iter(self._records([item for item in screened if isinstance(item, Article)]))
            yield from (item if isinstance(item, Reject) else next(records) for item in screened)

    def _records(self, articles: list[Article]) -> Iterator[Record]:
        scores = self.topics.predict(articles) if self.topics and articles else [None] * len(articles)
        summaries = self.summarize(articles, scores)
        for article, score, summary in zip(articles, scores, summaries, strict=True):
            yield self.record(article, score, summary)

    def summarize(
        self, articles: Sequence[Article], scores: Sequence[TopicScores | None]
    ) -> list[Summary | None]:
        """Summaries of articles in order, by what their topics ask for; None where there is none."""
        found: list[Summary | None] = [None] * len(articles)
        split = self.topics is not None and self.off_topic is not None
        off = [split and not (score and score.topics) for score in scores]
        for summarizer, wanted in ((self.summarizer, False), (self.off_topic, True)):
            places = [i for i, other in enumerate(off) if other == wanted]
            if summarizer and places:
                summaries = summarizer.summarize([articles[i] for i in places])
                for i, summary in zip(places, summaries, strict=True):
                    found[i] = summary
        return found

    def record(self, article: Article, score: TopicScores | None, summary: Summary | None) -> Record:
        """What is said of an article, by what the models say of it."""
        labels: dict[str, Any] = {}
        if self.topics and score:
            names = self.topics.topics
            labels = {
                "topics": score.topics,
                "scores": dict(zip(names, score.probabilities, strict=True)),
                "review": score.review,
                "model": self.topics.name,
            }
        if summary:
            labels |= {"summary": summary.text, "summary_method": summary.method}
        if self.explain:
            evidence = tuple(e.text for e in summary.evidence) if summary else ()
            labels |= {"evidence": evidence, "refused": _refused(summary) if summary else ()}
        return Record(
            id=article.id,
            page=article.page,
            part=article.part,
            title=article.title,
            published=article.published,
            published_at=article.published_at,
            source=article.source,
            tags=article.tags,
            url=article.url,
            **labels,
        )


def load(
    model: str | Path | None = None,
    *,
    topics: bool = True,
    summaries: bool = True,
    threads: int | None = None,
    method: str = "auto",
    length: str = "short",
    summarizer: str | Path | None = None,
    explain: bool = False,
) -> Pipeline:
    """Open the models.

    Args:
        model: Folder of a topic model; the one that comes with Mujaz where None.
        topics: Label articles.
        summaries: Summarize articles.
        threads: Threads of a model; all cores where None.
        method: What writes summaries: ``model``, the lead where the model's are not faithful; ``lead``
            alone; or ``auto``, where a model is there, the model for articles on a topic, which are
            those that are read, and the lead for others, which takes no time. A headline is the title then:
            an editor's is better.
        length: ``headline`` (up to 12 words), ``short`` (a sentence) or ``long`` (two or three).
        summarizer: Folder of a summarizer; the one that comes with Mujaz where None.
        explain: Let records say which sentences carry a summary, and what was refused.

    Raises:
        UsageError: There is no such method or length, or a summarizer is named that has nothing to write.
        ModelError: A model folder is refused, or ``model`` is asked for and there is none.
    """
    if method not in METHODS:
        raise UsageError(f"no method {method!r}; known are {', '.join(METHODS)}")
    if summarizer and method == "lead":
        raise UsageError(f"summarizer {str(summarizer)!r}: leads need none; leave it out")
    wanted = {"method": method != "auto", "length": length != "short"}
    wanted |= {"summarizer": summarizer is not None, "explain": explain}
    if not summaries and (needless := [name for name, given in wanted.items() if given]):
        raise UsageError(f"{needless[0]}: of no use without summaries; leave it out, or let them be made")
    topic_model = TopicModel.from_pretrained(model or default_model(), threads) if topics else None
    if not summaries:
        return Pipeline(topic_model, None)
    if summarizer:
        folder: Path | None = Path(summarizer)
    else:
        folder = _writer("lead" if method == "auto" and length == "headline" else method)
    off_topic = Lead(length) if topics and folder and method == "auto" else None
    return Pipeline(topic_model, open_summarizer(folder, length, threads), explain, off_topic)


def _writer(method: str) -> Path | None:
    """Folder of the summarizer, None where the lead is to be taken."""
    if method == "lead":
        return None
    try:
        return default_model(DEFAULT_WRITER)
    except ModelError as error:
        if method == "model":
            raise ModelError(
                f"{error}; or make one with `mujaz-train summarizer configs/summarizer/compact.yaml`, "
                "or take the articles' own leads with --method lead"
            ) from None
        return None


def default_model(name: str = DEFAULT_MODEL) -> Path:
    """Folder of a model that comes with Mujaz, in the installed package or in a checkout.

    Raises:
        ModelError: It is in neither place.
    """
    here = Path(__file__).resolve().parent
    places = (here / "_models" / name, here.parent / "models" / name)
    for place in places:
        if place.is_dir():
            return place
    raise ModelError(f"no model {name!r} in {' or '.join(map(str, places))}; install Mujaz again")


def _refused(summary: Summary) -> tuple[RefusedSummary, ...]:
    return tuple(
        RefusedSummary(r.text, tuple(f"{u.kind} \u2068{u.text}\u2069: {u.why}" for u in r.unsupported))
        for r in summary.refused
    )


def screen(item: Item) -> Item:
    """The article, or why its text cannot be labelled."""
    if isinstance(item, Reject):
        return item
    problem = language_problem(f"{item.title}\n{item.body}")
    if problem is None:
        return item
    return Reject(item.page, f"part {item.part}", problem, item.id)


def _as_article(item: Article | Mapping[str, Any], number: int) -> Article:
    if isinstance(item, Article):
        return item
    known = {field.name for field in fields(Article)}
    if unknown := sorted(item.keys() - known):
        raise UsageError(f"article {number}: unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
    given = {"id": str(number), "title": "", "body": ""} | {k: v for k, v in item.items() if v is not None}
    day = given.get("published", "")
    if isinstance(day, datetime):
        given = {"published_at": time_of(day)} | given | {"published": day.date().isoformat()}
    elif isinstance(day, date):
        given["published"] = day.isoformat()
    elif not isinstance(day, str):
        kind = type(day).__name__
        raise UsageError(f"article {number}: 'published' is of type {kind}; give ISO text or a date")
    at = given.get("published_at")
    if at is not None and (not isinstance(at, str) or agreed(given.get("published"), at) is None):
        raise UsageError(
            f"article {number}: 'published_at' is {at!r}, no time on the day of 'published'; give ISO text "
            "such as 2025-03-05T14:30+03:00 with the same day, or a datetime as 'published' alone"
        )
    return Article(**given | {"tags": tuple(given.get("tags", ()))})
