"""``mujaz-train``: arguments and exit codes of the training commands, nothing else."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from infer.errors import ModelError, UsageError
from infer.pipeline import default_model
from train.config import BackboneConfig, ClassifierConfig, load_config
from train.seq2seq_config import SummarizerConfig

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ConfigPath = Annotated[Path, typer.Argument(help="YAML configuration; see configs/.")]


@app.command()
def backbone(config: ConfigPath) -> None:
    """Make the compact encoder: pretrained weights, vocabulary trimmed to Arabic news."""
    from train.backbone import build

    typer.echo(build(load_config(config, BackboneConfig)))


@app.command()
def classifier(config: ConfigPath) -> None:
    """Cross-validate, train, calibrate and export a topic model; finished stages are not repeated."""
    from train.run import train_classifier

    typer.echo(train_classifier(load_config(config, ClassifierConfig)))


@app.command()
def summarizer(config: ConfigPath) -> None:
    """Train a summarizer through its stages and export it; finished stages are not repeated."""
    from train.summary_folder import train_summarizer

    typer.echo(train_summarizer(load_config(config, SummarizerConfig)))


@app.command()
def export(config: ConfigPath) -> None:
    """Export a trained topic model again: float32 checked against torch, int8 against float32."""
    from train.run import export_classifier

    typer.echo(export_classifier(load_config(config, ClassifierConfig)))


@app.command()
def topic(
    name: Annotated[str, typer.Argument(help="The new topic's name in records: small letters, digits, _.")],
    examples: Annotated[Path, typer.Option(help="16 to 200 labelled articles, some of them on the topic.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Model folder to write.")],
    model: Annotated[
        Path | None,
        typer.Option(help="Model folder to start from; the one that comes with Mujaz by default."),
    ] = None,
    arabic: Annotated[str | None, typer.Option(help="The topic's name for readers.")] = None,
) -> None:
    """Add a topic to a copy of a model, from a few examples; the other topics score as before."""
    from train.topic import add_topic

    figures = add_topic(name, examples, model or default_model(), output, arabic)
    low, high = figures["f1_95"]
    typer.echo(
        f"{output}: {name} from {figures['examples']} examples, {figures['articles']} on the topic; "
        f"cross-validated F1 {figures['f1']:.3f} ({low:.3f}–{high:.3f}), "
        f"precision {figures['precision']:.3f}, recall {figures['recall']:.3f}"
    )


def main() -> None:
    """Entry point of the ``mujaz-train`` command."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("train").setLevel(logging.INFO)  # the quantizer tells of every tensor at this level
    try:
        app(standalone_mode=True)
    except UsageError as error:
        typer.echo(f"mujaz-train: {error}", err=True)
        raise SystemExit(2) from None
    except ModelError as error:
        typer.echo(f"mujaz-train: {error}", err=True)
        raise SystemExit(1) from None
