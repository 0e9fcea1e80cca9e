"""The folder of a summarizer that copies: written beside its place, checked, and put there whole."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace as replaced
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from infer.bundle import write_manifest
from infer.errors import ModelError
from infer.schema import LENGTHS, Article
from infer.summary import HEADLINE_WORDS, Guarded
from infer.writer import Draft, Writer
from train import export_summarizer, reading, summarizer, summary_card
from train.export_summarizer import READER, STEP
from train.files import write_json
from train.folder import check_place, replace
from train.pairs import SHORT, Rows
from train.ranking import Judged, Written, cross_ranked, fit, judge
from train.reading import Trained
from train.rouge import rouge
from train.seq2seq_config import SummarizerConfig
from train.smooth import Feed
from train.summary_scores import Reference, Summarize, baselines, evaluate, references

log = logging.getLogger(__name__)

# Most that int8 may lose of ROUGE-L against float32, on COMPARED articles.
MOST_LOSS = 0.01
COMPARED = 64
# Sources by which the encoder's int8 is fitted.
FITTED_ON = 128


def train_summarizer(config: SummarizerConfig) -> Path:
    """Train through every stage and export; what is done already is not done again.

    A published model that was fine-tuned is written in its own library's layout.

    Raises:
        UsageError: The backbone, a file of articles or the place of the output cannot be used.
        ModelError: The exported graphs write worse than the trained model.
    """
    check_place(config.output)
    run, measured, report = summarizer.train(config)
    if config.kind == "pointer":
        return write(config, run, measured, report)
    new = config.runs / "export"
    shutil.rmtree(new, ignore_errors=True)
    run.network.generation_config = reading.generation(run, config.writing)
    run.network.save_pretrained(new)
    if run.published:
        run.published.save_pretrained(new)
    write_json(new / "metrics.json", _figures(report))
    write_manifest(new)  # by which the place is known for a model's when the command is run again
    replace(config.output, new)
    return config.output


def write(config: SummarizerConfig, run: Trained, measured: Rows, report: dict[str, Any]) -> Path:
    """Export a trained summarizer and put its folder where the configuration says.

    Args:
        config: The settings.
        run: The trained model.
        measured: Rows of articles with the summaries that editors wrote.
        report: What training measured, for ``metrics.json``.

    Raises:
        ModelError: int8 writes worse than ``MOST_LOSS`` allows; an older folder stays as it was.
    """
    draft = config.runs / "export"
    shutil.rmtree(draft, ignore_errors=True)
    run.network.to("cpu")  # type: ignore[arg-type]
    graphs = export_summarizer.export(run.network, draft / "graphs", run.special, _feeds(measured))  # type: ignore[arg-type]
    scores = {}
    for kind, folder in (("float32", graphs.float32), ("int8", graphs.int8)):
        fill(config, run, folder, draft / kind)
        write_manifest(draft / kind)
        scores[kind] = _score(run, Writer.from_pretrained(draft / kind), measured)
        log.info("%s: ROUGE-L %.3f, %.1f MB", kind, scores[kind], export_summarizer.size(folder))
    if (loss := scores["float32"] - scores["int8"]) > MOST_LOSS:
        raise ModelError(
            f"{draft}: int8 loses {100 * loss:.1f} ROUGE-L points, allowed {100 * MOST_LOSS:.1f}"
        )
    new = draft / "int8"
    metrics = _figures(report)
    metrics["export"] = {"articles": min(COMPARED, len(measured))} | {
        f"{kind}_rougeL": round(score, 4) for kind, score in scores.items()
    }
    metrics["size_mb"] = round(sum(f.stat().st_size for f in new.iterdir()) / 1e6, 1)
    metrics["versions"] = {p: version(p) for p in ("torch", "transformers", "onnxruntime", "tokenizers")}
    held = references(pq.read_table(config.validation).to_pylist())
    writer = Writer.from_pretrained(new)
    written = writer.write([reference.article for reference in held])
    judged = judge(held, written)
    metrics["summaries"] = _scored(held, written, judged)
    metrics["headlines"] = _headlines(held, writer)
    _add_ranking(new / "config.json", fit(judged))
    write_json(new / "metrics.json", metrics)
    (new / "README.md").write_text(summary_card.summarizer(config, metrics), encoding="utf-8")
    write_manifest(new)
    replace(config.output, new)
    return config.output


def fill(config: SummarizerConfig, run: Trained, graphs: Path, folder: Path) -> None:
    """Write everything but the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (READER, STEP):
        shutil.copyfile(graphs / name, folder / name)
    run.tokenizer.save(str(folder / "tokenizer.json"))
    network = run.network.config
    content = {
        "name": config.name,
        "encoder": READER,
        "decoder": STEP,
        "preparation": config.preparation,
        "window": config.window,
        "begin_token_id": run.form.begin,
        "end_token_id": run.form.end,
        "pad_token_id": run.form.padding,
        "starts": dict(zip(LENGTHS, run.form.starts, strict=True)),
        "heads": network.decoder_attention_heads,
        "width": network.d_model,
        "layers": [network.encoder_layers, network.decoder_layers],
        "vocabulary": network.vocab_size,
    }
    write_json(folder / "config.json", content)
    settings = reading.generation(run, config.writing, SHORT).to_diff_dict()
    settings.pop("transformers_version", None)
    write_json(folder / "generation_config.json", settings | {"by_length": _by_length(config)})


