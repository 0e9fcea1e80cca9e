"""The Ray engine in a process of its own, as it opens sockets that the tests shut."""

import subprocess
import sys
from pathlib import Path

import pytest

from infer.archive import plan as plans
from infer.pipeline import load
from tests.infer.test_archive import listing, records, row, run, write

pytest.importorskip("ray.data", reason="Ray is not installed: pip install 'mujaz[ray]'")

# Two workers; as soon as there is one, it is killed, and its window has to be read again.
SCRIPT = """
import os, signal, sys, threading, time
from contextlib import suppress
from pathlib import Path
import ray
from infer.archive import open_archive, plan
from infer.pipeline import load
plan.WINDOW = 16
killed = []

def name(process):
    with suppress(OSError):
        return (process / "cmdline").read_text()
    return ""

def kill():
    while not killed:
        for process in Path("/proc").glob("[0-9]*"):
            if name(process).startswith("ray::") and "MapWorker" in name(process) and not killed:
                time.sleep(0.3)
                os.kill(int(process.name), signal.SIGKILL)
                killed.append(process)
        time.sleep(0.02)

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
threading.Thread(target=kill, daemon=True).start()
with open_archive(sys.argv[1], load(sys.argv[2]), engine="ray") as archive:
    print(sum(1 for _ in archive.results([sys.argv[3]])))
print(len(killed))
ray.shutdown()
"""


def test_a_killed_worker_costs_nothing_and_the_folder_is_the_local_engines(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "WINDOW", 16)
    articles = write(tmp_path / "in.jsonl", [row(i) for i in range(100)] + [row(3, id="copy")])
    run(tmp_path / "here", load(tiny_model), articles)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "there"), str(tiny_model), str(articles)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=120)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.isdigit()]  # beside what Ray says
    assert said == ["101", "1"]
    assert records(tmp_path / "there") == records(tmp_path / "here")
    assert listing(tmp_path / "there") == listing(tmp_path / "here")
