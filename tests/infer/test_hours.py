from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.dates import find_date
from infer.hours import agreed, find_time, time_of


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("الجمعة 9 شباط/فبراير 2024 - 14:30", "14:30"),
        ("الجمعة، ٩ شباط/ فبراير ٢٠٢٤ | ٠٢:٣٠ م", "14:30"),
        ("9 فبراير 2024 02:30 مساءً", "14:30"),
        ("9 فبراير 2024 الساعة 2:30 صباحا", "02:30"),
        ("9 فبراير 2024 12:30 ص", "00:30"),
        ("9 فبراير 2024 12:30 م", "12:30"),
        ("9 فبراير 2024 12:30 ظهرا", "12:30"),
        ("9 فبراير 2024 1:15 ظهرا", "13:15"),
        ("9 فبراير 2024 11:15 ليلا", "23:15"),
        ("9 فبراير 2024 12:15 ليلا", "00:15"),
        ("February 9, 2024 at 3:05 PM", "15:05"),
        ("14:30 - 09/02/2024", "14:30"),
        ("نشر في: 09:11-9 فبراير 2024 م ـ 29 رجب 1445 هـ", "09:11"),
        ("9 فبراير 2024 م - 29 رجب 1445 هـ - 14:30", "14:30"),
        ("2024/2/9 10:30", "10:30"),
        ("الجمعة 9 شباط 2024 14:30 بتوقيت بغداد", "14:30+03:00"),
        ("9 فبراير 2024 - 14:30 (مكة المكرمة)", "14:30+03:00"),
        ("9 فبراير 2024 - 14:30 بتوقيت غرينتش", "14:30+00:00"),
        ("9 فبراير 2024 - 14:30 بتوقيت غرينتش +3", "14:30+03:00"),
        ("9 فبراير 2024 - 14:30 بتوقيت القاهرة", "14:30"),  # whose clocks are changed
        ("9 فبراير 2024 14:30 GMT", "14:30+00:00"),
        ("9 Feb 2024 14:30 (UTC+4)", "14:30+04:00"),
        ("Fri, 09 Feb 2024 10:00:00 +0000", "10:00+00:00"),
        ("2024-02-09T10:00:00+03:00", "10:00+03:00"),
        ("2024-02-09T10:00:00-0530", "10:00-05:30"),
        ("2024-02-09T23:59:59Z", "23:59+00:00"),
        ("2024-02-09T23:59:59.123456Z", "23:59+00:00"),
        ("2024-02-09 00:00:00", None),
        ("2024-02-09T00:00:00Z", None),
        ("2024-02-09T00:00:00+03:00", "00:00+03:00"),
        ("2024-02-09 00:00:07", "00:00"),
        ("2024-02-09", None),
        ("9 فبراير 2024 24:10", None),
        ("9 فبراير 2024 10:75", None),
        ("9 فبراير 2024 14:30 صباحا", None),
        ("9 فبراير 2024 | آخر تحديث: 10 فبراير 2024 12:30 PM (مكة المكرمة)", None),
        ("9 فبراير 2024 | آخر تحديث 12:30", None),
        ("9 فبراير 2024 10:00 | آخر تحديث 12:30", "10:00"),
        ("9 فبراير 2024 - 10 فبراير 2024 12:30", None),
        ("فاز الفريق في 9 فبراير 2024 بنتيجة 3:10 بعد التمديد", None),
    ],
)
def test_the_time_beside_a_date(line, at):
    assert find_time(line) == (f"2024-02-09T{at}" if at else None)


@pytest.mark.parametrize(("year", "offset"), [(2007, ""), (2008, "+03:00")])
def test_an_offset_is_not_known_where_clocks_were_changed(year, offset):
    assert find_time(f"9 تموز {year} 14:30 بتوقيت بغداد") == f"{year}-07-09T14:30{offset}"


@pytest.mark.parametrize("line", ["", "14:30", "منذ 3 ساعات 14:30", "\ud800 9:10"])
def test_without_a_date_there_is_no_time(line):
    assert find_time(line) is None


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (datetime(2024, 2, 9, 14, 30, 59), "2024-02-09T14:30"),
        (datetime(2024, 2, 9, 14, 30, tzinfo=UTC), "2024-02-09T14:30+00:00"),
        (datetime(2024, 2, 9, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "2024-02-09T00:00-03:30"),
        (datetime(2024, 2, 9), None),
        (datetime(2024, 2, 9, tzinfo=UTC), None),
        (datetime(2024, 2, 9, 0, 0, 1), "2024-02-09T00:00"),
    ],
)
def test_times_of_datetimes(value, at):
    assert time_of(value) == at


def test_a_time_agrees_with_its_day_alone():
    assert agreed("2024-02-09", "2024-02-09T14:30") == "2024-02-09T14:30"
    for day, at in [("2024-02-09", "2024-02-10T14:30"), (None, "2024-02-09T14:30"), ("2024-02-09", None)]:
        assert agreed(day, at) is None
    assert agreed("", "2024-02-09T14:30") is None


@given(st.text(st.one_of(st.sampled_from("0123456789٢ /-.,:+tzصم()فبراير"), st.characters()), max_size=60))
def test_never_raises_and_begins_with_the_day(text):
    at = find_time(text)
    assert at is None or (at.startswith(find_date(text)) and datetime.fromisoformat(at))


def test_every_time_is_read_back():
    for minutes in range(1, 24 * 60, 7):
        for zone in (None, UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-9, minutes=-30))):
            value = datetime(2024, 2, 9, tzinfo=zone) + timedelta(minutes=minutes)
            for text in (value.isoformat(), value.isoformat(" "), value.isoformat(timespec="milliseconds")):
                assert find_time(text) == time_of(value)