def _scored(held: list[Reference], written: list[list[Draft]], judged: list[Judged | None]) -> dict[str, Any]:
    """Figures of validation articles, summarized as ``mujaz summarize`` does, beside what needs no model.

    The ranking of each article is that of weights fitted on the others.
    """
    drafts = {reference.article: texts for reference, texts in zip(held, written, strict=True)}
    articles = list(drafts)
    unranked = Guarded(Written(drafts)).summarize(articles)
    ranked = cross_ranked(held, written, judged)
    systems: dict[str, Summarize] = {
        summary_card.OURS: lambda _: [summary.text if summary else None for summary in ranked],
        "the same, not ranked": lambda _: [summary.text if summary else None for summary in unranked],
        "nor guarded": lambda _: [texts[0].text if texts else None for texts in written],
        **baselines(held),
    }
    by_model = [summary is not None and summary.method == "model" for summary in ranked]
    return evaluate(held, systems) | {"written_by_the_model": float(np.mean(by_model))}


def _headlines(held: list[Reference], writer: Writer) -> dict[str, Any]:
    """Figures of headlines for the same articles, written without their titles, against these titles."""
    untitled = [Reference(replaced(r.article, title=""), r.article.title, r.outlet) for r in held]
    guarded = Guarded(writer, "headline")

    def first_words(articles: Sequence[Article]) -> list[str]:
        return [" ".join(article.body.split()[:HEADLINE_WORDS]) for article in articles]

    def headlines(articles: Sequence[Article]) -> list[str | None]:
        return [summary.text if summary else None for summary in guarded.summarize(list(articles))]

    return evaluate(untitled, {summary_card.OURS: headlines, "first words": first_words})


def _add_ranking(path: Path, ranking: dict[str, float] | None) -> None:
    """Put the weights, if there are any, into a folder's ``config.json``."""
    config = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, config | ({"ranking": ranking} if ranking else {}))


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the texts, which are somebody's."""
    return {name: value for name, value in report.items() if name != "samples"}


def _feeds(rows: Rows) -> list[Feed]:
    """Some sources, without their summaries, one by one."""
    some = rows.some(FITTED_ON)
    sources = [
        row[None, :n].astype(np.int64) for row, n in zip(some.sources, some.source_lengths, strict=True)
    ]
    return [{"input_ids": source, "attention_mask": np.ones_like(source)} for source in sources]


def _by_length(config: SummarizerConfig) -> dict[str, dict[str, int]]:
    """What the three lengths differ in."""
    writing = config.writing
    return {
        name: {"max_new_tokens": writing.max_new_tokens[i], "min_new_tokens": writing.min_new_tokens[i]}
        for i, name in enumerate(LENGTHS)
    }


def _score(run: Trained, writer: Writer, rows: Rows) -> float:
    """Mean ROUGE-L of what is written greedily."""
    some = rows.some(COMPARED)
    sources = [row[:n].tolist() for row, n in zip(some.sources, some.source_lengths, strict=True)]
    texts = [reading.text_of(run, row) for row in some.targets]
    written = writer.texts(sources, "short", beams=1)
    scores = [rouge(b, a[0].text if a else "")["rougeL"] for a, b in zip(written, texts, strict=True)]
    return float(np.mean(scores))
