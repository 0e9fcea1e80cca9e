"""Fine-tuning of a topic model, and the scores that it gives to articles it has not seen."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import ConcatDataset, Subset
from transformers import EarlyStoppingCallback, set_seed

from train import data, frozen, joining, model, splits, trainer
from train.config import ClassifierConfig, TrainingConfig
from train.files import save_whole
from train.splits import Split
from train.tokens import collator, encode
from train.vocabulary import open_tokenizer

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
# Articles that are scored at once.
PREDICTED_AT_ONCE = 64


def held_out(config: ClassifierConfig, labelled: data.Labelled, split: Split) -> Array:
    """Logits of the test articles from a model trained on the training articles; kept, and reused."""

    def scored() -> Array:
        trained = fine_tune(config, labelled, split.train, config.runs / split.name)
        log.info("%s: trained on %d, scoring %d", split.name, split.train.sum(), split.test.sum())
        return predict(config, labelled, split.test, trained)

    return kept(config, labelled, split, "logits", scored)


def kept(
    config: ClassifierConfig, labelled: data.Labelled, split: Split, name: str, make: Callable[[], Array]
) -> Array:
    """What ``make`` returns, from the file that an earlier call with the same split and settings wrote."""
    key = f"{fingerprint(config, labelled)}-{_masks(split.train, split.test)}"
    file = config.runs / split.name / f"{name}-{key}.npy"
    if not file.is_file():
        save_whole(file, make())
    return np.asarray(np.load(file))


def fine_tune(
    config: ClassifierConfig, labelled: data.Labelled, chosen: Bool, run: Path
) -> model.TopicClassifier:
    """Train on the chosen articles; resumes from a checkpoint in ``run`` that fits."""
    set_seed(config.seed)
    network = model.from_backbone(config.backbone, len(labelled.topics), config.training.dropout)
    patience = config.training.early_stopping
    seen, watched = np.flatnonzero(chosen), np.array([], int)
    if patience:
        seen, watched = splits.watched(labelled, chosen, config.training.validation_share, config.seed)
    if config.training.probe:
        _probe(config, labelled, seen, network)
    learning, rows = _learning(config, labelled, network, config.runs)
    made = joining.join(
        data.select(labelled, np.isin(np.arange(len(chosen)), seen)),
        round(config.training.joined * len(seen)),
        config.seed,
    )
    _, made_rows = _learning(config, made, network, None)
    output = run / f"{fingerprint(config, labelled)}-{_masks(chosen)}"
    learner = trainer.LengthTrainer(
        model=learning,
        args=trainer.arguments(config.training, config.seed, output),
        train_dataset=ConcatDataset([Subset(rows, seen.tolist()), made_rows]),
        eval_dataset=Subset(rows, watched.tolist()) if len(watched) else None,
        data_collator=collator(open_tokenizer(config.backbone)),
        optimizers=(_optimizer(learning, config.training), None),
        callbacks=[EarlyStoppingCallback(patience)] if patience else [],
    )
    learner.train(resume_from_checkpoint=trainer.last_checkpoint(output))
    return network.eval()


def _probe(
    config: ClassifierConfig,
    labelled: data.Labelled,
    seen: npt.NDArray[np.int64],
    network: model.TopicClassifier,
) -> None:
    """Start the head as a logistic regression on the encoder's vectors.

    A head that starts from nothing spoils the encoder while it learns, most for texts unlike those it is
    trained on: Kumar et al. 2022, arXiv 2202.10054.
    """
    vectors = pretrained_vectors(config, labelled)
    scale = float(np.linalg.norm(vectors, axis=1).mean())
    for topic, target in enumerate(labelled.targets[seen].T):
        if len(np.unique(target)) < 2:
            continue  # nothing to tell apart: that topic's row stays as it was drawn
        linear = LogisticRegression(C=10, max_iter=1_000).fit(vectors[seen] / scale, target)
        with torch.no_grad():
            network.head.weight[topic] = torch.from_numpy(linear.coef_[0] / scale)
            network.head.bias[topic] = float(linear.intercept_[0])


def predict(
    config: ClassifierConfig, labelled: data.Labelled, chosen: Bool, network: model.TopicClassifier
) -> Array:
    """Logits of the chosen articles (articles × topics), in their order."""
    learning, rows = _learning(config, labelled, network, config.runs)
    return _run(learning, Subset(rows, np.flatnonzero(chosen).tolist()), config.backbone, "logits")


def pretrained_vectors(config: ClassifierConfig, labelled: data.Labelled) -> Array:
    """Mean token vectors by the encoder before fine-tuning, articles × width; kept, and reused."""
    file = config.runs / f"pooled-{_digest(config, labelled, str(config.window))}.npy"
    if not file.is_file():
        network = model.from_backbone(config.backbone, len(labelled.topics))
        learning, rows = _learning(config, labelled, network, config.runs)
        save_whole(file, _run(learning, rows, config.backbone, "pooled"))
    return np.asarray(np.load(file))


def _run(network: model.TopicClassifier, rows: Any, backbone: str, output: str) -> Array:  # noqa: ANN401
    """One output of the network for all rows, in their order."""
    collate = collator(open_tokenizer(backbone))
    device = next(network.parameters()).device
    network.eval()
    by_length = np.argsort([row["length"] for row in rows], kind="stable")
    parts = []
    for start in range(0, len(by_length), PREDICTED_AT_ONCE):
        batch = collate([rows[int(i)] for i in by_length[start : start + PREDICTED_AT_ONCE]])
        del batch["labels"]
        with torch.inference_mode():
            found = network(**{name: tensor.to(device) for name, tensor in batch.items()})[output]
        parts.append(found.float().cpu().numpy())
    result = np.empty((len(by_length), parts[0].shape[1]), np.float32)
    result[by_length] = np.concatenate(parts)
    return result


def _learning(
    config: ClassifierConfig, labelled: data.Labelled, network: model.TopicClassifier, runs: Path | None
) -> tuple[model.TopicClassifier, Any]:
    """The part of the network that is trained, and the articles as it takes them."""
    rows = encode(config, labelled)
    if not (layers := config.training.frozen_layers):
        return network, rows
    lower, learning = frozen.split(network, layers)
    states = runs and runs / f"frozen-{_digest(config, labelled, f'{layers} {config.window}')}.npy"
    return learning, frozen.compute(lower, rows, collator(open_tokenizer(config.backbone)), states)


def _masks(*masks: Bool) -> str:
    return hashlib.sha256(b"".join(mask.tobytes() for mask in masks)).hexdigest()[:8]


# Settings that change where a training's results go and what is measured, not what is learned.
ELSEWHERE: dict[str, Any] = {
    **dict.fromkeys(("runs", "output", "name", "card", "data", "more", "topics", "float32_layers"), True),
    **dict.fromkeys(("folds", "left_out", "same_outlet", "after", "learning_curve"), True),
    "training": {"report_to", "save_steps"},
}


def fingerprint(config: ClassifierConfig, labelled: data.Labelled) -> str:
    """Identifies what a trained model depends on: settings, data and backbone, not where it is written."""
    # Without defaults: a key that is new in a version of Mujaz must not make old results void.
    settings = config.model_dump(mode="json", exclude=ELSEWHERE, exclude_defaults=True)
    settings.pop("backbone")  # its files count, not its place
    return _digest(config, labelled, json.dumps(settings, sort_keys=True))


def _digest(config: ClassifierConfig, labelled: data.Labelled, settings: str) -> str:
    digest = hashlib.sha256(settings.encode())
    digest.update("\n".join(labelled.texts).encode())
    digest.update(labelled.targets.tobytes())
    digest.update(" ".join(labelled.topics).encode())
    model.hash_backbone(config.backbone, digest)
    return digest.hexdigest()[:12]


def _optimizer(network: model.TopicClassifier, training: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with a rate that falls by ``layer_decay`` a layer from the head to the embeddings.

    Discriminative fine-tuning: Howard and Ruder 2018, arXiv 1801.06146.
    """
    depths = {name: _depth(name) for name, _ in network.named_parameters()}
    top = max(depths.values())
    alike: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        head = name.startswith("head.")
        rate = (
            training.head_learning_rate
            if head
            else training.learning_rate * training.layer_decay ** (top - depths[name])
        )
        alike[rate, 0.0 if parameter.ndim < 2 else training.weight_decay].append(parameter)
    groups = [{"params": parameters, "lr": r, "weight_decay": d} for (r, d), parameters in alike.items()]
    return torch.optim.AdamW(groups)


def _depth(name: str) -> int:
    """Number of a parameter's layer from the bottom, 0 for the embeddings."""
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else 0
