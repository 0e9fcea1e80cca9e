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
from torch.nn import functional
from transformers import BartConfig, BartForConditionalGeneration, BertModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput
from transformers.models.bart.modeling_bart import BartEncoder

from infer.search import NONE, RECENT
from train.pairs import IGNORED

# What stands for minus infinity where a gradient flows: sums of it stay finite.
NEVER = -1e4
# Scale of the copy head's first guess: after a token comes what followed it in the source.
FIRST_GUESS = 0.7
# Its first guess of what a run of 1, 2, … tokens adds to the token behind it, and to the vocabulary's share.
FOLLOWING, GOING_ON = (2.0, 4.0, 6.0, 8.0), (0.0, -1.0, -2.0, -3.0)
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


class CopyHead(nn.Module):
    """Attention of each written token over the source's tokens, and the gate between the two sources.

    A source token's key knows the token before it, and the query the token written last, so that going on
    with what is being copied is the first thing the head can do. Where in the source that is, the longest run
    of written tokens tells that stands there too (the selective read of CopyNet, Gu et al. 2016, arXiv
    1603.06393, from token ids alone).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(2 * width, width)
        self.key = nn.Linear(3 * width, width)
        self.gate = nn.Linear(2 * width, 1)
        self.following = nn.Parameter(torch.zeros(RECENT))
        self.going_on = nn.Parameter(torch.zeros(RECENT))
        self.scale = width**-0.5

    def start(self) -> None:
        """Make the first guess that of a bigram."""
        width = self.query.out_features
        with torch.no_grad():
            for linear in (self.query, self.key):
                linear.weight.normal_(0, 0.02)
                linear.weight[:, -width:] += FIRST_GUESS * torch.eye(width)
                linear.bias.zero_()
            self.gate.weight.normal_(0, 0.02)
            self.gate.bias.zero_()
            self.following.copy_(torch.tensor(FOLLOWING))
            self.going_on.copy_(torch.tensor(GOING_ON))
            self.norm.reset_parameters()

    def keys(self, encoded: torch.Tensor, embedded: torch.Tensor) -> torch.Tensor:
        """Keys of the source's tokens, from its hidden states and embeddings: all batch × source × width."""
        own = self.norm(embedded)
        before = functional.pad(own[:, :-1], (0, 0, 1, 0))
        return self.key(torch.cat([encoded, own, before], -1))  # type: ignore[no-any-return]

    def forward(
        self,
        hidden: torch.Tensor,
        embedded: torch.Tensor,
        keys: torch.Tensor,
        copyable: torch.Tensor,
        matched: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores of the source's tokens (batch × target × source) and the gate's logit (batch × target).

        Args:
            hidden: The decoder's last states, batch × target × width.
            embedded: Embeddings of the tokens that the decoder read, of the same shape.
            keys: From ``keys``.
            copyable: False for source tokens that are never copied, batch × source.
            matched: From ``runs``, batch × target × source.
        """
        read = torch.cat([hidden, self.norm(embedded)], -1)
        scores = (self.query(read) @ keys.transpose(1, 2) * self.scale).float()
        matched = matched.masked_fill(~copyable[:, None], 0)
        scores = scores + functional.pad(self.following, (1, 0))[matched]
        gate = self.gate(read).squeeze(-1).float() + functional.pad(self.going_on, (1, 0))[matched.amax(-1)]
        return scores.masked_fill(~copyable[:, None], NEVER), gate


def runs(recent: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """How many of the tokens before each place in the source are those written last, in their order.

    Args:
        recent: Ids of the tokens written last, batch × target × ``RECENT``, the last one last.
        source: Token ids, batch × source.

    Returns:
        0 to ``RECENT``, batch × target × source.
    """
    before, same = source, torch.ones((), dtype=torch.bool, device=source.device)
    found = torch.zeros((), dtype=torch.long, device=source.device)
    for back in range(RECENT):
        before = functional.pad(before[:, :-1], (1, 0), value=-1)
        same = same & (recent[..., RECENT - 1 - back, None] == before[:, None])
        found = found + same.long()
    return found


def recent_tokens(written: torch.Tensor, length: int) -> torch.Tensor:
    """Each of the last ``length`` written tokens with those before it, batch × length × ``RECENT``."""
    padded = functional.pad(written, (RECENT - 1, 0), value=NONE)
    return padded.unfold(1, RECENT, 1)[:, -length:]


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
        kept = {name: value for name, value in outputs.items() if name in ("cache", "past_key_values")}
        encoded = outputs.encoder_last_hidden_state
        if labels is not None:
            loss = mixture_loss(logits, scores, gate, source, labels)
            return Seq2SeqLMOutput(loss=loss, encoder_last_hidden_state=encoded)
        mixed = mixture(logits, scores, gate, source)
        return Seq2SeqLMOutput(logits=mixed, encoder_last_hidden_state=encoded, **kept)

    def prepare_inputs_for_generation(self, input_ids: torch.Tensor, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """What ``forward`` takes for the next token, and all that is written already."""
        inputs = super().prepare_inputs_for_generation(input_ids, *args, **kwargs)
        return inputs | {"written_ids": input_ids}

    def copyable(self, source: torch.Tensor) -> torch.Tensor:
        """True for the tokens of a source that may be copied; both are batch × source."""
        config: Any = self.config  # which keeps these two beside what BART knows
        return torch.ge(source, config.text_begin) & torch.lt(source, config.text_end)


def mixture(
    logits: torch.Tensor, scores: torch.Tensor, gate: torch.Tensor, source: torch.Tensor
) -> torch.Tensor:
    """Log-probabilities over the vocabulary, batch × target × vocabulary, in float32.

    Args:
        logits: Of the vocabulary, batch × target × vocabulary.
        scores: Of the source's tokens, batch × target × source.
        gate: Logit of the vocabulary's share, batch × target.
        source: Token ids, batch × source.
    """
    share = torch.sigmoid(gate)[..., None]
    written = share * torch.softmax(logits.float(), -1)
    copied = (1 - share) * torch.softmax(scores, -1)
    where = source[:, None].expand(-1, scores.shape[1], -1)
    return torch.log(written.scatter_add(-1, where, copied) + 1e-20)


def mixture_loss(
    logits: torch.Tensor,
    scores: torch.Tensor,
    gate: torch.Tensor,
    source: torch.Tensor,
    labels: torch.Tensor,
) -> torch.Tensor:
    """Mean negative log-probability of the labels (batch × target), without mixing the whole vocabulary."""
    written = -functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    ).view(labels.shape)
    same = source[:, None] == labels[..., None]
    copied = torch.logsumexp(scores.masked_fill(~same, NEVER), -1) - torch.logsumexp(scores, -1)
    both = torch.logaddexp(functional.logsigmoid(gate) + written, functional.logsigmoid(-gate) + copied)
    asked = labels != IGNORED
    return -(both * asked).sum() / asked.sum().clamp(min=1)


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
