"""The policy in force: the newest saved version, or the file's while none was saved.

Every process that decides or shows asks a book. It looks into the store every few seconds, for one number; a version
is read and parsed once. A policy that cannot be used, or a store that does not answer, changes nothing: what was in
force stays in force.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.errors import ConfigurationError, StoreUnavailable
from routing.policy.policy import Policy
from routing.policy.reading import parse_policy
from routing.store.policies import Policies

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How old the known number may be. Each look is one row by its key."""

STEPS_BACK = 20
"""How many versions a process that starts goes back for one that its model can serve."""


def policy_in_force(store: Policies, fallback: Policy) -> Policy:
    """Return the policy in force in this store at this moment; `fallback`, the file's, while no version was saved.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return PolicyBook(store=store, fallback=fallback).current()


def _as_it_is(policy: Policy) -> Policy:
    return policy


def _quietly(_number: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class PolicyBook:
    """Gives the policy in force; shared by the threads of a process."""

    store: Policies
    fallback: Policy
    """The file's: in force while no version was saved."""
    fit: Callable[[Policy], Policy] = _as_it_is
    """Makes a policy ready for use, such as `Policy.for_model`; raises ConfigurationError when it cannot be used."""
    refused: Callable[[int], None] = _quietly
    """Told the number of each saved version that could not be used."""
    stopwatch: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    _known: tuple[int, Policy] | None = None
    _head: int = -1
    _looked_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def number(self) -> int:
        """The number of the version in force as last seen; 0 for the file's."""
        return self._in_force()[0]

    def current(self) -> Policy:
        """Return the policy in force.

        Raises:
            StoreUnavailable: the store was never reached yet.
            ConfigurationError: no version and no file can be used; only as long as none ever could.
        """
        return self._in_force()[1]

    def look_again(self) -> None:
        """Let the next question look into the store, for who has just saved."""
        self._looked_at = float("-inf")

    def _in_force(self) -> tuple[int, Policy]:
        known = self._known
        if known is not None and self.stopwatch() - self._looked_at < LOOK_SECONDS:
            return known
        # One thread looks; the others go on with what is known, or wait for it if nothing is.
        if not self._lock.acquire(blocking=known is None):
            return known or self._in_force()
        try:
            if self._known is None or self.stopwatch() - self._looked_at >= LOOK_SECONDS:
                self._look()
        finally:
            self._lock.release()
        return self._known or self._in_force()

    def _look(self) -> None:
        began = self.stopwatch()
        try:
            head = self.store.policy_head()
            if head != self._head:
                self._turn_to(head)
                self._head = head
        except StoreUnavailable as error:
            if self._known is None:
                raise
            log.warning("The policy in force stays, since the store was not reached: %s", error)
        self._looked_at = began

    def _turn_to(self, head: int) -> None:
        """Put the version `head` in force if it can be used; else keep what was, or find what can be."""
        if self._known is not None and head > 0:
            found = self._usable(head)
            if found is not None:
                log.info("The policy in force is version %d now (%s)", head, found.version)
                self._known = (head, found)
            return
        for number in range(head, max(0, head - STEPS_BACK), -1):
            found = self._usable(number)
            if found is not None:
                self._known = (number, found)
                return
        self._known = (0, self.fit(self.fallback))

    def _usable(self, number: int) -> Policy | None:
        try:
            saved = self.store.policy_version(number)
            return self.fit(parse_policy(saved.content, name=f"policy version {number}"))
        except ConfigurationError as error:
            log.error("Version %d of the policy cannot be used here, the one before it stays: %s", number, error)  # noqa: TRY400 - a sentence, no traceback
            self.refused(number)
            return None
