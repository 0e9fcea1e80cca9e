"""What questions need to know of the model that labelled: its thresholds and the topics' Arabic names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from infer.bundle import open_bundle
from infer.errors import ModelError
from infer.pipeline import default_model


@dataclass(frozen=True)
class TopicNames:
    """Topics of a model.

    Attributes:
        folder: Its folder.
        thresholds: Probability from which an article has the topic.
        arabic: Names as people read them.
    """

    folder: str
    thresholds: dict[str, float] = field(default_factory=dict)
    arabic: dict[str, str] = field(default_factory=dict)


def topic_names(folder: Path | None) -> TopicNames:
    """Read them from a model folder; from the model that comes with Mujaz where None.

    Raises:
        ModelError: The folder is refused, or is no topic model's.
    """
    place = folder or default_model()
    config = open_bundle(place).config
    try:
        thresholds = {name: each["threshold"] for name, each in config["calibration"].items()}
        return TopicNames(str(place), thresholds, config["arabic_names"])
    except (KeyError, TypeError, AttributeError):
        raise ModelError(
            f"{place}: not a topic model, as its config.json has no calibration and arabic_names; name a "
            "folder that `mujaz-train classifier` made"
        ) from None
