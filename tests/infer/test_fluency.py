import pytest

from infer.fluency import disfluencies, is_prose
from infer.schema import Article
from infer.summary import Guarded
from infer.writer import Draft
from tests.infer.says import Says

LEAD = "توج فريق القوة الجوية بكأس العراق بعد فوزه على الزوراء بهدفين مقابل هدف في بغداد."
BODY = f"{LEAD}\nوقال المدرب إن الفريق تقدم شيئا شيئا حتى بلغ النهائي، بحسب أ ف ب، وإنه يستعد للموسم الجديد."
ARTICLE = Article("1", "القوة الجوية بطل الكأس", BODY)


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("فريق القوة الجوية الجوية يتوج بكأس العراق", "repetition", "الجوية"),
        ("فريق القوة الجوية ي توج بكأس العراق", "fragment", "ي"),
        ("القوة الجوية بكأس العراق تتوج بكأس العراق", "repetition", "بكأس العراق"),
    ],
)
def test_what_no_editor_would_write_is_told(text, kind, what):
    [fault] = disfluencies(Draft(text), ARTICLE)
    assert (fault.kind, fault.text) == (kind, what)


@pytest.mark.parametrize(
    "text",
    [
        LEAD,
        "القوة الجوية تتوج بكأس العراق و الزوراء وصيف",
        "الفريق تقدم شيئا شيئا حتى بلغ النهائي بحسب أ ف ب",
        # Names may come again in a text of some length.
        "القوة الجوية تتوج بكأس العراق بعد فوزها على الزوراء، ومدرب القوة الجوية يقول إن كأس العراق بداية",
        "",
    ],
)
def test_good_texts_and_what_the_article_has_pass(text):
    assert disfluencies(Draft(text), ARTICLE) == ()


def test_a_pair_of_words_may_come_twice_where_a_sentence_of_the_article_has_it_twice():
    title = "وزير الخارجية العراقي يلتقي وزير الخارجية الأميركي"
    shorter = Draft("وزير الخارجية العراقي ووزارته مع وزير الخارجية الأميركي في بغداد")
    assert disfluencies(Draft(title), Article("1", title, BODY)) == ()
    assert disfluencies(shorter, Article("1", "لقاء", f"{title} اليوم.")) == ()
    apart = Article("1", "لقاء", "وصل وزير الخارجية العراقي.\nوصل وزير الخارجية الأميركي.")
    assert [fault.kind for fault in disfluencies(shorter, apart)] == ["repetition"]


LONG = Article("1", ARTICLE.title, f"{BODY}\n{BODY}")


def test_a_text_that_was_cut_off_is_passed_over_and_the_reason_kept():
    cut = Draft("فريق القوة الجوية يتوج بكأس العراق بعد فوزه على", finished=False)
    whole = Draft("فريق القوة الجوية يتوج بكأس العراق")
    summary = Guarded(Says(cut, whole)).summarize([LONG])[0]
    assert (summary.text, summary.method) == (whole.text, "model")
    assert [(r.text, r.unsupported[0].kind) for r in summary.refused] == [(cut.text, "end")]
    assert Guarded(Says(cut)).summarize([LONG])[0].method == "lead"


@pytest.mark.parametrize(
    "body",
    [
        "عاجل " * 300,
        "🔥🔥 " * 40,
        "12 34 56 " * 80,
        "\n".join(f"- البند رقم {i}: توزيع المياه على الحي" for i in range(40)),
        "\n".join(f"{i}. توزيع المياه على الحي الجديد شمال المدينة" for i in range(40)),
        "\n".join(f"| الدولة {i} | {i * 7}% | {i} مليون دولار |" for i in range(40)),
        "الدولة\tالنسبة\tالسكان\tالمساحة\tالعاصمة\n" * 20,
        "",
    ],
)
def test_what_is_told_in_no_sentences_is_not_written_about(body):
    model = Says(Draft("القوة الجوية تتوج بكأس العراق"))
    Guarded(model).summarize([Article("1", "القوة الجوية بطل الكأس", body)])
    assert not model.asked


def test_prose_may_hold_a_list():
    items = "\n".join(f"- البند رقم {i}" for i in range(5))
    assert is_prose(f"{BODY}\n{items}\n{BODY}")
