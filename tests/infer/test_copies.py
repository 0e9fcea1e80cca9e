import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from infer.schema import Article
from infer.stories.copies import FEW_WORDS, SIGNATURE, Stories, signatures

WIRE = [
    "أعلنت وزارة الموارد المائية، الثلاثاء، بدء إطلاق كميات إضافية من المياه من سد حديثة نحو محافظات الجنوب، "
    "بعد أسابيع من تراجع مناسيب نهر الفرات إلى أدنى مستوياتها منذ عشر سنوات.",
    'وقال المتحدث باسم الوزارة في مؤتمر صحفي إن "الإطلاقات ستستمر ثلاثة أسابيع وتهدف إلى تأمين مياه الشرب '
    'ومنع تقدم اللسان الملحي في شط العرب"، مضيفا أن الخزين الحالي يكفي حتى نهاية الصيف إذا التزم المزارعون '
    "بالخطة المقررة.",
    "وشكا مزارعون في المثنى وذي قار من جفاف قنوات الري واضطرار بعضهم إلى بيع مواشيهم، فيما طالبت نقابة "
    "المهندسين الزراعيين بتعويض المتضررين وتقليص المساحات المخصصة للرز هذا الموسم.",
    "وكانت بغداد قد أجرت الشهر الماضي مباحثات مع أنقرة ودمشق بشأن حصص المياه، واتفقت الأطراف على تبادل "
    "البيانات أسبوعيا وتشكيل لجنة فنية مشتركة تجتمع كل ثلاثة أشهر.",
    "ويقول خبراء إن الحل الدائم يتطلب تحديث شبكات الري القديمة التي تفقد نصف ما يمر فيها، وهو مشروع قدرت "
    "الحكومة كلفته بنحو أربعة مليارات دولار ولم تبدأ بتمويله بعد.",
]
# Of the same announcement, by somebody who was there.
REPORT = [
    "بعد صيف قاس على أهالي الجنوب، فتحت بوابات سد حديثة صباح الثلاثاء لتنساب المياه من جديد في مجرى الفرات، "
    "في خطوة وصفتها وزارة الموارد المائية بأنها إسعاف عاجل لا علاج.",
    "في قضاء الخضر بالمثنى وقف أبو كرار عند قناة متشققة كانت تسقي أرضه. باع الرجل عشرين رأسا من الغنم في "
    "حزيران، ويقول إن الماء الموعود لن يصل إليه قبل أن تموت بقية النخيل.",
    "وبحسب أرقام الوزارة فإن الدفعات الجديدة ستدوم ثلاثة أسابيع، لكن مهندسين في دائرة الري تحدثوا إلينا "
    "شككوا في أن تبلغ البصرة بسبب التجاوزات على النهر بين الرمادي والسماوة.",
    "المفاوضات مع تركيا لم تثمر حتى الآن سوى لجنة لتبادل المعلومات، بينما ينتظر الأهالي موسما آخر من المطر.",
]


def article(body, title=""):
    return Article("1", title, body)


def placed(*articles):
    given = [each if isinstance(each, Article) else article(each) for each in articles]
    return Stories().place(signatures(given)).tolist()


