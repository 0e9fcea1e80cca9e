"""The model card: what a model is, what it was trained on, how good it is, from its own metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from train.config import CardConfig, ClassifierConfig, TopicsConfig

OURS = "**this model**"


def topic_model(
    config: ClassifierConfig, topics: TopicsConfig, metrics: dict[str, Any], pictures: dict[str, str]
) -> str:
    """The README of a topic model's folder, in the hub's card format.

    Args:
        config: What it was trained with.
        topics: What it tells apart.
        metrics: What ``train.folder`` writes to ``metrics.json``.
        pictures: Name (``NAME.svg`` lies in the folder) and title of each.
    """
    validation, corpus = metrics["cross_validation"], metrics["data"]
    export, speed = metrics["export"], metrics["speed"]
    return f"""---
language: ar
pipeline_tag: text-classification
{front_matter(config.card)}metrics: [f1]
---

# {config.name}

Says which of these topics an Arabic news article is about; none of them means "other":
{_topic_list(topics)}.

An encoder, the mean of its token vectors, and one sigmoid a topic, in ONNX with signed int8 weights:
{metrics["size_mb"]} MB in all. Text is prepared as `{config.preparation}` by the loader. An article is read
in windows of {config.window} tokens, its title before each; a topic's score is the one that a third of
the windows reach, or the first window's where that is higher.

## How good it is

{config.folds}-fold cross-validation on {corpus["articles"]:,} labelled articles
({_counts(corpus["topics"])}, the rest "other"), near-duplicates kept in one fold
({corpus["near_duplicate_groups"]:,} groups). Probabilities and thresholds of a fold are fitted on
the other folds. F1 with 95% bootstrap intervals over articles; every row on the same folds and with the
same training articles{_besides(corpus)}.

{_table(validation, metrics["baselines"], topics)}

| topic | precision | recall | F1 | average precision | articles |
|---|---|---|---|---|---|
{chr(10).join(_topic_rows(validation))}

Expected calibration error {validation["expected_calibration_error"]:.3f}. {_review(validation)}
{_elsewhere(metrics, topics)}
{chr(10).join(f"![{title}]({name}.svg)" for name, title in pictures.items())}

## Export

int8 and float32 decide alike on {export["int8_agreement"]:.2%} of {export["articles_compared"]:,} labelled
articles, read by title and first 70 words, and int8 loses {100 * export["int8_f1_loss"]:.2f} points of
macro-F1 on them (they are articles that the model was trained on); a probability changes by
{export["int8_mean_probability_change"]:.4f} on average and by
{export["int8_largest_probability_change"]:.3f} at most. Activations are scaled by the batch that they are
in, so that a probability of an article alone and among others differs, by
{export["int8_largest_change_in_a_batch"]:.3f} at most. {speed["articles_a_second"]:.0f} articles a second
({speed["words_an_article"]} words each on average) on {speed["cores"]} cores of {speed["processor"]}.

## What it was trained on

{trained_on(config.card, config.backbone, config.data)}

`joined` is the share of articles added to the training by joining the openings of two, since articles on
two topics are rare in the data; none of them is in the figures above. Settings: {_settings(config)}.

Made by `mujaz-train classifier`; figures in `metrics.json`.
"""


def front_matter(card: CardConfig | None) -> str:
    """Lines of a card's front matter that only whoever trains can know."""
    return f"license: {card.license}\nbase_model: {card.base_model}\n" if card else ""


def trained_on(card: CardConfig | None, backbone: str, *articles: Path) -> str:
    """What whoever trains tells of a model's origin; else its encoder and the files of articles."""
    if card:
        return card.about.read_text(encoding="utf-8").strip()
    return f"Encoder: `{backbone}`. Articles: {', '.join(f'`{path.name}`' for path in articles)}."


def _besides(corpus: dict[str, Any]) -> str:
    more = corpus["trained_on_besides"]
    return f", of which {more:,} are never measured on" if more else ""


def _table(model: dict[str, Any], baselines: dict[str, Any], topics: TopicsConfig) -> str:
    """Macro-F1 and each topic's F1, the model first, then what it is compared with."""
    rows = [_summary_row(OURS, model, topics.names)]
    rows += [_summary_row(name, m, topics.names) for name, m in baselines.items()]
    head = [f"| | macro-F1 | {' | '.join(topics.names)} |", f"|---|---|{'---|' * len(topics.names)}"]
    return "\n".join([*head, *rows])


def _review(figures: dict[str, Any]) -> str:
    review = figures["review"]
    return (
        f"`review` is set on {review['share']:.1%} of these articles; of the others "
        f"{review['accuracy_of_the_rest']:.1%} have every topic right. With the most doubtful 10% reviewed "
        f"it is {review['curve']['0.10']:.1%}; for 99%, {review['share_for_99_percent']:.0%} must be."
    )


def _elsewhere(metrics: dict[str, Any], topics: TopicsConfig) -> str:
    """Figures by outlet and by date, where they were measured."""
    parts = []
    if outlets := metrics.get("unseen_outlets"):
        left_out = "; ".join(", ".join(part) for part in outlets["parts"])
        parts += [
            "\n### On outlets that it has not read\n",
            f"Outlets are left out in {len(outlets['parts'])} parts ({left_out}); each is scored by a model "
            "that was trained on none of its outlets, and calibrated on the other parts. Some of the names "
            f"are of collections, in which others may be quoted. Scored are {_support(outlets['model'])}.\n",
            _table(outlets["model"], outlets["baselines"], topics),
        ]
    if later := metrics.get("later"):
        parts += [
            "\n### On a later time\n",
            f"Trained on what is older than {later['after']}, calibrated by the fold scores of it, scored on "
            f"{_support(later['model'])}.\n",
            _table(later["model"], later["baselines"], topics),
        ]
    return "\n".join([*parts, ""]) if parts else ""


def _support(figures: dict[str, Any]) -> str:
    topics = ", ".join(f"{topic['articles']} on {name}" for name, topic in figures["topics"].items())
    return f"{figures['articles']:,} articles ({topics})"


def _topic_list(topics: TopicsConfig) -> str:
    return ", ".join(f"`{topic.name}` ({topic.arabic})" for topic in topics.topics)


def _counts(topics: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in topics.items())


def _summary_row(name: str, metrics: dict[str, Any], topics: list[str]) -> str:
    low, high = metrics["macro_f1_95"]
    cells = [f"{metrics['macro_f1']:.3f} ({low:.3f}–{high:.3f})"]
    cells += [f"{metrics['topics'][topic]['f1']:.3f}" for topic in topics]
    return f"| {name} | {' | '.join(cells)} |"


def _topic_rows(metrics: dict[str, Any]) -> list[str]:
    return [
        f"| {name} | {m['precision']:.3f} | {m['recall']:.3f} | {m['f1']:.3f} "
        f"({m['f1_95'][0]:.3f}–{m['f1_95'][1]:.3f}) | {m['average_precision']:.3f} | {m['articles']} |"
        for name, m in metrics["topics"].items()
    ]


def _settings(config: ClassifierConfig) -> str:
    settings = config.training.model_dump(exclude={"save_steps"}) | {"seed": config.seed}
    return ", ".join(f"{name} {value}" for name, value in settings.items())
