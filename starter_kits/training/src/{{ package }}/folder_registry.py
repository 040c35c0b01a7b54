"""A registry in a folder, which may lie on a shared disk: one folder a version, and one file of names."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .registry import MODEL, RegistryError, Version
from .workshop import digest_of_file


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderRegistry:
    """`root/1/`, `root/2/`, … hold versions, `root/aliases.json` says which is champion."""

    root: Path

    def versions(self) -> list[Version]:
        """All versions, the oldest first."""
        numbers = [int(entry.name) for entry in self.root.glob("[0-9]*") if entry.name.isdecimal()]
        return [self._version(number) for number in sorted(numbers)]

    def aliases(self) -> dict[str, int]:
        """The number of the version to which each name points."""
        try:
            names: dict[str, int] = json.loads((self.root / "aliases.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return names

    def where(self, number: int) -> str:
        """Where a version is, as people say it."""
        return str(self.root / str(number))

    def register(self, folder: Path, digest: str, facts: dict[str, str], metrics: dict[str, float]) -> Version:
        """Copy the folder beside its place, then give it its number in one move: a version is whole or not there."""
        with self._alone():
            known = self.versions()
            for version in known:
                if version.digest == digest:
                    return version
            number = 1 + max((version.number for version in known), default=0)
            half_made = self.root / ".making"
            shutil.rmtree(half_made, ignore_errors=True)
            shutil.copytree(folder, half_made)
            told = {"digest": digest, "facts": facts, "metrics": metrics}
            (half_made / "version.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            half_made.rename(self.root / str(number))
            return Version(number=number, digest=digest)

    def point(self, alias: str, number: int) -> None:
        """Let a name point at a version."""
        with self._alone():
            self._version(number)
            beside = self.root / ".aliases.json"
            beside.write_text(json.dumps({**self.aliases(), alias: number}, indent=1) + "\n", encoding="utf-8")
            beside.replace(self.root / "aliases.json")

    def fetch(self, number: int, file: str, into: Path) -> Path:
        """Copy a file of a version into a folder; of the model, after comparing its SHA-256."""
        version = self._version(number)
        copy = into / file
        try:
            shutil.copyfile(self.root / str(number) / file, copy)
        except FileNotFoundError:
            raise RegistryError(f"Version {number} in {self.root} has no {file}.") from None
        if file == MODEL and digest_of_file(copy) != version.digest:
            copy.unlink()
            raise RegistryError(f"The model of version {number} in {self.root} is not the one that was registered.")
        return copy

    def _version(self, number: int) -> Version:
        try:
            told = json.loads((self.root / str(number) / "version.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RegistryError(f"There is no version {number} in {self.root}.") from None
        return Version(number=number, digest=told["digest"])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
