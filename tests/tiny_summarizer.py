"""A random summarizer and its folder, small enough to be made anew for every test run."""

import shutil
from pathlib import Path

import numpy as np
import torch

from infer.bundle import write_manifest
from tests.tiny import write_backbone
from train import export_summarizer, summarizer, summary_folder
from train.pointer import PointerBart
from train.seq2seq_config import SummarizerConfig
from train.smooth import Feed


def write_summarizer(folder: Path) -> tuple[PointerBart, Path, list[int]]:
    """Write an untrained summarizer as float32 graphs; with it come its network and its special tokens."""
    folder.mkdir(parents=True)
    backbone = write_backbone(folder.with_name(f"{folder.name}-backbone"))
    config = SummarizerConfig(
        name="summary-tiny",
        kind="pointer",
        backbone=str(backbone),
        decoder_layers=[1, 2],
        articles=[Path("none.parquet")],
        validation=Path("none.parquet"),
        window=120,
        stages=[
            {
                "name": "none",
                "tasks": {"lead": 1},
                "passes": 1,
                "learning_rate": 1,
                "encoder_learning_rate": 1,
            }
        ],
        runs=folder,
        output=folder,
    )
    with torch.random.fork_rng():
        torch.manual_seed(2)
        run = summarizer.start(config)
        network = run.network.eval()
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.ndim == 1:
                    parameter += 0.1 * torch.randn_like(parameter)
            network.copy.gate.bias += 1.5
            network.copy.following *= 0.3  # copies that never end would be all that is written
            network.copy.going_on *= -0.3  # or it writes what its article says
            # Words as large as those of trained models make a random one repeat itself.
            network.model.shared.weight *= 0.6
            network.model.shared.weight[run.form.end] *= 3  # some texts end early
    graphs = export_summarizer.export(network, folder / "graphs", run.special, [feed()])
    summary_folder.fill(config, run, graphs.float32, folder)
    shutil.rmtree(folder / "graphs")
    write_manifest(folder)
    return network, folder, run.special


def feed() -> Feed:
    """Random sources."""
    ids = np.random.default_rng(5).integers(5, 60, (4, 30))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}
