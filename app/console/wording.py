"""What queues, filters and acts are called in the reader's language."""

from __future__ import annotations

from app.console.language import age, ngettext
from app.console.language import gettext as _
from app.console.lists import Age, ListQuery, Mine
from app.console.page import user
from app.services import services
from routing.decision import DecidedBy, Priority
from routing.desk import Act, ListFilter, Order, State
from routing.errors import FacteurError, NotFound, Overtaken
from routing.job import Job
from routing.store.changes import UNDO


def decided_by_name(by: DecidedBy | str) -> str:
    """Return who decided, in one word."""
    return {DecidedBy.RULE: _("rule"), DecidedBy.MODEL: _("model"), DecidedBy.HUMAN: _("human")}[DecidedBy(by)]


def priority_name(priority: Priority | str) -> str:
    """Return how pressing a mail is, in one word."""
    return {
        Priority.URGENT: _("urgent"),
        Priority.HIGH: _("high"),
        Priority.NORMAL: _("normal"),
        Priority.LOW: _("low"),
    }[Priority(priority)]


def mail_language_name(language: str | None) -> str:
    """Return what the language of a mail is called."""
    names = {"fr": _("French"), "en": _("English"), "other": _("another language")}
    return names.get(language or "", _("not known"))


def state_name(state: State | str) -> str:
    """Return what became of a list's mails."""
    return {State.OPEN: _("open"), State.HANDLED: _("done"), State.ANY: _("open and done")}[State(state)]


def order_name(order: Order | str) -> str:
    """Return in which order a list is."""
    return {
        Order.PRESSING: _("Most pressing first"),
        Order.NEWEST: _("Newest first"),
        Order.OLDEST: _("Oldest first"),
        Order.UNSURE: _("Least sure first"),
        Order.USEFUL: _("Most useful to label first"),
    }[Order(order)]


def age_name(age: Age | str) -> str:
    """Return for how long mails have been in the queue."""
    return {
        Age.OVER_HOUR: _("over 1 hour"),
        Age.OVER_4_HOURS: _("over 4 hours"),
        Age.OVER_DAY: _("over 1 day"),
        Age.OVER_3_DAYS: _("over 3 days"),
        Age.OVER_7_DAYS: _("over 7 days"),
        Age.UNDER_HOUR: _("less than 1 hour"),
        Age.UNDER_DAY: _("less than 1 day"),
    }[Age(age)]


def mine_name(mine: Mine | str) -> str:
    """Return whose mails a list shows."""
    return {Mine.ME: _("by me"), Mine.NOBODY: _("by nobody")}[Mine(mine)]


def title(query: ListQuery) -> str:
    """Return what a list is called."""
    return query.queue or _("All mails")


def done_to(act: Act, number: int, *, to: str = "") -> str:
    """Return what was done to so many mails, as the agent who did it reads; `to` names the new label, queue or rank."""
    return {
        Act.TAKE: ngettext("%(num)s mail taken.", "%(num)s mails taken.", number),
        Act.RETURN: ngettext("%(num)s mail given back.", "%(num)s mails given back.", number),
        Act.HANDLE: ngettext("%(num)s mail done.", "%(num)s mails done.", number),
        Act.REOPEN: ngettext("%(num)s mail open again.", "%(num)s mails open again.", number),
        Act.MOVE: ngettext("%(num)s mail moved to %(to)s.", "%(num)s mails moved to %(to)s.", number, to=to),
        Act.CORRECT: ngettext(
            "%(num)s mail corrected to %(to)s. The next training learns from it.",
            "%(num)s mails corrected to %(to)s. The next training learns from them.",
            number,
            to=to,
        ),
        Act.CONFIRM: ngettext(
            "%(num)s mail confirmed. The next training learns from it.",
            "%(num)s mails confirmed. The next training learns from them.",
            number,
        ),
        Act.PRIORITY: ngettext("%(num)s mail is now %(to)s.", "%(num)s mails are now %(to)s.", number, to=to),
    }[act]


def put_back(number: int) -> str:
    """Return that an act was undone."""
    return ngettext("Undone: %(num)s mail is as before.", "Undone: %(num)s mails are as before.", number)


def gone(job: Job, where: ListFilter) -> str:
    """Return why a mail no longer belongs to a list, in a word or two."""
    handled = job.handling.handled_at is not None
    if where.state is not State.ANY and handled is not (where.state is State.HANDLED):
        return _("Done") if handled else _("Open again")
    queue = job.decision.queue if job.decision else ""
    if where.queue not in (None, queue):
        return _("Now in %(queue)s", queue=queue)
    if where.assignee is not None:
        taker = job.handling.assignee
        return _("Taken by %(name)s", name=services().roster.called(taker)) if taker else _("Given back")
    return _("No longer in this list")


def overtaken(kind: str, who: str, age: str) -> str:
    """Return what somebody else did first; `kind` is the history's word, `age` says how long ago."""
    return changed_by(kind, who, age) + " " + _("Your action was not carried out.")


def changed_by(kind: str, who: str, age: str) -> str:
    """Return what somebody did to a mail a while ago; `kind` is the history's word."""
    who = who or _("Somebody")
    return {
        Act.TAKE.value: _("%(who)s took this mail %(age)s ago.", who=who, age=age),
        Act.RETURN.value: _("%(who)s gave this mail back %(age)s ago.", who=who, age=age),
        Act.HANDLE.value: _("%(who)s marked this mail as done %(age)s ago.", who=who, age=age),
        Act.REOPEN.value: _("%(who)s opened this mail again %(age)s ago.", who=who, age=age),
        Act.MOVE.value: _("%(who)s moved this mail %(age)s ago.", who=who, age=age),
        Act.CORRECT.value: _("%(who)s corrected this mail %(age)s ago.", who=who, age=age),
        Act.CONFIRM.value: _("%(who)s confirmed this mail %(age)s ago.", who=who, age=age),
        Act.PRIORITY.value: _("%(who)s changed the priority of this mail %(age)s ago.", who=who, age=age),
        UNDO: _("%(who)s undid a change of this mail %(age)s ago.", who=who, age=age),
    }.get(kind) or _("%(who)s changed this mail %(age)s ago.", who=who, age=age)


def refusal(error: Exception, now: float) -> str:
    """Return why a mail was refused, as the reader is told: who was faster, or that it cannot be.

    Raises the error again when it is none of the domain's.
    """
    if isinstance(error, Overtaken):
        if error.actor == f"user {user().name}":
            return _("You changed this mail a moment ago, perhaps in another window. Look again.")
        who = services().roster.called(error.actor.removeprefix("user "))
        return overtaken(error.kind, who, age(now - error.at))
    if isinstance(error, NotFound):
        return _("This mail is no longer there.")
    if isinstance(error, FacteurError):
        return _("This mail cannot be changed in this way.")
    raise error
