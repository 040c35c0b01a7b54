"""Secrets that this machine makes for itself at the first start, each in a file that only its user can read."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from routing.errors import ConfigurationError

API_KEY = "api.key"
ADMINISTRATOR = "admin.password"
WEBHOOK_SECRET = "webhook.secret"  # noqa: S105 - the file's name
SESSION_SECRET = "session.secret"  # noqa: S105 - the file's name


def read_or_make(file: Path, make: Callable[[], str]) -> str:
    """Return the secret in `file`; make it, and the file, if there is none.

    Raises:
        ConfigurationError: the file can be neither read nor written.
    """
    secret = read(file)
    if not secret:
        secret = make()
        write(file, secret)
    return secret


def read(file: Path) -> str:
    """Return the secret in `file`; empty when there is none. Raises ConfigurationError when it cannot be read."""
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} holds no secret of ours; move it away and a new one is made.") from error
    except OSError as error:
        raise _unusable(file, error) from error


def write(file: Path, secret: str) -> None:
    """Write a secret, whole or not at all, so that no moment exists at which others can read it.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # its mode is 0600
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secret + "\n")
        Path(name).replace(file)
    except OSError as error:
        raise _unusable(file, error) from error


def _unusable(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{file} cannot be used: {error.strerror}; correct its owner or mode.")


def new_webhook_secret() -> str:
    """Return a new secret for signing callbacks: 256 random bits in the form of the Standard Webhooks specification."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def new_session_secret() -> str:
    """Return a new secret for signing sessions: 256 random bits, in hexadecimal."""
    return secrets.token_hex(32)
