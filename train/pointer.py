"""A BART with a copy head: what it writes is a mixture of its vocabulary and of its source's tokens.

The pointer-generator of See et al. 2017 (arXiv 1704.04368). Encoder and embeddings start from a BERT, whose
post-norm layers map onto BART's one to one; the decoder's layers start from some of the encoder's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import BartConfig, BartForConditionalGeneration, BertModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput
from transformers.models.bart.modeling_bart import BartEncoder

from train.copying import CopyHead, mixture, mixture_loss, recent_tokens, runs

# BART's table of positions begins with this many rows that stand for none.
OFFSET = 2
BERT_TO_BART = {
    "attention.self.query": "self_attn.q_proj",
    "attention.self.key": "self_attn.k_proj",
    "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "self_attn_layer_norm",
    "intermediate.dense": "fc1",
    "output.dense": "fc2",
    "output.LayerNorm": "final_layer_norm",
}


@dataclass
class Encoded(BaseModelOutput):
    """What the encoder hands on; ``generate`` repeats every tensor of it for the beams.

    Attributes:
        source_ids: The tokens that were read, batch × source.
    """

    source_ids: torch.Tensor | None = None


class SourceEncoder(BartEncoder):  # type: ignore[no-untyped-call]
    """BART's encoder, which hands on the tokens that it read."""

    def forward(self, input_ids: torch.Tensor | None = None, **kwargs: Any) -> Encoded:  # noqa: ANN401
        """Hidden states and ``input_ids`` (batch × source); further arguments as BART's."""
        kwargs["return_dict"] = True
        return Encoded(super().forward(input_ids, **kwargs).last_hidden_state, source_ids=input_ids)


