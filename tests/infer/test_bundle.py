import json
import pickle
import shutil

import pytest

from infer.bundle import open_bundle, sha256, write_manifest
from infer.errors import ModelError
from infer.topics import TopicModel


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def test_a_whole_folder_opens_and_is_named_by_its_contents(folder):
    bundle = open_bundle(folder)
    digest = sha256(folder / "manifest.json")
    assert bundle.name == f"{bundle.config['name']}@{digest[:6]}"


def test_a_changed_byte_is_refused_with_both_hashes(folder):
    graph = folder / "model.onnx"
    data = bytearray(graph.read_bytes())
    before = sha256(graph)
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with pytest.raises(ModelError) as refused:
        open_bundle(folder)
    assert "model.onnx" in str(refused.value)
    assert before in str(refused.value)
    assert sha256(graph) in str(refused.value)


@pytest.mark.parametrize("name", ["weights.pkl", "pytorch_model.bin", "head.joblib", "notes.txt"])
def test_a_pickle_is_refused_with_its_hashes_even_where_the_manifest_names_it(folder, name):
    (folder / name).write_bytes(pickle.dumps({"a": 1}))
    write_manifest(folder)
    with pytest.raises(ModelError, match=rf"{name}.*pickle.*SHA-256 {sha256(folder / name)}"):
        open_bundle(folder)


def test_a_missing_file_is_named(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json.*missing"):
        open_bundle(folder)


def test_a_file_that_the_manifest_does_not_name_is_refused(folder):
    (folder / "extra.json").write_text("{}")
    with pytest.raises(ModelError, match=r"extra\.json.*not named"):
        open_bundle(folder)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 3}', '{"files": {"a": '])
def test_a_broken_manifest_is_refused(folder, manifest):
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        open_bundle(folder)


def test_a_folder_that_is_no_model_says_so(tmp_path):
    with pytest.raises(ModelError, match="not a model folder"):
        open_bundle(tmp_path)


def test_a_config_without_calibration_names_the_key(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["calibration"]
    (folder / "config.json").write_text(json.dumps(config))
    write_manifest(folder)
    with pytest.raises(ModelError, match="calibration"):
        TopicModel.from_pretrained(folder)
