import json
import random
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infer.archive import open_archive
from infer.bundle import open_bundle
from infer.cascade import COLUMNS, FILE, Cascade, features, from_levels
from infer.errors import ModelError, UsageError
from infer.pipeline import load
from infer.schema import Article
from infer.topics import TopicModel
from train import cascade
from train.cascade import Doubts, best_limit, make_cascade

SPORT = "مباراة فريق هدف ملعب لاعب مدرب كأس جمهور دوري تدريب بطولة مرمى حكم ركلة فوز"
GAZA = "غزة رفح قصف هدنة نازحين معبر حصار خان يونس قطاع مخيم إغاثة شهداء"
BOTH = "قال اليوم أمس في من على إلى عن مع بعد قبل هذا التي الذي رئيس وزير"


def news(seed):
    draw = random.Random(seed)
    on_topic = draw.random() < 0.3
    words = (GAZA if on_topic else SPORT).split() * 2 + BOTH.split()
    return on_topic, " ".join(draw.choices(words, k=5)), " ".join(draw.choices(words, k=60))


@pytest.fixture(scope="module")
def articles(tmp_path_factory):
    path = tmp_path_factory.mktemp("mix") / "articles.parquet"
    rows = [news(i) for i in range(1_200)]
    table = pa.table({"title": [title for _, title, _ in rows], "body": [body for _, _, body in rows]})
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def decides(tiny_model):
    """The tiny model, deciding by the words of its articles instead of by chance."""

    def log_odds(self, windows):
        articles = max((window.article for window in windows), default=-1) + 1
        found = np.full((articles, len(self.topics)), -6, np.float32)
        gaza = self._tokenizer.token_to_id("▁غزة")
        for window in windows:
            if gaza in window.ids:
                found[window.article, 1] = 6
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
    given = [Article(str(i), *news(i)[1:]) for i in range(5_000, 5_300)]
    found = topics.cascade.settle(given)
    settled = [i for i, values in enumerate(found) if values is not None]
    assert len(settled) > 150
    exact = topics.predict(given)
    wrong = [i for i in settled if topics.decide(found[i]).topics != exact[i].topics]
    assert len(wrong) <= 0.02 * len(given)
    assert not any(topics.decide(found[i]).review for i in settled)


def test_what_is_not_like_anything_seen_is_left_to_the_encoder(made):
    topics = TopicModel.from_pretrained(made[0])
    assert topics.cascade.settle([Article("1", "", ""), Article("2", "", "كلمات غريبة تماما")]) == [
        None,
        None,
    ]


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
    pipeline = load(model)
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


def test_a_cascade_of_other_topics_is_not_used(made, tmp_path):
    bundle = open_bundle(made[0])
    assert Cascade.of(bundle) is not None
    bundle.config["cascade"]["topics"] = bundle.config["cascade"]["topics"][:-1]
    assert Cascade.of(bundle) is None
    del bundle.config["cascade"]
    assert Cascade.of(bundle) is None


def test_a_file_that_is_no_cascade_is_refused(made, tmp_path):
    model = copytree(made[0], tmp_path / "model")
    np.savez(model / FILE, weights=np.array([object()]))
    bundle = open_bundle(made[0])
    with pytest.raises(ModelError, match="no cascade"):
        Cascade.of(type(bundle)(model, bundle.config, bundle.digest, bundle.files))


def test_too_few_articles_and_files_without_text_are_told(made, articles, tmp_path):
    model, _, runs = made
    with pytest.raises(UsageError, match="needs 1000"):
        make_cascade(model, [articles], runs, count=50)
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), other)
    with pytest.raises(UsageError, match="title and body"):
        make_cascade(model, [other], runs, count=50)


def test_features_know_no_vowel_marks_and_no_order_of_sentences():
    plain = features(Article("1", "عنوان الخبر", "أعلنت الحكومة خطة"))
    assert features(Article("2", "عنوان الخبر", "أعْلَنَت  الحكومة، خطة")).tolist() == plain.tolist()
    assert features(Article("3", "", "عنوان الخبر أعلنت الحكومة خطة")).tolist() != plain.tolist()
    assert plain.max() < COLUMNS
    assert features(Article("4", "", "")).tolist() == []
    # Weights are kept by column: a change here makes every cascade that is there worthless.
    assert features(Article("5", "", "غزة")).tolist() == PINNED


PINNED = [41612]


def test_levels_are_near_the_weights():
    levels = np.array([[-127, -13, 0, 13, 127]], np.int8)
    weights = from_levels(levels, np.array([20.0], np.float32))
    assert weights[0].tolist() == pytest.approx([-20, -0.21, 0, 0.21, 20], abs=0.01)


def test_the_limit_leaves_room_for_chance():
    doubt = np.linspace(0, 1, 10_000)
    wrong = np.zeros(10_000, bool)
    wrong[::100] = True  # one in a hundred
    limit = best_limit(Doubts(doubt, wrong), 0.995)
    errors = wrong[doubt <= limit].sum()
    assert 30 < errors < 50
    assert best_limit(Doubts(doubt, np.ones(10_000, bool)), 0.99999) == 0.0
    assert cascade.MARGIN > 0
