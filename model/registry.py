"""Which model to run: by name, by path, or the one that comes with the product."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from model.directory import MANIFEST, ModelDirectory, open_model
from model.keywords import KeywordClassifier
from routing.classifier import Classifier
from routing.errors import ConfigurationError
from routing.promise import Promise

__all__ = ["ModelDirectory", "ModelIdentity", "bundled_model_path", "identify_model", "load_classifier", "open_model"]

BUNDLED = Path(__file__).parent / "bundled"
"""Holds the one model directory that comes with the product."""


def bundled_model_path(bundled: Path = BUNDLED) -> Path:
    """Return the directory of the model that comes with the product.

    Raises:
        ConfigurationError: There is none, or more than one.
    """
    found = sorted(manifest.parent for manifest in bundled.glob(f"*/{MANIFEST}"))
    if len(found) != 1:
        raise ConfigurationError(
            f"{bundled} must hold one model but holds {len(found)}: install the product again, or name a model's path"
        )
    return found[0]


def load_classifier(spec: str) -> Classifier:
    """Load the classifier that `spec` names; call it in the process that will use it, never before a fork.

    Args:
        spec: `bundled`, `keywords` (a stand-in), the path of a model directory (run by ONNX Runtime), or `torch:` and
            the path of a checkpoint directory (needs the extra `train`).

    Raises:
        ConfigurationError: There is no such model, it is damaged, or its runtime is not installed.
    """
    if spec == "keywords":
        return KeywordClassifier()
    kind, colon, rest = spec.partition(":")
    if colon and kind == "torch":
        return _load("model.torch_runtime", "TorchClassifier", open_model(rest))
    return _load(
        "model.onnx_runtime", "OnnxClassifier", open_model(bundled_model_path() if spec == "bundled" else spec)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelIdentity:
    """What is known of a model without loading it."""

    version: str
    labels: tuple[str, ...]
    promises: tuple[Promise, ...] = ()
    """The precisions it keeps, with the thresholds for them."""


def identify_model(spec: str) -> ModelIdentity:
    """Verify the model that `spec` names and say what it is, loading no runtime: safe before a fork.

    Raises:
        ConfigurationError: There is no such model, or it is damaged.
    """
    if spec == "keywords":
        stand_in = KeywordClassifier()
        return ModelIdentity(version=stand_in.version, labels=stand_in.labels)
    path = bundled_model_path() if spec == "bundled" else spec.removeprefix("torch:")
    directory = open_model(path)
    return ModelIdentity(version=directory.version, labels=directory.config.labels, promises=directory.config.promises)


def _load(module: str, name: str, directory: ModelDirectory) -> Classifier:
    """Import a runtime only when it is asked for: the stand-in needs none, and serving must never reach torch."""
    try:
        runtime = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{name} needs the package {error.name}, which is not installed: install facteur[train]"
        ) from error
    classifier: Classifier = getattr(runtime, name)(directory)
    return classifier
