import json
import shutil

import pytest

from model.directory import CONFIG, MANIFEST, ModelConfig, open_model, seal
from model.registry import bundled_model_path, identify_model, load_classifier
from routing.errors import ConfigurationError

CONFIGURATION = ModelConfig(name="tiny", labels=("a", "b"), languages=("fr",), max_length=32, temperature=1.5)


@pytest.fixture
def sealed(tmp_path):
    unsealed = tmp_path / "unsealed"
    unsealed.mkdir()
    (unsealed / CONFIG).write_text(CONFIGURATION.to_json(), encoding="utf-8")
    (unsealed / "tokenizer.json").write_text("{}")
    (unsealed / "model.onnx").write_bytes(b"not a graph")
    return seal(unsealed).path


def refused(path) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        open_model(path)
    message = str(refusal.value)
    assert "\n" not in message
    return message


def test_a_sealed_directory_is_named_by_its_digest_and_opens(sealed):
    opened = open_model(sealed)
    assert opened.config == CONFIGURATION
    assert opened.version == sealed.name
    assert sealed.name.startswith("tiny-")
    assert len(sealed.name) == len("tiny-") + 12


def test_a_link_to_a_model_directory_opens(sealed, tmp_path):
    link = tmp_path / "current"
    link.symlink_to(sealed)
    assert open_model(link).version == sealed.name


def test_a_changed_file_is_refused_by_name(sealed):
    (sealed / "model.onnx").write_bytes(b"other bytes")
    assert f"{sealed / 'model.onnx'} differs from its digest" in refused(sealed)


def test_a_truncated_file_is_refused_by_name(sealed):
    (sealed / "model.onnx").write_bytes(b"not a")
    assert "model.onnx differs from its digest" in refused(sealed)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", CONFIG, MANIFEST])
def test_a_missing_file_is_refused_by_name(sealed, name):
    (sealed / name).unlink()
    assert f"{sealed / name} cannot be read" in refused(sealed)


def test_a_misnamed_directory_is_refused(sealed):
    other = sealed.rename(sealed.with_name("tiny-0123456789ab"))
    assert f"must be named {sealed.name}" in refused(other)


def test_a_changed_manifest_is_refused(sealed):
    manifest = json.loads((sealed / MANIFEST).read_bytes())
    del manifest["files"]["model.onnx"]
    (sealed / MANIFEST).write_text(json.dumps(manifest))
    assert "must be named" in refused(sealed)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"format": 1, "fil', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"format": 2, "files": {}}', "is not a manifest of format 1"),
        ('{"format": 1, "files": {"../model.onnx": "00"}}', "no file of this directory"),
        ('{"format": 1, "files": {"model.onnx": 5}}', "no file of this directory"),
        ('{"format": 1, "files": {}}', "does not list config.json"),
    ],
)
def test_a_torn_or_forged_manifest_is_refused(sealed, content, why):
    (sealed / MANIFEST).write_text(content)
    assert why in refused(sealed)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("labels", [], "at least one label"),
        ("labels", ["a", "a"], "each once"),
        ("temperature", 0, "out of range"),
        ("temperature", float("nan"), "out of range"),
        ("max_length", -1, "out of range"),
        ("max_length", "many", "wrong one"),
        ("labels", None, "wrong one"),
    ],
)
def test_a_senseless_config_is_refused(sealed, field, value, why):
    config = json.loads((sealed / CONFIG).read_bytes())
    (sealed / CONFIG).write_text(json.dumps({**config, field: value}))
    with pytest.raises(ConfigurationError, match=why):
        seal(sealed)


def test_sealing_the_same_content_twice_is_refused(sealed, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(sealed, again)
    with pytest.raises(ConfigurationError, match="exists already"):
        seal(again)


def test_no_such_directory_is_refused(tmp_path):
    assert "there is no model directory" in refused(tmp_path / "nowhere")


def test_an_empty_name_is_not_the_directory_that_one_stands_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "of an empty name" in refused("")


def test_a_graph_that_cannot_be_run_is_refused_in_one_sentence(sealed):
    shutil.copyfile(open_model(bundled_model_path()).file("tokenizer.json"), sealed / "tokenizer.json")
    with pytest.raises(ConfigurationError, match=r"model\.onnx cannot be run"):
        load_classifier(str(seal(sealed).path))


def test_a_tokenizer_that_cannot_be_read_is_refused(sealed):
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json cannot be read"):
        load_classifier(str(sealed))


def test_one_bundled_model_is_there_and_whole():
    opened = open_model(bundled_model_path())
    assert identify_model("bundled").version == opened.version
    assert sum((opened.path / name).stat().st_size for name in opened.files) <= 30_000_000


def test_no_or_two_bundled_models_are_refused(sealed, tmp_path):
    with pytest.raises(ConfigurationError, match="holds 0"):
        bundled_model_path(tmp_path / "nowhere")
    shutil.copytree(sealed, sealed.parent / "second")
    with pytest.raises(ConfigurationError, match="holds 2"):
        bundled_model_path(sealed.parent)
