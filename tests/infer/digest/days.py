"""A day made up for the tests: three topics, stories of one to three outlets, Latin names and numbers."""

from __future__ import annotations

from datetime import date

from infer.digest.day import Difference, Digest, Figure, Report, Section, Sentence, Story, Trend

DAY = date(2025, 3, 5)
ADDRESS = "https://{}.example/news/{}?a=1&b=2"


def report(number: int, source: str | None, title: str, hour: str | None, *, copy: bool = False) -> Report:
    url = ADDRESS.format("outlet" + str(number), number) if source else None
    return Report(str(number), f"{number:03}.html", title, source, url, DAY, hour, copy)


STEEL = Story(
    key="5a1e00000001",
    headline="واشنطن تفرض 25% رسوما على الفولاذ وشركة Norvik Steel تعترض",
    summary=(
        Sentence("أعلنت واشنطن الأربعاء رسوما نسبتها 25% على واردات الفولاذ تسري في 12 آذار.", 0),
        Sentence("وقالت شركة Norvik Steel (NVK) إن 42 من عقودها ستتوقف.", 1, ("عقودنا الـ42 ستتوقف فورا.",)),
    ),
    method="lead",
    reports=(
        report(1, "وكالة الضفاف", "واشنطن تفرض 25% رسوما على الفولاذ وشركة Norvik Steel تعترض", "09:15"),
        report(2, "Harbour Wire", "اعتراض على رسوم الفولاذ", "11:40"),
        report(3, "صحيفة المرفأ", "واشنطن تفرض 25% رسوما على الفولاذ", None, copy=True),
    ),
    outlets=3,
    topics=("trade_tariffs",),
    confidence=0.98,
    differences=(Difference("عقدا", (Figure("42", (0, 2)), Figure("45", (1,)))),),
)
ALUMINIUM = Story(
    key="5a1e00000002",
    headline="محادثات عراقية أميركية تتناول رسوم الألمنيوم",
    summary=(Sentence("بحث وفد من بغداد مع مسؤولين أميركيين أثر الرسوم في مصنع للألمنيوم.", 0),),
    method="model",
    reports=(report(4, "وكالة الضفاف", "محادثات عراقية أميركية تتناول رسوم الألمنيوم", "17:05"),),
    outlets=1,
    topics=("iraq_us_relations", "trade_tariffs"),
    confidence=0.91,
)
CLINIC = Story(
    key="5a1e00000003",
    headline="عيادة في غزة تعيد فتح أبوابها بعد إصلاح مولّدها",
    summary=(Sentence("استأنفت عيادة في حي الرمال استقبال المرضى بعد توقف دام أسبوعين.", 0),),
    method="lead",
    reports=(report(5, None, "عيادة في غزة تعيد فتح أبوابها بعد إصلاح مولّدها", None),),
    outlets=1,
    topics=("gaza",),
    confidence=0.97,
)
UNSURE = Story(
    key="5a1e00000004",
    headline="سفينة تغادر الميناء بعد تفتيش حمولتها",
    summary=(Sentence("غادرت السفينة بعد تفتيش حمولتها من القمح.", 0),),
    method="lead",
    reports=(report(6, "صحيفة المرفأ", "سفينة تغادر الميناء بعد تفتيش حمولتها", "08:00"),),
    outlets=1,
    topics=("gaza",),
    confidence=0.41,
)
TREND = Trend(
    days=tuple(date(2025, 3, day) for day in range(1, 6)),
    counts={"iraq_us_relations": (0, 2, 1, 0, 1), "gaza": (5, 3, 4, 6, 1), "trade_tariffs": (0, 0, 1, 2, 3)},
)


def digest(lang: str = "ar") -> Digest:
    """The made-up day."""
    names = {
        "iraq_us_relations": ("العلاقات العراقية الأميركية", "Iraq–US relations"),
        "gaza": ("غزة", "Gaza"),
        "trade_tariffs": ("الرسوم الجمركية", "Trade tariffs"),
    }
    stories = {"iraq_us_relations": (ALUMINIUM,), "gaza": (CLINIC,), "trade_tariffs": (STEEL,)}
    sections = tuple(
        Section(topic, names[topic][lang == "en"], held, more=2 if topic == "gaza" else 0)
        for topic, held in stories.items()
    )
    return Digest(DAY, DAY, lang, sections, (UNSURE,), TREND, articles=9, outlets=4, undated=1)


def empty(lang: str = "ar") -> Digest:
    """A day on which nothing happened."""
    full = digest(lang)
    sections = tuple(Section(section.topic, section.name, ()) for section in full.sections)
    trend = Trend(TREND.days, {topic: (0,) * len(TREND.days) for topic in TREND.counts})
    return Digest(DAY, DAY, lang, sections, (), trend, articles=0, outlets=0)
