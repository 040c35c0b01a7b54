"""Steps that are made once: each has a folder named by all that it was made of, and is made again when that changes.

What a step is made of is what it is given (files, words of the recipe), the source of its module and of every module
that this one imports, and the versions of the libraries. A run that was killed leaves finished steps finished.
"""

import ast
import fcntl
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

KEPT: Final = 5  # folders of each step; the oldest go
LIBRARIES: Final = ("numpy", "pandas", "scikit-learn", "scipy")


class WorkshopBusyError(Exception):
    """Another run works in the same folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A finished step: where its files are, what names its content, and whether it was made just now."""

    folder: Path
    key: str
    fresh: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """The folder under which steps have theirs. One run at a time works in it."""

    root: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs out; what one left half made when it was killed is removed.

        Raises:
            WorkshopBusyError: another run is in.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WorkshopBusyError(f"Another run works in {self.root}; wait for its end.") from None
            for half_made in self.root.glob("*/.making"):
                shutil.rmtree(half_made)
            yield

    def made(self, step: str, module: str, given: Mapping[str, str], make: Callable[[Path], None]) -> Made:
        """The step's folder, which `make` fills unless it was made of the same before."""
        of = {**given, "sources": digest_of_sources(module), "libraries": libraries()}
        key = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()
        folder = self.root / step / key[:16]
        if folder.is_dir():
            os.utime(folder)
            return Made(folder=folder, key=key, fresh=False)
        half_made = self.root / step / ".making"
        half_made.mkdir(parents=True)
        try:
            make(half_made)
            (half_made / "made-of.json").write_text(json.dumps(of, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            half_made.rename(folder)
        except BaseException:
            shutil.rmtree(half_made, ignore_errors=True)
            raise
        self._prune(self.root / step)
        return Made(folder=folder, key=key, fresh=True)

    def _prune(self, step: Path) -> None:
        by_age = sorted(step.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old)


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def libraries() -> str:
    """The versions that a model depends on, as one line."""
    return ", ".join([f"python {platform.python_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)])


def digest_of_sources(module: str) -> str:
    """One digest for a module and all modules of the same package that it imports, directly or not."""
    digest = hashlib.sha256()
    for name, path in sorted(sources(module).items()):
        digest.update(f"{name} {digest_of_file(path)}\n".encode())
    return digest.hexdigest()


def sources(module: str) -> dict[str, Path]:
    """The module and those of its package that it imports, directly or not, by name."""
    package = module.rpartition(".")[0]
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = find_spec(name) if name not in found else None
        if spec is None or spec.origin is None:  # known by now, or no module but a name in one
            continue
        found[name] = Path(spec.origin)
        waiting.extend(f"{package}.{imported}" for imported in _imported(found[name].read_text(encoding="utf-8")))
    return found


def _imported(source: str) -> Iterator[str]:
    """The modules that a source imports from its own package: `from .module import name`, `from . import module`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [alias.name for alias in node.names]
