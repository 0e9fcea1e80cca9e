"""The model card of a summarizer, from its own metrics."""

from __future__ import annotations

from typing import Any

from train.card import front_matter, trained_on
from train.seq2seq_config import StageConfig, SummarizerConfig

OURS = "**this model**"
KINDS = ("rouge1", "rouge2", "rougeL")


def summarizer(config: SummarizerConfig, metrics: dict[str, Any]) -> str:
    """The README of a summarizer's folder, in the hub's card format.

    Args:
        config: What it was trained with.
        metrics: What ``train.summary_folder`` writes to ``metrics.json``.
    """
    summaries, export = metrics["summaries"], metrics["export"]
    return f"""---
language: ar
pipeline_tag: summarization
{front_matter(config.card)}metrics: [rouge, chrf]
---

# {config.name}

Writes a headline, a sentence or two to three sentences for an Arabic news article.

A BART with a copy head (pointer-generator, See et al. 2017): an encoder, {len(config.decoder_layers)} decoder
layers, and a gate between its vocabulary and the article's own words; two ONNX graphs with signed int8
weights, {metrics["size_mb"]} MB in all. Text is prepared as `{config.preparation}` by the loader, and the
first {config.window} tokens of title and body are read.

## How good it is

On {summaries["articles"]["all"]:,} articles that it was not trained on, against the summary that their
editors wrote: ROUGE-1/2/L (Arabic tokens, no stemming), chrF, the share of summaries with a number or a name
that the article does not have, and words a summary. 95% bootstrap intervals are in `metrics.json`.

{_table(summaries)}

Drafts and the article's lead are ranked by a linear model of seven features (`infer/ranking.py`), whose
weights were fitted to these articles; the figures are cross-validated, each article's by weights that have
not seen it. The first that says nothing its article does not is taken:
{summaries["written_by_the_model"]:.0%} of the summaries are the model's, for the others the lead stands.

Headlines are the weaker part: written without the title, against it,
{_headlines(metrics["headlines"])}.
So titles stay unless the model is asked for.

## Export

On {export["articles"]} of these articles, greedily, int8 has a ROUGE-L of
{100 * export["int8_rougeL"]:.1f} and float32 one of {100 * export["float32_rougeL"]:.1f}.

## What it was trained on

{trained_on(config.card, config.backbone, *config.articles)}

| stage | tasks | passes | batch | rate | frozen encoder layers |
|---|---|---|---|---|---|
{chr(10).join(_stage(stage) for stage in config.stages)}

{chr(10).join(_took(stage) for stage in metrics["stages"])}

Made by `mujaz-train summarizer`; figures in `metrics.json`.
"""


def _table(summaries: dict[str, Any]) -> str:
    outlets = [name for name in summaries["articles"] if name != "all"]
    head = [
        *(f"{outlet} ({summaries['articles'][outlet]})" for outlet in outlets),
        "chrF",
        "number",
        "name",
        "words",
    ]
    rows = [f"| | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for name, figures in summaries["systems"].items():
        cells = ["/".join(f"{figures[outlet][kind][0]:.1f}" for kind in KINDS) for outlet in outlets]
        whole = figures["all"]
        cells += [f"{whole['chrf'][0]:.1f}"]
        cells += [f"{whole[kind][0]:.1f}%" for kind in ("unsupported_number", "unsupported_name")]
        cells += [f"{whole['words'][0]:.0f}"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _headlines(report: dict[str, Any]) -> str:
    ours, words = report["systems"][OURS]["all"], report["systems"]["first words"]["all"]
    scores = ["/".join(f"{each[kind][0]:.1f}" for kind in KINDS) for each in (ours, words)]
    return f"ROUGE-1/2/L is {scores[0]}, of the body's first twelve words {scores[1]}"


def _took(stage: dict[str, Any]) -> str:
    hours, minutes = divmod(round(stage["minutes"]), 60)
    time = f"{hours} h {minutes:02} min on {stage['device']}"
    skipped = f", {stage['skipped']} batches passed over" if stage["skipped"] else ""
    return f"- {stage['name']}: {stage['steps']:,} steps over {stage['rows']:,} rows, {time}{skipped}"


def _stage(stage: StageConfig) -> str:
    tasks = ", ".join(f"{name} {share:g}" for name, share in stage.tasks.items())
    length = f"{stage.passes:g}" if stage.passes is not None else f"{stage.seconds:g} s"
    rates = f"{stage.learning_rate:g}, encoder {stage.encoder_learning_rate:g}"
    return f"| {stage.name} | {tasks} | {length} | {stage.batch_size} | {rates} | {stage.frozen_layers} |"
