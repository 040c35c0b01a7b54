"""A folder that is there as a whole or not at all: what goes into it is made aside, and moved when it is finished."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from routing.errors import ConfigurationError

OF_A_CLONE = {".git"}
"""What a clone of an empty repository holds: it counts as empty."""


def check_place(folder: Path) -> None:
    """Find out whether `folder` can be made, before anybody takes pains with what goes into it.

    Raises:
        ConfigurationError: There is something in it, or nothing can be written there.
    """
    _refuse_what_is_there(folder)
    _begin_aside(folder).rmdir()


@contextmanager
def made_aside(folder: Path) -> Iterator[Path]:
    """Give a folder of the same name to work in, and move it to `folder` at the end; after an error nothing is left.

    What is aside lies on the same disk, so moving copies nothing. `folder` may exist if it is empty, and stays the
    same folder then.

    Raises:
        ConfigurationError: `folder` exists with something in it, or nothing can be written there.
    """
    _refuse_what_is_there(folder)
    aside = _begin_aside(folder)
    try:
        work = aside / folder.name
        yield work
        try:
            if folder.is_dir():
                _move_into(work, folder)
            else:
                folder.parent.mkdir(parents=True, exist_ok=True)
                work.rename(folder)
        except OSError as error:
            raise ConfigurationError(f"{folder} cannot be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _begin_aside(folder: Path) -> Path:
    """Make a folder with a name of nobody's, in `folder` or as near above it as there is one."""
    home = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        return Path(tempfile.mkdtemp(prefix=".facteur-new-", dir=home))
    except OSError as error:
        raise ConfigurationError(f"{home} cannot be written ({error.strerror}).") from error


def _refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file; choose another folder.")
    try:
        there = {path.name for path in folder.iterdir()} - OF_A_CLONE if folder.is_dir() else set()
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be read ({error.strerror}).") from error
    if there:
        raise ConfigurationError(f"{folder} is not empty; choose another folder, or empty it.")


def _move_into(work: Path, folder: Path) -> None:
    """Move everything, or nothing."""
    moved: list[Path] = []
    try:
        for path in sorted(work.iterdir()):
            target = folder / path.name
            path.rename(target)
            moved.append(target)
    except OSError:
        for path in moved:
            path.rename(work / path.name)
        raise
