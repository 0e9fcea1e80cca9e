import pytest

from infer.errors import UsageError
from tests.tiny import pieces
from tests.train import news
from train import packing, vocabulary

SENTENCE = "أعلنت وزارة النقل افتتاح جسر جديد فوق النهر بعد عامين من العمل في 12 موقعا."
BODY = [SENTENCE, "وقال الوزير إن الجسر يخفف الزحام في وسط المدينة ويخدم آلاف السكان كل يوم."] * 2


@pytest.fixture(scope="module")
def tokenizer():
    return vocabulary.tokenizer(pieces())


def test_copies_of_what_is_measured_on_are_not_read(tmp_path):
    rows = news.articles(6)
    measured = news.write(tmp_path / "measured.parquet", rows[:2])
    copied = rows[0] | {"id": "other"}  # the same words under another id
    both = news.write(tmp_path / "both.parquet", [*rows, copied])
    found = packing.read([both], "mujaz-1", [measured])
    assert [text.title for text in found] == [row["title"] for row in rows[2:]]


def test_an_article_of_two_files_is_read_once_as_it_stands_first(tmp_path):
    row = news.articles(1)[0]
    first = news.write(tmp_path / "first.parquet", [row | {"id": "s7"}])
    second = news.write(tmp_path / "second.parquet", [row | {"id": "7", "summary": ""}])
    assert [text.summary for text in packing.read([first, second], "mujaz-1")] == [row["summary"]]


def test_tables_that_lack_what_is_needed_are_refused_by_name(tmp_path):
    with pytest.raises(UsageError, match="no such file of articles"):
        packing.read([tmp_path / "none.parquet"], "mujaz-1")
    path = news.write(tmp_path / "odd.parquet", [{"title": "عنوان", "text": "نص"}])
    with pytest.raises(UsageError, match="no column 'body'; columns: text, title"):
        packing.read([path], "mujaz-1")


@pytest.mark.parametrize(
    ("summary", "good"),
    [
        ("افتتاح جسر جديد فوق النهر بعد عامين من العمل", True),
        ("افتتاح جسر جديد فوق النهر بعد عامين في 13 موقعا", False),  # a number of its own
        ("افتتاح جسر جديد فوق النهر مع CNN بعد عامين من العمل", False),  # a Latin word of its own
        ("رئيس البرلمان يزور العاصمة اليوم ويلقي خطابا طويلا", False),  # another story
        ("هل يخفف جسر جديد فوق النهر الزحام في وسط المدينة؟", False),  # asks
        ("جسر جديد", False),  # says too little
    ],
)
def test_summaries_that_teach_to_invent_are_told(summary, good):
    assert packing.good_summary(summary, BODY) is good


def test_titles_are_judged_likewise():
    assert packing.good_title("وزارة النقل تعلن افتتاح جسر جديد", BODY)
    assert not packing.good_title("بالفيديو افتتاح جسر جديد فوق النهر", BODY)
    assert not packing.good_title("افتتاح جسر جديد فوق النهر", BODY[:1])  # an article of one sentence


def test_the_sentence_that_is_nearest_to_a_summary_is_found():
    assert packing.chosen("الجسر يخفف الزحام في وسط المدينة", BODY) == 1
    assert packing.chosen("", BODY) == packing.chosen("خبر عن أمر آخر", BODY) == -1


def test_short_posts_without_a_summary_are_not_trained_on_but_measured_on(tokenizer):
    posts = [packing.Text("", "", BODY[:1]), packing.Text("", "", BODY), packing.Text("", SENTENCE, BODY[:1])]
    assert len(packing.pack(posts, tokenizer, 200)) == 2
    assert len(packing.pack(posts, tokenizer, 200, judged=False)) == 3


def test_the_sentence_that_adds_most_is_found():
    assert packing.added("وزارة النقل تفتتح الجسر في المدينة", BODY) == 1
    assert packing.added("", BODY) == -1
