import pytest

from infer.ranking import FEATURES, rank
from infer.schema import Article
from infer.writer import Draft
from tests.train import news
from train.ranking import Written, cross_ranked, fit, judge
from train.summary_scores import Reference


def held(count=24):
    """Articles whose editors write the title's words again; of three drafts the likeliest is another's."""
    rows = news.articles(count, seed=4)
    references, drafts = [], []
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        article = Article(row["id"], row["title"], row["body"])
        references.append(Reference(article, f"{row['title']} {row['title']}", "news"))
        drafts.append(
            [Draft(other["title"], -0.1), Draft(row["title"], -0.9), Draft(row["body"].split("\n")[2], -0.3)]
        )
    return references, drafts


def test_weights_put_first_what_is_nearest_to_what_editors_wrote():
    references, drafts = held()
    weights = fit(judge(references[:12], drafts[:12]))
    assert set(weights) == set(FEATURES) and weights["title"] > 0
    for reference, texts in zip(references[12:], drafts[12:], strict=True):
        ranked = rank(texts, reference.article, reference.article.body.split("\n")[0], weights)
        assert ranked[0] == reference.article.title


def test_no_article_is_ranked_by_weights_that_have_seen_it(monkeypatch):
    references, drafts = held(20)
    judged = judge(references, drafts)
    seen = []

    def watched(others):
        seen.append(others)
        return fit(others)

    monkeypatch.setattr("train.ranking.fit", watched)
    found = cross_ranked(references, drafts, judged)
    assert [summary.text for summary in found] == [reference.article.title for reference in references]
    for fold, others in enumerate(seen):
        assert not {*map(id, others)} & {*map(id, judged[fold::8])}
        assert len(others) == 20 - len(judged[fold::8])


def test_nothing_to_learn_from_is_no_weights():
    references, _ = held(2)
    assert fit(judge(references, [[], []])) is None
    assert cross_ranked(references, [[], []], [None, None])[0].method == "lead"


def test_what_is_written_is_handed_on():
    references, drafts = held(2)
    written = Written({reference.article: texts for reference, texts in zip(references, drafts, strict=True)})
    assert written.write([references[1].article]) == [drafts[1]]
    with pytest.raises(KeyError):
        written.write([Article("other", "", "")])
