"""What a request gives, into articles; and what is said of them, into answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from infer.cells import printable
from infer.outputs import record_dict
from infer.page import from_html, split_page
from infer.pipeline import Result
from infer.schema import Article, Reject
from infer.serve.config import Limits
from infer.serve.problems import ProblemError
from infer.serve.schemas import Answer, Given, Read, Told


@dataclass(frozen=True)
class Item:
    """An article of a request.

    Attributes:
        input: Which of those given it is of, from 0.
        article: It, or why there is none.
    """

    input: int
    article: Article | Reject


def items(given: Sequence[Given], limits: Limits) -> list[Item]:
    """Split what is given into articles, in order.

    Raises:
        ProblemError: It is more than may be asked for.
    """
    found: list[Item] = []
    for number, each in enumerate(given):
        name, text = next(
            ((name, text) for name in ("html", "page", "body") if (text := getattr(each, name)) is not None),
            ("title", each.title),
        )
        if len(text) + len(each.title) > limits.characters:
            raise ProblemError(
                413,
                "too_large",
                f"articles.{number}.{name} has {len(text):,} characters; {limits.characters:,} are read",
                f"articles.{number}.{name}",
            )
        found += [Item(number, article) for article in _articles(each, name, text, number)]
    if len(found) > limits.articles:
        raise ProblemError(
            413,
            "too_many",
            f"these are {len(found)} articles; {limits.articles} are taken at once, send them in parts",
            "articles",
        )
    return found


def answer(item: Item, result: Result, *, text: bool) -> Answer:
    """What is said of an article."""
    read = None
    if text and isinstance(item.article, Article):
        read = Read(title=item.article.title, body=item.article.body)
    if isinstance(result, Reject):
        return Answer(input=item.input, id=result.id, reject=Told(reason=result.reason), article=read)
    told = {name: value for name, value in record_dict(result).items() if name in Answer.model_fields}
    return Answer.model_validate(told | {"input": item.input, "article": read})


def _articles(given: Given, name: str, text: str, number: int) -> list[Article | Reject]:
    own = given.id if given.id is not None else str(number)
    if name in ("html", "page"):
        try:
            found = (from_html if name == "html" else split_page)(text, page=own, url=given.url)
        except Exception as error:  # a page that the parsers choke on must not end the request
            reason = f"page cannot be read: {type(error).__name__}: {printable(str(error), 200)}"
            return [Reject(own, "", reason, own)]
        if not found:
            return [Reject(own, "", "no article was found in this page", own)]
        return [*found] if len(found) > 1 else [replace(found[0], id=own)]
    return [
        Article(
            own,
            " ".join(given.title.split()),
            given.body or "",
            published=given.published,
            source=given.source,
            url=given.url,
        )
    ]
