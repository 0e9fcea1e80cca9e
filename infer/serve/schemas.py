"""What requests and answers look like; the OpenAPI description is made of these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.config import JsonDict

TITLE = "اتفاق على إدخال 60 شاحنة مساعدات إلى غزة يوميا"
BODY = (
    "أعلنت منظمة إغاثة، الثلاثاء، اتفاقا على إدخال 60 شاحنة مساعدات إلى قطاع غزة يوميا "
    "عبر معبر كرم أبو سالم.\n"
    "وقالت المنظمة إن الشحنات تضم طحينا وأدوية ووقودا للمستشفيات."
)
EXAMPLE: JsonDict = {"id": "a1", "title": TITLE, "body": BODY}


def _in_calendar(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("no calendar has this day") from None  # its own message quotes what was sent
    return text


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_in_calendar),
]


class Given(BaseModel):
    """An article, or a scraped page that holds one or more: one of ``body``, ``html`` and ``page``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[str, Field(max_length=500, description="Your own id, which comes back.")] | None = None
    title: Annotated[str, Field(description="Headline, of a body.")] = ""
    body: Annotated[str, Field(description="Text without the headline.")] | None = None
    html: Annotated[str, Field(description="A page in HTML, to be split into its articles.")] | None = None
    page: Annotated[str, Field(description="A page as text, to be split likewise.")] | None = None
    published: Annotated[Day, Field(description="ISO date, of a body.")] | None = None
    source: Annotated[str, Field(max_length=500, description="Outlet, of a body.")] | None = None
    url: Annotated[str, Field(max_length=4000, description="Address of the article or page.")] | None = None

    @model_validator(mode="after")
    def _one(self) -> Given:
        kinds = [name for name in ("body", "html", "page") if getattr(self, name) is not None]
        if len(kinds) > 1 or (not kinds and not self.title):
            raise ValueError("give one of body, html and page")
        if kinds and kinds[0] != "body" and (self.title or self.published or self.source):
            raise ValueError(f"title, published and source are read from {kinds[0]} itself; leave them out")
        return self


class Asked(BaseModel):
    """A request: one article or many."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"articles": [EXAMPLE], "text": False}]}
    )

    articles: Annotated[list[Given], Field(min_length=1, description="They are answered in this order.")]
    text: Annotated[
        bool, Field(description="Let each result have the title and body that were read, as `article`.")
    ] = False


ONE, MANY = "one", "many"


def _kind(value: object) -> str:
    return MANY if isinstance(value, Asked) or (isinstance(value, dict) and "articles" in value) else ONE


Body = Annotated[
    Annotated[Given, Tag(ONE)] | Annotated[Asked, Tag(MANY)],
    Discriminator(_kind),
]
"""One article as it is, or ``articles``."""


class Told(BaseModel):
    """Why an article has no record."""

    reason: Annotated[str, Field(description="What is wrong, and what would help.")]


class Read(BaseModel):
    """The article that was read."""

    title: str
    body: str


class Refused(BaseModel):
    """What a summarizing model wrote and the guard passed over."""

    text: str
    reasons: list[str]


class Answer(BaseModel):
    """A result: a record, or ``reject``. What was not asked for is left out."""

    model_config = ConfigDict(extra="forbid")

    input: Annotated[int, Field(description="Which of the request's articles it is of, from 0.")]
    id: str | None = None
    part: Annotated[int, Field(description="Place among the articles of its page, from 1.")] | None = None
    title: str | None = None
    published: str | None = None
    published_at: str | None = None
    source: str | None = None
    tags: list[str] | None = None
    url: str | None = None
    topics: Annotated[list[str], Field(description='Empty means "other".')] | None = None
    scores: Annotated[dict[str, float], Field(description="Calibrated probabilities.")] | None = None
    review: Annotated[bool, Field(description="Whether a score is too near its threshold.")] | None = None
    summary: str | None = None
    summary_method: Annotated[str, Field(description="model or lead")] | None = None
    evidence: Annotated[list[str], Field(description="Sentences that carry the summary.")] | None = None
    refused: list[Refused] | None = None
    model: str | None = None
    reject: Told | None = None
    article: Read | None = None


class Answers(BaseModel):
    """The answer to a request: results in the order of its articles; a page may have several, or a reject."""

    results: list[Answer]


class Problem(BaseModel):
    """What went wrong.

    Attributes:
        code: For programs.
        message: For a person, with the remedy.
        field: Where in the request.
        request_id: As in the header ``x-request-id`` and in the log.
    """

    code: str
    message: str
    field: str | None = None
    request_id: str | None = None


class ProblemAnswer(BaseModel):
    """Every answer that is no result."""

    error: Problem


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer, "description": text}
    for status, text in {
        400: "The body is no JSON in UTF-8.",
        401: "A key is needed, and this is none.",
        408: "The body did not arrive in time.",
        413: "The body, an article, or their number is over the limit.",
        415: "The body is not application/json, or is compressed.",
        422: "The JSON is not what is asked for.",
        429: "More is waiting than can be answered in time; see Retry-After.",
        503: "The models are not loaded yet, the answer took too long, or the service is stopping.",
    }.items()
}
