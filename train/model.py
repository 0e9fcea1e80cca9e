"""The topic model in torch: any encoder, the mean of its token vectors, one sigmoid a topic."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedModel

from infer.errors import UsageError
from train.files import whole

WEIGHTS = "model.safetensors"
# What a backbone in a folder is made of.
BACKBONE_FILES = ("*.safetensors", "*.bin", "config.json", "tokenizer.json")


class TopicClassifier(nn.Module):
    """An encoder with a linear head over mean-pooled token vectors.

    Mean pooling is how multilingual-e5 was trained (Wang et al. 2024, arXiv 2402.05672); it serves
    encoders without a trained pooler alike.
    """

    def __init__(self, encoder: PreTrainedModel, topics: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, topics)

    def forward(
        self, attention_mask: torch.Tensor, labels: torch.Tensor | None = None, **inputs: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Score a batch.

        Args:
            attention_mask: Integers, batch × tokens, zero where there is padding.
            labels: Zeros and ones, batch × topics.
            inputs: What the encoder takes beside the mask: ``input_ids`` and ``token_type_ids``, batch ×
                tokens, or ``inputs_embeds``, batch × tokens × width.

        Returns:
            ``logits``, batch × topics; ``pooled``, batch × width; ``vectors``, the same of unit length;
            ``loss`` where there are labels.
        """
        hidden = self.encoder(attention_mask=attention_mask, **inputs).last_hidden_state
        pooled = mean_pool(hidden, attention_mask)
        logits = self.head(self.dropout(pooled))
        output = {"logits": logits, "pooled": pooled, "vectors": nn.functional.normalize(pooled, dim=-1)}
        if labels is not None:
            output["loss"] = nn.functional.binary_cross_entropy_with_logits(logits.float(), labels)
        return output


def mean_pool(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Mean of the vectors of the tokens that are not padding: batch × tokens × width to batch × width."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)


def from_backbone(backbone: str, topics: int, dropout: float = 0.1) -> TopicClassifier:
    """A model with a fresh head on a pretrained encoder (a folder or a hub name), on the GPU if there is one.

    Raises:
        UsageError: There is no such encoder.
    """
    return TopicClassifier(open_encoder(backbone), topics, dropout).to(device())


def device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def open_encoder(backbone: str) -> PreTrainedModel:
    """A pretrained encoder (a folder or a hub name) in float32.

    Raises:
        UsageError: There is no such encoder.
    """
    return AutoModel.from_pretrained(backbone, dtype=torch.float32, **_without_pooler(backbone))  # type: ignore[no-any-return]


def hash_backbone(backbone: str, digest: hashlib._Hash) -> None:
    """Add to a digest what a backbone is: its files, whatever their place, or its name on the hub."""
    files = [file for kind in BACKBONE_FILES for file in sorted(Path(backbone).glob(kind))]
    for file in files:
        digest.update(file.read_bytes())
    if not files:
        digest.update(backbone.encode())


def save(model: TopicClassifier, folder: Path) -> None:
    """Write weights and the encoder's configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    model.encoder.config.save_pretrained(folder)
    state = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    with whole(folder / WEIGHTS) as draft:
        save_file(state, draft)


def load(folder: Path) -> TopicClassifier:
    """Read what ``save`` wrote."""
    state = load_file(folder / WEIGHTS)
    config = AutoConfig.from_pretrained(folder)
    encoder = AutoModel.from_config(config, **_without_pooler(str(folder)))  # type: ignore[no-untyped-call]
    model = TopicClassifier(encoder, topics=state["head.bias"].shape[0])
    model.load_state_dict(state)
    return model.eval()


def _without_pooler(source: str) -> dict[str, bool]:
    """BERT and its kin build a pooler that mean pooling never uses."""
    try:
        kind = AutoConfig.from_pretrained(source).model_type
    except OSError as error:
        why = str(error).splitlines()[0]
        raise UsageError(f"{source}: no encoder; `mujaz-train backbone` makes one ({why})") from None
    return {"add_pooling_layer": False} if kind in {"bert", "roberta", "xlm-roberta"} else {}
