import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer import arabert
from infer.dates import find_date
from infer.numbers import numbers
from infer.text import (
    PREPARATION,
    PREPARATIONS,
    arabic_share,
    language_problem,
    normalize,
    prepare,
    sentences,
    words,
)
from tests.linear import assert_linear

ARABIC_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىة"
PRESENTATION_FORMS = "ﺍﺎﺏﺐﺑﺒﻻﻼﻵﻷﻹﷲﷺﻱﻲﻳﻴﻯﻰﺓﺔ"
NOISE = "\u0640\u064b\u0650\u0651\u0670\u200c\u200f\u202e\u2066\ufeff\u00ad\x00\x85\ud800 \t\r\n\u00a0\u2028"
NEWS = st.text(
    st.one_of(
        st.sampled_from(ARABIC_LETTERS + PRESENTATION_FORMS + "یکھہۀ٠١٢۳۴25٫٬٪.,،؛؟!…\"“”«»()'-/:"),
        st.sampled_from(NOISE),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ﺍﻟﻌﺮﺍﻕ", "العراق"),
        ("ﻣﺤﻤ\ufe7cﺪ", "محمد"),  # an isolated shadda inside a word is no space
        ("الــعـــراق", "العراق"),
        ("مُحَمَّدٌ", "محمد"),
        ("هٰذا", "هذا"),
        ("ا\u0654مل ي\u0654س", "أمل ئس"),  # a hamza of its own joins its letter
        ("ا\u0640\u0654مل", "أمل"),
        ("سی\u0654ة", "سئة"),
        ("الولایات فی ھذا البنک", "الولايات في هذا البنك"),
        ("١٢ ۳۴ ５", "12 34 5"),
        ("٣٫٥ و١٬٢٠٠ و٢٥٪", "3.5 و1,200 و25%"),
        ("أولا٬ ثم ثانيا٫ وأخيرا", "أولا، ثم ثانيا، وأخيرا"),
        ("١٠٠ ﷼", "100 ريال"),
        ("ﷺ", "صلى الله عليه وسلم"),
        ("﷽", "بسم الله الرحمن الرحيم"),
        ("م² و10² و3½", "م2 و10 2 و3 1/2"),  # NFKC alone would say 102 and 31/2
        ("انتظر…", "انتظر..."),
        ("قال\u200f: \u202b«نعم»\u202c", "قال: «نعم»"),
        ("من\u00a0\u00a0غزة\tإلى\r\nبغداد ", "من غزة إلى بغداد"),
        ("أ\x00ب\ud800ج", "أ ب ج"),
        ("café", "café"),
        ("cafe\u0301", "café"),
        ("إلى آخر الأسئلة على مدرسة ٱلفتى", "إلى آخر الأسئلة على مدرسة ٱلفتى"),  # nothing folded
        ("", ""),
        (" \u200f\n", ""),
    ],
)
def test_normal_form(written, normal):
    assert normalize(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("عنوان\r\n\r\n\r\n\r\nفقرة  أولى \n فقرة", "عنوان\n\nفقرة أولى\nفقرة"),
        ("سطر\rسطر\u2028سطر\u2029سطر\x85سطر", "سطر\nسطر\nسطر\nسطر\nسطر"),
        ("\n\n \nنص\n\n", "نص"),
        ("أ\n \u200f \n\t\nب", "أ\n\nب"),
    ],
)
def test_lines_are_kept_when_asked_for(written, normal):
    assert normalize(written, keep_lines=True) == normal


@given(NEWS, st.booleans())
def test_normalizing_twice_changes_nothing(text, keep_lines):
    once = normalize(text, keep_lines=keep_lines)
    assert normalize(once, keep_lines=keep_lines) == once


@given(NEWS)
def test_no_letter_is_lost(text):
    letters = [char for char in text if char in ARABIC_LETTERS + PRESENTATION_FORMS]
    assert len(normalize(text).replace(" ", "")) >= len(letters)


