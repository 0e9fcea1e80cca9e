"""From records to stories, sections and JSON."""

import json
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest

from infer.digest import choosing, telling
from infer.digest.as_json import as_json
from infer.digest.choosing import build, copies, events
from infer.digest.config import load_digest_config
from infer.digest.day import Difference, Digest, Figure, Trend
from infer.digest.reading import Days
from tests.infer.archive import TOPICS
from tests.infer.digest.records import DAY, labelled

CONFIG = load_digest_config()
LONG = "رسوم جديدة على واردات الصلب من ست دول"


def of(*records, topics=TOPICS, first=DAY, last=DAY):
    """Days with these records."""
    trend = Trend((DAY,), dict.fromkeys(topics, (0,)))
    return Days(first, last, topics, records, trend, len(records), 1, 2)


@pytest.fixture
def same_event(monkeypatch):
    """Reports whose titles begin with the same word are of one event."""

    def group(reports, vectors=None):
        groups = {}
        for place, report in enumerate(reports):
            groups.setdefault(report.title.split()[0], []).append(place)
        return list(groups.values())

    monkeypatch.setattr(choosing, "group", group)


def only(digest):
    [story] = digest.stories
    return story


def test_what_says_too_little_is_no_report_of_anything_else():
    held = [labelled(n, "عاجل", summary=None) for n in (1, 2)] + [labelled(3, "صور", summary="شاهد الصور.")]
    assert sorted(map(len, events([*held, labelled(4, "صور", summary="شاهد الصور.")]))) == [1, 1, 1, 1]


def test_outside_of_archives_the_same_words_are_a_copy():
    first, second = labelled(1, LONG, summary="نص واحد."), labelled(2, f" {LONG}ـ ", summary="نص  واحد.")
    other = labelled(3, LONG, summary="نص آخر.")
    assert copies([first, second, other]) == [[first, second], [other]]
    story = build(of(first, second), CONFIG).stories[0]
    assert [report.copy for report in story.reports] == [False, True]


def test_few_words_make_no_copy():
    short = [labelled(n, "عاجل", summary=None) for n in (1, 2)]
    assert len(copies(short)) == 2


def test_in_an_archive_the_stories_are_its_own_and_the_first_article_leads():
    late = labelled(1, "عنوان", story="s1", hour="09:00", duplicate_of=None)
    early = labelled(2, "عنوان آخر تماما", story="s1", hour="08:00", duplicate_of="p1.txt#1")
    apart = labelled(3, "عنوان", story="s2")
    assert copies([early, apart, late]) == [[late, early], [apart]]


def test_grouping_sees_one_report_of_each_copy(same_event):
    records = [labelled(1, LONG, summary="نص."), labelled(2, LONG, summary="نص."), labelled(3, "غير ذلك")]
    seen = []

    def embed(heads):
        seen.extend(heads)
        return np.ones((len(heads), 4), np.float32)

    assert len(list(events(records, embed))) == 2
    assert seen == [records[0], records[2]]


def test_one_report_needs_no_vectors():
    [event] = events([labelled(1, LONG)], lambda heads: pytest.fail("a model was asked"))
    assert len(event) == 1
    assert not list(events([]))


def best_of(*records):
    return telling.best([[record] for record in records])


def test_the_report_that_tells_a_story():
    plain = labelled(1, "أ", hour="08:00")
    scores = {"gaza": 0.99, "trade_tariffs": 0.0}
    surer = labelled(2, "ب", hour="09:00", scores=scores | {"gaza": 0.99})
    assert best_of(replace(plain, scores={"gaza": 0.6}), surer) is surer
    linked = labelled(3, "ج", hour="10:00", url="https://a.example/")
    assert best_of(plain, linked) is linked
    modelled = labelled(4, "د", hour="11:00", method="model")
    assert best_of(linked, modelled) is modelled
    assert best_of(replace(modelled, review=True), plain).title == "أ"
    assert best_of(replace(modelled, summary=None), plain).title == "أ"
    assert best_of(replace(linked, url="javascript:x"), plain) is plain  # no address at all
    assert best_of(labelled(9, "ه", hour=None), plain) is plain  # the earliest


