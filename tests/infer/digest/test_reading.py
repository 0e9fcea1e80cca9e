"""The records of some days, from each form that labels are written in."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from infer.digest.reading import latest_day, read_days, read_place
from infer.errors import UsageError
from infer.outputs import open_output
from infer.questions import forms, open_labels
from infer.questions import labels as questions
from tests.infer.archive import TOPICS, UNDATED, record, write_archive
from tests.infer.digest.records import DAY, row, write

RECORDS = [
    record(1, "هدنة في غزة", ["gaza"], evidence=("جملة من الخبر.",), refused=()),
    record(2, "رسوم على الصلب", ["trade_tariffs"], day="2025-03-03", source="رويترز"),
    record(3, "مؤتمر عن غزة والرسوم", ["gaza", "trade_tariffs"], scores={"trade_tariffs": 0.95}),
    record(4, "بطولة كرة القدم", source=None, url="https://Sport.example/4"),
    record(5, "خبر بلا يوم", ["gaza"], day=None),
    record(6, "قد يكون عن غزة", review=True, scores={"gaza": 0.4}, source="رويترز"),
    record(7, "هدنة لاحقة في غزة", ["gaza"], day="2025-03-09"),
]


def days(place, first=DAY, last=DAY, trend_days=3):
    with open_labels(place) as labels:
        return read_days(labels, first, last, trend_days)


@pytest.fixture(params=["folder", "parquet", "jsonl", "csv"])
def place(request, tmp_path):
    if request.param == "folder":
        return write_archive(tmp_path / "labels", RECORDS)
    with open_output(tmp_path / f"labels.{request.param}", TOPICS, explained=True) as out:
        for each in RECORDS:
            out.write(each)
    return tmp_path / f"labels.{request.param}"


def test_a_day_has_its_records_with_a_topic_or_in_review(place):
    found = days(place)
    assert [each.id for each in found.records] == ["p1.txt#1", "p3.txt#1", "p6.txt#1"]
    assert (found.articles, found.outlets, found.undated) == (4, 3, 1)
    assert found.records[1].topics == ("trade_tariffs", "gaza")  # the surest first
    assert found.records[1].confidence == pytest.approx(0.95)
    assert found.records[2].topics == () and found.records[2].confidence == pytest.approx(0.4)
    assert found.topics == TOPICS
    assert found.nearest == ()
    if place.suffix:  # the archive that the tests write has no explanations
        assert found.records[0].evidence == ("جملة من الخبر.",)


def test_the_trend_counts_days_without_a_gap(place):
    found = days(place)
    assert found.trend.days == (date(2025, 3, 3), date(2025, 3, 4), DAY)
    assert found.trend.counts == {
        "iraq_us_relations": (0, 0, 0),
        "gaza": (0, 0, 2),
        "trade_tariffs": (1, 0, 1),
    }


def test_the_trend_has_all_days_of_a_longer_digest(place):
    first = DAY - timedelta(20)
    assert days(place, first=first).trend.days[0] == first
    assert len(days(place, first=DAY - timedelta(500)).trend.days) == 60


def test_the_latest_day_is_of_any_topic(place):
    with open_labels(place) as labels:
        assert latest_day(labels) == date(2025, 3, 9)


def test_a_day_to_come_is_the_latest_only_where_there_is_no_other(tmp_path):
    ahead = [record(8, "خبر بتاريخ خاطئ", ["gaza"], day="2099-01-01")]
    for number, records in enumerate([RECORDS + ahead, ahead]):
        latest = date(2099, 1, 1) if number else date(2025, 3, 9)
        place = write_archive(tmp_path / f"labels{number}", records)
        assert read_place(place, None, None, 3).last == latest
        with open_labels(place) as labels:
            assert latest_day(labels) == latest


def test_a_day_without_news_knows_the_nearest_ones_that_have(place):
    found = days(place, date(2025, 3, 6), date(2025, 3, 7))
    assert (found.articles, found.records) == (0, ())
    assert found.nearest == (DAY, date(2025, 3, 9))
    assert days(place, date(2030, 1, 1), date(2030, 1, 1)).nearest == (date(2025, 3, 9),)


def test_an_archive_is_read_as_a_whole_one_is_and_opens_only_the_parts_it_needs(tmp_path, monkeypatch):
    place = write_archive(tmp_path / "labels", RECORDS)
    opened = []
    monkeypatch.setattr(questions, "parquet_view", lambda to, paths: opened.append(paths) or view(to, paths))
    view = forms.parquet_view
    for first, last in ((DAY, DAY), (None, None), (date(2025, 3, 4), None), (None, date(2025, 3, 3))):
        found = read_place(place, first, last, 3)
        assert found == days(place, found.first, found.last)
    assert [{Path(path).parent.name.removeprefix("date=") for path in paths} for paths in opened[::2]] == [
        {"2025-03-03", "2025-03-05", UNDATED},
        {"2025-03-09", UNDATED},
        {"2025-03-05", "2025-03-09", UNDATED},
        {"2025-03-03", UNDATED},
    ]


def test_an_archive_without_news_on_a_day_is_read_whole_for_the_nearest(tmp_path):
    place = write_archive(tmp_path / "labels", RECORDS)
    for day in (date(2025, 3, 6), date(2020, 1, 1), date(2030, 1, 1)):
        found = read_place(place, day, day, 2)
        assert found.nearest and found == days(place, day, day, 2)


def test_the_hour_is_read_where_records_have_one(tmp_path):
    rows = [
        row(1, "أول", published_at="2025-03-05T14:30+03:00"),
        row(2, "ثان", published_at="2025-03-05T99:99"),
        row(3, "ثالث", published_at=None),
    ]
    assert [each.hour for each in days(write(tmp_path / "a.jsonl", rows)).records] == ["14:30", None, None]


def test_topics_names_are_safe_and_those_of_older_models_stay(tmp_path):
    rows = [row(1, "نفط", ["oil\u202e\n"], scores={"oil\u202e\n": 0.7}), row(2, "غزة")]
    found = days(write(tmp_path / "a.jsonl", rows))
    assert found.records[0].topics == ("oil",)
    assert found.trend.counts["oil"] == (0, 0, 1)


def test_records_that_no_topic_model_read_are_refused_with_the_remedy(tmp_path):
    rows = [row(1, "أول", (), scores=None, model=None) | {"topics": None}]
    with pytest.raises(UsageError, match=r"none of its 1 records was labelled.*mujaz label"):
        days(write(tmp_path / "a.jsonl", rows))
    found = days(write(tmp_path / "b.jsonl", [*rows, row(2, "غزة")]))
    assert (found.unlabelled, len(found.records)) == (1, 1)


def test_without_any_day_there_is_no_latest_one(tmp_path):
    place = write(tmp_path / "a.jsonl", [row(1, "أول", day=None), row(2, "ثان", day="soon")])
    with open_labels(place) as labels, pytest.raises(UsageError, match=r"none of its 2 records has a day"):
        latest_day(labels)
    assert days(place).undated == 2
