"""Invented articles whose topics a tiny model can learn, and the settings to learn them with."""

import json
import random
from pathlib import Path

from infer.settings import load_config
from tests.tiny import TOPICS
from train.config import ClassifierConfig, TopicsConfig, TrainingConfig
from train.data import Labelled, load_labelled

NAMES = load_config(TOPICS, TopicsConfig).names
SIGNS = {
    "iraq_us_relations": "العراق بغداد واشنطن أميركا",
    "gaza": "غزة رفح",
    "trade_tariffs": "رسوم جمركية الصين أسعار",
    "other": "كرة مباراة هدف مطر طقس حرارة",
}
FILLER = [
    "مدرسة",
    "شارع",
    "كتاب",
    "بحر",
    "جبل",
    "نهر",
    "شمس",
    "قمر",
    "ليل",
    "نهار",
    "صباح",
    "مساء",
    "طفل",
    "رجل",
    "امرأة",
    "بيت",
    "باب",
    "نافذة",
    "سيارة",
    "قطار",
    "طائرة",
    "مطار",
    "ميناء",
    "سفينة",
    "سوق",
    "تاجر",
    "بائع",
    "خبز",
    "ماء",
    "شاي",
    "قهوة",
    "لبن",
    "عسل",
    "زيتون",
    "نخلة",
    "شجرة",
    "حديقة",
    "زهرة",
    "طائر",
    "حصان",
    "جمل",
    "غنم",
    "مزرعة",
    "قمح",
    "أرض",
    "سماء",
    "نجمة",
    "ريح",
    "غيم",
    "ثلج",
    "برد",
    "دفء",
    "نار",
    "حجر",
    "رمل",
    "تراب",
    "طريق",
    "جسر",
    "برج",
    "قلعة",
    "قصر",
    "مسجد",
    "جامعة",
    "طالب",
    "معلم",
    "طبيب",
    "دواء",
    "مشفى",
    "مريض",
    "عملية",
    "مختبر",
    "عالم",
    "بحث",
    "تقرير",
    "صحيفة",
    "كاتب",
    "شاعر",
    "رواية",
    "قصيدة",
    "مسرح",
    "فيلم",
    "أغنية",
    "لحن",
    "رسام",
    "لوحة",
    "متحف",
    "تاريخ",
    "ذاكرة",
    "حلم",
    "فكرة",
    "سؤال",
    "جواب",
    "رأي",
    "قانون",
    "محكمة",
    "قاض",
    "شاهد",
    "عقد",
    "شركة",
    "مصنع",
    "عامل",
    "مهندس",
    "آلة",
    "حاسوب",
    "هاتف",
    "شبكة",
    "رسالة",
    "بريد",
    "صورة",
    "صوت",
    "ضوء",
    "لون",
    "ورق",
    "قلم",
    "حبر",
]


def articles(count: int, seed: int = 0) -> list[dict]:
    """Articles of each topic in turn: two words that give it away among ones that say nothing."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        topic = list(SIGNS)[i % len(SIGNS)]
        signs = SIGNS[topic].split()
        body = draw.sample(FILLER, draw.randint(6, 9)) + draw.sample(signs, 2) * 2
        draw.shuffle(body)
        title = [*draw.sample(FILLER, 2), draw.choice(signs)]
        rows.append({"title": " ".join(title), "body": " ".join(body), "labels": [topic]})
    return rows


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def labelled(folder: Path, count: int, seed: int = 0) -> Labelled:
    return load_labelled(write(folder / "toy.jsonl", articles(count, seed)), NAMES, "mujaz-1")


def config(folder: Path, backbone: Path, *, training: dict | None = None, **changes) -> ClassifierConfig:
    """Settings for the toy articles in ``folder / "toy.jsonl"``, all output below ``folder``."""
    settings = {"epochs": 12, "batch_size": 8, "learning_rate": 1e-2, "head_learning_rate": 1e-2}
    settings |= {"dropout": 0, "bf16": False}
    return ClassifierConfig(
        **{
            "name": "topics-toy",
            "backbone": str(backbone),
            "topics": TOPICS,
            "data": folder / "toy.jsonl",
            "window": 64,
            "folds": 2,
            "training": TrainingConfig(**settings | (training or {})),
            "runs": folder / "runs",
            "output": folder / "models" / "topics-toy",
        }
        | changes
    )
