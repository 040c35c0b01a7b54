"""A run while it is recorded: everything that is told goes to its folder, to MLflow if wanted, and to who watches."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from model.corpus.checking import CorpusReport
from model.training.config import config_text
from model.training.options import Listener, Progress
from model.training.runs import CORPUS, CURVES, LOG, OPTIONS, RECORD, REPORT, Run, Status, replace_text
from model.training.tracking import Tracker, Untracked
from routing.errors import ConfigurationError, FacteurError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = ("no space left", "disk quota exceeded", "file too large", "os error 28", "os error 27", "os error 122")
"""How libraries that are not written in Python say so."""
_ENDINGS = {Status.DONE: "FINISHED", Status.FAILED: "FAILED", Status.INTERRUPTED: "KILLED"}


class Recorder:
    """Listens to a run and writes down what it hears."""

    def __init__(self, run: Run, watch: Listener, tracker: Tracker | None = None) -> None:
        """Record into `run` and pass everything on to `watch`."""
        self.run = run
        self._watch = watch
        self._tracker = tracker or Untracked()
        self._step = 0

    def __call__(self, progress: Progress) -> None:
        """Hear of progress."""
        if progress.figures:
            figures = {name: round(float(value), 6) for name, value in progress.figures.items()}
            self.run.measured(figures)
            self._step += 1
            self._track(figures, int(figures.get("epoch", self._step)))
        if progress.note:
            self.run.log(f"{progress.stage} {progress.done}/{progress.total}: {progress.note}")
        self._watch(progress)

    def begin(self, parameters: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Say what was asked for: to `run.json`, `config.toml` and MLflow."""
        self.run.record.parameters = dict(parameters)
        self.run.record.status, self.run.record.error = Status.RUNNING, ""
        replace_text(self.run.folder / OPTIONS, config_text(config))
        self.run.save()
        flat = {**config, "kind": self.run.record.kind}
        self._tracker.begin(self.run.record.id, flat, {"code": self.run.record.code})

    def checked(self, report: CorpusReport) -> None:
        """Keep what the check of the corpus found."""
        lines = [f"{report.examples} mails"]
        lines += [f"{finding.severity}: {finding}" for finding in report.findings]
        replace_text(self.run.folder / CORPUS, "\n".join(lines) + "\n")

    def figures(self, figures: Mapping[str, float]) -> None:
        """Keep the figures of the whole run."""
        self.run.record.figures.update({name: round(float(value), 6) for name, value in figures.items()})
        self._track(self.run.record.figures, self._step)

    def end(self, status: Status, error: str = "") -> None:
        """Say how it ended, as far as that can be written."""
        with suppress(OSError):
            self.run.end(status, error)
        files = (RECORD, OPTIONS, CURVES, LOG, CORPUS, REPORT)
        with suppress(Exception):  # whatever the store behind MLflow raises: the plain files hold it all
            self._tracker.end(_ENDINGS[status], tuple(self.run.folder / name for name in files))

    def _track(self, figures: Mapping[str, float], step: int) -> None:
        try:
            self._tracker.measured(figures, step)
        except Exception as error:  # noqa: BLE001 - whatever the store behind MLflow raises: the run matters more
            self._tracker = Untracked()
            self.run.log(f"MLflow stopped answering ({error}); this run is recorded in plain files only")


@contextmanager
def recorded(recorder: Recorder) -> Iterator[None]:
    """Record how the block ends; what it needs to go on is kept unless it is done.

    Raises:
        ConfigurationError: The disk is full.
    """
    try:
        yield
    except KeyboardInterrupt:
        recorder.end(Status.INTERRUPTED)
        raise
    except FacteurError as error:
        recorder.end(Status.FAILED, str(error))
        raise
    except Exception as error:
        if not is_full(error):
            recorder.end(Status.FAILED, f"{type(error).__name__}: {error}")
            raise
        sentence = f"The disk is full ({_place(error, recorder.run.folder)}): make room, then go on with --resume."
        recorder.end(Status.FAILED, sentence)
        raise ConfigurationError(sentence) from error
    else:
        shutil.rmtree(recorder.run.state, ignore_errors=True)
        recorder.end(Status.DONE)


def is_full(error: BaseException) -> bool:
    """Say whether an error, or what caused it, is a full disk, a full quota or a file over the system's limit."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        if any(words in str(seen).lower() for words in _FULL_WORDS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _place(error: BaseException, folder: Path) -> str:
    name = getattr(error, "filename", None)
    return str(name) if name else str(folder)
