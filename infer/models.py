"""Which models a worker or a service opens, as configurations have it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from infer.pipeline import Pipeline, load
from infer.settings import Strict


class Models(Strict):
    """What is said of articles; see ``infer.load``.

    Attributes:
        topics, summaries: Whether articles are labelled, and summarized.
        model: Folder of a topic model; the one that comes with Mujaz where None.
    """

    topics: bool = True
    summaries: bool = True
    method: Literal["auto", "model", "lead"] = "auto"
    length: Literal["headline", "short", "long"] = "short"
    explain: bool = False
    model: Path | None = None
    summarizer: Path | None = None
    threads: Annotated[int, Field(ge=1)] | None = None

    def load(self) -> Pipeline:
        """Open the models.

        Raises:
            UsageError: They are asked for something that they do not do.
            ModelError: A folder is refused.
        """
        return load(**self.model_dump())
