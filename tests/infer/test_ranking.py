"""Drafts and the lead, ranked by weights that each test chooses."""

import pytest

from infer.errors import ModelError
from infer.ranking import FEATURES, features, rank
from infer.schema import Article
from infer.summary import Guarded, Lead
from infer.writer import Draft
from tests.infer.says import Says

LEAD = "أعلنت وزارة النقل افتتاح جسر جديد فوق النهر بعد عامين من العمل."
BODY = f"{LEAD}\nوقال الوزير إن الجسر يخفف الزحام في وسط المدينة ويخدم آلاف السكان كل يوم."
ARTICLE = Article("1", "جسر جديد يخفف الزحام", BODY)
NEAR = Draft("وزارة النقل تعلن افتتاح جسر جديد فوق النهر", -0.22)
TITLED = Draft("جسر جديد يخفف الزحام في وسط المدينة", -0.2)
LIKE_NEAR = Draft("وزارة النقل تعلن افتتاح جسر جديد", -0.24)
DRAFTS = [TITLED, NEAR, LIKE_NEAR]


def weights(**given):
    return dict.fromkeys(FEATURES, 0.0) | given


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"score": 1.0, "is_lead": -9.0}, TITLED.text),
        ({"title": 1.0}, TITLED.text),
        ({"consensus": 1.0}, LIKE_NEAR.text),
        ({"lead": 1.0}, LEAD),
        ({"lead": 1.0, "is_lead": -1.0}, NEAR.text),
        ({"words": -1.0}, LIKE_NEAR.text),
        ({"first_sentence": 1.0, "words": 0.01}, LEAD),
    ],
)
def test_each_feature_can_decide(given, first):
    ranked = rank(DRAFTS, ARTICLE, LEAD, weights(**given))
    assert ranked[0] == first
    assert sorted(ranked) == sorted([*(draft.text for draft in DRAFTS), LEAD])


def test_features_are_of_the_drafts_in_order_and_of_the_lead():
    table = features(DRAFTS, ARTICLE, LEAD)
    assert table.shape == (4, len(FEATURES))
    assert table[:, FEATURES.index("score")].tolist() == pytest.approx([0.0, -0.02, -0.04, 0.0])
    assert table[:, FEATURES.index("is_lead")].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert table[3, FEATURES.index("lead")] == pytest.approx(1.0)


def test_texts_without_words_are_ranked_too():
    assert rank([Draft("…")], Article("1", "", ""), "", weights(words=1.0))


class Ranks(Says):
    """A model that says what it is told to, and the weights that come with it."""

    def __init__(self, drafts, **given):
        super().__init__(*drafts, ranking=weights(**given))


def test_the_lead_stands_where_no_draft_is_better():
    summary = Guarded(Ranks(DRAFTS, is_lead=1.0)).summarize([ARTICLE])[0]
    assert (summary.text, summary.method, summary.refused) == (LEAD, "lead", ())
    summary = Guarded(Ranks(DRAFTS, title=1.0)).summarize([ARTICLE])[0]
    assert (summary.text, summary.method) == (TITLED.text, "model")


def test_a_title_stands_for_a_lead_with_spaces_about_it_too():
    endless = Article("1", " جسر جديد يخفف الزحام ", " ".join(BODY.replace(".", "").split() * 6))
    summary = Guarded(Ranks(DRAFTS, is_lead=1.0)).summarize([endless])[0]
    assert (summary.text, summary.method) == (endless.title.strip(), "lead")


def test_what_the_guard_refuses_is_passed_over_in_the_order_of_the_ranking():
    invented = Draft("جسر جديد يخفف الزحام 77 بالمئة", -0.1)
    summary = Guarded(Ranks([NEAR, invented], title=1.0)).summarize([ARTICLE])[0]
    assert summary.text == NEAR.text and [refused.text for refused in summary.refused] == [invented.text]


def test_what_is_ranked_behind_the_text_that_stands_was_not_passed_over():
    stutters = Draft("جسر جديد جديد يخفف الزحام", -0.1)
    invented = Draft("جسر جديد يخفف الزحام 77 بالمئة", -0.1)
    for behind in (stutters, invented):
        summary = Guarded(Ranks([TITLED, behind], words=1.0, is_lead=-99)).summarize([ARTICLE])[0]
        assert (summary.text, summary.refused) == (TITLED.text, ())
    summary = Guarded(Ranks([invented, NEAR, stutters], title=9.0, words=-0.1)).summarize([ARTICLE])[0]
    assert summary.text == NEAR.text
    assert [refused.text for refused in summary.refused] == [stutters.text, invented.text]
    summary = Guarded(Ranks([invented, stutters], is_lead=1.0)).summarize([ARTICLE])[0]
    assert (summary.method, summary.refused) == ("lead", ())


def test_weights_that_lack_one_are_refused_before_anything_is_read():
    model = Ranks(DRAFTS)
    del model.ranking["title"]
    with pytest.raises(ModelError, match=r"Ranks: no weight 'title' .*export it again"):
        Guarded(model)
    assert Guarded(model, "long").summarize([ARTICLE])[0].method == "model"


def test_only_short_summaries_are_ranked():
    assert Guarded(Ranks(DRAFTS, is_lead=1.0), "long").summarize([ARTICLE])[0].text == TITLED.text
    assert Lead().summarize([ARTICLE])[0].text == LEAD
