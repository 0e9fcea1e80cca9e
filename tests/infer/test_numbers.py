from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.numbers import Number, numbers
from infer.text import normalize

ANY_TEXT = st.text(st.one_of(st.sampled_from("0123٤٥۶.,،٫٬%٪-− \u200fابA²½()"), st.characters()), max_size=40)


def read(text: str) -> list[str]:
    """Values as text, a percentage with its sign."""
    return [f"{number.value}{'%' if number.percent else ''}" for number in numbers(text)]


@pytest.mark.parametrize("text", ["25%", "25 %", "٢٥٪", "٢٥ ٪", "25\u200f%", "٪25", "%25", "(%25)"])
@pytest.mark.parametrize("prefix", ["", "ارتفع السعر ", "النسبة: "])
def test_percent_signs(prefix, text):
    assert read(prefix + text) == ["25%"]


@pytest.mark.parametrize(
    "words", ["بالمئة", "بالمائة", "في المئة", "في المائة", "بالمية", "فالمئة", "بالمئه", "percent"]
)
def test_percent_words(words):
    assert read(f"25 {words}.") == ["25%"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,200 و١٬٢٠٠ و1200 و1،200", ["1200"] * 4),
        ("1,234,567 و1.234.567", ["1234567"] * 2),
        ("1,234.56 و1.234,56", ["1234.56"] * 2),
        ("3.5 و٣٫٥ و٣,٥ و3،5", ["3.5"] * 4),
        ("0,125 و0.125", ["0.125"] * 2),
        ("92.243 نقطة", ["92.243"]),
        ("2023,2024 و1990،1991", ["2023", "2024", "1990", "1991"]),
        ("192.168.1.1", ["192", "168", "1", "1"]),
        ("25 مليون و٣ مليارات", ["25", "3"]),
        ("11/2/2024 و09.02.2024", ["11", "2", "2024", "09", "02", "2024"]),
        ("10-15 و10 - 15 و2023–2024", ["10", "15", "10", "15", "2023", "2024"]),
        ("10-15%", ["10", "15%"]),
        ("الساعة 14:30", ["14", "30"]),
        ("ال25 و25كم وب10", ["25", "25", "10"]),
        ("F16 وF-16 وTSMC3 وCOVID-19 و5G وG7", []),
        ("100km و9th و20MW", ["100", "9", "20"]),
        ("نهاية 2024. بداية", ["2024"]),
        ("20 بالمئوية", ["20"]),
        ("%20%", ["20%"]),
        ("لا أرقام هنا", []),
        ("", []),
    ],
)
def test_values(text, values):
    assert [Decimal(value.rstrip("%")) for value in values] == [number.value for number in numbers(text)]
    assert [value.endswith("%") for value in values] == [number.percent for number in numbers(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("هبط -0.4%", "-0.4"),
        ("(-3,91 في المائة)", "-3.91"),
        ("بلغت -%2 أمس", "-2"),
        ("إلى -5 درجات", "-5"),
        ("إلى -5°", "-5"),
        ("المعدل −7", "-7"),
        ("ستارت -3", "3"),
        ("صفر -5", "5"),
        ("-2014 إلى", "2014"),
        ("كوفيد-19", "19"),
        ("10-1.5", "1.5"),
        ("10 -1.5", "1.5"),
    ],
)
def test_a_minus_is_a_sign_only_where_it_can_be_nothing_else(text, value):
    assert numbers(text)[-1].value == Decimal(value)


def test_offsets_cover_all_that_belongs_to_the_number():
    text = "من ١٬٢٠٠ إلى -0.4 في المئة ثم %60 و٣٫٥"
    assert [text[number.start : number.end] for number in numbers(text)] == [
        "١٬٢٠٠",
        "-0.4 في المئة",
        "%60",
        "٣٫٥",
    ]


def test_a_huge_number_is_exact():
    assert numbers("9" * 5000)[0].value == Decimal("9" * 5000)
    assert numbers(f"بلغ -{'9' * 50}%")[0].value == Decimal(f"-{'9' * 50}")


@given(ANY_TEXT)
def test_numbers_come_in_order_and_in_bounds(text):
    at = 0
    for number in numbers(text):
        assert at <= number.start < number.end <= len(text)
        assert number.value.is_finite()
        at = number.end


@given(
    st.integers(0, 10**9),
    st.integers(0, 99),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"]),
    st.sampled_from([(",", "."), ("٬", "٫")]),
    st.sampled_from(["", "%", "٪", " ٪", " بالمئة", " في المائة"]),
)
def test_every_way_of_writing_a_number_gives_its_value(whole, cents, digits, marks, percent):
    table = str.maketrans("0123456789,.", digits + "".join(marks))
    written = f"{whole:,}.{cents:02}".translate(table)
    expected = Decimal(whole) + Decimal(cents) / 100
    for text in (f"بلغ {written}{percent} أمس", normalize(f"بلغ {written}{percent} أمس")):
        (number,) = numbers(text)
        assert (number.value, number.percent) == (expected, bool(percent))


def test_number_is_a_value():
    assert Number(Decimal("1.20"), False, 0, 4) == Number(Decimal("1.2"), False, 0, 4)
    assert len({Number(Decimal("1.20"), False, 0, 4), Number(Decimal("1.2"), False, 0, 4)}) == 1
