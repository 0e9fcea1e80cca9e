"""Settings of a summarizer's training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from infer.settings import Strict
from infer.writer import MOST_BEAMS
from train.config import CardConfig, Preparation
from train.pairs import TASKS


class StageConfig(Strict):
    """One stage; names and units as in ``train.stages.Stage``.

    Attributes:
        tasks: Share of each task's rows that one pass takes: 0.5 takes half of them, 2 each twice.
        passes: How often the rows are read; ``seconds`` instead makes the clock end the stage.
        frozen_layers: Encoder layers from the bottom through which nothing is learnt. If these are all, the
            embeddings stay as they are too, and each source is encoded only once.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    tasks: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    passes: float | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=32, ge=1)
    learning_rate: float = Field(gt=0)
    encoder_learning_rate: float = Field(gt=0)
    frozen_layers: int = Field(default=0, ge=0)
    warmup: float = Field(default=0.05, gt=0, lt=1)
    final: float = Field(default=0.0, ge=0, le=1)
    masked: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> StageConfig:
        if unknown := sorted(self.tasks.keys() - TASKS.keys()):
            raise ValueError(f"no task {unknown[0]!r}; known are {', '.join(TASKS)}")
        if (self.passes is None) == (self.seconds is None):
            raise ValueError("one of passes and seconds says how long the stage lasts")
        return self


class WritingConfig(Strict):
    """How summaries are written; names as in ``transformers.GenerationConfig``.

    Attributes:
        max_new_tokens: For each of headline, short and long.
        min_new_tokens: Likewise.
    """

    num_beams: int = Field(default=4, ge=1, le=MOST_BEAMS)
    no_repeat_ngram_size: int = Field(default=4, ge=0)
    length_penalty: float = 1.0
    max_new_tokens: tuple[int, int, int] = (32, 72, 110)
    min_new_tokens: tuple[int, int, int] = (5, 8, 20)


class SummarizerConfig(Strict):
    """How to train and export a summarizer.

    Attributes:
        name: Name of the model folder, which records carry.
        kind: ``pointer`` starts a BART with a copy head from an encoder; ``pretrained`` fine-tunes a
            published sequence-to-sequence model as it is.
        backbone: Folder or hub name of the encoder, or of the published model.
        decoder_layers: Numbers of the encoder's layers, from 1, that the copying decoder's start from.
        articles: Parquet files with ``title``, ``body`` and maybe ``id`` and ``summary``; of two rows with
            one id, but for an ``s`` before it, the first counts.
        validation: Such a file that is measured on; no copy of it is trained on.
        window: Longest source in tokens.
        longest: Longest target in tokens; articles with longer ones are not trained on.
        measured: How many articles of the validation file are summarized after each stage.
        save_steps: Steps between checkpoints.
        runs: Folder for checkpoints, tokens, states and reports; kept out of git.
        output: Model folder to write.
        card: What the model card says of origin and licence.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    kind: Literal["pointer", "pretrained"]
    backbone: str
    decoder_layers: list[Annotated[int, Field(ge=1)]] = Field(default_factory=lambda: [3, 6, 9, 12])
    preparation: Preparation = "mujaz-1"
    articles: list[Path] = Field(min_length=1)
    validation: Path
    window: int = Field(default=288, ge=16, le=1024)
    longest: int = Field(default=112, ge=8)
    stages: list[StageConfig] = Field(min_length=1)
    writing: WritingConfig = WritingConfig()
    bf16: bool | None = None
    measured: int = Field(default=200, ge=1)
    save_steps: int = Field(default=500, ge=1)
    seed: int = 0
    runs: Path
    output: Path
    card: CardConfig | None = None
