from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.dates import find_date, parse_date

FEBRUARY_9 = [
    "9th, February 2024 GMT",
    "9th of February 2024",
    "February 9, 2024",
    "Feb. 9, 2024",
    "Fri, 09 Feb 2024 10:00:00 +0000",
    "Thu,9 Feb 2024",
    "9 فبراير 2024",
    "9 فبراير، 2024",
    "9 فبراير 2024م",
    "9 من فبراير عام 2024",
    "فبراير 9, 2024",
    "9 شباط 2024",
    "٩ فيفري ٢٠٢٤",
    "۹ فبرایر ۲۰۲۴",
    "9 فبراير/شباط 2024",
    "9 فبراير (شباط) 2024",
    "9 شباط /فبراير 2024",
    "الجمعة 9 شباط/فبراير 2024 - 14:30",
    "الجمعة، ٩ شباط/ فبراير ٢٠٢٤ | ٠٢:٣٠ م",
    "9/شباط/2024",
    "9-Feb-2024",
    "2024-02-09",
    "2024-02-09T10:00:00+03:00",
    "2024-02-09T23:59:59Z",
    "2024/02/09",
    "2024/2/9 10:30",
    "09/02/2024",
    "٠٩/٠٢/٢٠٢٤",
    "9-2-2024",
    "09.02.2024",
    "09 / 02 / 2024",
    "14:30 - 09/02/2024",
    "نشر في: 09:11-9 فبراير 2024 م ـ 29 رجب 1445 هـ",
    "28 رجب 1445 هـ الموافق 9 فبراير 2024",
    "تاريخ النشر: 9th, February 2024 GMT",
    "Published On 9 Feb 2024 | آخر تحديث: 10 فبراير 2024 12:30 PM (مكة المكرمة)",
    "\u200f9\u00a0فبراير\u200f 2024",
]

MONTHS = {
    1: ["يناير", "كانون الثاني", "كانون ثاني", "جانفي", "January", "Jan"],
    2: ["فبراير", "شباط", "فيفري", "February"],
    3: ["مارس", "آذار", "اذار", "March"],
    4: ["أبريل", "إبريل", "ابريل", "نيسان", "أفريل", "April"],
    5: ["مايو", "أيار", "ايار", "ماي", "May"],
    6: ["يونيو", "يونيه", "حزيران", "جوان", "June"],
    7: ["يوليو", "يوليه", "تموز", "جويلية", "يوليوز", "July"],
    8: ["أغسطس", "اغسطس", "آب", "أوت", "غشت", "August"],
    9: ["سبتمبر", "أيلول", "ايلول", "شتنبر", "September", "Sept"],
    10: ["أكتوبر", "اكتوبر", "تشرين الأول", "تشرين الاول", "تشرين أول", "October"],
    11: ["نوفمبر", "تشرين الثاني", "تشرين ثاني", "نونبر", "November"],
    12: ["ديسمبر", "كانون الأول", "كانون الاول", "دجنبر", "December"],
}


@pytest.mark.parametrize("line", FEBRUARY_9)
def test_forms_of_date_lines(line):
    assert parse_date(line) == "2024-02-09"
    assert find_date(line) == "2024-02-09"


@pytest.mark.parametrize(("number", "name"), [(number, name) for number in MONTHS for name in MONTHS[number]])
def test_month_names(number, name):
    assert parse_date(f"الثلاثاء 7 {name} 2023") == f"2023-{number:02}-07"


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("1 محرم 1446 هـ", "2024-07-07"),
        ("29 رجب 1445", "2024-02-10"),
        ("الجمعة ٢٩ رجب ١٤٤٥هـ", "2024-02-10"),
        ("12 ربيع الأول 1445", "2023-09-27"),
        ("1 ربيع الآخر 1445 هـ", "2023-10-16"),
        ("3 جمادى الآخرة 1445هـ", "2023-12-16"),
        ("3 جمادى الأولى 1445هـ", "2023-11-17"),
        ("1 شعبان 1445", "2024-02-11"),
        ("1 رمضان 1445 هجرية", "2024-03-11"),
        ("1 شوال 1445", "2024-04-10"),
        ("15 ذو القعدة 1445", "2024-05-23"),
        ("15 ذي القعدة 1445", "2024-05-23"),
        ("10 ذي الحجة 1445 هـ", "2024-06-16"),
        ("1445/07/29 هـ", "2024-02-10"),
        ("29/7/1445 هـ", "2024-02-10"),
    ],
)
def test_hijri_dates_are_converted(line, iso):
    assert parse_date(line) == iso


