"""The copy head of a pointer-generator, and the mixture of what it copies and what the vocabulary offers.

The pointer-generator of See et al. 2017 (arXiv 1704.04368).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from infer.search import NONE, RECENT
from train.pairs import IGNORED

# What stands for minus infinity where a gradient flows: sums of it stay finite.
NEVER = -1e4
# Scale of the copy head's first guess: after a token comes what followed it in the source.
FIRST_GUESS = 0.7
# Its first guess of what a run of 1, 2, … tokens adds to the token behind it, and to the vocabulary's share.
FOLLOWING, GOING_ON = (2.0, 4.0, 6.0, 8.0), (0.0, -1.0, -2.0, -3.0)


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
        scores = scores + by_run(self.following, matched)
        gate = self.gate(read).squeeze(-1).float() + by_run(self.going_on, matched.amax(-1))
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


def by_run(values: torch.Tensor, matched: torch.Tensor) -> torch.Tensor:
    """What a run of each length is given, of ``matched``'s shape; nothing where there is no run.

    Args:
        values: For runs of 1 to ``RECENT`` tokens.
        matched: From ``runs``.
    """
    # A lookup's gradient would be summed one by one, which takes a GPU most of a step.
    found = torch.zeros((), device=values.device)
    for length in range(1, RECENT + 1):
        found = found + values[length - 1] * (matched == length)
    return found


def recent_tokens(written: torch.Tensor, length: int) -> torch.Tensor:
    """Each of the last ``length`` written tokens with those before it, batch × length × ``RECENT``."""
    padded = functional.pad(written, (RECENT - 1, 0), value=NONE)
    return padded.unfold(1, RECENT, 1)[:, -length:]


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
