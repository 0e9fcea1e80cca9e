import json
import random
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infer.archive import open_archive
from infer.bundle import open_bundle
from infer.cascade import FILE, LEAST_KNOWN, Cascade
from infer.errors import ModelError, UsageError
from infer.pipeline import load
from infer.schema import Article
from infer.topics import TopicModel
from tests.train import toy
from train import cascade
from train.cascade import make_cascade
from train.topic import add_topic

SUBJECTS = (
    "بغداد العراق واشنطن أميركا قاعدة قوات سفارة وفد تحالف انسحاب عسكرية مستشارين",
    "غزة رفح قصف هدنة نازحين معبر حصار خان يونس قطاع مخيم إغاثة شهداء",
    "رسوم جمركية واردات الصين صلب ألمنيوم أسعار مصدرين تعريفة بكين بضائع تجارية",
)
SPORT = "مباراة فريق هدف ملعب لاعب مدرب كأس جمهور دوري تدريب بطولة مرمى حكم ركلة فوز"
BOTH = "قال اليوم أمس في من على إلى عن مع بعد قبل هذا التي الذي رئيس وزير"


def news(seed):
    """Title and body of an article: every third is on a topic, the others on sport."""
    draw = random.Random(seed)
    subject = draw.choice(SUBJECTS) if draw.random() < 0.3 else SPORT
    words = subject.split() * 2 + BOTH.split()
    return " ".join([subject.split()[0], *draw.choices(words, k=4)]), " ".join(draw.choices(words, k=60))


@pytest.fixture(scope="module")
def articles(tmp_path_factory):
    path = tmp_path_factory.mktemp("mix") / "articles.parquet"
    rows = [news(i) for i in range(1_200)]
    table = pa.table({"title": [title for title, _ in rows], "body": [body for _, body in rows]})
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def decides(tiny_model):
    """The tiny model, deciding by the words of its articles instead of by chance."""

    def log_odds(self, windows):
        articles = max((window.article for window in windows), default=-1) + 1
        found = np.full((articles, len(self.topics)), -6, np.float32)
        signs = [self._tokenizer.token_to_id(f"▁{word}") for word in ("بغداد", "غزة", "رسوم")]
        for window in windows:
            for topic, sign in enumerate(signs):
                if sign in window.ids:
                    found[window.article, topic] = 6
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TopicModel, "log_odds", log_odds)
        yield


@pytest.fixture(scope="module")
def made(tiny_model, articles, tmp_path_factory, decides):
    scratch = tmp_path_factory.mktemp("cascade")
    model = copytree(tiny_model, scratch / "model")
    return model, make_cascade(model, [articles], scratch / "runs", count=1_100), scratch / "runs"


def test_most_of_what_is_plain_is_settled_as_the_model_decides(made, decides):
    model, figures, _ = made
    assert figures["agreement"] >= 0.995
    assert figures["settled"] > 0.5
    topics = TopicModel.from_pretrained(model)
    given = [Article(str(i), *news(i)) for i in range(5_000, 5_300)]
    found = topics.cascade.settle(given)
    settled = [i for i, values in enumerate(found) if values is not None]
    assert len(settled) > 150
    exact = topics.predict(given)
    wrong = [i for i in settled if topics.decide(found[i]).topics != exact[i].topics]
    assert len(wrong) <= 0.02 * len(given)
    assert not any(topics.decide(found[i]).review for i in settled)


def test_what_is_not_like_anything_seen_is_left_to_the_encoder(made):
    unlike = [("", ""), ("", "كلمات غريبة تماما"), ("", " ".join(f"كلمة{'ا' * i}" for i in range(30)))]
    topics = TopicModel.from_pretrained(made[0])
    assert topics.cascade.settle([Article("1", *texts) for texts in unlike]) == [None] * 3


def test_what_is_settled_is_given_as_many_topics_as_there_are(made, decides):
    _, figures, _ = made
    assert figures["settled_on_a_topic"] > 0.1
    for each in figures["topics"].values():
        assert each["articles"] > 60
        assert each["lost"] <= 0.05 * each["articles"]


