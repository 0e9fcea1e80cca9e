"""How long the digest of a busy day takes, from its records to all files, without the models.

    python benchmarks/digest.py [-o benchmarks/results/digest.json]

Records are made up: titles and summaries of words from a small list and of words of each event's own, in
events of one to six reports, some of them copies; one half is of other topics, as days are. They stand
among those of the 30 days before it in one file of JSON lines, and in an archive's folder. Each run makes
all forms; times are of the second run, so that nothing of the first one's imports and caches is in them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from timing import machine, publish

from infer.digest import FORMS, choosing, job, mail, telling
from infer.digest.config import load_digest_config
from infer.outputs import open_output
from infer.schema import Record

TOPICS = ("iraq_us_relations", "gaza", "trade_tariffs")
DAY = date(2025, 3, 5)
TEXT = (
    "أعلنت الوزارة رسوما جديدة على واردات الصلب من الصين وتركيا بنسبة خمسة وعشرين في المئة اعتبارا من الشهر "
    "المقبل وقال المتحدث إن الوفد بحث في بغداد ملف القوات والمساعدات وصلت شاحنات إلى خان يونس عبر معبر رفح "
    "بعد هدنة أسبوع وأكد مسؤول في واشنطن أن الاتفاق يشمل المصارف والغاز والكهرباء فيما طالب البرلمان بجدول"
)
WORDS = TEXT.split()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=5000, help="of the day")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        records = list(_records(arguments.records))
        with open_output(place / "labels.jsonl", TOPICS) as out:
            for record in records:
                out.write(record)
        with open_output(place / "labels.parquet", TOPICS) as out:
            for record in records:
                out.write(record)
        forms = {form: _run(place / f"labels.{form}", place / "out") for form in ("jsonl", "parquet")}
    publish(
        {"machine": machine("duckdb"), "records": len(records), "of_the_day": arguments.records, **forms},
        arguments.output,
    )


def _run(labels: Path, out: Path) -> dict[str, Any]:
    """Seconds of each step of one digest, and what came out."""
    _once(labels, out)
    return _once(labels, out)


def _once(labels: Path, out: Path) -> dict[str, Any]:
    config = load_digest_config()
    seconds: dict[str, float] = {}
    start = time.perf_counter()
    with (
        _timed(seconds, "read", job, "read_place"),
        _timed(seconds, "group", choosing, "copies", "group"),
        _timed(seconds, "differences", telling, "differences"),
    ):
        made = job.make(labels, job.Asked(DAY, DAY, vectors=False), config)
    seconds["make"] = time.perf_counter() - start
    message = _step(seconds, "mail", lambda: mail.message(made.digest, config))
    for form in FORMS:
        write = partial(job.write, made.digest, config, out, [form], message)
        _step(seconds, form, write)
    total = time.perf_counter() - start
    stories = sum(len(section.stories) + section.more for section in made.digest.sections)
    return {
        "seconds": round(total, 3),
        "steps": {name: round(value, 3) for name, value in seconds.items()},
        "stories": stories,
        "shown": len(made.digest.stories),
        "bytes": {name: (out / name).stat().st_size for name in FORMS.values()},
    }


def _step(seconds: dict[str, float], name: str, step: Callable[[], Any]) -> Any:  # noqa: ANN401
    start = time.perf_counter()
    done = step()
    seconds[name] = time.perf_counter() - start
    return done


@contextmanager
def _timed(seconds: dict[str, float], step: str, module: Any, *names: str) -> Iterator[None]:  # noqa: ANN401
    """Add up the time in functions of a module."""
    whole = {name: getattr(module, name) for name in names}

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - start

        return call

    for name, function in whole.items():
        setattr(module, name, timed(function))
    try:
        yield
    finally:
        for name, function in whole.items():
            setattr(module, name, function)


def _records(count: int) -> Iterator[Record]:
    """The day's records, and as many of the 30 days before."""
    chance = random.Random(6)  # noqa: S311
    for first, days in ((0, [DAY]), (count, [DAY - timedelta(n) for n in range(1, 31)])):
        number = first
        while number < first + count:
            own = [_name(chance) for _ in range(12)]
            title, summary = _words(chance, own, 9), _words(chance, own, 35)
            topics = chance.sample(TOPICS, chance.choice((1, 1, 1, 2))) if chance.random() < 0.5 else []
            for turn in range(min(chance.choice((1, 1, 1, 2, 3, 6)), first + count - number)):
                copy = chance.random() < 0.3
                yield Record(
                    id=f"news#{number}",
                    page=f"{number % 50}.jsonl",
                    part=number,
                    title=title if copy else _varied(chance, title),
                    published=chance.choice(days).isoformat(),
                    source=f"مصدر {chance.randrange(40)}",
                    tags=(),
                    url=f"https://outlet{number % 40}.example/news/{number}",
                    topics=tuple(topics),
                    scores={t: 0.8 + chance.random() / 5 if t in topics else 0.02 for t in TOPICS},
                    review=chance.random() < 0.05,
                    summary=summary if copy else f"{_varied(chance, summary)} وقتل {40 + turn} شخصا.",
                    summary_method="lead",
                    model="topics-compact@1a2b3c",
                )
                number += 1


def _name(chance: random.Random) -> str:
    """A word that no other event has."""
    return "".join(chance.choices("بتجحدرسعفقكلمن", k=6))


def _words(chance: random.Random, own: list[str], count: int) -> str:
    """Every third word the event's own."""
    return " ".join(chance.choice(own if i % 3 == 0 else WORDS) for i in range(count))


def _varied(chance: random.Random, text: str) -> str:
    """The same in some other words."""
    return " ".join(chance.choice(WORDS) if chance.random() < 0.2 else word for word in text.split())


if __name__ == "__main__":
    main()