def test_a_story_of_several_reports(same_event):
    records = [
        labelled(1, "غارة أولى", hour="10:00", source="الضفاف", url="https://a.example/1"),
        labelled(2, "غارة ثانية", hour="08:00", source="المرفأ"),
        labelled(3, "غارة ثالثة", hour=None, source="المرفأ", topics=("gaza", "trade_tariffs")),
    ]
    story = only(build(of(*records), CONFIG))
    assert story.headline == "غارة أولى"
    assert [report.id for report in story.reports] == ["p1.txt#1", "p2.txt#1", "p3.txt#1"]
    assert (story.outlets, story.topics, story.method) == (2, ("gaza", "trade_tariffs"), "lead")
    assert [sentence.report for sentence in story.summary] == [0]
    assert story.key == telling.key_of(records[1]) and len(story.key) == 12  # of the earliest


def test_differences_are_of_the_reports_in_their_order(same_event, monkeypatch):
    asked = []

    def differences(texts):
        asked.append(texts)
        return (Difference("قتيلا", (Figure("42", (0,)), Figure("45", (1,)))),)

    monkeypatch.setattr(telling, "differences", differences)
    late = labelled(1, "غارة أولى", hour="10:00", url="https://a.example/1", summary="قتل 42.")
    early = labelled(2, "غارة ثانية", hour="08:00", summary="قتل 45.")
    story = only(build(of(early, late, labelled(3, "عنوان", ("gaza",), review=True)), CONFIG))
    assert story.differences[0].about == "قتيلا"
    assert [list(texts) for texts in asked] == [["غارة أولى\nقتل 42.", "غارة ثانية\nقتل 45."]]


def test_a_summary_is_split_and_its_evidence_goes_with_the_sentence_it_carries():
    record = labelled(
        1,
        "هدنة",
        summary="أعلنت القاهرة هدنة جديدة. وقال الوسطاء إن المحادثات تستمر.",
        evidence=("أكد الوسطاء أن المحادثات تستمر أسبوعا.", "أعلنت القاهرة هدنة جديدة."),
        method="model",
    )
    first, second = only(build(of(record), CONFIG)).summary
    assert (first.text, first.evidence) == ("أعلنت القاهرة هدنة جديدة.", ())
    assert second.evidence == ("أكد الوسطاء أن المحادثات تستمر أسبوعا.",)


def test_a_story_stands_in_the_section_of_its_surest_topic():
    record = labelled(1, LONG, ("trade_tariffs", "gaza"), scores={"trade_tariffs": 0.95, "gaza": 0.7})
    digest = build(of(record), CONFIG)
    assert [len(section.stories) for section in digest.sections] == [0, 0, 1]
    assert only(digest).confidence == 0.95


def test_review_is_apart_unless_a_report_is_sure(same_event):
    unsure = labelled(1, "سفينة في الميناء", (), review=True, scores={"gaza": 0.4, "trade_tariffs": 0.1})
    digest = build(of(unsure), CONFIG)
    assert not digest.stories
    assert (digest.review[0].topics, digest.review[0].confidence) == (("gaza",), 0.4)
    digest = build(of(unsure, labelled(2, "سفينة تغادر", ("trade_tariffs",))), CONFIG)
    assert not digest.review
    assert only(digest).topics == ("trade_tariffs",)  # what the unsure report might be about is not said
    assert only(digest).headline == "سفينة تغادر"


def test_many_outlets_then_newness_then_confidence_make_the_order(same_event):
    alone = labelled(1, "خبر وحيد", hour="23:00")
    shared = [labelled(n, f"مشترك {n}", hour="01:00") for n in (2, 3, 4)]
    late = labelled(5, "متأخر", hour="20:00", scores={"gaza": 0.9})
    early = labelled(6, "مبكر", hour="02:00", scores={"gaza": 0.9})
    sure = labelled(7, "أكيد", hour="02:00", scores={"gaza": 0.99})
    stories = build(of(alone, *shared, early, sure, late), CONFIG).stories
    assert [story.headline.split()[0] for story in stories] == ["مشترك", "خبر", "متأخر", "أكيد", "مبكر"]
    weights = CONFIG.ranking.model_copy(update={"outlets": 0.0})
    stories = build(of(alone, *shared), CONFIG.model_copy(update={"ranking": weights})).stories
    assert stories[0].headline == "خبر وحيد"


