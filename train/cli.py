"""``mujaz-train``: arguments and exit codes of the training commands, nothing else."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from infer.errors import ModelError, UsageError
from infer.pipeline import default_model
from infer.settings import load_config
from train.config import BackboneConfig, ClassifierConfig
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


@app.command()
def cascade(
    articles: Annotated[list[Path], typer.Argument(help="Parquet files of an archive's mix: title, body.")],
    model: Annotated[
        Path | None,
        typer.Option(help="Model folder to put it into; the one that comes with Mujaz by default."),
    ] = None,
    count: Annotated[int, typer.Option(help="Articles to draw; the encoder reads each once.")] = 12_288,
    runs: Annotated[Path, typer.Option(help="Where the encoder's scores are kept.")] = Path("runs/cascade"),
    agreement: Annotated[
        float,
        typer.Option(min=0.5, max=0.9999, help="Least share that has the encoder's topics."),
    ] = 0.995,
    seed: Annotated[int, typer.Option(help="Of the draw and the folds.")] = 7,
) -> None:
    """Fit a linear model that settles plain articles of archives before the encoder is asked."""
    from train.cascade import make_cascade

    place = model or default_model()
    figures = make_cascade(place, articles, runs, count=count, seed=seed, agreement=agreement)
    typer.echo(
        f"{place}: {figures['settled']:.1%} of {figures['articles']:,} articles settled, "
        f"{figures['agreement']:.2%} with the encoder's topics"
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
