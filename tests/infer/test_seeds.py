"""The first real pages the tool must get right; they are not in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from infer.page import split_page

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed pages are not here")

FURNITURE = ("إقرأ أيضا", "اقرأ أيضا", "مقالات مشابهة", "كلمات دلالية", "المصدر:", "تاريخ النشر", "•")


@pytest.fixture(scope="module")
def articles():
    found = []
    for path in sorted(SEEDS.glob("*.txt")):
        found.append(split_page(path.read_text(encoding="utf-8"), page=path.name))
    return found


def test_two_articles_a_page(articles):
    assert [len(page) for page in articles] == [2, 2]
    for page in articles:
        assert [article.part for article in page] == [1, 2]
        assert all(article.id == f"{article.page}#{article.part}" for article in page)


def test_fields(articles):
    first, second, third, fourth = [article for page in articles for article in page]
    assert (first.published, first.source) == ("2024-02-09", "الحرة")
    assert (second.published, second.source) == (None, "CNN")
    assert (third.published, third.source) == (None, "الجزيرة")
    assert (fourth.published, fourth.source) == (None, None)
    assert [each.published_at for each in (first, second, third, fourth)] == [None] * 4
    assert [bool(article.title) for article in (first, second, third, fourth)] == [True, True, False, True]


def test_tags_are_normalized_and_stay_whole(articles):
    first, second, third, fourth = [article for page in articles for article in page]
    assert [len(article.tags) for article in (first, second, third, fourth)] == [1, 0, 1, 0]
    assert "الولايات المتحدة" in first.tags[0]
    assert not set("یک") & set(first.tags[0] + third.tags[0])


def test_no_furniture_in_any_body(articles):
    for page in articles:
        for article in page:
            assert not [mark for mark in FURNITURE if mark in article.body]
            assert "CNN" not in article.body[:20]
            assert "" not in article.body.split("\n")


def test_nothing_of_the_text_is_lost(articles):
    paragraphs = [len(article.body.split("\n")) for page in articles for article in page]
    assert paragraphs == [9, 3, 16, 12]


def test_line_ends_of_any_kind(articles):
    for path, page in zip(sorted(SEEDS.glob("*.txt")), articles, strict=True):
        text = path.read_text(encoding="utf-8")
        for end in ("\r\n", "\r", "\u2028"):
            assert split_page(text.replace("\n", end), page=path.name) == page
