from __future__ import annotations

import pytest

from infer.page import split_page

FIRST = (
    "أعلنت وزارة الموارد المائية، الاثنين، بدء ملء خزان السد الجديد بعد صيانة استمرت عامين.",
    "وقال مدير السد إن منسوب المياه سيرتفع مترين في الشهر، وإن القرى المجاورة لن تتأثر بالملء.",
)
FIRST_TITLE = "بدء ملء خزان السد الجديد في كركوك"


def page(*lines):
    return "\n".join(lines)


@pytest.mark.parametrize(
    "line, date",
    [
        ("تاريخ النشر: 9th, February 2024 GMT", "2024-02-09"),
        ("نشر في: 9 فبراير 2024", "2024-02-09"),
        ("نُشر في 9 شباط/فبراير 2024 - 14:30", "2024-02-09"),
        ("تم النشر في 09/02/2024", "2024-02-09"),
        ("آخر تحديث: 2024-02-09 10:20", "2024-02-09"),
        ("الجمعة 9 فبراير 2024", "2024-02-09"),
        ("2024-02-09", "2024-02-09"),
        ("٩ فبراير ٢٠٢٤", "2024-02-09"),
        ("بغداد، 9 شباط 2024", "2024-02-09"),
        ("Published: February 9, 2024", "2024-02-09"),
        ("منذ 3 ساعات", None),
        ("نشر: منذ ساعتين", None),
    ],
)
def test_date_lines(line, date):
    [article] = split_page(page(FIRST_TITLE, line, *FIRST), page="p")
    assert (article.published, article.body) == (date, page(*FIRST))


@pytest.mark.parametrize(
    "line, at",
    [
        ("نُشر في 9 شباط/فبراير 2024 - 14:30", "2024-02-09T14:30"),
        ("تاريخ النشر: الجمعة، ٩ شباط/ فبراير ٢٠٢٤ | ٠٢:٣٠ م", "2024-02-09T14:30"),
        ("الجمعة 9 شباط 2024 14:30 بتوقيت بغداد", "2024-02-09T14:30+03:00"),
        ("تاريخ النشر: 9 فبراير 2024", None),
        ("آخر تحديث: 2024-02-09 10:20", "2024-02-09T10:20"),
    ],
)
def test_hours_of_date_lines(line, at):
    [article] = split_page(page(FIRST_TITLE, line, *FIRST), page="p")
    assert (article.published, article.published_at, article.body) == ("2024-02-09", at, page(*FIRST))


def test_the_hour_of_an_update_is_not_that_of_publication():
    text = page(FIRST_TITLE, "تاريخ النشر: 9 فبراير 2024", "آخر تحديث: 9 فبراير 2024 15:00", *FIRST)
    assert split_page(text, page="p")[0].published_at is None


def test_published_before_updated_and_a_date_in_the_text_is_none():
    text = page(FIRST_TITLE, "آخر تحديث: 10 فبراير 2024", "تاريخ النشر: 9 فبراير 2024", *FIRST)
    assert split_page(text, page="p")[0].published == "2024-02-09"
    headline = "ما جرى في 9 نيسان 2003 كما يرويه الشهود"
    [article] = split_page(page(headline, *FIRST), page="p")
    assert (article.title, article.published) == (headline, None)


@pytest.mark.parametrize(
    "line, source",
    [
        ("المصدر: الحرة", "الحرة"),
        ("المصدر : الجزیرة + وکالات", "الجزيرة + وكالات"),
        ("المصدر | الصباح", "الصباح"),
        ("المصدر\nالصباح", "الصباح"),
        ('*نقلاً عن "الصباح" العراقية', 'الصباح" العراقية'),
        ("وكالات", "وكالات"),
        ("بغداد/ واع", "واع"),
        ("(رويترز)", "رويترز"),
        ("فرانس 24/ أ ف ب", "فرانس 24/ أ ف ب"),
    ],
)
def test_source_lines(line, source):
    [article] = split_page(page(FIRST_TITLE, *FIRST, line), page="p")
    assert (article.source, article.body) == (source, page(*FIRST))


@pytest.mark.parametrize(
    "line", ["المصدر الأمني أكد أن التحقيق مستمر.", "قال المصدر: إن العمل سينتهي قريبا."]
)
def test_sentences_that_look_like_a_source(line):
    [article] = split_page(page(FIRST_TITLE, FIRST[0], line), page="p")
    assert (article.source, article.body) == (None, page(FIRST[0], line))