def random_signatures(count, seed=0):
    """One in seven is a copy of one of the 3,000 before it, with a quarter of its minima changed."""
    draw = np.random.default_rng(seed)
    found = draw.integers(0, 2**32, (count, SIGNATURE), np.uint32)
    for copy in range(6, count, 7):
        found[copy, : SIGNATURE * 3 // 4] = found[copy - draw.integers(1, min(copy, 3000) + 1)][:48]
    return found


def together(signed, at_once, **options):
    stories = Stories(**options)
    parts = [stories.place(signed[i : i + at_once]) for i in range(0, len(signed), at_once)]
    return np.concatenate(parts)


@pytest.mark.parametrize(
    "copy",
    [
        "\n".join(WIRE).replace("أعلنت", "أعلنَتْ").replace(" ", "  ").replace("،", ","),
        "\n".join(["بغداد (وكالة الرافدين) - الثلاثاء 12 آب 2025", *WIRE]),
        "\n".join([*WIRE, "المصدر: وكالات. للمزيد من الأخبار تابعوا صفحتنا على مواقع التواصل."]),
        "\n".join(WIRE[:4]),
        "\n".join([WIRE[0], *WIRE[2:]]),
        "\n".join([WIRE[0], WIRE[3], WIRE[2], WIRE[1], WIRE[4]]),
        "\n".join(WIRE).replace("الثلاثاء", "أمس").replace("المتحدث باسم الوزارة", "ناطق حكومي"),
    ],
    ids=["marks", "dateline", "signature", "cut at the end", "paragraph cut", "reordered", "edited"],
)
def test_wire_copy_that_an_outlet_has_touched_is_a_copy(copy):
    assert copy != "\n".join(WIRE)
    assert placed(article("\n".join(WIRE), "إطلاقات مائية"), article(copy, "الفرات يعود")) == [0, 0]


def test_reports_of_one_event_stay_apart_even_where_they_quote_the_same():
    quoting = "\n".join([REPORT[0], WIRE[1], *REPORT[1:]])
    assert placed("\n".join(WIRE), "\n".join(REPORT), quoting)[:2] == [0, 1]
    assert placed("\n".join(WIRE), quoting) == [0, 1]


def test_a_copy_joins_the_story_most_like_it():
    half = "\n".join([*WIRE[:3], *REPORT[1:]])
    copy = "\n".join([*WIRE[:3], *REPORT[1:3]])
    assert placed("\n".join(WIRE), half, copy) == [0, 1, 1]


def test_few_words_are_a_copy_only_where_they_and_their_title_are_the_same():
    post = "بث الدفاع المدني مشاهد لإنقاذ عائلة حاصرتها السيول في ناحية سنجار غربي الموصل فجر السبت"
    template = post.replace("سنجار", "ربيعة")
    assert len(post.split()) < FEW_WORDS
    assert placed(post, f"{post}.", template) == [0, 0, 2]
    watch = "شاهد التفاصيل كاملة في الفيديو المرفق"
    assert placed(article(watch, "سيول في نينوى"), article(watch, "افتتاح جسر في بغداد")) == [0, 1]


def test_articles_without_a_body_are_no_copies_of_each_other():
    titles = ["سيول في نينوى", "افتتاح جسر في بغداد", "سيول في نينوى"]
    assert placed(*(article("", title) for title in titles)) == [0, 1, 0]


def test_no_articles_have_no_signatures_and_no_stories():
    assert signatures([]).shape == (0, SIGNATURE)
    assert Stories().place(signatures([])).tolist() == []


def test_a_very_long_text_has_the_signature_of_its_runs_however_often_they_come():
    long = "\n".join(WIRE)
    ones, hundreds = signatures([article(f"{long}\n{long}"), article("\n".join([long] * 300))])
    assert ones.tolist() == hundreds.tolist()


@pytest.mark.parametrize("at_once", [1, 7, 512, 3000])
def test_how_many_are_placed_at_a_time_changes_nothing(at_once):
    signed = random_signatures(6000)
    whole = Stories().place(signed)
    assert together(signed, at_once).tolist() == whole.tolist()
    assert (whole != np.arange(6000)).sum() == 6000 // 7


@pytest.mark.parametrize("at_once", [1, 333, 2047])
def test_nor_where_the_oldest_are_forgotten_meanwhile(at_once):
    signed = random_signatures(6000)
    whole = Stories(most=2048).place(signed)
    assert together(signed, at_once, most=2048).tolist() == whole.tolist()
    assert (whole != Stories().place(signed)).any()


@pytest.mark.parametrize("merged", [3, 32])
def test_what_was_restored_is_as_if_it_had_just_been_placed(merged, monkeypatch):
    monkeypatch.setattr("infer.stories.copies.MERGED", merged)
    signed = random_signatures(12_000)
    whole = Stories().place(signed)
    assert (whole != np.arange(len(whole))).sum() == 12_000 // 7
    stories = Stories()
    for start, end in ((0, 3000), (3000, 3001), (3001, 10_000)):
        stories.restore(signed[start:end], whole[start:end])
    assert stories.place(signed[10_000:]).tolist() == whole[10_000:].tolist()
    again = [0, 4000, 11_999]
    assert stories.place(signed[again]).tolist() == whole[again].tolist()


def test_signatures_without_their_stories_are_refused():
    with pytest.raises(ValueError, match="3 signatures, but 2 stories"):
        Stories().restore(random_signatures(3), np.arange(2))


def test_the_oldest_are_forgotten_beyond_the_most():
    signed = np.random.default_rng(1).integers(0, 2**32, (10_000, SIGNATURE), np.uint32)
    stories = Stories(most=4096)
    stories.place(signed)
    assert stories.place(signed[[0, 10_000 - 4096, 9999]]).tolist() == [10_000, 10_000 - 4096, 9999]


def test_copies_of_texts_from_one_template_are_found_among_thousands():
    draw = np.random.default_rng(2)
    template = draw.integers(0, 256, 4 * SIGNATURE, np.uint8)
    own = draw.integers(0, 256, (6000, 4 * SIGNATURE), np.uint8)
    filled = np.where(draw.random(own.shape) < 0.55, template, own).view(np.uint32)  # 30% in common
    stories = Stories()
    assert stories.place(filled).tolist() == list(range(6000))
    assert stories.place(filled[::100]).tolist() == list(range(0, 6000, 100))


def test_signatures_are_the_same_in_every_process_and_for_ever():
    code = (
        "import sys; from infer.stories.copies import signatures; from infer.schema import Article; "
        "print(signatures([Article('1', '', sys.argv[1]), Article('1', 'عنوان', 'نص قصير')])[:, :3].tolist())"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, "\n".join(WIRE)],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        )
        # Stored signatures are compared with new ones: a change here wants a new VERSION.
        assert done.stdout.strip() == PINNED


PINNED = "[[3737443594, 1717860831, 3524595889], [1093580541, 252515504, 3441300634]]"
