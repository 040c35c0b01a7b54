"""A model on disk: a directory named by its digest and verified before anything in it is used.

    <name>-<12 hex digits>/
        manifest.json    {"format": 1, "files": {file name: sha256}}; its own sha256 begins with the 12 digits
        config.json      name, labels, languages, max_length, temperature, text_version, ngrams, calibration, promises
        tokenizer.json   as the `tokenizers` library writes it
        model.onnx       what serving runs; or, for a checkpoint, weights.safetensors and encoder.json
        model_card.md    data, figures, limits, licences
        strangers.safetensors    how ordinary mail looks, when config.json says that the model knows strangers

No pickle, nothing that runs code when it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.confidence.calibration import Calibration
from model.confidence.document import calibration_of, promises_of
from routing.errors import ConfigurationError
from routing.promise import Promise

MANIFEST = "manifest.json"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
CARD = "model_card.md"
ONNX = "model.onnx"
WEIGHTS = "weights.safetensors"
ENCODER = "encoder.json"

DIGEST_DIGITS = 12
_FORMAT = 1
_TOKENS_LIMIT = 8192
_NGRAMS_LEAST, _NGRAMS_LIMIT = 2, 2**24


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """What a runtime must know of a model beside its weights."""

    name: str
    labels: tuple[str, ...]
    """In the order of the model's scores."""
    languages: tuple[str, ...]
    max_length: int
    """Tokens read of a mail; the rest is cut."""
    temperature: float = 1.0
    """What the scores are divided by before the softmax, found on held-out mail (Guo et al. 2017)."""
    text_version: int = 1
    """How mails were read as the model was trained (`model.text.TEXT_VERSION` of then)."""
    ngrams: int = 0
    """Numbers that the n-grams of the wide part are hashed to (see `model.ngrams`); 0: it has no wide part."""
    prefix: str = ""
    """What its encoder expects before every text, such as `query: ` (E5)."""
    calibration: Calibration | None = None
    """From scores to probabilities; None: by the temperature alone."""
    promises: tuple[Promise, ...] = ()
    """Precisions that it keeps, with the thresholds for them, the least strict first."""
    strangers: float | None = None
    """The share of ordinary mails that it may call strangers; None: it knows no stranger."""

    @property
    def calibrated(self) -> Calibration:
        """The calibration in force."""
        return self.calibration or Calibration(temperature=self.temperature)

    def to_json(self) -> str:
        """Return the text of `config.json`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDirectory:
    """A model directory whose every file was verified when it was opened."""

    path: Path
    version: str
    """The directory's name: the model's name, a hyphen, and the first 12 digits of its digest."""
    config: ModelConfig
    files: tuple[str, ...]

    def file(self, name: str) -> Path:
        """Return the path of the file `name`.

        Raises:
            ConfigurationError: The model has no such file, so it is not for this runtime.
        """
        if name not in self.files:
            raise ConfigurationError(f"the model {self.path} has no {name}: give a model made for this runtime")
        return self.path / name


def open_model(path: str | Path) -> ModelDirectory:
    """Verify the model directory at `path` and return it.

    Raises:
        ConfigurationError: A file is missing, differs from its digest or cannot be read, or the directory's name does
            not agree with its content; one sentence names the file and says what to do.
    """
    directory = Path(path).resolve()
    if not str(path).strip() or not directory.is_dir():
        named = directory if str(path).strip() else "of an empty name"
        raise ConfigurationError(f"there is no model directory {named}: give the path of one, or `bundled`")
    manifest = _read(directory / MANIFEST)
    files = _files_of(manifest, directory / MANIFEST)
    digest = hashlib.sha256(manifest).hexdigest()[:DIGEST_DIGITS]
    for name, expected in files.items():
        if hashlib.sha256(_read(directory / name)).hexdigest() != expected:
            raise ConfigurationError(f"{directory / name} differs from its digest in {MANIFEST}: fetch the model again")
    config = _config_of(_read(directory / CONFIG), directory / CONFIG)
    if directory.name != f"{config.name}-{digest}":
        raise ConfigurationError(
            f"the model directory {directory} must be named {config.name}-{digest}, as {MANIFEST} says: "
            "fetch it again, or rename it if you trust where it came from"
        )
    return ModelDirectory(path=directory, version=directory.name, config=config, files=tuple(files))


def seal(path: str | Path) -> ModelDirectory:
    """Write the manifest of the directory at `path`, name the directory by its digest, and open it.

    Raises:
        ConfigurationError: The directory has no usable `config.json`, or its new name is taken.
    """
    directory = Path(path).resolve()
    config = _config_of(_read(directory / CONFIG), directory / CONFIG)
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(directory.iterdir())
        if file.is_file() and file.name != MANIFEST
    }
    manifest = (json.dumps({"format": _FORMAT, "files": files}, indent=2, ensure_ascii=False) + "\n").encode()
    (directory / MANIFEST).write_bytes(manifest)
    sealed = directory.with_name(f"{config.name}-{hashlib.sha256(manifest).hexdigest()[:DIGEST_DIGITS]}")
    if sealed != directory:
        if sealed.exists():
            raise ConfigurationError(f"{sealed} exists already: the same model was made before, remove one of the two")
        directory.rename(sealed)
    return open_model(sealed)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read ({error.strerror}): fetch the model again") from error


def _json_of(content: bytes, file: Path) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not JSON ({error}): fetch the model again") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"{file} is not a JSON object: fetch the model again")
    return value


def _files_of(manifest: bytes, file: Path) -> dict[str, str]:
    value = _json_of(manifest, file)
    files = value.get("files")
    if value.get("format") != _FORMAT or not isinstance(files, dict):
        raise ConfigurationError(f"{file} is not a manifest of format {_FORMAT}: give a model made by this version")
    for name, digest in files.items():
        if not isinstance(digest, str) or Path(name).name != name:
            raise ConfigurationError(f"{file} names {name!r}, no file of this directory: fetch the model again")
    for needed in (CONFIG, TOKENIZER):
        if needed not in files:
            raise ConfigurationError(f"{file} does not list {needed}: fetch the model again")
    return files


def _config_of(content: bytes, file: Path) -> ModelConfig:
    value = _json_of(content, file)
    try:
        config = ModelConfig(
            name=str(value["name"]),
            labels=tuple(str(label) for label in value["labels"]),
            languages=tuple(str(language) for language in value["languages"]),
            max_length=int(value["max_length"]),
            temperature=float(value["temperature"]),
            text_version=int(value.get("text_version", 1)),
            ngrams=int(value.get("ngrams", 0)),
            prefix=str(value.get("prefix", "")),
            calibration=calibration_of(value.get("calibration"), tuple(map(str, value["labels"]))),
            promises=promises_of(value.get("promises", []), tuple(map(str, value["labels"]))),
            strangers=None if value.get("strangers") is None else float(value["strangers"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{file} lacks a field or has a wrong one ({error}): fetch the model again") from error
    if not config.labels or len(set(config.labels)) != len(config.labels):
        raise ConfigurationError(f"{file} must list at least one label, each once: fetch the model again")
    if not (math.isfinite(config.temperature) and config.temperature > 0 and 0 < config.max_length <= _TOKENS_LIMIT):
        raise ConfigurationError(f"{file} has a temperature or max_length out of range: fetch the model again")
    if config.ngrams != 0 and not _NGRAMS_LEAST <= config.ngrams <= _NGRAMS_LIMIT:
        raise ConfigurationError(f"{file} has a number of n-grams out of range: fetch the model again")
    return config
