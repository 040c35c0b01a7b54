"""Where reports lie: found to be writable before the work begins, whole or not at all afterwards."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from routing.errors import ConfigurationError

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 100


def check_folder(folder: Path) -> None:
    """Make `folder` and see that a file can be written there.

    Raises:
        ConfigurationError: It cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _refusal(folder, error) from error


def write(file: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        ConfigurationError: It cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _refusal(file, error) from error


def file_name(*words: str) -> str:
    """Return a name for a file, without an ending, that says what is in it, whatever the words hold."""
    return _UNSAFE.sub("-", "-".join(words))[:_LONGEST].strip("-.") or "report"


def _refusal(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the report cannot be written to {path} ({error.strerror}): free it or give another folder with --out"
    )
