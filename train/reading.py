"""What a summarizer in training writes for articles that it has not seen, and how near it comes."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, PreTrainedModel

from train import stages
from train.pairs import SHORT, Format, Ints, Rows
from train.rouge import KINDS, rouge
from train.seq2seq_config import WritingConfig

AT_ONCE = 32


class Trained(Protocol):
    """A model and what it reads with; ``train.summarizer.Run`` is one."""

    network: PreTrainedModel
    tokenizer: Tokenizer
    form: Format
    special: list[int]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        ...

    def feed(self, rows: Rows) -> stages.Feed:
        """The rows as the training loop takes them."""
        ...


def measure(run: Trained, rows: Rows, writing: WritingConfig, count: int, *, bf16: bool) -> dict[str, Any]:
    """Mean loss over the rows, and ROUGE of what is written, greedily, for some of them.

    Returns:
        ``loss``, ``rouge1``, ``rouge2`` and ``rougeL`` (0 to 1), ``articles`` and ``samples``.
    """
    some = rows.some(count)
    texts = write(run, some, writing, beams=1, bf16=bf16)
    references = [text_of(run, row) for row in some.targets]
    scores = [rouge(reference, text) for text, reference in zip(texts, references, strict=True)]
    samples = [{"written": a, "editor": b} for a, b in zip(texts, references, strict=True)]
    found = {kind: float(np.mean([score[kind] for score in scores])) for kind in KINDS}
    loss = stages.mean_loss(run.network, run.feed(rows), AT_ONCE, bf16=bf16)
    return {"loss": loss, **found, "articles": len(some), "samples": samples[:20]}


def generation(
    run: Trained, writing: WritingConfig, length: int = SHORT, beams: int | None = None
) -> GenerationConfig:
    """Settings of ``generate`` for one of the three lengths."""
    return GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=beams or writing.num_beams,
        do_sample=False,
        max_new_tokens=writing.max_new_tokens[length],
        min_new_tokens=writing.min_new_tokens[length],
        no_repeat_ngram_size=writing.no_repeat_ngram_size,
        length_penalty=writing.length_penalty,
        early_stopping=False,
        pad_token_id=run.form.padding,
        bos_token_id=run.form.begin,
        eos_token_id=run.form.end,
        decoder_start_token_id=run.form.starts[length],
        suppress_tokens=sorted(i for i in run.special if i != run.form.end),
    )


@torch.inference_mode()
def write(
    run: Trained,
    rows: Rows,
    writing: WritingConfig,
    *,
    length: int = SHORT,
    beams: int | None = None,
    bf16: bool,
) -> list[str]:
    """Summaries of the rows' sources, in their order."""
    run.network.train(False)
    settings = generation(run, writing, length, beams)
    order: Ints = np.argsort(rows.source_lengths, kind="stable")
    texts = [""] * len(rows)
    for first in range(0, len(order), AT_ONCE):
        chosen = order[first : first + AT_ONCE]
        width = int(rows.source_lengths[chosen].max())
        ids = torch.from_numpy(rows.sources[chosen, :width]).long().to(run.device)
        mask = (ids != run.form.padding).long()
        with torch.autocast(run.device.type, torch.bfloat16) if bf16 else nullcontext():
            generate: Any = run.network.generate
            found = generate(input_ids=ids, attention_mask=mask, generation_config=settings)
        for i, row in zip(chosen, found.tolist(), strict=True):
            texts[int(i)] = text_of(run, np.array(row))
    run.network.train()
    return texts


def text_of(run: Trained, ids: Any) -> str:  # noqa: ANN401
    """The text of a row of token ids, special tokens left out."""
    special = set(run.special)
    return str(run.tokenizer.decode([int(i) for i in ids if int(i) not in special]))
