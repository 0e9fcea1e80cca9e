import numpy as np
import pytest

from infer.errors import UsageError
from tests.tiny import pieces
from tests.train import news
from train import packing, vocabulary
from train.pairs import HEADLINE, LONG, SHORT, TASKS, Builder, Format, Packed, batches, mix

BEGIN, PADDING, END = 0, 1, 2
STARTS = (90, 91, 92)
WINDOW = 400


@pytest.fixture(scope="module")
def tokenizer():
    return vocabulary.tokenizer(pieces())


@pytest.fixture
def packed(tokenizer, tmp_path):
    path = news.write(tmp_path / "articles.parquet", news.articles(12))
    return packing.pack(packing.read([path], "mujaz-1"), tokenizer, WINDOW)


def builder(packed, window=WINDOW, longest=100):
    return Builder(packed, Format(BEGIN, END, PADDING, STARTS), window, longest)


def text(tokenizer, row):
    return tokenizer.decode([i for i in row.tolist() if i not in (BEGIN, PADDING, END)])


def test_a_source_is_a_title_and_a_body_and_a_target_a_summary(packed, tokenizer):
    rows = builder(packed).summary()
    article = news.articles(12)[0]
    source = rows.sources[0]
    assert source[0] == BEGIN and source[rows.source_lengths[0] - 1] == END
    assert (source[rows.source_lengths[0] :] == PADDING).all()
    title, body = np.split(source, [int(np.flatnonzero(source == END)[0])])
    assert text(tokenizer, title) == article["title"]
    assert text(tokenizer, body).startswith(article["body"].split(".")[0])
    assert text(tokenizer, rows.targets[0]) == article["summary"]
    assert rows.targets[0][rows.target_lengths[0] - 1] == END
    assert set(rows.starts) == {STARTS[SHORT]}


def test_a_headline_is_asked_of_a_body_alone(packed, tokenizer):
    rows = builder(packed).headline()
    assert rows.sources[0][:2].tolist() == [BEGIN, END]
    assert text(tokenizer, rows.targets[0]) == news.articles(12)[0]["title"]
    assert set(rows.starts) == {STARTS[HEADLINE]}
    assert set(builder(packed).leads().starts) == {STARTS[LONG]}


def test_sources_are_cut_and_long_targets_left_out(packed):
    rows = builder(packed, window=20).summary()
    assert rows.sources.shape[1] == 20 and (rows.sources[:, -1] == END).all()
    assert not len(builder(packed, longest=8).summary())


def test_shuffled_sentences_are_the_same_sentences(packed):
    plain, shuffled = builder(packed).lead(), builder(packed).shuffled()
    assert (plain.targets == shuffled.targets).all()
    body = plain.sources[0][int(np.flatnonzero(plain.sources[0] == END)[0]) :]
    assert sorted(shuffled.sources[0][1 : shuffled.source_lengths[0]]) == sorted(body[body != PADDING])


def test_a_gap_is_the_first_sentence_and_its_source_has_it_not(tokenizer, tmp_path):
    said = "أعلنت الوزارة افتتاح جسر جديد فوق النهر بعد عامين من العمل"
    again = f"وقالت إن {said} في المدينة."
    row = {
        "id": "1",
        "title": "افتتاح جسر جديد",
        "body": f"{said}.\n{again}\nوغادر الوفد.\nوعاد.",
        "summary": "",
    }
    other = row | {"id": "2", "body": f"{said}.\nوغادر وفد آخر المدينة.\nوعاد.\nثم سافر."}
    path = news.write(tmp_path / "articles.parquet", [row, other])
    packed = packing.pack(packing.read([path], "mujaz-1"), tokenizer, WINDOW)
    rows = builder(packed).gap()
    assert [text(tokenizer, target) for target in rows.targets] == [f"{said}."]
    body = text(tokenizer, rows.sources[0])
    assert body.count(said) == 1 and "وغادر الوفد." in body


def test_the_chosen_sentence_is_the_one_nearest_to_the_summary(packed, tokenizer):
    rows = builder(packed).chosen()
    first = news.articles(12)[0]["body"].split("\n")[0]
    assert text(tokenizer, rows.targets[0]) == first


def test_shares_take_parts_of_a_task_and_repeat_it(packed):
    count = len(builder(packed).lead())
    assert len(mix(builder(packed), {"lead": 0.5, "leads": 2})) == round(0.5 * count) + 2 * count
    with pytest.raises(UsageError, match="no task 'poem'; known are shuffled"):
        mix(builder(packed), {"poem": 1})
    with pytest.raises(UsageError, match="no article has what the tasks several need"):
        mix(builder(packed), {"several": 1})
    assert all(task(builder(packed)) is not None for task in TASKS.values())


def test_batches_hold_every_row_once_and_depend_on_seed_and_epoch_alone(packed):
    rows = builder(packed).lead()
    first = batches(rows, 5, seed=3, epoch=0)
    assert sorted(np.concatenate(first)) == list(range(len(rows)))
    assert all(map(np.array_equal, first, batches(rows, 5, seed=3, epoch=0)))
    assert not all(map(np.array_equal, first, batches(rows, 5, seed=3, epoch=1)))


def test_packed_articles_come_back_from_a_file(packed, tmp_path):
    packed.save(tmp_path / "new" / "packed.npz")
    again = Packed.load(tmp_path / "new" / "packed.npz")
    assert all(np.array_equal(getattr(again, name), value) for name, value in vars(packed).items())
