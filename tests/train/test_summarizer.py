import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from infer.errors import UsageError
from infer.settings import load_config
from tests.train import news
from train import stages, summarizer
from train.pairs import Builder, mix
from train.seq2seq_config import SummarizerConfig


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_backbone):
    folder = tmp_path_factory.mktemp("summarizer")
    config = news.config(folder, tiny_backbone)
    return config, summarizer.train(config)[0]


def test_every_stage_leaves_weights_and_a_report(trained):
    config, _ = trained
    for stage in ("1-copy", "2-summaries"):
        folder = next(config.runs.glob(f"{stage}-*"))
        assert {path.name for path in folder.iterdir()} == {"model.safetensors", "report.json", "stage.json"}
        report = json.loads((folder / "report.json").read_text())
        assert np.isfinite(report["loss"]) and report["articles"] == 4


def test_finished_stages_are_not_run_again(trained, monkeypatch):
    config, run = trained
    monkeypatch.setattr(summarizer, "_stage", lambda *_: pytest.fail("ran again"))
    again = summarizer.train(config)[0]
    for a, b in zip(run.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_killed_stage_goes_on_to_the_same_result(trained, tmp_path, tiny_backbone):
    _, run = trained
    cut = news.config(tmp_path, tiny_backbone)
    path = tmp_path / "config.json"
    path.write_text(cut.model_dump_json())
    code = (
        "import sys, time, torch; torch.set_num_threads(1)\n"
        "from train import checkpoints, summarizer\nfrom train.seq2seq_config import SummarizerConfig\n"
        "save = checkpoints.save\n"
        "def slow(*given):\n    save(*given); print('saved', flush=True); time.sleep(1)\n"
        "checkpoints.save = slow\n"
        "summarizer.train(SummarizerConfig.model_validate_json(open(sys.argv[1]).read()))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert list(cut.runs.glob("1-copy-*/checkpoint/state.safetensors"))
    resumed = summarizer.train(cut)[0]
    for a, b in zip(run.network.parameters(), resumed.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", news.STAND_INS)
def test_published_models_are_fine_tuned(name, tmp_path):
    folder = news.published(name, tmp_path / name)
    stage = {"batch_size": 8, "learning_rate": 1e-3, "encoder_learning_rate": 1e-3, "passes": 1}
    stages = [{"name": "summaries", "tasks": {"summary": 1, "headline": 1}, "frozen_layers": 1, **stage}]
    config = news.config(tmp_path, folder, kind="pretrained", stages=stages)
    before = summarizer.start(config).network.state_dict()
    after = summarizer.train(config)[0].network.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    lowest = [
        key for key in before if "encoder.layers.0" in key or "encoder.block.0.layer.0.SelfAttention.q" in key
    ]
    assert lowest and not [key for key in lowest if not torch.equal(before[key], after[key])]


@pytest.mark.parametrize("name", ["compact", "arabart", "mt5", "arat5"])
def test_shipped_configurations_are_valid(name, request):
    path = request.config.rootpath / "configs" / "summarizer" / f"{name}.yaml"
    assert load_config(path, SummarizerConfig).stages


def test_unknown_tasks_and_layers_are_refused_by_name(tmp_path, tiny_backbone):
    with pytest.raises(ValueError, match="no task 'poem'"):
        stage = {
            "name": "x",
            "tasks": {"poem": 1},
            "passes": 1,
            "learning_rate": 1,
            "encoder_learning_rate": 1,
        }
        news.config(tmp_path, tiny_backbone, stages=[stage])
    with pytest.raises(UsageError, match="decoder_layers: 9 is not a layer"):
        summarizer.train(news.config(tmp_path, tiny_backbone, decoder_layers=[1, 9]))
    with pytest.raises(UsageError, match="no such file"):
        summarizer.train(news.config(tmp_path, tiny_backbone, articles=[tmp_path / "none.parquet"]))


def test_what_a_stage_depends_on_makes_another_folder(trained, tmp_path, tiny_backbone):
    config, _ = trained
    run = summarizer.start(config)
    digest = summarizer._digest(config, run)
    other = str(shutil.copytree(tiny_backbone, tmp_path / "other"))
    assert summarizer._digest(config.model_copy(update={"backbone": other}), run) == digest
    weights = load_file(f"{other}/model.safetensors")
    save_file({name: value + 1 for name, value in weights.items()}, f"{other}/model.safetensors")
    for changed in ({"backbone": other}, {"bf16": True}, {"window": 90}, {"articles": [config.validation]}):
        assert summarizer._digest(config.model_copy(update=changed), run) != digest


def test_figures_are_measured_again_with_other_settings(trained, monkeypatch):
    config, _ = trained
    monkeypatch.setattr(summarizer, "_stage", lambda *_: pytest.fail("ran again"))
    assert summarizer.train(config.model_copy(update={"measured": 2}))[2]["articles"] == 2
    assert summarizer.train(config)[2]["articles"] == 4


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"window": 700}, "window: 700"),
        ({"longest": 800}, "longest: 800"),
        ({"writing": {"max_new_tokens": (32, 72, 900)}}, "writing.max_new_tokens: 901"),
    ],
)
def test_more_tokens_than_positions_are_refused(tmp_path, tiny_backbone, given, words):
    with pytest.raises(UsageError, match=f"{words} is more than the"):
        summarizer.start(news.config(tmp_path, tiny_backbone, **given))


def test_a_gradient_that_is_not_finite_spoils_nothing(tmp_path, tiny_backbone):
    config = news.config(tmp_path, tiny_backbone)
    run = summarizer.start(config)
    packed, _ = summarizer._packed(config, run, "digest")
    feed = run.feed(mix(Builder(packed, run.form, config.window, config.longest), {"summary": 1}))
    forward, calls = run.network.forward, []

    def spoilt(**given):
        calls.append(1)
        output = forward(**given)
        return output if len(calls) % 3 else type(output)(loss=output.loss * float("nan"))

    run.network.forward = spoilt
    stage = stages.Stage("spoilt", 12, None, 8, 1e-3, 1e-3)
    progress = stages.run_stage(run.network, feed, stage, seed=0, bf16=False)
    assert (progress.step, progress.skipped) == (12, 4)
    assert all(parameter.isfinite().all() for parameter in run.network.parameters())
