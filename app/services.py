"""What the views need of the outside, in one value that the factory makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from app.attempts import Attempts
from app.keyring import Keyring
from app.metrics import Metrics
from app.roster import Roster
from app.sessions import Sessions
from app.waiting import Waiting
from broker.bell import Bell
from broker.limiter import Limiter
from routing.accept import Intake
from routing.explanation import Questions
from routing.policy import Policy
from routing.policy.book import PolicyBook
from routing.settings import Settings
from routing.store.port import Store

EXTENSION = "facteur"


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """One for each application, shared by its threads."""

    settings: Settings
    store: Store
    book: PolicyBook
    bell: Bell
    intake: Intake
    keyring: Keyring
    sessions: Sessions
    roster: Roster
    attempts: Attempts
    limiter: Limiter
    waiting: Waiting
    questions: Questions
    metrics: Metrics
    clock: Callable[[], float]
    """Unix time in seconds."""

    @property
    def policy(self) -> Policy:
        """The policy in force now; it may be another one in the next request."""
        return self.book.current()


def services() -> Services:
    """Return the services of the application that answers this request."""
    found: Services = current_app.extensions[EXTENSION]
    return found
