"""A dry run: the newest mails that are still stored, decided again by two policies, in bounded time.

The model is not asked again; what it said of each mail is stored. A mail that no model was asked about, and that would
now get to it, has no new place: it is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from routing.classifier import Prediction, Score
from routing.decision import Decision, Priority
from routing.job import Job
from routing.mail.stored import mail_of
from routing.policy.deciding import decide_with_model, decide_without_model
from routing.policy.policy import Policy
from routing.policy.rules import MailView
from routing.store.policies import KeptMail, Policies

MOST = 500
"""Mails that a dry run reads."""
SECONDS = 3.0
"""After this it ends with what it has."""
PAGE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a policy sends a mail."""

    queue: str
    """Empty: the model would have to be asked."""
    label: str | None
    priority: Priority
    rule: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A mail that the two policies decide differently."""

    job: Job
    before: Place
    after: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a dry run found."""

    read: int
    """Mails that were decided by both."""
    complete: bool
    """Whether it ended because of the mails and not because of the time."""
    oldest_at: float | None
    """Acceptance of the oldest mail that was read."""
    moved: tuple[Moved, ...]
    caught: Mapping[str, int] = field(default_factory=dict)
    """Rule of the second policy to the mails that it decides; rules that catch none are there with 0."""

    @property
    def ways(self) -> tuple[tuple[str, str, int], ...]:
        """How many mails go from which queue to which, the most first; priority and label changes are no way."""
        ways = Counter((m.before.queue, m.after.queue) for m in self.moved if m.before.queue != m.after.queue)
        return tuple((before, after, mails) for (before, after), mails in ways.most_common())


def try_out(  # noqa: PLR0913 - two policies, and how far to go
    store: Policies,
    before: Policy,
    after: Policy,
    *,
    stopwatch: Callable[[], float],
    most: int = MOST,
    seconds: float = SECONDS,
) -> Trial:
    """Decide the newest stored mails by two policies (made for the model at work) and compare."""
    began = stopwatch()
    read, cursor, oldest = 0, None, None
    moved: list[Moved] = []
    caught = Counter({rule.name: 0 for rule in after.rules})
    while read < most:
        page = store.kept_mails(before=cursor, limit=min(PAGE, most - read))
        for kept in page:
            if stopwatch() - began > seconds:
                return Trial(read=read, complete=False, oldest_at=oldest, moved=tuple(moved), caught=dict(caught))
            view = MailView(mail_of(kept.content, kept.format))
            first, second = place(before, kept, view), place(after, kept, view)
            if second.rule in caught:
                caught[str(second.rule)] += 1
            if first != second:
                moved.append(Moved(job=kept.job, before=first, after=second))
            read, cursor, oldest = read + 1, kept.job.id, kept.job.created_at
        if len(page) < PAGE:
            break
    return Trial(read=read, complete=True, oldest_at=oldest, moved=tuple(moved), caught=dict(caught))


def place(policy: Policy, kept: KeptMail, view: MailView) -> Place:
    """Return where a policy sends a stored mail, by what the model said of it when it came."""
    decision = decide_without_model(policy, view) or _by_stored_answer(policy, kept.job, view)
    if decision is None:
        return Place(queue="", label=None, priority=Priority.NORMAL, rule=None)
    return Place(queue=decision.queue, label=decision.label, priority=decision.priority, rule=decision.rule)


def _by_stored_answer(policy: Policy, job: Job, view: MailView) -> Decision | None:
    if job.model_label not in policy.labels or job.model_confidence is None:
        return None
    prediction = Prediction(
        scores=(Score(label=str(job.model_label), probability=job.model_confidence),), stranger=job.novelty
    )
    version = (job.decision.model_version if job.decision else None) or ""
    return decide_with_model(policy, view, prediction, model_version=version)