@pytest.mark.parametrize(
    "prefix, source",
    [
        ("(CNN)-- ", "CNN"),
        ("(CNN)—", "CNN"),
        ("دبي، الإمارات العربية المتحدة (CNN) – ", "CNN"),
        ("(رويترز) - ", "رويترز"),
        ("بغداد (رويترز) - ", "رويترز"),
        ("بغداد - (أ ف ب) - ", "أ ف ب"),
        ("بغداد - (أ ف ب)- ", "أ ف ب"),
        ("واشنطن/ الأناضول - ", "الأناضول"),
        ("غزة / الأناضول/ ", "الأناضول"),
        ("شفق نيوز/ ", "شفق نيوز"),
        ("بغداد - واع - ", "واع"),
        ("الدوحة في 18 يوليو /قنا/ ", "قنا"),
    ],
)
def test_datelines(prefix, source):
    [article] = split_page(page(FIRST_TITLE, prefix + FIRST[0], FIRST[1]), page="p")
    assert (article.source, article.body) == (source, page(*FIRST))
    [article] = split_page(page(FIRST_TITLE, prefix + FIRST[0], "المصدر: الصباح"), page="p")
    assert (article.source, article.body) == ("الصباح", FIRST[0])


def test_a_date_in_the_dateline():
    [article] = split_page(page(FIRST_TITLE, "بغداد، 9 شباط 2024 (رويترز) - " + FIRST[0]), page="p")
    assert (article.published, article.source, article.body) == ("2024-02-09", "رويترز", FIRST[0])


@pytest.mark.parametrize(
    "sentence",
    [
        "قالت وكالة الأنباء السعودية (واس)، الاثنين، إن القافلة وصلت إلى الميناء في الموعد.",
        "أكدت الحركة (حماس) - في بيان - أنها تدرس المقترح مع بقية الفصائل في القاهرة.",
        "بغداد - البصرة طريق سريع يمتد خمسمئة كيلومتر ويحتاج إلى صيانة عاجلة.",
    ],
)
def test_what_only_looks_like_a_dateline(sentence):
    [article] = split_page(page(FIRST_TITLE, sentence, FIRST[1]), page="p")
    assert (article.source, article.body) == (None, page(sentence, FIRST[1]))


@pytest.mark.parametrize(
    "line, tags",
    [
        ("كلمات دلالية: العراق، السدود, المياه", ("العراق", "السدود", "المياه")),
        ("الكلمات المفتاحية: العراق | السدود", ("العراق", "السدود")),
        ("العلامات: العراق، السدود", ("العراق", "السدود")),
        ("وسوم: #السد_الجديد #كركوك", ("السد الجديد", "كركوك")),
        ("#السد_الجديد #كركوك", ("السد الجديد", "كركوك")),
        ("کلمات دلالیة: المیاه فی العراق", ("المياه في العراق",)),
        ("كلمات دلالية: السدود المياه العراق", ("السدود المياه العراق",)),
        ("الوسوم\nالعراق\nالسدود\nالمياه", ("العراق", "السدود", "المياه")),
        ("كلمات دلالية:\nالعراق، السدود، العراق", ("العراق", "السدود")),
    ],
)
def test_tags(line, tags):
    [article] = split_page(page(FIRST_TITLE, *FIRST, line), page="p")
    assert (article.tags, article.body) == (tags, page(*FIRST))


@pytest.mark.parametrize(
    "line",
    [
        "شارك",
        "شارك الخبر: فيسبوك واتساب تويتر",
        "واتساب فيسبوك تويتر",
        "Facebook | X | WhatsApp | Telegram",
        "انسخ الرابط",
        "تابعنا على غوغل نيوز",
        "تابعونا على تليغرام لتصلكم الأخبار أولا بأول",
        "اشترك في نشرتنا البريدية",
        "نستخدم ملفات تعريف الارتباط لتحسين تجربتك على الموقع.",
        "جميع الحقوق محفوظة 2024",
        "إعلان",
        "تصوير: أرشيف الوزارة",
        "مصدر الصورة، Getty Images",
        "التعليق على الصورة، عمال في موقع السد",
        "120 مشاهدة",
        "انتهى/25 م",
        "-------------",
        "https://example.org/story/1",
        "لا توجد تعليقات",
        "list of 2 items list 1 of 2 خبر أول list 2 of 2 خبر ثان end of list",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_furniture_is_dropped_anywhere(line, place):
    lines = [FIRST_TITLE, *FIRST]
    lines.insert(place, line)
    [article] = split_page(page(*lines), page="p")
    assert (article.title, article.body) == (FIRST_TITLE, page(*FIRST))


@pytest.mark.parametrize(
    "line",
    [
        "شارك آلاف المزارعين في وقفة أمام مبنى الوزارة",
        "المزيد من المخاطر",
        "إعلان حالة الطوارئ في ثلاث محافظات",
        "قبل ساعات من الحسم",
        "تاريخ السد",
        "نشر في الصحيفة الرسمية نص القرار كاملا ومعه جدول الأعمال",
        "- ارتفاع السد 58 مترا",
        '"لن نغادر قرانا"',
    ],
)
def test_text_that_resembles_furniture_stays(line):
    [article] = split_page(page(FIRST_TITLE, FIRST[0], line, FIRST[1]), page="p")
    assert article.body == page(FIRST[0], line, FIRST[1])
