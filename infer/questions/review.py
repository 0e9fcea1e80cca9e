"""What the model was unsure of, as a file in which people correct it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infer.errors import UsageError
from infer.inputs import ReadOptions, read
from infer.outputs.draft import whole_file
from infer.questions.corrections import Uncertain, label_studio, labelling_interface, spreadsheet
from infer.questions.forms import quoted
from infer.questions.labels import Labels, open_labels
from infer.questions.model import TopicNames
from infer.schema import Article, Reject

SUFFIXES = (".json", ".csv")
INTERFACE = ".xml"
# Scores have four digits, so 0 and 1 stand for up to half of one.
LEAST = 0.00005


@dataclass
class Export:
    """How an export went.

    Attributes:
        uncertain: Records in review.
        stories: Those left with one a story.
        written: Those in the file.
        without_text: Those of them whose article was not found: they have title and summary alone.
        rejects: What could not be read while articles were looked for.
        interface: File with Label Studio's labelling interface, None for CSV.
    """

    uncertain: int = 0
    stories: int = 0
    written: int = 0
    without_text: int = 0
    rejects: list[Reject] = field(default_factory=list)
    interface: str | None = None


def export(
    place: str | Path,
    to: str,
    model: TopicNames,
    articles: Sequence[str] = (),
    options: ReadOptions | None = None,
    most: int = 500,
) -> Export:
    """Write the records in review, the nearest to a threshold first, one of each story.

    Nearness is in log-odds, as the model itself decides on review. Records hold no texts, so these are
    read from the articles once more and found by page and id.

    Args:
        place: What `mujaz label` wrote: a folder, or one file.
        to: ``.json`` for Label Studio (its labelling interface goes to an ``.xml`` beside it), or ``.csv``.
        model: Topics of the model that labelled.
        articles: Inputs that were labelled, named as they were then.
        options: How they are read.
        most: Most records to write.

    Raises:
        UsageError: The labels, an input or the output cannot be used, the model has other topics than the
            labels, or nothing is in review.
    """
    if Path(to).suffix.lower() not in SUFFIXES:
        raise UsageError(f"{to!r}: an export for correction ends in {' or '.join(SUFFIXES)}")
    items = read(articles, options) if articles else iter(())  # complains before anything is counted
    with open_labels(place) as labels:
        result, chosen = _chosen(labels, model, most)
        topics = labels.topics
    texts = _texts(items, {(item.page, item.id) for item in chosen}, result)
    for item in chosen:
        item.body = texts.get((item.page, item.id))
    result.written = len(chosen)
    result.without_text = sum(item.body is None for item in chosen)
    if Path(to).suffix.lower() == ".csv":
        content = spreadsheet(chosen)
    else:
        content = label_studio(chosen)
        result.interface = str(Path(to).with_suffix(INTERFACE))
        with whole_file(result.interface) as stream:
            stream.write(labelling_interface(topics, model.arabic).encode())
    with whole_file(to) as stream:
        stream.write(content)
    return result


def report(done: Export, to: str) -> list[str]:
    """How an export went, as lines for the person at the terminal."""
    lines = [f"rejected: {r.page}{', ' if r.place else ''}{r.place}: {r.reason}" for r in done.rejects]
    if done.without_text:
        lines.append(
            f"{done.without_text} of {done.written} have title and summary alone, as their articles were not "
            "found; name what was labelled, as it was named then, with --articles"
        )
    beside = f"; its labelling interface is {done.interface}" if done.interface else ""
    found = f"records {done.uncertain:,}, stories {done.stories:,}"
    lines.append(f"in review: {found}; {done.written:,} written to {to}{beside}")
    return lines


def _chosen(labels: Labels, model: TopicNames, most: int) -> tuple[Export, list[Uncertain]]:
    if unknown := [name for name in labels.topics if name not in model.thresholds]:
        raise UsageError(
            f"{labels.place!r} has scores for {unknown[0]!r}, but the topics of {model.folder} are "
            f"{', '.join(model.thresholds)}; name the model that labelled with --model"
        )
    if not labels.topics:
        raise UsageError(f"{labels.place!r} has no scores; label the articles with a topic model first")
    ranked = f"""(
        SELECT *, row_number() OVER (PARTITION BY {_STORY} ORDER BY {_ORDER}) AS rank
        FROM (SELECT *, {_distance(labels.topics, model)} AS distance FROM labels WHERE review))"""
    [(uncertain, stories)] = labels.rows(f"SELECT count(*), count_if(rank = 1) FROM {ranked}")
    if not uncertain:
        raise UsageError(f"{labels.place!r}: no record is in review, so there is nothing to correct")
    rows = labels.rows(f"""
        SELECT id, page, title, summary, published, source, url, topics, model, distance
        FROM {ranked} WHERE rank = 1 ORDER BY {_ORDER} LIMIT {int(most)}""")
    return Export(uncertain, stories), [Uncertain(*row) for row in rows]


# A record without a story stands for itself; ids alone may occur on several pages.
_STORY = "coalesce('story ' || story, 'copy of ' || duplicate_of, page || chr(10) || id)"
_ORDER = "distance, page, part, id"


def _distance(topics: Iterable[str], model: TopicNames) -> str:
    """Log-odds from a record's nearest threshold, in SQL."""
    terms = []
    for topic in topics:
        threshold = model.thresholds[topic]
        border = math.log(threshold / (1 - threshold))
        score = f"greatest({LEAST}, least({1 - LEAST}, scores[{quoted(topic)}]))"
        terms.append(f"abs(ln({score} / (1 - {score})) - ({border!r}))")
    return f"least({', '.join(terms)})"


def _texts(
    items: Iterable[Article | Reject], wanted: set[tuple[str, str]], result: Export
) -> dict[tuple[str, str], str]:
    """Texts of the articles that are wanted, the first of each; reading ends when all are found."""
    texts: dict[tuple[str, str], str] = {}
    for item in items:
        if isinstance(item, Reject):
            result.rejects.append(item)
        elif (item.page, item.id) in wanted:
            texts.setdefault((item.page, item.id), item.body)
            if len(texts) == len(wanted):
                break
    return texts
