"""The Ray engine, in processes of its own where it runs, as it opens sockets that the tests shut."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infer.archive import open_archive
from infer.archive import plan as plans
from infer.archive.plan import Plan, Planned
from infer.archive.ray_engine import AT_ONCE, MOST_PLANS, groups
from infer.errors import UsageError
from infer.pipeline import load
from infer.schema import Article
from tests.infer.test_archive import listing, records, row, run, write

HERE = Path(__file__).parents[2]
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: pip install 'mujaz[ray]'"
)

# Two workers. The one that is given window 3 is killed by it the first time.
SCRIPT = """
import json, os, shutil, signal, sys
from pathlib import Path
import ray
from infer.archive import open_archive, plan, ray_engine
from infer.errors import ModelError
from infer.pipeline import load
plan.WINDOW = 16
given, model, articles = map(Path, sys.argv[1:])
killed, Reader = str(given / "killed"), ray_engine.Reader

class Dying(Reader):
    def __call__(self, row):
        if row["number"] == 3 and not os.path.exists(killed):
            open(killed, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(row)

def label(folder, pipeline, most=None):
    with open_archive(given / folder, pipeline, engine="ray") as archive:
        for i, _ in enumerate(archive.results([articles]), 1):
            if i == most:
                break
        return i

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
pipeline, said = load(model, method="lead"), {}
ray_engine.Reader = Dying
said["killed"] = label("killed-worker", pipeline), os.path.exists(killed)
ray_engine.Reader = Reader
ray_engine.AT_ONCE = 3
said["cut"] = label("cut", pipeline, most=1), label("cut", pipeline)
shutil.copytree(model, given / "model")
moved = load(given / "model", method="lead")
shutil.rmtree(given / "model")
try:
    label("no-model", moved)
except ModelError as error:
    said["no model"] = str(error)
said["still ours"] = ray.is_initialized()
ray.shutdown()
(given / "said.json").write_text(json.dumps(said))
"""


@needs_ray
def test_workers_that_die_and_runs_that_are_cut_off_leave_the_local_engines_folder(
    tiny_model, tmp_path, monkeypatch
):
    monkeypatch.setattr(plans, "WINDOW", 16)
    rows = [row(i) for i in range(100)] + [row(3, id="copy"), {"id": "bad", "title": "", "body": ""}]
    articles = write(tmp_path / "in.jsonl", rows)
    run(tmp_path / "here", load(tiny_model, method="lead"), articles)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(tiny_model), str(articles)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=HERE, timeout=240, env=os.environ | {"RAY_ADDRESS": ""}
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "said.json").read_text())
    assert said["killed"] == [102, True]
    assert said["cut"] == [1, 102 - 16]
    for folder in ("killed-worker", "cut"):
        assert records(tmp_path / folder) == records(tmp_path / "here")
        assert listing(tmp_path / folder) == listing(tmp_path / "here")
    assert "not a model folder" in said["no model"]
    assert "copy the model's folder" in said["no model"]
    assert said["still ours"]


@needs_ray
def test_a_cluster_out_of_reach_is_told_at_once(tiny_model, tmp_path):
    articles = write(tmp_path / "in.jsonl", [row(1)])
    main = "from infer.cli import main; main()"
    label = ["label", articles, "--model", tiny_model, "-o", tmp_path / "labels", "--engine", "ray"]
    done = subprocess.run(
        [sys.executable, "-c", main, *map(str, label)],
        capture_output=True,
        text=True,
        cwd=HERE,
        timeout=60,
        env=os.environ | {"RAY_ADDRESS": "127.0.0.1:1"},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mujaz: no Ray cluster at RAY_ADDRESS=127.0.0.1:1 (")


def test_without_ray_its_package_is_named(tiny_model, tmp_path, monkeypatch):
    for name in ("ray", "ray.data"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"pip install 'mujaz\[ray\]'"):
        open_archive(tmp_path / "labels", load(tiny_model, method="lead"), engine="ray")


def test_plans_without_articles_do_not_fill_what_is_handed_to_ray():
    def plan(filled):
        return Plan(0, [Planned(Article("x", "", ""), 0, 0)] if filled else [])

    given = [plan(filled) for _ in range(AT_ONCE + 1) for filled in (False, False, True)]
    assert [len(group) for group in groups(iter(given))] == [3 * AT_ONCE, 3]
    empty = [plan(filled=False) for _ in range(2 * MOST_PLANS + 1)]
    assert [len(group) for group in groups(iter(empty))] == [MOST_PLANS, MOST_PLANS, 1]