@given(NEWS)
def test_nothing_invisible_is_left(text):
    assert not any(char in normalize(text) for char in NOISE if char not in " ")
    assert not any(char in normalize(text, keep_lines=True) for char in NOISE if char not in " \n")


@given(NEWS)
def test_length_is_bounded(text):
    assert len(normalize(text)) <= 22 * len(text)


@given(
    st.lists(st.integers(0, 10**12), max_size=8), st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
)
def test_digits_keep_their_values(values, digits):
    text = " و".join(str(value).translate(str.maketrans("0123456789", digits)) for value in values)
    assert [int(number.value) for number in numbers(normalize(text))] == values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال الوزير: «نعم»، ثم مضى.", ["قال", "الوزير", "نعم", "ثم", "مضى"]),
        ("1,200 جندي و3.5 و54،3", ["1,200", "جندي", "و3", "5", "و54", "3"]),
        ("بلغ 3.5 أو 54،3 أو 1,200,000.", ["بلغ", "3.5", "أو", "54،3", "أو", "1,200,000"]),
        ("عامي 1990،1991", ["عامي", "1990", "1991"]),
        ("11/2/2024 و10-15", ["11", "2", "2024", "و10", "15"]),
        ("طائرة F16 وشركة TSMC3", ["طائرة", "F16", "وشركة", "TSMC3"]),
        ("#غزة_الآن", ["غزة", "الآن"]),
        ("... ؟!", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


# ---- sentences: "|" marks each end


@pytest.mark.parametrize(
    "marked",
    [
        "وصل الوفد إلى بغداد.| وبدأت المحادثات؟| نعم!| انتهى",
        "ارتفع السعر 3.5 في المئة إلى 1.200 دولار.| وأغلق السوق",
        "قال د. سامر إن أ. هدى غابت.| ثم مضى",
        "نقلت أ.ف.ب عن مصادرها أن ق.م. الشركة استقال",
        "تحدث J. Smith عن U.S. Steel وشركة Acme Inc. أمس.| ثم سكت",
        "ذكر موقع الأخبار.نت ذلك.| وصفحته على https://example.org/a.b?c=1.| وبريده a.b@example.org.| انتهى",
        "1. البند الأول مهم",
        "أ. البند الأول مهم",
        "استثمار بقيمة مليار دولار.|أعلنت الحكومة ذلك",
        "عاد في 2014.|وقال إنه تعب",
        'قال "لن نعود".|وأضاف أن الأمر محسوم',
        "هل جاء؟|لا أدري",
        'قال "نعم. سنفعل ذلك." |وأضاف: "لا. لن نعود".| ثم غادر',
        "قال “نعم. سنفعل ذلك.” |وغادر",
        "قال «نعم. سنفعل ذلك!» وغادر",
        "فاز برنامج «من يعرف؟» بالجائزة.| وصفق الجمهور",
        "سؤال (هل من مزيد؟) بلا جواب.| نعم",
        "وصل الوفد (وقد تأخر. كثيرا) إلى المطار.| ثم غادر",
        'قال "لا.| ثم سكت.| وبقي الأمر معلقا',  # the quotation mark is never closed
        "عاجل.. قتلى في انفجار.. والشرطة تحقق",
        "توقف القتال في المدينة... |عاد السكان إلى بيوتهم",
        "توقف القتال في المدينة… |عاد السكان إلى بيوتهم",
        "زار دمشق وبيروت وعمان... إلخ",
        "أولا ... ثم ثانيا",
        "انتهى الاجتماع؛ وخرج الجميع.| ثم عادوا",
        "وزنه 500 م. |وطوله كذا",
        "نعم!! |لا؟! |حسنا",
        "قوانين البلاد”.، بحسب البيان",
    ],
)
def test_sentence_ends(marked):
    assert sentences(marked.replace("|", "")) == [part.strip() for part in marked.split("|")]


def test_what_has_no_word_stays_with_the_sentence_before():
    assert sentences("انتهى البيان. ***") == ["انتهى البيان. ***"]
    assert sentences("... نعم. لا") == ["... نعم.", "لا"]


def test_a_line_end_ends_a_sentence():
    assert sentences("عنوان بلا نقطة\n\nالفقرة الأولى. الثانية\n***") == [
        "عنوان بلا نقطة",
        "الفقرة الأولى.",
        "الثانية",
        "***",
    ]


def test_a_very_long_quotation_is_split():
    assert len(sentences('قال "' + "هذه جملة من خطاب طويل. " * 40 + '" وغادر.')) > 30


@given(NEWS)
def test_sentences_lose_nothing(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(NEWS)
def test_sentences_are_clean(text):
    for sentence in sentences(text):
        assert sentence
        assert sentence == sentence.strip()
        assert len(sentence.splitlines()) == 1


# ---- language


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("غزة", 1.0),
        ("ﻏﺰﺓ", 1.0),
        ("غزة abc", 0.5),
        ("abc", 0.0),
        ("123", 0.0),
        ("", 0.0),
        ("غـــزة abc", 0.5),
    ],
)
def test_arabic_share(text, share):
    assert arabic_share(text) == share


