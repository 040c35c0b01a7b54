"""What is not as it should be about the service, in words: the trouble, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.console.language import age, gettext, ngettext
from app.health import HEARD_SECONDS
from routing.store.port import Backlog, WorkerBeat

PATIENCE_SECONDS: Final = 120.0
"""A mail that waits longer than this has too few workers, or none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One thing that is not as it should be."""

    text: str
    remedy: str
    severe: bool = False
    """Whether mails wait or a part is missing; else it only needs a look."""
    link: str = ""
    """Where something can be done about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What the conditions are told from."""

    workers: Sequence[WorkerBeat]
    """Those heard from just now."""
    backlog: Backlog
    redis: str
    """Why Redis does not answer; empty when it does, `none` when none is configured."""
    policy_in_force: int
    policy_saved: int
    """Numbers of versions; 0 for the file's."""
    secret_shared: bool
    """Whether sessions are signed with a secret that all API processes know."""
    now: float


def conditions(health: Health) -> Iterator[Condition]:
    """Yield what is wrong, worst first."""
    yield from _workers(health)
    yield from _redis(health)
    yield from _mails(health)
    if health.policy_in_force != health.policy_saved:
        yield Condition(
            text=gettext(
                "Version %(saved)s of the policy is saved, but version %(used)s is in force.",
                saved=health.policy_saved,
                used=health.policy_in_force,
            ),
            remedy=gettext(
                "Load this page anew in ten seconds. If it stays so, that version cannot be used: save another."
            ),
            link="/policy",
        )
    if not health.secret_shared:
        yield Condition(
            text=gettext("Sessions end when this process does: no secret is set for them."),
            remedy=gettext("Set FACTEUR_SESSION_SECRET to the same long random text on every machine."),
        )


def _workers(health: Health) -> Iterator[Condition]:
    if not health.workers:
        yield Condition(
            text=gettext("No worker was heard from in the last %(seconds)s seconds.", seconds=round(HEARD_SECONDS)),
            remedy=gettext("Start one (facteur worker), or look into its log. Mails wait safely until then."),
            severe=True,
        )
    models = {worker.model_version for worker in health.workers}
    if len(models) > 1:
        yield Condition(
            text=ngettext("The workers use %(num)s model.", "The workers use %(num)s different models.", len(models)),
            remedy=gettext("The same mail may be decided differently. Start the workers with the older model again."),
        )
    if any("stand-in" in model for model in models):
        yield Condition(
            text=gettext("A stand-in decides that knows words, not mails."),
            remedy=gettext("It is for trying things out: set FACTEUR_MODEL to a trained model."),
        )


def _redis(health: Health) -> Iterator[Condition]:
    if health.redis == "none":
        yield Condition(
            text=gettext("No Redis is configured."),
            remedy=gettext(
                "Workers are not woken and nothing is swept: set FACTEUR_REDIS_URL. Mail is taken all the same."
            ),
            severe=True,
        )
    elif health.redis:
        yield Condition(
            text=gettext("Redis does not answer."),
            remedy=gettext("Start it, or correct FACTEUR_REDIS_URL. Mail is taken all the same, and decided later."),
            severe=True,
        )


def _mails(health: Health) -> Iterator[Condition]:
    backlog = health.backlog
    waited = 0.0 if backlog.oldest_queued_at is None else health.now - backlog.oldest_queued_at
    if waited > PATIENCE_SECONDS:
        yield Condition(
            text=gettext("The oldest mail has waited for %(age)s to be decided.", age=age(waited)),
            remedy=gettext("Add workers, or look into the logs of those there are."),
            severe=True,
        )
    if backlog.failed:
        yield Condition(
            text=ngettext("%(num)s mail failed.", "%(num)s mails failed.", backlog.failed),
            remedy=gettext("Look at the errors; try again, or send them to a queue by hand."),
            link="/failed",
        )
