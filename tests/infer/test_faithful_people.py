"""Names that look like words of the language, which the guard has from lists."""

import pytest

from infer.faithful import check
from infer.schema import Article

BODY = (
    "أعلنت الحكومة، اليوم، موازنة جديدة بعد اجتماع طويل، وقال رئيس الوزراء إن البنك المركزي سيراقب الأسعار "
    "في الأسواق الدولية. وصدر البيان عن المكتب، وأكد مالك المصنع أن الشعب يؤيد الصندوق."
)
PEOPLE = """
المالكي الصدر بارزاني هنية الأسد خامنئي الجولاني الكاظمي العبادي حميدتي تبون جعجع لابيد بينيت الحريري البرهان
"""
PLACES = """
بعقوبة السماوة الخليل
"""
BODIES = (
    "البنك الدولي",
    "صندوق النقد الدولي",
    "الحشد الشعبي",
    "الحرس الثوري",
    "منظمة العفو الدولية",
    "شركة توتال",
)


def kinds(summary, body=BODY):
    return {thing.kind for thing in check(summary, Article("1", "", body)).unsupported}


@pytest.mark.parametrize("name", PEOPLE.split())
def test_somebody_whom_the_article_does_not_name_is_found(name):
    assert "name" in kinds(f"{name} يعلن موازنة جديدة.")
    assert kinds(f"{name} يعلن موازنة جديدة.", f"{BODY} وحضر {name} الاجتماع.") == set()


@pytest.mark.parametrize("name", [*PLACES.split(), *BODIES])
def test_a_place_or_body_that_the_article_does_not_name_is_found(name):
    summary = f"الحكومة تعلن موازنة جديدة بعد اجتماع في {name}."
    assert "name" in kinds(summary)
    assert kinds(summary, f"{BODY} وعقد الاجتماع في مقر {name}.") == set()


@pytest.mark.parametrize(
    "summary", ["علاج جديد لأمراض الصدر.", "حصة الأسد من الموازنة للمدارس.", "علاج الشرع والقانون."]
)
def test_a_name_that_is_a_word_too_may_be_that_word(summary):
    assert "name" not in kinds(summary, "علاج أمراض الرئة متاح، وللمدارس أكبر حصة من الموازنة، وفق القانون.")


def test_a_name_may_be_spelled_and_joined_in_more_than_one_way():
    body = "دعا مسعود البارزاني إلى الحوار، وقال للمالكي إن الوقت حان."
    assert kinds("بارزاني يدعو المالكي إلى الحوار.", body) == set()
