import numpy as np
import pytest

from infer.schema import Article
from infer.topics import TopicModel

SHORT = Article(id="1", title="وصول شحنة قمح", body="وصلت إلى الميناء شحنة قمح جديدة.")
LONG = Article(id="2", title="تقرير طويل", body="استمر العمل في المشروع طوال العام. " * 400)
NO_TITLE = Article(id="3", title="", body="خبر بلا عنوان في سطر واحد.")
NO_BODY = Article(id="4", title="عنوان وحده بلا نص", body="")
ENDLESS_TITLE = Article(id="5", title="عنوان " * 500, body="نص قصير.")
ARTICLES = [SHORT, LONG, NO_TITLE, NO_BODY, ENDLESS_TITLE]


@pytest.fixture(scope="module")
def model(tiny_model):
    return TopicModel.from_pretrained(tiny_model)


def test_every_topic_gets_a_probability_in_the_order_of_the_config(model):
    [score] = model.predict([SHORT])
    assert model.topics == ("iraq_us_relations", "gaza", "trade_tariffs")
    assert len(score.probabilities) == len(model.topics)
    assert all(0 <= p <= 1 for p in score.probabilities)


def test_topics_are_those_that_reach_their_threshold(model):
    for score in model.predict(ARTICLES):
        reached = [p >= t for p, t in zip(score.probabilities, model.thresholds, strict=True)]
        assert score.topics == tuple(n for n, r in zip(model.topics, reached, strict=True) if r)


def test_an_article_gets_the_same_scores_alone_and_in_any_company(model):
    together = model.predict(ARTICLES)
    backwards = model.predict(ARTICLES[::-1])[::-1]
    for article, one, other in zip(ARTICLES, together, backwards, strict=True):
        [alone] = model.predict([article])
        # int8 scales activations by what else is in the batch
        np.testing.assert_allclose(one.probabilities, alone.probabilities, atol=0.02)
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=0.02)


def test_long_articles_are_read_in_windows_and_short_ones_in_one(model):
    scores = model.predict(ARTICLES)
    assert scores[3].windows == 1
    assert scores[1].windows > 10 * scores[0].windows


def test_nothing_gives_nothing(model):
    assert model.predict([]) == []


def test_text_cannot_smuggle_in_special_tokens(model):
    plain, framed = model.predict([SHORT, Article("x", SHORT.title, f"<s></s><pad><mask>{SHORT.body}")])
    # Read as the characters they are, they take room; as special tokens they would take almost none.
    assert framed.windows > plain.windows
