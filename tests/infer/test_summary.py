import pytest

from infer.schema import Article
from infer.summary import Lead

NEWS = "أعلنت هيئة الموانئ وصول سفينة حبوب إلى الرصيف الرابع صباح الاثنين بعد توقف دام أسبوعين."
MORE = "وقالت الهيئة إن التفريغ يستغرق ثلاثة أيام."
LONG = "وأوضحت الهيئة " + "أن العمل مستمر في الأرصفة كلها " * 12 + "."


def summary(body: str, title: str = "سفينة حبوب تصل") -> str | None:
    [result] = Lead().summarize([Article("1", title, body)])
    return result.text if result else None


def test_the_first_sentence_is_the_summary():
    assert summary(f"{NEWS} {MORE}") == NEWS


def test_a_short_first_sentence_is_joined_by_the_next():
    assert summary(f"وصلت السفينة أخيرا. {MORE} {NEWS}") == f"وصلت السفينة أخيرا. {MORE}"


@pytest.mark.parametrize(
    "line",
    [
        "كتب: مراسل الشؤون الاقتصادية في الميناء",
        "رويترز",
        "(أ ف ب) -",
        "شاهد الفيديو الكامل على قناتنا الآن.",
        "خاص",
        '"لن نوقف العمل في الميناء مهما كانت الظروف".',
        "«لن نوقف العمل في الميناء مهما كانت الظروف».",
        "سفينة حبوب تصل",
        LONG,
    ],
)
def test_bylines_calls_bare_quotes_the_headline_and_endless_sentences_are_passed_over(line):
    assert summary(f"{line}\n{NEWS} {MORE}") == NEWS


def test_a_quotation_with_its_speaker_stays():
    quoted = 'قال مدير الميناء "لن نوقف العمل مهما كانت الظروف" خلال زيارة للأرصفة الجديدة يوم الأحد.'
    assert summary(f"{quoted} {MORE}") == quoted


def test_without_a_usable_sentence_the_headline_stands():
    assert summary(LONG) == "سفينة حبوب تصل"
    assert summary("") == "سفينة حبوب تصل"


def test_without_either_there_is_none():
    assert summary(LONG, title="") is None


def test_never_longer_than_sixty_words_and_never_cut():
    for body in (f"{NEWS} {MORE}", LONG + NEWS, " ".join([MORE] * 40)):
        text = summary(body)
        assert len(text.split()) <= 60
        assert text.endswith(".")
        assert text in " ".join(body.split())
