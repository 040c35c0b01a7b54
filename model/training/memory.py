"""What an interrupted run needs to go on: nested values with tensors, as safetensors and JSON. No pickle."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file

from routing.errors import ConfigurationError

_TENSORS = "state.safetensors"
_REST = "state.json"


class Memory(Protocol):
    """Where a run keeps what it needs to go on."""

    def recall(self) -> Any | None:
        """Return what was kept last, or None."""

    def keep(self, state: Any) -> None:
        """Keep `state`, any nesting of dict, list, tuple, str, number, bool, None and tensor."""


class Forgetful:
    """For a run that is never gone on with."""

    def recall(self) -> None:
        """Know nothing."""

    def keep(self, state: Any) -> None:
        """Keep nothing."""


FORGETFUL = Forgetful()


class FolderMemory:
    """Keeps the state in a folder, which holds a whole one at any time whenever the run is killed."""

    def __init__(self, folder: Path) -> None:
        """Name the folder, which need not exist."""
        self._folder = folder

    def recall(self) -> Any | None:
        """Return what was kept last, or None.

        Raises:
            ConfigurationError: What was kept cannot be read.
        """
        folder = self._folder if self._folder.exists() else self._old
        if not folder.exists():
            return None
        try:
            tensors = load_file(folder / _TENSORS)
            return _unpacked(json.loads((folder / _REST).read_bytes()), tensors)
        except Exception as error:  # safetensors raises its own
            raise ConfigurationError(f"the state {folder} cannot be read ({error}): begin a new run") from error

    def keep(self, state: Any) -> None:
        """Keep `state` instead of what was kept before."""
        new = self._folder.with_name(f"{self._folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        try:
            self._write(state, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        if self._folder.exists():
            shutil.rmtree(self._old, ignore_errors=True)
            self._folder.rename(self._old)
        new.rename(self._folder)
        shutil.rmtree(self._old, ignore_errors=True)

    @staticmethod
    def _write(state: Any, folder: Path) -> None:
        folder.mkdir(parents=True)
        tensors: dict[str, torch.Tensor] = {}
        rest = _packed(state, tensors)
        save_file(tensors, folder / _TENSORS)
        with (folder / _REST).open("w", encoding="utf-8") as file:
            json.dump(rest, file)
            file.flush()
            os.fsync(file.fileno())

    @property
    def _old(self) -> Path:
        return self._folder.with_name(f"{self._folder.name}.old")


def _packed(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """Return `value` as JSON; tensors go into `tensors`, each a copy, since safetensors shares no memory."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[_packed(key, tensors), _packed(item, tensors)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_packed(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_packed(item, tensors) for item in value]
    return value


def _unpacked(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "tuple":
        return tuple(_unpacked(item, tensors) for item in content)
    return {_unpacked(key, tensors): _unpacked(item, tensors) for key, item in content}
