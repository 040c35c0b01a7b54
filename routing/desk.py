"""The agents' desk: routed mail as people work on it, after the router has had its say.

A routed mail (a done job) is *open* until somebody has dealt with it, then it is *handled*. While it is open an agent
can *take* it, so that colleagues see who works on it. What an agent does to mails is an *act*; acts on several mails at
once are one *batch*, and a batch can be undone as long as nobody else touched its mails.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.decision import Decision, Priority
from routing.job import Job, Review


class Act(StrEnum):
    """What an agent can do to routed mails."""

    TAKE = "take"
    """Work on it: it is the agent's now, and colleagues see that."""
    RETURN = "return"
    """Give it back: it is nobody's again."""
    HANDLE = "handle"
    """It is dealt with and leaves the queue."""
    REOPEN = "reopen"
    """It was not dealt with after all."""
    MOVE = "move"
    """To another queue, the label stays. A review."""
    CORRECT = "correct"
    """To another label, and to that label's queue. A review, and what the next model learns from."""
    CONFIRM = "confirm"
    """The decision is right as it stands. A review too."""
    PRIORITY = "priority"
    """More or less pressing than it was."""


class State(StrEnum):
    """Which mails a list shows by what became of them."""

    OPEN = "open"
    HANDLED = "handled"
    ANY = "any"


class Order(StrEnum):
    """In which order a list shows mails. Equal ones come by id."""

    PRESSING = "pressing"
    """Most urgent first, among these the longest in the queue."""
    NEWEST = "newest"
    """The last to arrive in the queue first."""
    OLDEST = "oldest"
    """The first to arrive in the queue first."""
    UNSURE = "unsure"
    """The model's least confident first; those that no model was asked about last."""
    USEFUL = "useful"
    """Most worth a human's label first: the model wavers, or has never seen the like."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFilter:
    """Which routed mails to list; None and "" mean any. All conditions hold at once."""

    state: State = State.OPEN
    queue: str | None = None
    label: str | None = None
    language: str | None = None
    """`fr`, `en` or `other`."""
    decided_by: str | None = None
    priority: Priority | None = None
    assignee: str | None = None
    """The name of the user who took it; "" for nobody."""
    confidence_from: float | None = None
    confidence_below: float | None = None
    arrived_after: float | None = None
    """Unix seconds, included."""
    arrived_before: float | None = None
    """Unix seconds, not included."""
    decided_after: float | None = None
    """When the router decided, whatever became of the mail since: Unix seconds, included."""
    decided_before: float | None = None
    """Unix seconds, not included."""
    reviewed: bool | None = None
    model_label: str | None = None
    """What the model said first, whatever a human said since."""
    model_version: str | None = None
    words: str = ""
    """All of these words, whole or as beginnings, in subject, sender or text; case and accents do not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """Some routed mails, and where the next ones begin (None: no more)."""

    jobs: tuple[Job, ...]
    next_cursor: str | None
    cut: bool = False
    """Fewer than there may be, or none: few of the mails fit, and the store looked at a part of the list only. It looks
    on from `next_cursor`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to become of one routed mail, if it is still as the one who wants it saw it. None: stays as it is."""

    job_id: str
    act: Act
    revision: int | None
    """`Handling.revision` as it was seen; None: whatever it is now."""
    decision: Decision | None = None
    review: Review | None = None
    assignee: str | None = None
    """The name of the user whose it becomes; "" for nobody."""
    handled: bool | None = None
    detail: str = ""
    """What the history says of it beside the act's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Looker:
    """Somebody who has the mail open now."""

    user: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueState:
    """A queue as its team sees it."""

    queue: str
    open: int
    """Mails in it that nobody has handled."""
    taken: int
    """Those of them that somebody works on."""
    unreviewed: int
    """Open mails that no human confirmed or corrected."""
    oldest_at: float | None
    """Acceptance of its oldest open mail."""
    revision: int
    """Grows whenever anything in the queue changes; equal revisions mean that a list would show the same."""
