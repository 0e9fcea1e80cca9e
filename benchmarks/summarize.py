"""Summaries a second of the shipped summarizer beside what one would run without Mujaz.

    python benchmarks/summarize.py [INPUT ...] [-o benchmarks/results/summarize.json]

All read the same articles, as the summarizer does, and write the same number of tokens, greedily and with
four beams, one article at a time and sixteen at once. The peers are a BART of the same shape without the copy
head, which spares them its work, and with random weights, which change no speed: in transformers in float32,
and in bfloat16 where the processor multiplies it; and in CTranslate2 in int8, where that is installed. The
runs alternate, and the median is reported. Beside it: Mujaz as it is used, texts ending where they end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from timing import machine, measure, publish, times_as_fast
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from infer.bundle import open_bundle
from infer.inputs import read
from infer.pipeline import DEFAULT_WRITER, default_model
from infer.schema import Article
from infer.summary import Guarded
from infer.writer import Writer
from train.trainer import multiplies_bf16

BATCHES = (1, 16)
BEAMS = (1, 4)
Sources = list[list[int]]
Write = Callable[[Sources, int, int], object]
"""Writes for a batch of sources with so many beams, so many tokens each."""


def main() -> None:
    """Run the benchmark and print and write its result."""
    arguments = _arguments()
    folder = arguments.model or default_model(DEFAULT_WRITER)
    writer = Writer.from_pretrained(folder)
    articles = [item for item in read(arguments.inputs) if isinstance(item, Article)]
    articles = (articles * (arguments.articles // len(articles) + 1))[: arguments.articles]
    sources = [writer.source(article) for article in articles]
    config = open_bundle(folder).config
    engines: dict[str, Write] = {"mujaz (ONNX Runtime, int8)": _mujaz(writer, config)}
    with tempfile.TemporaryDirectory() as scratch:
        engines |= _peers(config, folder, Path(scratch))
        cases = [_case(engines, sources, batch, beams, arguments) for batch in BATCHES for beams in BEAMS]
    result = {
        "articles": len(articles),
        "tokens_an_article": round(sum(map(len, sources)) / len(sources)),
        "tokens_a_summary": arguments.tokens,
        "cases": cases,
        "as_it_is_used": _used(Guarded(writer), articles, arguments.runs),
        "machine": machine("onnxruntime", "torch", "transformers", "ctranslate2"),
    }
    publish(result, arguments.output)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("inputs", nargs="*", default=["samples"], help="what to summarize (samples/)")
    parser.add_argument("--model", type=Path, help="summarizer's folder (the shipped one)")
    parser.add_argument("--articles", type=int, default=16, help="articles a run (16); inputs are repeated")
    parser.add_argument("--tokens", type=int, default=40, help="tokens of every summary (40)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each engine (5)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    return parser.parse_args()


def _case(
    engines: dict[str, Write], sources: Sources, batch: int, beams: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """One batch size and one width of the search."""

    def run(write: Write) -> None:
        for start in range(0, len(sources), batch):
            write(sources[start : start + batch], beams, arguments.tokens)

    seconds = measure({name: lambda w=write: run(w) for name, write in engines.items()}, arguments.runs)  # type: ignore[misc]
    return {
        "batch": batch,
        "beams": beams,
        "summaries_a_second": {
            name: round(len(sources) / sorted(runs)[len(runs) // 2], 2) for name, runs in seconds.items()
        },
        "times_as_fast_as": times_as_fast(seconds),
    }


def _mujaz(writer: Writer, config: dict[str, Any]) -> Write:
    start = config["starts"]["short"]

    def write(sources: Sources, beams: int, tokens: int) -> object:
        settings = replace(
            writer.settings["short"], num_beams=beams, max_new_tokens=tokens, min_new_tokens=tokens
        )
        return writer.generate(sources, start, settings)

    return write


def _peers(config: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Write]:
    """What can run here."""
    encoder_layers, decoder_layers = config["layers"]
    start = config["starts"]["short"]
    shape: dict[str, Any] = {
        "vocab_size": config["vocabulary"],
        "d_model": config["width"],
        "encoder_layers": encoder_layers,
        "decoder_layers": decoder_layers,
        "encoder_attention_heads": config["heads"],
        "decoder_attention_heads": config["heads"],
        "encoder_ffn_dim": 4 * config["width"],
        "decoder_ffn_dim": 4 * config["width"],
        "max_position_embeddings": 512,
        "pad_token_id": config["pad_token_id"],
        "bos_token_id": config["begin_token_id"],
        "eos_token_id": config["end_token_id"],
        "decoder_start_token_id": start,
        "forced_eos_token_id": None,
        # What CTranslate2's converter asks for and transformers no longer has.
        "normalize_before": False,
        "normalize_embedding": True,
    }
    plain = BartForConditionalGeneration(BartConfig(**shape)).eval()
    peers = {"transformers float32": _transformers(plain, torch.float32)}
    if multiplies_bf16():
        peers["transformers bfloat16"] = _transformers(plain, torch.bfloat16)
    else:
        print("no instructions for bfloat16 here, which would crawl: left out", file=sys.stderr)
    try:
        peers["CTranslate2 int8"] = _ctranslate2(BartConfig(**shape), folder, scratch)
    except ModuleNotFoundError:
        print("ctranslate2 is not installed: left out", file=sys.stderr)
    return peers


def _transformers(model: PreTrainedModel, kind: torch.dtype) -> Write:
    config = model.config

    @torch.inference_mode()
    def write(sources: Sources, beams: int, tokens: int) -> object:
        width = max(map(len, sources))
        ids = torch.tensor([source + [config.pad_token_id] * (width - len(source)) for source in sources])
        settings = GenerationConfig(
            num_beams=beams,
            do_sample=False,
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
            decoder_start_token_id=config.decoder_start_token_id,
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
            mask = (ids != config.pad_token_id).long()
            return model.generate(input_ids=ids, attention_mask=mask, generation_config=settings)

    return write


def _ctranslate2(config: BartConfig, folder: Path, scratch: Path) -> Write:
    import ctranslate2  # type: ignore[import-not-found]

    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **special)
    BartForConditionalGeneration(config).save_pretrained(scratch / "bart")
    tokenizer.save_pretrained(scratch / "bart")
    converter = ctranslate2.converters.TransformersConverter(str(scratch / "bart"))
    converter.convert(str(scratch / "converted"), quantization="int8", force=True)
    translator = ctranslate2.Translator(
        str(scratch / "converted"), device="cpu", inter_threads=1, intra_threads=torch.get_num_threads()
    )

    def write(sources: Sequence[list[int]], beams: int, tokens: int) -> object:
        return translator.translate_batch(
            [tokenizer.convert_ids_to_tokens(source) for source in sources],
            beam_size=beams,
            max_decoding_length=tokens,
            min_decoding_length=tokens,
        )

    return write


def _used(guarded: Guarded, articles: list[Article], runs: int) -> dict[str, float]:
    """Summaries a second with the folder's own settings, ranked and guarded, and what they come to."""
    seconds = measure({"": lambda: guarded.summarize(articles)}, runs)[""]
    texts = [summary.text for summary in guarded.summarize(articles) if summary]
    return {
        "summaries_a_second": round(len(articles) / sorted(seconds)[len(seconds) // 2], 2),
        "words_a_summary": round(sum(len(text.split()) for text in texts) / max(1, len(texts)), 1),
    }


if __name__ == "__main__":
    main()
