"""Which version of Facteur runs: what the tags of git said when it was installed."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version that is installed, such as `1.2.3`; `0` where the tree runs without being installed."""
    try:
        return metadata.version("facteur")
    except metadata.PackageNotFoundError:
        return "0"
