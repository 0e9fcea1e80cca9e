"""What the guard finds where a summary asserts what its article denies, doubts or says of another."""

import pytest

from infer.faithful import check
from infer.faithful.forms import listed
from infer.schema import Article

DENIED = "نفى المتحدث باسم الحكومة أن يكون رئيس الوزراء قدم استقالته إلى البرلمان."
UNTRUE = "لا صحة لما تردد من أن الحكومة قررت رفع أسعار الوقود."
NOBODY = "لم تقتل القوات أحدا في المدينة، وفق ما قال السكان."
UNSEATED = "نفت وزارة الداخلية صحة الأنباء عن استقالة الوزير."
VOTED = "رفض مجلس الأمن مشروع قرار قدمته ثلاث دول بشأن المضيق."
AGREED = "نفى مكتب السوداني أن يكون الطرفان اتفقا على موعد انسحاب القوات، وذلك بعد لقائه بالسفيرة الأميركية."
CONDITION = "قال النائب إن الحكومة ستسقط إذا انسحب الحزب من الائتلاف."


def kinds(summary, body, title="", published=None):
    article = Article("1", title, body, published=published)
    return {thing.kind for thing in check(summary, article).unsupported}


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (DENIED, "رئيس الوزراء قدم استقالته إلى البرلمان."),
        (DENIED, "رئيس الوزراء يقدم استقالته."),
        (UNTRUE, "الحكومة قررت رفع أسعار الوقود."),
        (NOBODY, "تقتل القوات أحدا في المدينة، وفق ما قال السكان."),
        (UNSEATED, "وزير الداخلية يستقيل من منصبه."),
        (VOTED, "مجلس الأمن يقر مشروع قرار بشأن المضيق."),
        (AGREED, "اتفق السوداني والسفيرة الأميركية على موعد انسحاب القوات."),
        (CONDITION, "الحزب ينسحب من الائتلاف."),
        ("أنكر المتهم أنه سرق السيارة.", "المتهم سرق السيارة."),
        ("استبعد الوزير أن ترفع الحكومة الضرائب هذا العام.", "الحكومة ترفع الضرائب هذا العام."),
    ],
)
def test_what_the_article_rejects_is_not_asserted(body, summary):
    assert "negation" in kinds(summary, body)


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (DENIED, "الحكومة تنفي استقالة رئيس الوزراء."),
        (DENIED, "المتحدث باسم الحكومة: رئيس الوزراء لم يقدم استقالته."),
        (UNTRUE, "لا صحة لرفع أسعار الوقود."),
        (UNSEATED, "الداخلية تنفي استقالة الوزير."),
        (UNSEATED, "وزير الداخلية لم يستقل."),
        (VOTED, "مجلس الأمن يرفض مشروع قرار بشأن المضيق."),
        (VOTED + " وأقر المجلس بيانا بدلا منه.", "مجلس الأمن يقر بيانا بشأن المضيق."),
        (AGREED, "مكتب السوداني ينفي الاتفاق على موعد الانسحاب."),
        (CONDITION, "نائب: الحكومة ستسقط إذا انسحب الحزب."),
        (DENIED + " وقدم ثلاثة وزراء استقالاتهم.", "ثلاثة وزراء يقدمون استقالاتهم إلى البرلمان."),
        ("لم ينف الوزير أنه قدم استقالته.", "الوزير قدم استقالته."),
        ("خسر الحزب الانتخابات واعترف بالهزيمة، ورفض زعيمه الاستقالة.", "الحزب يقر بالهزيمة."),
    ],
)
def test_a_denial_that_is_told_passes(body, summary):
    assert kinds(summary, body) == set()


def test_words_of_two_sentences_are_not_run_together():
    body = "العراقي قتل في هجوم، بحسب الشرطة. وأعلنت الحكومة الحداد."
    title = "استقالة وزير الدفاع"
    assert kinds("استقالة وزير الدفاع العراقي.", body, title) == {"roles"}
    assert kinds("استقالة وزير الدفاع.", body, title) == set()


def test_whole_sentences_in_order_are_the_articles_own():
    body = "رفضت المحكمة الطعن، وقال القاضي إن الحكم نهائي.\nلم يحضر المتهم الجلسة\nولا محاميه"
    assert kinds("لم يحضر المتهم الجلسة ولا محاميه", body) == set()
    assert kinds("رفضت المحكمة الطعن، وقال القاضي إن الحكم نهائي.", body) == set()


@pytest.mark.parametrize(
    ("body", "summary", "found"),
    [
        ("اتهمت إيران إسرائيل بقصف موقع قرب دمشق.", "اتهمت إسرائيل إيران بقصف موقع قرب دمشق.", {"roles"}),
        ("اتهمت إيران إسرائيل بقصف موقع قرب دمشق.", "إسرائيل تتهم إيران بقصف موقع.", {"roles"}),
        ("اتهمت إيران إسرائيل بقصف موقع قرب دمشق.", "اتهمت إيران إسرائيل بقصف موقع.", set()),
        ("اتهمت إيران إسرائيل بقصف موقع قرب دمشق.", "إيران تتهم إسرائيل بقصف موقع.", set()),
        ("انتقدت فرنسا تركيا بسبب القرار.", "انتقدت تركيا فرنسا بسبب القرار.", {"roles"}),
        ("استقبل السوداني أردوغان في بغداد.", "استقبل أردوغان السوداني في بغداد.", {"roles"}),
        ("استقبل السوداني أردوغان في بغداد.", "استقبل السوداني أردوغان.", set()),
        ("قصفت قرب دمشق إسرائيل موقعا لإيران.", "إسرائيل تقصف موقعا لإيران قرب دمشق.", set()),
        ("قصفت إسرائيل قرب دمشق مواقع لإيران.", "قصفت إسرائيل مواقع لإيران قرب دمشق.", set()),
    ],
)
def test_the_past_tense_stands_before_who_does_it(body, summary, found):
    assert kinds(summary, body) == found


def test_a_list_with_a_word_that_no_text_has_is_refused():
    assert listed("ليلا نهاييا") == {"ليلا", "نهاييا"}
    with pytest.raises(ValueError, match="لئلا"):
        listed("كي لئلا")
