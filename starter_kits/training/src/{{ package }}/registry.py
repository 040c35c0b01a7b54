"""The shelf of models: numbered versions that never change, and the names that point at them.

`champion` is the version that serves, `challenger` the last one that passed the gate. A port: `open_registry` says
which registries there are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"

MODEL: Final = "model.pkl"
CARD: Final = "card.md"
EVALUATION: Final = "evaluation.json"


class RegistryError(Exception):
    """The registry has no such version, or a file in it is not the one that was registered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A registered model: its number, and the SHA-256 of the model's file."""

    number: int
    digest: str

    def __str__(self) -> str:
        """The version as people say it."""
        return f"version {self.number} ({self.digest[:12]})"


class Registry(Protocol):
    """What is asked of a registry."""

    def versions(self) -> list[Version]:
        """All versions, the oldest first."""

    def aliases(self) -> dict[str, int]:
        """The number of the version to which each name points."""

    def where(self, number: int) -> str:
        """Where a version is, as people say it."""

    def register(self, folder: Path, digest: str, facts: dict[str, str], metrics: dict[str, float]) -> Version:
        """Keep the files of a folder as a version; a digest that is known is not kept twice.

        The folder holds the model, its card and its evaluation, and whatever else belongs to it.
        """

    def point(self, alias: str, number: int) -> None:
        """Let a name point at a version.

        Raises:
            RegistryError: there is no such version.
        """

    def fetch(self, number: int, file: str, into: Path) -> Path:
        """Copy a file of a version into a folder; of the model, after comparing its SHA-256.

        Raises:
            RegistryError: there is no such version or file, or the model's bytes are not those that were registered.
        """


def named(registry: Registry, alias: str) -> Version | None:
    """The version to which a name points, if it points at any."""
    number = registry.aliases().get(alias)
    return next((version for version in registry.versions() if version.number == number), None)
