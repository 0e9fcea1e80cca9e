"""A random model behind the summarizer's interface: what it says means nothing, how it behaves does."""

from dataclasses import replace

import pytest

from infer.errors import ModelError, UsageError
from infer.schema import Article
from infer.summary import Guarded, Lead, open_summarizer
from infer.writer import Writer
from tests.infer.says import Says

BODY = "قال وزير اليوم إن رسوم الصين على أسعار مطر حرارة بغداد مع واشنطن بعد كرة. " * 3


def article(body, title="وزير في بغداد"):
    return Article(id="1", title=title, body=body)


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    from tests.tiny_summarizer import write_summarizer

    return Writer.from_pretrained(write_summarizer(tmp_path_factory.mktemp("writer") / "tiny")[1])


def test_odd_articles_are_written_of_or_passed_over(writer):
    odd = ["", "مطر", "\n- نقطة" * 40, "word " * 60, "خبر " * 20_000, "|1|2|\n" * 50, BODY]
    found = writer.write([article(body) for body in odd], "short", beams=1)
    assert len(found) == len(odd) and found[-1]
    assert writer.write([article("", title="")], "short") == [[]]


def test_an_article_is_read_alike_alone_and_in_a_batch(writer):
    several = [article(BODY[:n]) for n in (60, 200, 120)]
    together = writer.write(several, "long")
    alone = [writer.write([one], "long")[0] for one in several]
    assert [[draft.text for draft in drafts] for drafts in together] == [
        [draft.text for draft in drafts] for drafts in alone
    ]


def test_a_headline_is_written_from_the_body_alone(writer):
    other = article(BODY, title="عنوان آخر تماما")
    assert writer.source(article(BODY), titled=False) == writer.source(other, titled=False)
    assert writer.source(article(BODY)) != writer.source(other)


def test_what_the_article_does_not_say_is_passed_over():
    guarded = Guarded(Says("وصل 77 وزيرا اليوم", "قال وزير اليوم إن رسوم الصين على أسعار"))
    summary = guarded.summarize([article(BODY * 3)])[0]
    assert summary.method == "model" and "77" not in summary.text
    assert [refused.text for refused in summary.refused] == ["وصل 77 وزيرا اليوم"]


def test_where_nothing_passes_the_lead_stands():
    summary = Guarded(Says("وصل 77 وزيرا اليوم")).summarize([article(BODY * 3)])[0]
    assert summary.method == "lead" and summary.text == Lead().summarize([article(BODY * 3)])[0].text
    assert summary.refused


def test_short_articles_are_not_given_to_the_model():
    model = Says("قال وزير")
    assert (
        Guarded(model).summarize([article("قال وزير اليوم إن رسوم الصين ارتفعت كثيرا.")])[0].method == "lead"
    )
    assert not model.asked


def test_lengths_of_the_lead():
    three = article(
        "قال وزير اليوم إن رسوم الصين ارتفعت كثيرا في بغداد.\nوأضاف أن أسعار مطر ارتفعت أيضا.\nثم غادر."
    )
    headline, short, long = (Lead(n).summarize([three])[0].text for n in ("headline", "short", "long"))
    assert headline == three.title and long.startswith(short) and len(long) > len(short)


def test_a_headline_that_is_too_long_is_refused_and_told():
    long = ("وزير " * 13).strip()
    summary = Guarded(Says(long, "قال وزير اليوم"), "headline").summarize([article(BODY * 3)])[0]
    assert (summary.text, summary.method) == ("قال وزير اليوم", "model")
    assert [(r.text, r.unsupported[0].text) for r in summary.refused] == [(long, "13 words")]


@pytest.mark.parametrize(("length", "most"), [("short", 60), ("long", 100)])
def test_no_summary_is_longer_than_its_length_allows(length, most):
    fits, over = (
        " ".join(f"كلمة{chr(0x628 + n % 20)}{chr(0x628 + n // 20)}" for n in range(n))
        for n in (most, most + 1)
    )
    model = Says(over, fits)
    summary = Guarded(model, length).summarize([article(f"{over}.\n{fits}.")])[0]
    assert (summary.text, summary.method) == (fits, "model")
    assert [r.unsupported[0].text for r in summary.refused] == [f"{most + 1} words"]


def test_what_a_search_cannot_be_is_refused(writer):
    with pytest.raises(UsageError, match="no length 'epic'"):
        writer.write([article(BODY)], "epic")
    for beams in (0, 9):
        with pytest.raises(UsageError, match=f"{beams} beams; a summarizer takes 1 to 8"):
            writer.write([article(BODY)], beams=beams)


def test_another_models_folder_is_refused_as_such(tiny_model):
    with pytest.raises(ModelError, match=r"not a summarizer, .* lacks .*mujaz-train summarizer"):
        Writer.from_pretrained(tiny_model)


def test_unknown_lengths_and_folders_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no length 'epic'"):
        open_summarizer(None, "epic")
    with pytest.raises(ModelError, match="not a model folder"):
        open_summarizer(tmp_path)


def test_drafts_say_whether_they_came_to_an_end(writer, monkeypatch):
    cut = replace(writer.settings["short"], max_new_tokens=3, min_new_tokens=3)
    monkeypatch.setitem(writer.settings, "short", cut)
    assert not any(draft.finished for draft in writer.write([article(BODY)], beams=2)[0])
    short = replace(cut, max_new_tokens=200, min_new_tokens=0)
    monkeypatch.setitem(writer.settings, "short", short)
    for draft in writer.write([article(BODY)], beams=4)[0]:
        assert draft.score < 0 and draft.finished
