"""The node that decides: prefork, one process a core, each with a model of its own."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from celery import Celery, signals

from broker.connection import make_celery
from broker.names import CLASSIFY, CLASSIFY_QUEUE
from broker.questions import RedisQuestions
from model import language
from model.registry import ModelIdentity, identify_model, load_classifier
from routing.classifier import Classifier
from routing.cores import usable_cores
from routing.policy.book import PolicyBook
from routing.policy.models import model_document
from routing.policy.reading import policy_of
from routing.route import Router
from routing.settings import Settings
from routing.store.opening import open_store
from routing.store.port import Store
from worker.attendance import Attendance
from worker.classifying import SHIFT_SECONDS, Shift
from worker.explaining import Explaining
from worker.faults import forgiving
from worker.listening import watch_listening
from worker.memory import share, trim
from worker.metrics import Metrics, explanation, policy_refused
from worker.node import make_bells, node_name, run_node
from worker.pace import Pace
from worker.staff import Staff
from worker.stopping import end_in_time
from worker.vitals import Vitals

log = logging.getLogger(__name__)

CHILD_PAUSE_SECONDS = 1.0
"""Pause before a process that could not start ends and is replaced: the database may be back by then."""

LoadClassifier = Callable[[str], Classifier]
IdentifyModel = Callable[[str], ModelIdentity]


class ClassifyNode:
    """One node: a main process that attends, and children that decide."""

    def __init__(
        self,
        settings: Settings,
        *,
        name: str | None = None,
        load: LoadClassifier = load_classifier,
        identify: IdentifyModel = identify_model,
    ) -> None:
        """Build the node; nothing is connected and no model loaded before `run`."""
        self._identify = identify
        self._settings = settings
        self._name = node_name(name, "worker")
        self._load = load
        self._celery: Celery = make_celery(settings.redis_url)
        self._shift: Shift | None = None
        self._attendance: Attendance | None = None
        self._staff = Staff(settings.worker_processes or usable_cores())

    def run(self) -> None:
        """Work until told to stop.

        Raises:
            ConfigurationError: the policy, the database or the model cannot be used.
        """
        settings = self._settings
        self._model = self._take_office()
        self._celery.task(name=CLASSIFY, shared=False, time_limit=settings.hang_seconds + SHIFT_SECONDS)(
            forgiving(self._work)
        )
        signals.worker_process_init.connect(self._start_child)
        signals.worker_ready.connect(self._ready)
        signals.worker_shutting_down.connect(self._shutting_down)
        end_in_time(settings.stop_seconds, children=self._staff.living, give_back=self._give_back)
        share()
        run_node(
            self._celery,
            settings,
            name=self._name,
            task_queue=CLASSIFY_QUEUE,
            pool=["--pool=prefork", f"--concurrency={self._staff.wanted}"],
            vitals=self._vitals(),
        )

    def _vitals(self) -> Vitals:
        """Return what the probes of this node are answered; before the children exist there is nothing to miss."""
        listening = watch_listening(self._celery)
        return Vitals(
            alive={
                "listening": listening.missed,
                "attendance": lambda: self._attendance.attended.missed() if self._attendance else "",
                "processes": self._staff.lacking,
            },
            ready={
                "redis": listening.absent,
                "store": lambda: self._attendance.recorded.absent() if self._attendance else "not asked yet",
                "prepared": self._staff.unprepared,
            },
        )

    def _take_office(self) -> ModelIdentity:
        """Check all that the children will need, and end the leases of a former life of this node.

        Returns what the model is.
        """
        model = self._identify(self._settings.model)
        store = open_store(self._settings.resolved_database_url)
        try:
            self._book(store, model).current()
            released = self._release(store)
        finally:
            store.close()
        language.load()  # shared by the children, and not waited for by the first mail
        if released:
            log.warning("%d mails that this node held when it died are queued again", released)
        return model

    def _give_back(self) -> None:
        """Return what children held that had to be ended, and wake another node for it."""
        store = open_store(self._settings.resolved_database_url, busy_timeout=2)
        try:
            released = self._release(store)
        finally:
            store.close()
        if released:
            log.warning("%d mails that this node held are queued again", released)
            make_bells(self._settings, self._celery).wake_another()

    def _release(self, store: Store) -> int:
        return store.release(f"{self._name}/", max_attempts=self._settings.max_attempts, now=time.time())

    def _book(self, store: Store, model: ModelIdentity) -> PolicyBook:
        return PolicyBook(
            store=store,
            fallback=policy_of(self._settings),
            fit=lambda policy: policy.for_model(model),
            refused=policy_refused,
        )

    def _start_child(self, **_: object) -> None:
        """Prepare a child, or end it: Celery would let one live that answers bells and cannot decide."""
        try:
            self._prepare_child()
        except Exception as error:  # noqa: BLE001 - whatever it was, the pool replaces a child that ends
            log.error("A process could not start and is replaced: %s", error)  # noqa: TRY400 - a sentence, no traceback
            time.sleep(CHILD_PAUSE_SECONDS)
            os._exit(1)

    def _prepare_child(self) -> None:
        """Load the model and connect, in the child, so that neither crosses a fork."""
        settings = self._settings
        classifier = self._load(settings.model)
        store = open_store(settings.resolved_database_url)
        book = self._book(store, self._identify(settings.model))
        book.current()
        router = Router(
            classifier=classifier,
            policy=book,
            max_attempts=settings.max_attempts,
            clock=time.time,
            stopwatch=time.perf_counter,
            language=language.code_of,
        )
        self._shift = Shift(
            store=store,
            router=router,
            bells=make_bells(settings, self._celery),
            observer=Metrics(),
            pace=Pace(most=settings.claim_limit),
            worker=f"{self._name}/{os.getpid()}",
            lease_seconds=settings.lease_seconds,
            questions=Explaining(
                asked=RedisQuestions.at(settings.redis_url),
                store=store,
                classifier=classifier,
                observe=explanation,
            ),
        )
        trim()
        self._staff.report()

    def _work(self) -> None:
        assert self._shift is not None, "worker_process_init runs before any task"  # noqa: S101
        self._shift.work()

    def _ready(self, sender: Any, **_: object) -> None:
        """Begin to attend once the children exist; ring for whatever waits since before this node lived."""
        pool = sender.pool
        bells = make_bells(self._settings, self._celery)
        self._attendance = Attendance(
            node=self._name,
            model_version=self._model.version,
            model=model_document(self._model),
            max_attempts=self._settings.max_attempts,
            open_store=lambda: open_store(self._settings.resolved_database_url, busy_timeout=2),
            children=lambda: self._staff.look(lambda: pool.info["processes"]),
            released=bells.wake_another,
            leave=lambda: os.kill(os.getpid(), signal.SIGTERM),
        )
        self._attendance.start()
        bells.wake_another()
        log.info("Ready: %s", self._name)

    def _shutting_down(self, **_: object) -> None:
        if self._attendance is not None:
            self._attendance.stop()