@pytest.mark.parametrize(
    "line",
    [
        "",
        "في 11 فبراير",
        "يعود الوفد في 11 فبراير المقبل",
        "فبراير 2024",
        "عام 2024",
        "31 فبراير 2024",
        "31/02/2024",
        "2023-02-29",
        "2024-13-01",
        "13/13/2024",
        "0/2/2024",
        "32 يناير 2024",
        "9/2/24",
        "9 فبراير 24",
        "9 فبراير 1899",
        "9 فبراير 2101",
        "9 شباط/مارس 2024",  # two months
        "29/7/1445",  # nothing says that it is Hijri
        "30 رجب 1445 هـ",  # had 29 days
        "1 محرم 1200 هـ",
        "1 محرم 1501 هـ",  # beyond the tables
        "9 فبراير 1445 هـ",
        "1 رمضان 2024",
        "9/2/2024/5",
        "99999999999999999999",
        "10.0.0.2024",
        "منذ 3 أيام",
        "\ud800",
    ],
)
def test_no_date(line):
    assert parse_date(line) is None


def test_american_order_where_the_month_cannot_be_one():
    assert parse_date("02/13/2024") == "2024-02-13"
    assert parse_date("12/11/2024") == "2024-11-12"


def test_a_sentence_is_no_date_line_but_its_date_can_be_found():
    sentence = (
        "قالت الوزارة في بيان لها إن اللجنة المشتركة ستعقد اجتماعها المقبل يوم 11 فبراير 2024 "
        "في العاصمة لبحث ملفات كثيرة بينها التجارة والحدود والمياه"
    )
    assert parse_date(sentence) is None
    assert find_date(sentence) == "2024-02-11"


def test_first_possible_date_is_found():
    assert find_date("بين 31 فبراير 2024 و3 مارس 2024 و4 أبريل 2024") == "2024-03-03"
    assert find_date("في 1 رمضان 1445 أي 11 مارس 2024") == "2024-03-11"
    assert find_date("لا تاريخ هنا 12345") is None


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("اليوم", "2024-03-01"),
        ("نشر: أمس", "2024-02-29"),
        ("منذ 3 أيام", "2024-02-27"),
        ("منذ يومين", "2024-02-28"),
        ("قبل 5 ساعات", "2024-03-01"),
        ("منذ دقيقة", "2024-03-01"),
        ("9 فبراير 2024", "2024-02-09"),
        ("قال أمس إنه غادر", None),
        ("", None),
    ],
)
def test_relative_dates_need_today(line, iso):
    assert parse_date(line, today=date(2024, 3, 1)) == iso


def test_relative_dates_do_not_run_off_the_calendar():
    assert parse_date("أمس", today=date.min) is None


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from("/-."), st.data())
def test_every_date_is_read_back(day, sep, data):
    name = data.draw(st.sampled_from(MONTHS[day.month]))
    for line in (
        f"{day.day} {name} {day.year}",
        f"{name} {day.day}, {day.year}",
        f"{day.day:02}{sep}{day.month:02}{sep}{day.year}",
        f"{day.year}{sep}{day.month}{sep}{day.day}",
    ):
        assert parse_date(line) == day.isoformat()


@given(st.text(st.one_of(st.sampled_from("0123456789٢ /-.,:هرمضانفبيت"), st.characters()), max_size=60))
def test_never_raises(text):
    for iso in (parse_date(text, today=date(2024, 3, 1)), find_date(text)):
        assert iso is None or date.fromisoformat(iso)
