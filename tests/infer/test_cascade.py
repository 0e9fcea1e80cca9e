import numpy as np
import pytest

from infer.cascade import Cascade, Weights, features
from infer.schema import Article
from tests import linear

SENTENCE = "أعلنت الحكومة خطة لترميم المدارس القديمة في القرى البعيدة قبل حلول الشتاء"


def columns(body, title=""):
    return features(Article("1", title, body)).tolist()


@pytest.mark.parametrize(
    "written",
    [
        "قَصْفٌ عَلَى غَزَّةَ",  # vowel marks
        "قصـــف علـــى غـــزة",  # tatweel
        "ﻗﺼﻒ ﻋﻠﻰ ﻏﺰﺓ",  # presentation forms
        "قصف\u200f على\u200e غزة\u200b",  # direction signs, a space of no width
        "قصف، على (غزة)!",
        "القصف على غزه",  # the article; ha for ta marbuta
        "قصف على غزة 2025",  # numbers are no words
    ],
)
def test_a_text_has_the_same_features_however_it_is_written(written):
    assert columns(written) == columns("قصف على غزة")


def test_persian_letters_of_the_same_shape_are_arabic_ones():
    assert columns("ترکیا") == columns("تركيا")


def test_pairs_of_words_and_the_title_have_features_of_their_own():
    assert columns("خطة الحكومة") != columns("الحكومة خطة")
    assert len(columns("خطة الحكومة")) == 3
    assert set(columns(SENTENCE)) < set(columns(SENTENCE, "خطة"))
    assert columns("", "خطة") != columns("خطة")


def test_features_are_hashes_that_never_change():
    # Weights are kept by hash: a change here makes every cascade that is there worthless.
    assert columns("غزة والعراق") == PINNED
    assert features(Article("1", "", "")).dtype == np.uint32
    assert columns("", "") == []


PINNED = [6742952, 7974549, 12215873]


def test_small_weights_are_as_exact_as_large_ones():
    levels = np.array([[-127, 127], [-13, 0], [13, 1]], np.int8)
    exact = Weights(np.arange(3, dtype=np.uint32), levels, np.array([20.0, 4.0], np.float32)).exact()
    assert exact[:, 0].tolist() == pytest.approx([-20, -0.21, 0.21], abs=0.01)
    assert exact[:, 1].tolist() == pytest.approx([4, 0, 4 / 127**2], rel=1e-5)


@pytest.fixture
def cascade():
    """One topic, whose sum is the root of the number of features in an article of known ones."""
    known = features(Article("1", "", SENTENCE))
    weights = Weights(known, np.full((len(known), 1), 127, np.int8), np.ones(1, np.float32))
    settings = {"slopes": [1.0], "offsets": [0.0], "low": [-4.0], "high": [4.0]}
    return lambda **changes: Cascade(weights, settings | changes, "1")


def test_what_lies_between_the_limits_is_left_to_the_encoder(cascade):
    article = Article("1", "", SENTENCE)
    sum_ = np.sqrt(len(columns(SENTENCE)))
    assert 4 < sum_ < 6
    [log_odds] = cascade().settle([article])
    assert log_odds.tolist() == pytest.approx([sum_], rel=1e-5)
    assert log_odds.dtype == np.float32
    assert cascade(high=[6.0]).settle([article]) == [None]
    [log_odds] = cascade(offsets=[-10.0]).settle([article])
    assert log_odds.tolist() == pytest.approx([sum_ - 10], rel=1e-5)
    assert cascade(offsets=[-10.0], low=[-9.0]).settle([article]) == [None]


def test_an_article_has_the_same_log_odds_alone_and_in_any_company(cascade):
    articles = [Article(str(i), "", f"{SENTENCE} {'كلمة ' * i}") for i in range(4)]
    together = cascade(high=[0.0]).settle(articles)
    for article, log_odds in zip(articles, together, strict=True):
        assert cascade(high=[0.0]).settle([article])[0].tolist() == log_odds.tolist()


def test_time_grows_with_length_only():
    linear.assert_linear(columns, lambda size: f"{SENTENCE} " * size, 400)
    linear.assert_linear(columns, lambda size: "ا" * size, 20_000)
    linear.assert_linear(columns, lambda size: "اَ" * size, 20_000)
