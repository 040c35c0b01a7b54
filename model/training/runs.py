"""The record of a run, in plain files: what was asked for, on which data, by which code, and what came of it.

    runs/<id>/
        run.json       what was asked for, digest of the data, version of the code, the machine, status, figures
        config.toml    the same options, as `--config` takes them
        curves.jsonl   what was measured, an epoch a line
        log.txt        what was said, with the time
        corpus.txt     what the check of the corpus found
        folds.jsonl    of cross-validation: each mail as a model judged it that had not learnt it
        report.html    the evaluation, for people
        state/         what an interrupted run needs to go on; deleted at the end

Standard library only, so that listing runs costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from model.corpus import Example
from routing.errors import ConfigurationError

RECORD = "run.json"
OPTIONS = "config.toml"
CURVES = "curves.jsonl"
LOG = "log.txt"
CORPUS = "corpus.txt"
FOLDS = "folds.jsonl"
REPORT = "report.html"
STATE = "state"

_ROOT = Path(__file__).parents[2]
_DIGITS = 12
_SAME_SECOND = 100


class Status(StrEnum):
    """Where a run is in its life."""

    RUNNING = "running"
    """Going on; or its process was killed, for a dead one cannot say so."""
    INTERRUPTED = "interrupted"
    """Stopped by Ctrl-C; `--resume` goes on."""
    FAILED = "failed"
    DONE = "done"


@dataclass(kw_only=True, slots=True)
class Record:
    """What `run.json` holds."""

    id: str
    kind: str
    """`train`, `trial`, `pretrain` or `tune`."""
    started: str
    """UTC, ISO 8601."""
    status: Status = Status.RUNNING
    seconds: float = 0.0
    """Of work, in all sessions together."""
    code: str = ""
    """Version of the code."""
    data: str = ""
    """Digest of the corpus."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """All that was asked for."""
    machine: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    """What was made, and where."""
    error: str = ""


class Run:
    """A run's folder while it is written."""

    def __init__(self, folder: Path, record: Record) -> None:
        """Use `create` or `open_run`."""
        self.folder = folder
        self.record = record
        self._since = time.monotonic()
        self._before = record.seconds

    @property
    def state(self) -> Path:
        """Where a run keeps what it needs to go on."""
        return self.folder / STATE

    def save(self) -> None:
        """Write `run.json`: the old one or the new one is there, never half of one."""
        self.record.seconds = round(self._before + time.monotonic() - self._since, 3)
        content = json.dumps(asdict(self.record), indent=2, ensure_ascii=False, default=str) + "\n"
        replace_text(self.folder / RECORD, content)

    def measured(self, figures: Mapping[str, float]) -> None:
        """Append a line to the curves."""
        with (self.folder / CURVES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(figures)) + "\n")

    def log(self, sentence: str) -> None:
        """Append a line to the log."""
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{_now()} {sentence}\n")

    def end(self, status: Status, error: str = "") -> None:
        """Say how the run ended."""
        self.record.status, self.record.error = status, error
        self.log(status if not error else f"{status}: {error}")
        self.save()


def create(runs: Path, *, kind: str, name: str) -> Run:
    """Make a new run's folder under `runs`, named by time and name.

    Raises:
        ConfigurationError: The folder cannot be made.
    """
    stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name}"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        for number in range(1, _SAME_SECOND):
            folder = runs / (stem if number == 1 else f"{stem}-{number}")
            with suppress(FileExistsError):
                folder.mkdir()
                break
    except OSError as error:
        raise ConfigurationError(
            f"{runs} cannot be written ({error.strerror}): name another folder with --runs."
        ) from error
    run = Run(folder, Record(id=folder.name, kind=kind, started=_now(), code=code_version()))
    run.save()
    return run


def open_run(folder: Path) -> Run:
    """Open a run's folder to go on with it or to look at it.

    Raises:
        ConfigurationError: It is no run's folder, or its record cannot be read.
    """
    file = folder / RECORD
    try:
        content = json.loads(file.read_bytes())
        record = Record(**{**content, "status": Status(content["status"])})
    except OSError as error:
        raise ConfigurationError(f"{folder} is no run: there is no {RECORD} ({error.strerror}).") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}): it was changed or cut off.") from error
    return Run(folder, record)


def runs_in(runs: Path) -> Iterator[Run]:
    """Yield the runs under `runs`, oldest first; folders that are none are left out."""
    for file in sorted(runs.glob(f"*/{RECORD}")):
        with suppress(ConfigurationError):
            yield open_run(file.parent)


def curves_of(folder: Path) -> list[dict[str, float]]:
    """Return what was measured, an epoch an item."""
    file = folder / CURVES
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def corpus_digest(*parts: Sequence[Example]) -> str:
    """Return a digest of mails and labels: the same for the same mails in another order or another file form."""
    whole = hashlib.sha256()
    for part in parts:
        lines = sorted(_digest((mail.label, mail.language, mail.subject, mail.text)) for mail in part)
        whole.update(_digest(lines).encode())
    return whole.hexdigest()[:_DIGITS]


def code_version() -> str:
    """Return what git says of the code, else the version of the package."""
    if (_ROOT / ".git").exists():
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(
                ["git", "describe", "--always", "--dirty", "--tags"],  # noqa: S607 - the git of whoever trains
                cwd=_ROOT,
                capture_output=True,
                text=True,
                check=True,
                timeout=10,
            ).stdout.strip()
    try:
        return version("facteur")
    except PackageNotFoundError:
        return "unknown"


def replace_text(file: Path, content: str) -> None:
    """Write `file` so that it is the old one or the new one at any time, never a part of one."""
    new = file.with_name(f".{file.name}.new")
    try:
        with new.open("w", encoding="utf-8") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _digest(values: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(values)).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
