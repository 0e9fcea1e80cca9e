"""What docs/worker.md shows runs, or is what it says it is."""

import base64
import configparser
import re
from pathlib import Path

import pytest
import yaml

from infer.deliver.webhook import signature, signing_key
from infer.queues import open_queue

PAGE = Path("docs/worker.md").read_text(encoding="utf-8")


def block(kind):
    return re.search(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]


def test_the_script_runs(tmp_path, monkeypatch, capsys):
    script = block("python")
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "docs/worker.md", "exec"), {"__name__": "__main__"})
    assert open_queue("sqlite:///mujaz-queue.db", create=False).counts().done == 1
    assert "['gaza']" in capsys.readouterr().out


def test_a_request_is_checked_as_shown():
    shown = re.search(r"^```\n(import base64.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
    names = {}
    exec(compile(shown, "docs/worker.md", "exec"), names)
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    moment = str(int(names["time"].time()))
    headers = {"webhook-id": "j1", "webhook-timestamp": moment}
    headers["webhook-signature"] = signature(signing_key(secret), "j1", moment, b"{}")
    assert names["is_ours"](secret, headers, b"{}")
    assert not names["is_ours"](secret, headers, b"{ }")


def test_the_unit_and_the_compose_file_start_commands_that_there_are():
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string(block("ini"))
    assert unit["Service"]["ExecStart"].endswith("/mujaz worker")
    services = yaml.safe_load(block("yaml"))["services"]
    assert {name: each["command"].split()[0] for name, each in services.items()} == {
        "redis": "redis-server",
        "worker": "mujaz",
        "serve": "mujaz",
    }


@pytest.mark.parametrize("name", ["worker", "serve"])
def test_every_setting_is_in_the_file_that_comes_with_mujaz(name):
    from infer.serve.config import ServeConfig
    from infer.settings import shipped_config
    from infer.worker import WorkerConfig

    kind = {"worker": WorkerConfig, "serve": ServeConfig}[name]
    there = yaml.safe_load(shipped_config(f"{name}.yaml").read_text(encoding="utf-8"))
    assert kind.model_validate(there) == kind()
    assert there.keys() == kind.model_fields.keys()
    for key, value in there.items():
        if isinstance(value, dict):
            assert value.keys() == kind.model_fields[key].annotation.model_fields.keys(), key
