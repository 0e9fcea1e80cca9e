"""The stages of a topic model in order, from labelled articles to a model folder."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from infer.errors import UsageError
from infer.settings import load_config
from train import classifier, data, folder, measure, model, splits
from train.config import ClassifierConfig, TopicsConfig

log = logging.getLogger(__name__)


def train_classifier(config: ClassifierConfig) -> Path:
    """Cross-validate, train on everything, export; what is done already is not done again.

    Raises:
        UsageError: The data or the topics file cannot be used.
        ModelError: The exported graph does not agree with the trained model.
    """
    folder.check_place(config.output)
    topics = load_config(config.topics, TopicsConfig)
    return _train(config, topics, _labelled(config, topics))


def export_classifier(config: ClassifierConfig) -> Path:
    """Export once more what ``train_classifier`` has trained, as after a change of ``float32_layers``.

    Raises:
        UsageError: Nothing is trained yet with these settings and this data.
        ModelError: The exported graph does not agree with the trained model.
    """
    folder.check_place(config.output)
    topics = load_config(config.topics, TopicsConfig)
    labelled = _labelled(config, topics)
    trained = _final_folder(config, labelled)
    if not (trained / model.WEIGHTS).is_file():
        raise UsageError(f"{trained}: nothing is trained with these settings; run mujaz-train classifier")
    return _train(config, topics, labelled)


def _train(config: ClassifierConfig, topics: TopicsConfig, labelled: data.Labelled) -> Path:
    measured = measure.measure(config, topics, labelled)
    return folder.write(config, topics, labelled, _final(config, labelled), measured)


def _labelled(config: ClassifierConfig, topics: TopicsConfig) -> data.Labelled:
    """All labelled articles, described to whoever watches the training."""
    labelled = data.load_labelled(config.data, topics.names, config.preparation)
    if config.more:
        more = data.load_more(config.more.articles, config.more.labels, topics.names, config.preparation)
        labelled = data.join_data(labelled, more)
    one_name = {other: names[0] for names in config.same_outlet for other in names[1:]}
    labelled = replace(labelled, outlets=[one_name.get(name, name) for name in labelled.outlets])
    groups = splits.duplicate_groups(labelled.plain_texts)
    repeated = len(groups) - len(np.unique(groups))
    log.info("%s", data.describe(labelled))
    log.info("near-duplicates: %d articles repeat another; they stay on one side of every split", repeated)
    return labelled


def _final(config: ClassifierConfig, labelled: data.Labelled) -> model.TopicClassifier:
    """The model trained on all articles."""
    trained = _final_folder(config, labelled)
    if not (trained / model.WEIGHTS).is_file():
        everything = np.ones(len(labelled.titles), bool)
        model.save(classifier.fine_tune(config, labelled, everything, config.runs / "final"), trained)
    return model.load(trained)


def _final_folder(config: ClassifierConfig, labelled: data.Labelled) -> Path:
    return config.runs / "final" / f"model-{classifier.fingerprint(config, labelled)}"
