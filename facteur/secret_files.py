"""Secrets that this machine makes for itself at the first start, each in a file that only its user can read."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from routing.errors import ConfigurationError

API_KEY = "api.key"
WEBHOOK_SECRET = "webhook.secret"  # noqa: S105 - the file's name
SESSION_SECRET = "session.secret"  # noqa: S105 - the file's name


def read_or_make(file: Path, make: Callable[[], str]) -> str:
    """Return the secret in `file`; make it, and the file, if there is none.

    Raises:
        ConfigurationError: the file can be neither read nor written.
    """
    try:
        if file.exists():
            return file.read_text().strip()
        secret = make()
        write(file, secret)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be used: {error.strerror}; correct its owner or mode.") from error
    return secret


def write(file: Path, secret: str) -> None:
    """Write a secret so that no moment exists at which others can read it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secret + "\n")


def new_webhook_secret() -> str:
    """Return a new secret for signing callbacks: 256 random bits in the form of the Standard Webhooks specification."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def new_session_secret() -> str:
    """Return a new secret for signing sessions: 256 random bits, in hexadecimal."""
    return secrets.token_hex(32)
