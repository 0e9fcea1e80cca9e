import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.arabert import prepare

TEXT = st.text(
    st.one_of(
        st.sampled_from("ابتدهوىةأإﺍﻟﻌﺮڤپچگیک١٢۳45aZ.,/<>@&;#=:-[]\"'،؟٪٫…!َـ\u200f\u00ad \n"),
        st.characters(),
    ),
    max_size=50,
)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("3.5", "3 . 5"),
        ("٣٫٥", "3 ٫ 5"),
        ("1,200", "1 , 200"),
        ("٢٥٪", "25 ٪"),
        ("و/أو", "و - أو"),
        ("مُحَمَّد في الــعراق", "محمد في العراق"),
        ("أإآىة", "أإآىة"),  # no folding
        ("ههههه 11111", "هه 11111"),
        ("25كم وال10 شركة TSMC3", "25 كم وال 10 شركة TSMC3"),
        ("قال: «نعم»، [رابط]", "قال : « نعم » ، [رابط]"),
        ("انتظر…", "انتظر …"),
        ("نص&nbsp;آخر &amp; نص", "نص آخر نص"),
        ("café", "caf"),
        ("صورة 🔴 جديدة\n\nسطر", "صورة جديدة سطر"),
        ("انظر example.com.", "انظر [رابط]"),
        ("", ""),
    ],
)
def test_published_behaviour_is_kept(text, prepared):
    assert prepare(text) == prepared


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("ﺍﻟﻌﺮﺍﻕ", "العراق"),
        ("ﻣﺤﻤ\ufe7cﺪ", "محمد"),
        ("١٠٠ ﷼", "100 ريال"),
        ("ڤيروس چلبي گاز پاريس", "فيروس جلبي كاز باريس"),
        ("الولایات ھنا ۲۵ کتاب", "الولايات هنا 25 كتاب"),
        ("ال\u200fعر\u00adاق", "العراق"),
        ("10² و3½", "10 2 و 3 1 - 2"),
        ("من 2<3 إلى 5>4", "من 2 < 3 إلى 5 > 4"),
        ("إذا كان س < ص وكان ع > ف", "إذا كان س < ص وكان ع > ف"),
        ('<p class="a">نص</p><br />آخر<!-- سر -->', "نص آخر"),
        ("&lt;b&gt;نص&lt;/b&gt;", "نص"),
    ],
)
def test_text_that_was_lost_stays(text, prepared):
    assert prepare(text) == prepared


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("a@b.com", "[بريد]"),
        ("راسلنا على press.office@example.org.", "راسلنا على [بريد] ."),
        ("البريدnews@example.com", "البريد [بريد]"),
        ("كتب @user_1 أمس", "كتب [مستخدم] أمس"),
        ("(@user)", "( [مستخدم] )"),
        ("كتب@user", "كتب [مستخدم]"),
        ("https://example.com/a?b=1#c ثم", "[رابط] ثم"),
        ("https://t.co/abcوقال", "[رابط] وقال"),
        ("ftp://example.com/x", "[رابط]"),
        ("www.example.com", "[رابط]"),
        ("TheNewshttps://t.co/x", "TheNews [رابط]"),
        ("example.comوقال", "[رابط] وقال"),
        ("النسبة 3.5.", "النسبة 3 . 5 ."),
    ],
)
def test_addresses(text, prepared):
    assert prepare(text) == prepared


@given(TEXT)
def test_preparing_twice_changes_nothing(text):
    assert prepare(prepare(text)) == prepare(text)


@given(
    st.lists(st.sampled_from("ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىةﺷﻐﻀپگ"), unique=True),
    st.text("<>/.:123٫،َـ\u200f\u00ad \n", min_size=80, max_size=80),
)
def test_every_arabic_letter_stays(letters, between):
    text = "".join(letter + between[2 * at : 2 * at + 2] for at, letter in enumerate(letters))
    assert sum(map(str.isalpha, prepare(text))) == len(letters)
