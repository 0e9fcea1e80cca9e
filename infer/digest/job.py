"""One digest: the days read, its stories chosen, its files written, and what is said of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path

from rich.console import Console

from infer import job
from infer.archive import REJECTS
from infer.digest import FORMS, feed, markdown, page
from infer.digest.as_json import as_json
from infer.digest.choosing import Embed, build
from infer.digest.config import DigestConfig
from infer.digest.day import Digest
from infer.digest.reading import Labelled, read_place
from infer.errors import UsageError
from infer.inputs.options import ReadOptions
from infer.outputs.draft import whole_file
from infer.pipeline import Pipeline, default_model
from infer.questions.show import print_rows
from infer.schema import Article
from infer.stories.events import Array

REJECTED = "rejects.jsonl"


@dataclass(frozen=True)
class Asked:
    """What a digest is asked for.

    Attributes:
        first, last: Its days; None: the latest day that has records.
        lang: Of the frame; None: as configured.
        model: Folder of the model whose vectors help in grouping; None: the one that comes with Mujaz.
        vectors: Whether they do.
    """

    first: date | None = None
    last: date | None = None
    lang: str | None = None
    model: Path | None = None
    vectors: bool = True


@dataclass(frozen=True)
class Made:
    """A digest, and what is told beside it.

    Attributes:
        digest: The digest.
        chosen: Whether its day was chosen for being the latest.
        unlabelled: Records of its days that no topic model read.
        nearest: Where it has no news: the nearest days that have, before and after.
        unknown: Topics that the configuration names and the records do not have.
    """

    digest: Digest
    chosen: bool
    unlabelled: int
    nearest: tuple[date, ...]
    unknown: tuple[str, ...]


def make(place: str | Path, asked: Asked, config: DigestConfig) -> Made:
    """Make the digest of what ``mujaz label`` wrote.

    Raises:
        UsageError: There are no records, none has a day, none was labelled by topic, or they are damaged.
        ModelError: The model's folder is refused.
    """
    days = read_place(place, asked.first, asked.last, config.limits.trend_days)
    digest = build(days, config, asked.lang, _embed(asked.model) if asked.vectors else None)
    named = dict.fromkeys([*config.order, *config.topics])
    unknown = tuple(topic for topic in named if topic not in days.topics)
    return Made(digest, asked.last is None, days.unlabelled, days.nearest, unknown)


def label(
    inputs: Sequence[str], folder: str, out: Path, options: ReadOptions, models: Callable[[], Pipeline]
) -> bool:
    """Label raw input into an archive's folder as ``mujaz label`` does; what is rejected is told in ``out``.

    Returns:
        Whether anything was rejected.

    Raises:
        UsageError: An input cannot be used, or nothing in them could be labelled.
        ModelError: A model folder is refused.
    """
    target = out / REJECTED
    outcome = job.run(inputs, folder, options, models, job.ArchiveOptions(), rejects=str(target))
    target.unlink(missing_ok=True)  # of the run before
    if outcome.rejected:
        with (Path(folder) / REJECTS).open("rb") as found, whole_file(target) as stream:
            shutil.copyfileobj(found, stream)
    if not outcome.records:
        seen = f"; why, see {target}" if outcome.rejected else ""
        raise UsageError(f"{', '.join(inputs)}: no article in it could be labelled{seen}")
    return bool(outcome.rejected)


def temporary_archive() -> tempfile.TemporaryDirectory[str]:
    """A folder for labels that nobody keeps."""
    return tempfile.TemporaryDirectory(prefix="mujaz-digest-")


def check_folder(out: Path) -> None:
    """Refuse what cannot be the digest's folder, before any work is done.

    Raises:
        UsageError: It is a file.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{str(out)!r} is a file; name a folder for the digest with -o")


def write(
    digest: Digest, config: DigestConfig, out: Path, forms: Collection[str], message: EmailMessage | None
) -> list[str]:
    """Write forms of a digest into a folder: all are made before one is written, and each is written whole.

    Args:
        digest: The digest.
        config: Its wording.
        out: The folder, made if there is none.
        forms: Which, of ``FORMS``.
        message: The mail, from ``infer.digest.mail.message``; there where ``eml`` is among the forms.

    Returns:
        Names of the files.
    """
    makers: dict[str, Callable[[], bytes]] = {
        "html": lambda: _utf8(page.html(digest, config)),
        "md": lambda: _utf8(markdown.markdown(digest, config)),
        "atom": lambda: feed.atom(digest, config),
        "json": lambda: _utf8(as_json(digest)),
    }
    if message is not None:
        makers["eml"] = partial(message.as_bytes, policy=SMTP)
    made = {FORMS[form]: makers[form]() for form in FORMS if form in forms}
    for name, content in made.items():
        with whole_file(out / name) as stream:
            stream.write(content)
    return list(made)


def show(digest: Digest, console: Console) -> None:
    """Print a row for each topic: how many stories, of how many articles, and what the first one is."""
    rows: list[tuple[str, int, int, str]] = []
    for section in digest.sections:
        articles = sum(len(story.reports) for story in section.stories)
        first = section.stories[0].headline if section.stories else "—"
        rows.append((section.name, len(section.stories) + section.more, articles, first))
    if digest.review:
        articles = sum(len(story.reports) for story in digest.review)
        rows.append(("review", len(digest.review) + digest.review_more, articles, digest.review[0].headline))
    print_rows(console, ("topic", "stories", "reports", "first story"), rows)


def report(made: Made, out: Path, files: Sequence[str]) -> list[str]:
    """Say how a digest came out, each line to be printed."""
    digest = made.digest
    day = str(digest.last) if digest.first == digest.last else f"{digest.first} to {digest.last}"
    chosen = " (the latest day of the records)" if made.chosen else ""
    stories = sum(len(section.stories) + section.more for section in digest.sections)
    about = f"{_count(stories, 'story', 'stories')} of {_count(digest.articles, 'article')} by "
    lines = [f"{day}{chosen}: {about}{_count(digest.outlets, 'outlet')}"]
    if not stories:
        lines.append(_nothing(made))
    if digest.undated:
        remedy = "a digest of days cannot have them"
        lines.append(f"{_count(digest.undated, 'record')} without a day: {remedy}")
    if made.unlabelled:
        lines.append(f"{_count(made.unlabelled, 'record')} of these days without topics: left out")
    lines.append(f"{', '.join(files)} in {out}")
    return lines


def _nothing(made: Made) -> str:
    days = " and ".join(map(str, made.nearest))
    return "nothing on these topics" + (f"; the nearest news is of {days}" if days else " on any day")


def _count(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _embed(folder: Path | None) -> Embed:
    """Vectors of titles and summaries, by a model that is opened when there is something to compare."""

    def embed(records: Sequence[Labelled]) -> Array:
        from infer.topics import TopicModel

        model = TopicModel.from_pretrained(folder or default_model())
        return model.vectors([Article(r.id, r.title, r.summary or "") for r in records])

    return embed
