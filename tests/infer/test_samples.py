from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from infer.page import from_html, split_page

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PARTS = {
    "central-bank.html": ["2025-04-29"],
    "erbil-drone.txt": ["2025-06-23"],
    "gaza-clinic.txt": ["2025-07-03"],
    "gaza-flour.txt": ["2025-05-18"],
    "port-seizure.txt": ["2025-04-02"],
    "press-conference.txt": ["2025-07-08"],
    "steel-quotas.txt": ["2025-07-15"],
    "talks-and-aluminium.txt": ["2025-03-11", None],
}
FURNITURE = (
    "قرأ أيضا",
    "مشابهة",
    "دلالية",
    "المصدر:",
    "تابعنا",
    "شارك",
    "وكالات",
    "الكلمات",
    "•",
    "تحديث",
    "زيتون في",
)


def read(name):
    data = (SAMPLES / name).read_text(encoding="utf-8")
    return from_html(data, page=name) if name.endswith(".html") else split_page(data, page=name)


def test_every_page_is_known():
    assert sorted(PARTS) == sorted(
        path.name for path in SAMPLES.iterdir() if path.suffix in (".txt", ".html")
    )


@pytest.mark.parametrize("name", PARTS)
def test_pages(name):
    articles = read(name)
    assert [article.published for article in articles] == PARTS[name]
    for article in articles:
        assert article.title
        assert 80 <= len(article.body.split()) <= 220
        assert not [mark for mark in FURNITURE if mark in article.body]


def test_rows():
    with (SAMPLES / "archive.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (SAMPLES / "stream.jsonl").open(encoding="utf-8") as file:
        rows += [json.loads(line) for line in file]
    assert [row["id"] for row in rows] == [
        f"sample-{number}" for number in (101, 102, 103, 104, 105, 106, 201, 202)
    ]
    for row in rows:
        assert list(row) == ["id", "title", "body", "date", "url"]
        assert 80 <= len(row["body"].split()) <= 220


def test_the_table_of_expected_topics_names_every_article():
    table = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in table for name in PARTS)
    assert table.count("\n| ") - 1 == sum(map(len, PARTS.values())) + 8
