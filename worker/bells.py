"""The bells as a worker uses them: best effort, since the sweep makes up for every lost ring."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from broker.bell import RedisBell

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerBells:
    """Rings and answers without ever raising."""

    classify: RedisBell
    deliver: RedisBell

    def wake_another(self) -> None:
        """Wake one more worker, whatever the flag says."""
        _try(self.classify.insist)

    def answer(self) -> None:
        """Say that this worker is about to look for the last time."""
        _try(self.classify.answer)

    def callbacks_due(self) -> None:
        """Wake whoever posts callbacks."""
        _try(self.deliver.ring)

    def deliver_now(self) -> None:
        """Wake one more poster of callbacks, whatever the flag says."""
        _try(self.deliver.insist)

    def answer_deliver(self) -> None:
        """Say that a poster of callbacks is about to look for the last time."""
        _try(self.deliver.answer)


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - best effort by design, whatever Redis or Celery have
        log.warning("Redis does not answer (%s); the sweep will ring instead.", error)
