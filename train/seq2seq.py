"""A summarizer before its first stage: network, tokenizer, and how its sources and targets are framed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from infer.errors import UsageError
from infer.schema import LENGTHS
from train import model as encoders
from train import stages
from train.pairs import Format, Rows
from train.pointer import from_encoder
from train.seq2seq_config import SummarizerConfig
from train.states import States
from train.vocabulary import MASK, SPECIAL, open_tokenizer

STARTS = tuple(f"<{name}>" for name in LENGTHS)
"""Start tokens of the decoder: the first token that it reads says how much it is to write."""


@dataclass
class Run:
    """A model in training, and what it reads with.

    Attributes:
        network: Takes ``input_ids``, ``attention_mask``, ``decoder_input_ids`` and ``labels``.
        tokenizer: With the start tokens.
        form: How sources and targets are framed.
        mask: Token that hides a token of the source.
        special: Tokens that are no text.
        published: The tokenizer as its own library has it, of a published model.
    """

    network: PreTrainedModel
    tokenizer: Tokenizer
    form: Format
    mask: int
    special: list[int]
    published: PreTrainedTokenizerBase | None = None

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @property
    def encoder_layers(self) -> int:
        """How many layers the encoder has."""
        return len(stages.encoder_layers(self.network))

    def feed(self, rows: Rows, states: Path | None = None) -> stages.Feed:
        """The rows as the training loop takes them.

        Args:
            rows: Sources and targets.
            states: Folder for what the encoder makes of the sources, where it stays as it is.
        """
        kept = States(states, self.network.get_encoder(), self.form.padding) if states else None
        return stages.Feed(rows, self.form.padding, self.mask, self.special, self.device, kept)


def start(config: SummarizerConfig) -> Run:
    """The model before its first stage.

    Raises:
        UsageError: The backbone is missing or is not what ``kind`` needs.
    """
    device = encoders.device()
    if config.kind == "pretrained":
        return _fits(config, _published(config, device))
    encoder = encoders.open_encoder(config.backbone)
    if not isinstance(encoder, BertModel):
        raise UsageError(
            f"{config.backbone}: a copying summarizer starts from a BERT, this is {encoder.config.model_type}"
        )
    if (deepest := max(config.decoder_layers)) > encoder.config.num_hidden_layers:
        raise UsageError(
            f"decoder_layers: {deepest} is not a layer of {config.backbone}, "
            f"which has {encoder.config.num_hidden_layers}"
        )
    tokenizer = open_tokenizer(config.backbone)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in STARTS])
    ids = tokenizer.get_vocab()
    if missing := [name for name in (*SPECIAL, MASK) if name not in ids]:
        raise UsageError(
            f"{config.backbone}: its vocabulary has no {missing[0]!r}; `mujaz-train backbone` makes one"
        )
    network = from_encoder(
        encoder,
        tokens=tokenizer.get_vocab_size(),
        start=ids[STARTS[1]],
        text=(len(SPECIAL), ids[MASK]),
        layers=config.decoder_layers,
    )
    form = Format(ids["<s>"], ids["</s>"], ids["<pad>"], tuple(ids[name] for name in STARTS))
    special = [ids[name] for name in (*SPECIAL, MASK, *STARTS)]
    network.to(device)  # type: ignore[arg-type]
    return _fits(config, Run(network, tokenizer, form, ids[MASK], special))


def _fits(config: SummarizerConfig, run: Run) -> Run:
    """The run, if its model has a position for every token.

    Raises:
        UsageError: It has not.
    """
    most = getattr(run.network.config, "max_position_embeddings", None)  # T5 has no such limit
    wanted = {"window": config.window, "longest": config.longest}
    wanted["writing.max_new_tokens"] = max(config.writing.max_new_tokens) + 1
    for name, value in wanted.items():
        if most is not None and value > most:
            raise UsageError(f"{name}: {value} is more than the {most} positions of {config.backbone}")
    return run


def _published(config: SummarizerConfig, device: torch.device) -> Run:
    try:
        tokens = AutoTokenizer.from_pretrained(config.backbone)
        network = AutoModelForSeq2SeqLM.from_pretrained(config.backbone, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{config.backbone}: no sequence-to-sequence model: {str(error).splitlines()[0]}"
        ) from None
    tokens.add_special_tokens({"additional_special_tokens": list(STARTS)})
    if len(tokens) > network.get_input_embeddings().num_embeddings:
        network.resize_token_embeddings(len(tokens))
    ids = tokens.get_vocab()
    starts = tuple(ids[name] for name in STARTS)
    network.config.decoder_start_token_id = network.generation_config.decoder_start_token_id = starts[1]
    network.generation_config.forced_bos_token_id = network.generation_config.forced_eos_token_id = None
    begin = tokens.cls_token_id if tokens.cls_token_id is not None else tokens.bos_token_id
    form = Format(begin, tokens.eos_token_id, tokens.pad_token_id, starts)
    mask = tokens.mask_token_id if tokens.mask_token_id is not None else tokens.unk_token_id
    tokenizer = tokens.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = [i for i in {*tokens.all_special_ids, *starts} if i is not None]
    return Run(network.to(device), tokenizer, form, mask, special, tokens)