class PointerBart(BartForConditionalGeneration):  # type: ignore[no-untyped-call]
    """BART whose logits are log-probabilities of the mixture, so that ``generate`` works as it is.

    Tokens from ``config.text_begin`` up to before ``config.text_end`` are text; no other is ever copied.
    """

    def __init__(self, config: BartConfig) -> None:
        super().__init__(config)
        self.model.encoder = SourceEncoder(config)
        self.copy = CopyHead(self.model.shared.embedding_dim)
        self.tie_weights()
        epsilon = getattr(config, "layer_norm_eps", None)
        for module in self.modules():
            if epsilon and isinstance(module, nn.LayerNorm):
                module.eps = epsilon

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        decoder_input_ids: torch.Tensor | None = None,
        encoder_outputs: Encoded | None = None,
        labels: torch.Tensor | None = None,
        written_ids: torch.Tensor | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Seq2SeqLMOutput:
        """Log-probabilities of the next tokens, or with labels only the loss.

        Args:
            input_ids: The source, batch × source.
            attention_mask: Of the same shape, zero where there is padding.
            decoder_input_ids: What is written already, batch × target; its first token is a start token.
            encoder_outputs: What the encoder has made of the source, if it has run; stands for ``input_ids``.
            labels: Tokens to be written, batch × target, ``IGNORED`` where there is none.
            written_ids: Where the cache holds the first of them, these and ``decoder_input_ids``.
            kwargs: The cache and further settings, handed on to BART.

        Returns:
            ``loss``, the mean over the labels, with labels; else ``logits``, batch × target × vocabulary.
        """
        if decoder_input_ids is None:
            raise ValueError("decoder_input_ids are missing: their first token says what is to be written")
        if encoder_outputs is None:
            encoder_outputs = self.model.encoder(input_ids, attention_mask=attention_mask)
        source = encoder_outputs.source_ids
        if source is None:
            raise ValueError("encoder_outputs lack source_ids: only this model's own encoder gives them")
        if labels is not None:
            kwargs["use_cache"] = False
        kwargs.pop("return_dict", None)
        outputs = self.model(
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            encoder_outputs=encoder_outputs,
            return_dict=True,
            **kwargs,
        )
        hidden = outputs.last_hidden_state
        embed = self.model.shared
        keys = self.copy.keys(outputs.encoder_last_hidden_state, embed(source))
        written = decoder_input_ids if written_ids is None else written_ids
        matched = runs(recent_tokens(written, hidden.shape[1]), source)
        scores, gate = self.copy(hidden, embed(decoder_input_ids), keys, self.copyable(source), matched)
        logits = self.lm_head(hidden)
        found = {"encoder_last_hidden_state": outputs.encoder_last_hidden_state}
        if labels is None:
            found |= {name: value for name, value in outputs.items() if name in ("cache", "past_key_values")}
            return Seq2SeqLMOutput(logits=mixture(logits, scores, gate, source), **found)
        return Seq2SeqLMOutput(loss=mixture_loss(logits, scores, gate, source, labels), **found)

    def prepare_inputs_for_generation(self, input_ids: torch.Tensor, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """What ``forward`` takes for the next token, and all that is written already."""
        inputs = super().prepare_inputs_for_generation(input_ids, *args, **kwargs)
        return inputs | {"written_ids": input_ids}

    def copyable(self, source: torch.Tensor) -> torch.Tensor:
        """True for the tokens of a source that may be copied; both are batch × source."""
        config: Any = self.config  # which keeps these two beside what BART knows
        return torch.ge(source, config.text_begin) & torch.lt(source, config.text_end)


def from_encoder(
    encoder: BertModel, *, tokens: int, start: int, text: tuple[int, int], layers: Sequence[int]
) -> PointerBart:
    """A model whose encoder computes what the given one does.

    Args:
        encoder: Its token types are all taken for 0.
        tokens: Size of the vocabulary with the start tokens, which stand behind the encoder's own.
        start: Id of the start token that is the default.
        text: First id of a token that is text, and the id after the last.
        layers: Numbers of the encoder's layers, from 1, that the decoder's start from.
    """
    theirs: Any = encoder.config
    more: dict[str, Any] = {
        "text_begin": text[0],
        "text_end": text[1],
        "layer_norm_eps": theirs.layer_norm_eps,
    }
    config = BartConfig(
        vocab_size=tokens,
        d_model=theirs.hidden_size,
        max_position_embeddings=theirs.max_position_embeddings,
        encoder_layers=theirs.num_hidden_layers,
        decoder_layers=len(layers),
        encoder_attention_heads=theirs.num_attention_heads,
        decoder_attention_heads=theirs.num_attention_heads,
        encoder_ffn_dim=theirs.intermediate_size,
        decoder_ffn_dim=theirs.intermediate_size,
        activation_function="gelu",
        scale_embedding=False,
        attention_dropout=0.0,
        dropout=0.1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=start,
        forced_eos_token_id=None,
        **more,
    )
    model = PointerBart(config)
    model.generation_config.forced_eos_token_id = None
    state = model.state_dict()
    old = encoder.state_dict()
    words = old["embeddings.word_embeddings.weight"]
    added = words[0].repeat(tokens - len(words), 1)
    embeddings = torch.cat([words, added + 0.02 * torch.randn_like(added)])
    positions = (
        old["embeddings.position_embeddings.weight"] + old["embeddings.token_type_embeddings.weight"][0]
    )
    with torch.no_grad():
        state["model.shared.weight"].copy_(embeddings)
        for side in ("encoder", "decoder"):
            state[f"model.{side}.embed_positions.weight"][OFFSET:].copy_(positions)
            for kind in ("weight", "bias"):
                norm = old[f"embeddings.LayerNorm.{kind}"]
                state[f"model.{side}.layernorm_embedding.{kind}"].copy_(norm)
        copied = [("encoder", i, i) for i in range(theirs.num_hidden_layers)]
        copied += [("decoder", i, layer - 1) for i, layer in enumerate(layers)]
        for side, ours, layer in copied:
            for name, counterpart in BERT_TO_BART.items():
                targets = [counterpart]
                if side == "decoder" and counterpart.startswith("self_attn"):
                    targets.append(counterpart.replace("self_attn", "encoder_attn"))
                for target in targets:
                    for kind in ("weight", "bias"):
                        state[f"model.{side}.layers.{ours}.{target}.{kind}"].copy_(
                            old[f"encoder.layer.{layer}.{name}.{kind}"]
                        )
    model.copy.start()
    return model
