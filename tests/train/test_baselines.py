import numpy as np
import pytest

from infer.settings import load_config
from tests.tiny import TOPICS
from tests.train import toy
from train import baselines
from train.config import TopicsConfig
from train.data import Labelled
from train.splits import Split


def articles(*texts: str) -> Labelled:
    empty = [""] * len(texts)
    targets = np.zeros((len(texts), len(toy.NAMES)), np.float32)
    return Labelled(empty, list(texts), targets, empty, empty, toy.NAMES, np.ones(len(texts), bool))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("وزير عراقي يلتقي مسؤولا من البنتاغون", ["iraq_us_relations"]),
        ("وزير عراقي يفتتح مدرسة", []),
        ("الولايات المتحدة تعلن رسوما جمركية جديدة", ["trade_tariffs"]),
        (
            "بغداد تطلب من واشنطن رفع الرسوم الجمركية وإغاثة غزة",
            toy.NAMES,
        ),
        ("مباراة في الدوري", []),
    ],
)
def test_the_keyword_rule_wants_a_word_of_every_group(text, expected):
    config = load_config(TOPICS, TopicsConfig)
    found = baselines.keyword_rule(articles(text), config)
    assert [name for name, hit in zip(config.names, found[0], strict=True) if hit] == expected


def test_the_keyword_rule_reads_the_first_words_only():
    config = load_config(TOPICS, TopicsConfig)
    text = "كلمة " * 70 + "غزة"
    assert not baselines.keyword_rule(articles(text), config).any()
    assert baselines.keyword_rule(articles(text), config, words=71)[0, config.names.index("gaza")]


def halves(data: Labelled) -> list[Split]:
    even = np.arange(len(data.titles)) // 4 % 2 == 0
    return [Split("even", ~even, even), Split("odd", even, ~even)]


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_the_linear_baseline_tells_toy_topics_apart(tmp_path, analyzer):
    data = toy.labelled(tmp_path, 80)
    for split in halves(data):
        right = (baselines.tfidf_logits(data, analyzer, split) > 0) == (data.targets[split.test] > 0.5)
        assert right.mean() > 0.9


def test_the_linear_baseline_does_not_see_what_it_scores(tmp_path):
    data = toy.labelled(tmp_path, 40)
    first, second = halves(data)
    before = [baselines.tfidf_logits(data, "word", split) for split in (first, second)]
    data.targets[first.test] = 1 - data.targets[first.test]
    assert np.array_equal(baselines.tfidf_logits(data, "word", first), before[0])
    assert not np.array_equal(baselines.tfidf_logits(data, "word", second), before[1])