def test_newness_counts_over_all_the_days():
    old = labelled(1, LONG, hour="23:59", published=DAY - timedelta(1))
    new = labelled(2, "خبر مختلف عن غزة", hour="00:01")
    stories = build(of(old, new, first=DAY - timedelta(1)), CONFIG).stories
    assert [story.headline for story in stories] == ["خبر مختلف عن غزة", LONG]


def test_limits_say_how_many_are_left_out(same_event):
    limits = CONFIG.limits.model_copy(update={"stories": 2, "review": 1})
    config = CONFIG.model_copy(update={"limits": limits})
    records = [labelled(n, f"خبر-{n} من غزة") for n in range(5)]
    records += [labelled(n, f"غامض-{n} من غزة", (), review=True) for n in range(10, 13)]
    digest = build(of(*records), config)
    gaza = digest.sections[1]
    assert (len(gaza.stories), gaza.more, len(digest.review), digest.review_more) == (2, 3, 1, 2)


def test_sections_follow_the_configured_order_then_the_models():
    config = CONFIG.model_copy(update={"order": ["trade_tariffs", "absent", "gaza"]})
    digest = build(of(topics=("oil", "gaza", "trade_tariffs")), config, "en")
    assert [s.topic for s in digest.sections] == ["trade_tariffs", "gaza", "oil"]
    assert [s.name for s in digest.sections] == ["Trade tariffs", "Gaza", "oil"]
    assert build(of(), CONFIG).sections[1].name == "غزة"


def test_the_same_page_and_id_twice_are_two_keys(same_event):
    twice = [labelled(1, "خبر عن غزة"), labelled(1, "نبأ آخر عن غزة")]
    keys = [story.key for story in build(of(*twice), CONFIG).stories]
    assert len(set(keys)) == 2


def test_the_order_of_the_records_changes_nothing():
    records = [labelled(n, f"خبر رقم {n}", hour=f"0{n}:00") for n in range(9)]
    assert build(of(*records), CONFIG) == build(of(*reversed(records)), CONFIG)


HOSTILE = "<script>alert(1)</script>\r\nBcc: x@evil.example \u202eعكس\u202c ]]> \x00\x1b[2J \ud800"


def test_hostile_text_is_text_of_bounded_length():
    record = labelled(
        1,
        HOSTILE * 200,
        source=HOSTILE * 20,
        url="javascript:alert(1)",
        summary=HOSTILE,
        evidence=(HOSTILE * 9,),
        page="../\u202e\n.html",
    )
    story = only(build(of(record), CONFIG))
    [report] = story.reports
    assert report.url is None
    assert report.page == "../ .html"
    assert len(story.headline) == CONFIG.limits.title_characters and story.headline.endswith("…")
    assert story.headline.startswith("<script>alert(1)</script> Bcc: x@evil.example عكس ]]> [2J <script>")
    texts = [story.headline, report.source, *(s.text for s in story.summary)]
    texts += [line for sentence in story.summary for line in sentence.evidence]
    for text in texts:
        assert not set(text) & set("\r\n\x00\x1b\u202e\u202c\ud800"), text


def test_a_report_without_a_title_is_called_by_what_it_says():
    assert only(build(of(labelled(1, " \u202e ", summary="قالت الوزارة شيئا.")), CONFIG)).headline == (
        "قالت الوزارة شيئا."
    )
    bare = only(build(of(labelled(1, "", summary=None)), CONFIG))
    assert (bare.headline, bare.summary, bare.method) == ("p1.txt", (), None)


def test_an_outlet_without_a_name_is_called_by_its_host():
    record = labelled(1, LONG, source=" ", url="https://News.example:8080/1")
    assert only(build(of(record), CONFIG)).reports[0].source == "news.example"
    assert only(build(of(replace(record, url="https://[")), CONFIG)).reports[0].source is None


def test_json_is_the_whole_digest_and_always_the_same():
    digest = build(of(labelled(1, LONG, hour="09:15", url="https://a.example/1")), CONFIG)
    text = as_json(digest)
    assert text == as_json(build(of(labelled(1, LONG, hour="09:15", url="https://a.example/1")), CONFIG))
    read = json.loads(text)
    assert set(read) == {"format", *(field.name for field in fields(Digest))}
    assert (read["first"], read["trend"]["days"]) == ("2025-03-05", ["2025-03-05"])
    story = read["sections"][1]["stories"][0]
    assert story["reports"][0]["hour"] == "09:15"
    assert story["headline"] == LONG and LONG in text
