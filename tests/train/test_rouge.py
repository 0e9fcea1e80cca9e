"""ROUGE on Arabic words, and what else is measured of summaries."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from train import summary_scores
from train.rouge import ArabicTokenizer, rouge

ROOT = Path(__file__).parents[2]
TEXT = "أعلن العراق تسليم 25 قاعدة"


def test_a_text_scores_all_against_itself():
    assert rouge(TEXT, TEXT) == {"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0}


def test_texts_without_a_common_word_score_nothing():
    assert set(rouge(TEXT, "فاز الفريق بالمباراة النهائية").values()) == {0.0}


@pytest.mark.parametrize(
    "written",
    [
        "أَعْلَنَ العِراقُ تَسليمَ 25 قاعِدةً",
        "أعلن العـــراق تسليم 25 قاعدة",
        "أعلن العراق تسليم ٢٥ قاعدة",
        "أعلن\u200f العراق، تسليم ۲۵ قاعدة.",
    ],
)
def test_vowel_marks_tatweel_and_digits_of_other_scripts_change_nothing(written):
    assert rouge(TEXT, written)["rouge2"] == 1.0


def test_an_empty_summary_scores_nothing():
    assert set(rouge(TEXT, "").values()) == {0.0}


def test_texts_that_share_a_number_alone_score_little():
    assert rouge(TEXT, "قتل 25 شخصا في زلزال شمال البلاد")["rouge1"] < 0.2


def test_stemming_is_asked_for():
    assert rouge("المعلمون", "معلمين")["rouge1"] == 0.0
    assert rouge("المعلمون", "معلمين", stem=True)["rouge1"] == 1.0


def test_words_keep_letters_that_writers_interchange():
    assert ArabicTokenizer().tokenize("إلى مدرسة G7 3.5%") == ["إلى", "مدرسة", "g7", "3.5"]


ROWS = [
    {
        "id": str(i),
        "title": f"عنوان الخبر {i}",
        "body": f"قال الوزير كمال محمد إن {i} سفينة وصلت إلى ميناء أم قصر أمس الاثنين. "
        "ولم تذكر الوزارة حمولة السفن كلها.",
        "summary": f"وصول {i} سفينة إلى ميناء أم قصر.",
        "outlet": "a" if i % 2 else "b",
        "date": "2025-03-11",
    }
    for i in range(11, 17)
]


def test_every_system_is_scored_on_every_outlet_with_intervals():
    held = summary_scores.references(ROWS)
    invented = lambda articles: ["وصول 99 سفينة إلى ميناء العقبة."] * len(articles)  # noqa: E731
    systems = summary_scores.baselines(held) | {
        "model": invented,
        "model, guarded": summary_scores.guarded(invented),
    }
    report = summary_scores.evaluate(held, systems)
    assert report["articles"] == {"a": 3, "b": 3, "all": 6}
    assert report["systems"]["editors"]["all"]["rouge1"] == [100.0, 100.0, 100.0]
    for name in ("lead-1", "mujaz lead", "best sentence (oracle)", "model, guarded"):
        assert report["systems"][name]["all"]["unsupported_number"] == [0.0, 0.0, 0.0]
    assert report["systems"]["model"]["a"]["unsupported_number"][0] == 100.0
    assert report["systems"]["model"]["a"]["unsupported_name"][0] == 100.0
    mean, low, high = report["systems"]["lead-1"]["all"]["chrf"]
    assert low <= mean <= high
    assert report["systems"]["model, guarded"]["all"] == report["systems"]["mujaz lead"]["all"]


def test_the_oracle_is_above_the_lead():
    held = summary_scores.references([{**ROWS[0], "summary": "لم تذكر الوزارة حمولة السفن."}])
    scores = summary_scores.evaluate(held, summary_scores.baselines(held))["systems"]
    assert scores["best sentence (oracle)"]["all"]["rouge2"][0] > scores["lead-1"]["all"]["rouge2"][0]


def test_a_system_that_skips_articles_is_refused():
    held = summary_scores.references(ROWS)
    with pytest.raises(ValueError, match="gives 1 summaries for 6 articles"):
        summary_scores.evaluate(held, {"lazy": lambda articles: ["x"]})


def test_new_words_and_pairs():
    assert summary_scores.novelty("قال الوزير كلمة", "قال الوزير شيئا", 1) == pytest.approx(1 / 3)
    assert summary_scores.novelty("قال الوزير كلمة", "قال الوزير شيئا", 2) == 0.5
    assert summary_scores.novelty("قال", "", 1) == 0.0


def test_the_benchmark_scores_a_file_of_predictions(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    lines = [json.dumps({"id": row["id"], "summary": row["title"]}) for row in ROWS]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "benchmarks/summaries.py", str(tmp_path / "rows.parquet")]
    command += ["--predictions", f"mine={tmp_path / 'mine.jsonl'}", "-o", str(tmp_path / "out.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    scores = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["systems"]
    assert "mine, guarded" in done.stdout
    assert scores["mine"]["all"]["rouge1"] == scores["title"]["all"]["rouge1"]