def test_figures_and_card_tell_of_it_once_however_often_it_is_made(made, articles):
    model, figures, runs = made
    assert json.loads((model / "metrics.json").read_text())["cascade"] == figures
    again = make_cascade(model, [articles], runs, count=1_100)
    assert again == figures
    assert (model / "README.md").read_text().count("## The cascade") == 1
    assert open_bundle(model).files.keys() >= {FILE}


def test_scores_that_are_kept_are_not_computed_again(made, articles, monkeypatch):
    model, figures, runs = made
    monkeypatch.setattr(TopicModel, "log_odds", lambda self, windows: pytest.fail("the encoder was asked"))
    assert make_cascade(model, [articles], runs, count=1_100) == figures


def test_an_archive_lets_the_cascade_settle_and_exact_asks_the_encoder(made, articles, tmp_path, decides):
    model, _, _ = made
    pipeline = load(model, method="lead")
    with open_archive(tmp_path / "labels", pipeline) as run:
        quick = list(run.results([str(articles)]))
    settled = [record for record in quick if record.model.endswith("+cascade")]
    assert len(settled) > 600
    assert len(quick) == 1_200
    with open_archive(tmp_path / "labels", pipeline, exact=True) as run:
        exact = list(run.results([str(articles)]))
    assert {record.id for record in exact} == {record.id for record in settled}
    assert not any(record.model.endswith("+cascade") for record in exact)
    with open_archive(tmp_path / "labels", pipeline) as run:
        assert list(run.results([str(articles)])) == []


def test_a_cascade_of_other_topics_or_features_is_not_used(made):
    bundle = open_bundle(made[0])
    assert Cascade.of(bundle) is not None
    bundle.config["cascade"] |= {"features": "stems-0"}
    assert Cascade.of(bundle) is None
    bundle = open_bundle(made[0])
    bundle.config["cascade"]["topics"] = bundle.config["cascade"]["topics"][:-1]
    assert Cascade.of(bundle) is None
    del bundle.config["cascade"]
    assert Cascade.of(bundle) is None


def test_a_topic_that_is_added_leaves_the_cascade_out(made, tmp_path):
    rows = [row | {"labels": ["weather"] if "other" in row["labels"] else []} for row in toy.articles(32)]
    examples = toy.write(tmp_path / "examples.jsonl", rows)
    add_topic("weather", examples, made[0], tmp_path / "more")
    assert TopicModel.from_pretrained(tmp_path / "more").cascade is None
    assert not (tmp_path / "more" / FILE).exists()


def test_a_file_that_is_no_cascade_is_refused(made, tmp_path):
    model = copytree(made[0], tmp_path / "model")
    np.savez(model / FILE, weights=np.array([object()]))
    bundle = open_bundle(made[0])
    with pytest.raises(ModelError, match="no cascade"):
        Cascade.of(type(bundle)(model, bundle.config, bundle.digest, bundle.files))


def test_settings_that_lack_a_limit_are_refused(made):
    bundle = open_bundle(made[0])
    del bundle.config["cascade"]["low"]
    with pytest.raises(ModelError, match=r"no cascade: 'low'; get the model folder again"):
        Cascade.of(bundle)


def test_too_few_articles_and_files_without_text_are_told(made, articles, tmp_path):
    model, _, runs = made
    with pytest.raises(UsageError, match="needs 1000"):
        make_cascade(model, [articles], runs, count=50)
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), other)
    with pytest.raises(UsageError, match="title and body"):
        make_cascade(model, [other], runs, count=50)


def test_a_topic_that_the_mix_hardly_has_is_told(made, articles, monkeypatch):
    model, _, runs = made
    monkeypatch.setattr(cascade, "LEAST_GIVEN", 1_000)
    before = (model / "manifest.json").read_bytes()
    with pytest.raises(UsageError, match=r"iraq_us_relations: the model gives it to \d+ of 1100 articles"):
        make_cascade(model, [articles], runs, count=1_100)
    assert (model / "manifest.json").read_bytes() == before


def test_an_article_with_few_known_words_is_not_settled(made):
    settle = TopicModel.from_pretrained(made[0]).cascade.settle
    words = (SPORT + " " + BOTH).split()
    few, many = " ".join(words[: LEAST_KNOWN // 4]), " ".join(words * 3)
    assert settle([Article("1", "", few)]) == [None]
    assert settle([Article("1", "", many)])[0] is not None
