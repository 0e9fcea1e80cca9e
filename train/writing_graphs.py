"""The two halves of a copying summarizer as modules that trace to fast graphs.

The encoder is a BERT again, whose attention ONNX Runtime fuses; after it come the keys and values of every
decoder layer's cross-attention, computed once. A step of the decoder takes one token of every beam; the
beams of an article stand side by side as queries, so that its keys and values are never copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from infer.writer import MOST_BEAMS
from train.copying import runs
from train.pointer import BERT_TO_BART, OFFSET, PointerBart

# Best tokens that a step returns for each beam: beam search needs twice as many as beams.
CANDIDATES = 2 * MOST_BEAMS


class Reader(nn.Module):
    """The encoder: token ids in, what the decoder attends to out."""

    def __init__(self, model: PointerBart) -> None:
        super().__init__()
        self.encoder = bert(model)
        self.copy = model.copy
        self.words = model.model.shared
        self.heads = int(model.config.decoder_attention_heads or 1)
        attentions = [layer.encoder_attn for layer in model.model.decoder.layers]
        self.joined = _joined([linear for a in attentions for linear in (a.k_proj, a.v_proj)])

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Read sources.

        Args:
            input_ids: Batch × source.
            attention_mask: Of the same shape, zero where there is padding.

        Returns:
            The copy head's keys, batch × source × width; then keys (batch × heads × width of a head ×
            source) and values (batch × heads × source × width of a head) of every decoder layer.
        """
        hidden = self.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        embedded = self.encoder.embeddings.word_embeddings(input_ids)
        found = [self.copy.keys(hidden, embedded)]
        batch, length, width = hidden.shape
        parts = self.joined(hidden).view(batch, length, -1, self.heads, width // self.heads).unbind(2)
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            found += [key.permute(0, 2, 3, 1), value.transpose(1, 2)]
        return tuple(found)


@torch.no_grad()
def _joined(linears: Sequence[nn.Linear]) -> nn.Linear:
    """Linear layers of one input as one, their outputs side by side."""
    result = nn.Linear(linears[0].in_features, sum(linear.out_features for linear in linears))
    result.weight.copy_(torch.cat([linear.weight for linear in linears]))
    result.bias.copy_(torch.cat([linear.bias for linear in linears]))
    return result


class _Dense(nn.Module):
    """A linear layer under the name by which BERT's feed-forward output goes, for the quantizer."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.dense = linear

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Apply it."""
        return self.dense(states)  # type: ignore[no-any-return]


class _Layer(nn.Module):
    """One decoder layer for one token of every beam."""

    def __init__(self, layer: Any) -> None:  # noqa: ANN401
        super().__init__()
        own, other = layer.self_attn, layer.encoder_attn
        self.heads, self.scale = own.num_heads, own.head_dim**-0.5
        self.joined = _joined([own.q_proj, own.k_proj, own.v_proj])
        self.own_out, self.own_norm = own.out_proj, layer.self_attn_layer_norm
        self.query, self.other_out = other.q_proj, other.out_proj
        self.other_norm = layer.encoder_attn_layer_norm
        self.intermediate, self.output = layer.fc1, _Dense(layer.fc2)
        self.norm = layer.final_layer_norm

    def forward(
        self,
        states: torch.Tensor,
        bias: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        past_key: torch.Tensor,
        past_value: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """States (batch × beams × width) and the past with this token's keys and values."""
        batch, beams, width = states.shape
        query, new_key, new_value = self.joined(states).view(batch * beams, 3, self.heads, 1, -1).unbind(1)
        past_key = torch.cat([past_key, new_key], 2)
        past_value = torch.cat([past_value, new_value], 2)
        weights = torch.softmax(query @ past_key.transpose(2, 3) * self.scale, -1)
        read = (weights @ past_value).view(batch, beams, width)
        states = self.own_norm(states + self.own_out(read))
        query = self.query(states).view(batch, beams, self.heads, -1).transpose(1, 2)
        weights = torch.softmax(query @ key * self.scale + bias, -1)
        read = (weights @ value).transpose(1, 2).reshape(batch, beams, width)
        states = self.other_norm(states + self.other_out(read))
        return (
            self.norm(states + self.output(functional.gelu(self.intermediate(states)))),
            past_key,
            past_value,
        )


class Step(nn.Module):
    """One step of the decoder for all beams, up to its best next tokens."""

    def __init__(self, model: PointerBart, suppressed: list[int]) -> None:
        super().__init__()
        decoder = model.model.decoder
        self.words = model.model.shared
        self.positions = nn.Parameter(decoder.embed_positions.weight[OFFSET:].detach().clone())
        self.embedding_norm = decoder.layernorm_embedding
        self.layer = nn.ModuleList(_Layer(layer) for layer in decoder.layers)
        self.copy = model.copy
        self.vocabulary = nn.Linear(self.words.embedding_dim, self.words.num_embeddings, bias=False)
        self.vocabulary.weight = nn.Parameter(self.words.weight.detach().clone())
        self.forbidden: torch.Tensor
        forbidden = torch.zeros(self.words.num_embeddings)
        forbidden[[i for i in suppressed if i != model.config.eos_token_id]] = torch.finfo(torch.float32).min
        self.register_buffer("forbidden", forbidden)
        self.text = (model.config.text_begin, model.config.text_end)

    def forward(
        self,
        recent: torch.Tensor,
        position: torch.Tensor,
        order: torch.Tensor,
        banned: torch.Tensor,
        source: torch.Tensor,
        mask: torch.Tensor,
        copy_keys: torch.Tensor,
        *states: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Read one token of every beam.

        Args:
            recent: The token and those before it, batch × beams × ``RECENT``.
            position: Its place, one number.
            order: Which row of the past each beam goes on from, batch · beams.
            banned: Tokens that may not come next, batch × beams × any number; filled up with a token that
                never may.
            source: The source's token ids, batch × source.
            mask: Of the same shape, zero where there is padding.
            copy_keys: From ``Reader``.
            states: Keys and values from ``Reader`` for every layer, then past keys and past values for
                every layer: beams before × heads × tokens before × width of a head.

        Returns:
            Log-probabilities and ids of the best next tokens, batch × beams × ``CANDIDATES``; then the past
            for the next step.
        """
        layers = len(self.layer)
        cross, past = states[: 2 * layers], states[2 * layers :]
        words = self.words(recent[..., -1])
        hidden = self.embedding_norm(words + self.positions[position])
        bias = (1 - mask[:, None, None].to(hidden.dtype)) * torch.finfo(torch.float32).min
        present = []
        for i, layer in enumerate(self.layer):
            key, value = cross[2 * i], cross[2 * i + 1]
            before = past[2 * i].index_select(0, order), past[2 * i + 1].index_select(0, order)
            hidden, *after = layer(hidden, bias, key, value, *before)
            present += after
        copyable = (source >= self.text[0]) & (source < self.text[1])
        scores, gate = self.copy(hidden, words, copy_keys, copyable, runs(recent, source))
        copied = torch.softmax(scores, -1)
        share = torch.sigmoid(gate)[..., None]
        written = share * torch.softmax(self.vocabulary(hidden), -1)
        where = source[:, None].expand(-1, recent.shape[1], -1)
        mixed = torch.log(written.scatter_add(-1, where, (1 - share) * copied) + 1e-20) + self.forbidden
        mixed = mixed.scatter(-1, banned, torch.finfo(torch.float32).min)
        best, found = torch.topk(mixed, CANDIDATES, -1)
        return (best, found, *present)


def bert(model: PointerBart) -> BertModel:
    """The encoder as the BERT that it started from."""
    config: Any = model.config  # whose sizes the library takes for optional
    encoder = model.model.encoder
    result = BertModel(
        BertConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.d_model,
            num_hidden_layers=config.encoder_layers,
            num_attention_heads=config.encoder_attention_heads,
            intermediate_size=config.encoder_ffn_dim,
            max_position_embeddings=config.max_position_embeddings,
            type_vocab_size=1,
            layer_norm_eps=config.layer_norm_eps,
            pad_token_id=config.pad_token_id,
        ),
        add_pooling_layer=False,
    )
    theirs = encoder.state_dict()
    state = {
        "embeddings.word_embeddings.weight": model.model.shared.weight,
        "embeddings.position_embeddings.weight": theirs["embed_positions.weight"][OFFSET:],
        "embeddings.token_type_embeddings.weight": torch.zeros(1, config.d_model),
    }
    for kind in ("weight", "bias"):
        state[f"embeddings.LayerNorm.{kind}"] = theirs[f"layernorm_embedding.{kind}"]
        for layer in range(config.encoder_layers):
            for ours, name in BERT_TO_BART.items():
                state[f"encoder.layer.{layer}.{ours}.{kind}"] = theirs[f"layers.{layer}.{name}.{kind}"]
    result.load_state_dict(state, strict=False)
    result.set_attn_implementation("eager")  # the only attention whose pattern is fused
    return result.eval()  # type: ignore[no-any-return, no-untyped-call]