@pytest.mark.parametrize(
    "text",
    [
        "أعلنت الوزارة نتائج الانتخابات في بغداد مساء أمس",
        "اعلنت الوزاره نتايج الانتخابات فی بغداد مساء امس وقال المدیر ان الولایات المتحده شریک",
        "التقى المدرب چيكو لاعبي پاريس وڤيينا في مدينة چنيف مساء أمس في مباراة ودية حضرها جمهور غفير",
        "عاجل: تابعوا البث https://www.example.com/live/channel/watch?v=abcdefghijk #BreakingNews #LiveNow",
        "شركة TSMC تستثمر",
    ],
)
def test_arabic_passes(text):
    assert language_problem(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \u200f\n", "empty"),
        ("123 ... 45%", "no letters"),
        ("https://example.com/a", "no letters"),
        ("The ministry announced the results", "0%"),
        ("The ministry announced the results وزارة", "Only 1"),
        ("پلیس تهران گفت که چند نفر از گروگان‌ها آزاد شدند و گفتگو برای پایان کار ادامه دارد", "Persian"),
        ("وزیر اعظم نے کہا ہے کہ حکومت عوام کے مسائل حل کرنے کی کوشش کر رہی ہے اور بڑے فیصلے ہوں گے", "Urdu"),
        ("پەرلەمانی کوردستان کۆبوونەوەیەکی گرنگی کرد و چەند بڕیارێکی گرنگ درا", "another language"),
    ],
)
def test_other_languages_are_named(text, reason):
    problem = language_problem(text)
    assert problem is not None
    assert reason in problem
    assert problem.endswith((".", "be."))
    assert (language_problem(normalize(text)) is None) is False  # what is refused stays refused


@given(NEWS)
def test_language_never_crashes(text):
    assert language_problem(text) is None or isinstance(language_problem(text), str)


# ---- preparations


def test_preparations_are_found_by_name():
    assert prepare("٢٥٪", PREPARATION) == "25%"
    assert prepare("٢٥٪", "arabert-v02") == "25 ٪"
    assert set(PREPARATIONS) == {"mujaz-1", "arabert-v02"}


def test_unknown_preparation_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'mujaz-9'.*arabert-v02, mujaz-1"):
        prepare("نص", "mujaz-9")


# ---- time


HOSTILE = [
    "ا",
    "1",
    "a.",
    "a@",
    "<a ",
    "د. ",
    '"ا. ',
    "1،",
    "ا\u0654\u0640",
    "www.",
    "9 فبراير 20",
    "\ud800\u200f",
]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize(
    "function",
    [normalize, words, sentences, language_problem, arabert.prepare, numbers, find_date],
    ids=lambda function: f"{function.__module__}.{function.__name__}",
)
def test_time_grows_with_length_only(function, unit):
    assert_linear(function, lambda n: (unit * n)[:n], 10_000)
