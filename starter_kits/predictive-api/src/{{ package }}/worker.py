"""The worker: a Celery node whose processes take one prediction at a time.

Every accepted prediction ends, once: an attempt is counted before it begins, whatever ends it badly (an error, a
crash, running out of time) gives the message to another process, and after MAX_ATTEMPTS the prediction has failed.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from celery import signals
from celery.exceptions import Reject
from celery.platforms import SecurityWarning
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from .broker import PREDICT, connect, make_celery, make_sender
from .claim import Claim
from .model import Model, UnanswerableError, load_model
from .predictions import Outcome, Predictions
from .settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.25
"""Pause after a failed attempt, which doubles each time; none is longer than two seconds."""
LONGEST_PAUSE_SECONDS = 2.0
PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent dies (prctl(2))."""


class UnreadableError(Exception):
    """A claim was kept in a shape that this version does not read; a worker of another version may."""


class Answering:
    """One message: one attempt at one prediction."""

    def __init__(
        self,
        predictions: Predictions,
        model: Callable[[], Model],
        *,
        max_attempts: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: model: returns the model; an error of it is an attempt that failed."""
        self._predictions = predictions
        self._model = model
        self._max_attempts = max_attempts
        self._pause = pause

    def answer(self, id_: str) -> None:
        """Make an attempt.

        Raises:
            Reject: the message shall be given out again.
        """
        try:
            begun = self._predictions.begin(id_)
            if begun is None:
                return
            content, attempt = begun
            if attempt > self._max_attempts:
                self._fail(id_, f"It crashed the worker or took too long, {self._max_attempts} times.")
                return
            try:
                outcome = Outcome(prediction=self._model().predict(_read(content)))
            except UnanswerableError as error:
                outcome = Outcome(error=str(error))
            except Exception as error:
                log.exception("Attempt %d at %s failed", attempt, id_)
                if attempt < self._max_attempts:
                    self._pause(min(PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
                    self._predictions.queue_again(id_)
                    raise Reject("the next attempt", requeue=True) from None
                unread = isinstance(error, UnreadableError)
                why = "It was kept in a shape that this version cannot read" if unread else "The model raised an error"
                outcome = Outcome(error=f"{why}, {attempt} times.")
            self._predictions.finish(id_, outcome)
        except redis.RedisError as error:
            log.warning("Redis does not answer, so %s is given out again: %s", id_, error)
            self._pause(LONGEST_PAUSE_SECONDS)
            raise Reject("Redis does not answer", requeue=True) from None

    def _fail(self, id_: str, error: str) -> None:
        log.error("%s failed: %s", id_, error)
        self._predictions.finish(id_, Outcome(error=error))


def _read(content: str) -> Claim:
    try:
        return Claim.model_validate_json(content)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise UnreadableError(f"not valid now: {fields}") from None  # values stay out of logs


class Worker:
    """One node: a main process that hands out messages, and children that predict."""

    def __init__(self, settings: Settings, *, alive: Path) -> None:
        """Args: alive: the file that is touched while the main loop runs."""
        self._settings = settings
        self._alive = alive
        self._name = f"worker@{socket.gethostname()}-{os.getpid()}"

    def run(self) -> None:
        """Work until told to stop; what was begun is ended first.

        Raises:
            UnusableError: the model cannot be loaded.
        """
        # Celery's advice against root is for messages that carry code; ours carry an id.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        load_model(self._settings.model)  # each child loads its own; here one hears of errors
        celery = make_celery(self._settings)
        celery.task(name=PREDICT)(self._answer)
        self._send = make_sender(celery)
        signals.setup_logging.connect(self._set_up_logging)
        signals.worker_process_init.connect(self._begin_child)
        signals.heartbeat_sent.connect(self._beat)
        celery.worker_main(
            [
                "--quiet",
                "worker",
                f"--hostname={self._name}",
                f"--concurrency={self._settings.worker_count}",
                f"--loglevel={self._settings.log_level}",
                "--without-gossip",
                "--without-mingle",
            ]
        )

    @cached_property
    def _predictions(self) -> Predictions:
        return Predictions(connect(self._settings), keep_hours=self._settings.keep_hours)

    @cached_property
    def _model(self) -> Model:
        return load_model(self._settings.model)

    @cached_property
    def _answering(self) -> Answering:
        return Answering(self._predictions, lambda: self._model, max_attempts=self._settings.max_attempts)

    def _answer(self, id_: str) -> None:
        self._answering.answer(id_)

    def _begin_child(self, **_: object) -> None:
        """Load the model before the first prediction, and do not outlive the main process."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        self.__dict__.pop("_predictions", None)  # no connection crosses a fork
        self._model  # noqa: B018 - loads it

    def _beat(self, **_: object) -> None:
        """Say that we live, and send again what was forgotten (every two seconds, in the main process)."""
        self._alive.touch()
        try:
            self._predictions.beat(self._name)
            for id_ in self._predictions.forgotten(self._settings.attempt_seconds):
                log.warning("%s was forgotten, and is sent again", id_)
                self._predictions.queue_again(id_)
                self._send(id_)
        except (redis.RedisError, OperationalError) as error:
            log.warning("Redis does not answer: %s", error)

    def _set_up_logging(self, **_: Any) -> None:
        """Log one line an event; that this is connected keeps Celery from doing it in its own way."""
        set_up_logging(self._settings.log_level)


def set_up_logging(level: str) -> None:
    """Log to standard error."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for chatty in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
