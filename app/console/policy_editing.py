"""Changing the policy: as a form or as the whole document, tried out on past mail and compared before it is saved."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import policy_words
from app.console.language import gettext as _
from app.console.page import flash, page, user
from app.console.policy import READERS, compared_with
from app.console.policy_complaints import complaint
from app.console.policy_form import Filled, form_of, read_form
from app.console.policy_newest import (
    PREVIEW_DAYS,
    PREVIEW_MAILS,
    Newest,
    fitted,
    models,
    newest,
)
from app.console.wording import priority_name
from app.endpoint import Endpoint, endpoint
from app.services import services
from routing.decision import Priority
from routing.errors import ConfigurationError, InvalidInput, Overtaken
from routing.people import Role
from routing.policy import Policy
from routing.policy.preview import effect
from routing.policy.saving import NOTE_CHARACTERS, check_policy, save_policy
from routing.policy.trial import try_out
from routing.policy.writing import write_policy

policy_editing = Blueprint("policy_editing", __name__)

SAVERS: Final = Endpoint(scope=None, role=Role.ADMINISTRATOR, documented=False)
UNPROCESSABLE: Final = 422
CONFLICT: Final = 409
AROUND: Final = 3
"""Lines shown before and after one that is wrong."""
SHOWN: Final = 50
"""Mails that a dry run lists."""


@policy_editing.get("/policy/edit")
@endpoint(READERS)
def form() -> Response:
    """Answer with the form, with the label that the address names unfolded."""
    base = newest()
    filled = form_of(
        base.policy, chosen=request.args.get("label", ""), threshold=request.args.get("threshold", "")[:20]
    )
    return _form(base, filled)


@policy_editing.post("/policy/edit")
@endpoint(READERS)
def send_form() -> Response:
    """Compare what the form says with the newest version."""
    base, found = newest(), models()
    filled, policy = read_form(request.form, base.policy, found)
    if policy is None:
        return _form(base, filled, UNPROCESSABLE)
    content = write_policy(policy)
    try:
        check_policy(content, found)
    except ConfigurationError as error:
        return _form(base, filled, UNPROCESSABLE, trouble=complaint(error))
    return _review(content, expected=_expected(base))


@policy_editing.get("/policy/document")
@endpoint(READERS)
def document() -> Response:
    """Answer with the whole document."""
    number = services().store.policy_head()
    if number:
        return _document(services().store.policy_version(number).content, number)
    return _document(newest().content, 0)


@policy_editing.post("/policy/document")
@endpoint(READERS)
def send_document() -> Response:
    """Check the document and compare it with the newest version, or go on writing it."""
    content, expected = _content(), _given_number("expected")
    if "again" in request.form:
        return _document(content, expected)
    try:
        check_policy(content, models())
    except ConfigurationError as error:
        return _document(content, expected, UNPROCESSABLE, error)
    return _review(content, expected=expected)


@policy_editing.post("/policy/versions/<int:number>/restore")
@endpoint(READERS)
def restore(number: int) -> Response:
    """Compare an older version with the newest one, to be saved as a new one."""
    saved = services().store.policy_version(number)
    head = services().store.policy_head()
    try:
        check_policy(saved.content, models())
    except ConfigurationError as error:
        return _document(saved.content, head, UNPROCESSABLE, error)
    return _review(saved.content, expected=head, note=_("Back to version %(number)s", number=number))


@policy_editing.post("/policy/save")
@endpoint(SAVERS)
def save() -> AnyResponse:
    """Save a new version."""
    provided = services()
    content, expected, note = _content(), _given_number("expected"), request.form.get("note", "").strip()
    try:
        saved = save_policy(
            provided.store,
            content,
            author=f"user {user().name}",
            note=note,
            expected=expected,
            fallback=provided.book.fallback,
            now=provided.clock(),
        )
    except ConfigurationError as error:
        return _document(content, expected, UNPROCESSABLE, error)
    except Overtaken as error:
        who = policy_words.author_name(error.actor) if error.actor else _("Somebody")
        trouble = _("%(who)s saved another version meanwhile. Compared with that one, you would change this:", who=who)
        return _review(content, expected=provided.store.policy_head(), note=note, status=CONFLICT, trouble=trouble)
    except InvalidInput as error:
        too_long = error.field == "/note"
        trouble = _("The note is too long.") if too_long else _("This is what the policy says already.")
        return _review(content, expected=expected, note=note[:NOTE_CHARACTERS], status=UNPROCESSABLE, trouble=trouble)
    provided.book.look_again()
    response = redirect("/policy", 303)
    flash(response, _("Version %(number)s is saved; new mail is decided by it within seconds.", number=saved.number))
    return response


def _form(base: Newest, filled: Filled, status: int = 200, trouble: str = "") -> Response:
    return page(
        "console/policy_edit.html",
        status,
        base=base,
        filled=filled,
        trouble=trouble,
        words=policy_words,
        priorities=[(each.value, priority_name(each)) for each in Priority],
        kinds=[("threshold", _("at least this probability")), ("precision", _("this share right"))],
        strangers=[(each, policy_words.strangers_name(each)) for each in ("triage", "route")],
        queues=sorted({*base.policy.queues}),
        expected=_expected(base),
    )


def _document(content: str, expected: int, status: int = 200, error: ConfigurationError | None = None) -> Response:
    lines = content.splitlines()
    around = []
    if error is not None and error.line is not None:
        first = max(1, error.line - AROUND)
        last = min(len(lines), error.line + AROUND)
        around = [(number, lines[number - 1], number == error.line) for number in range(first, last + 1)]
    return page(
        "console/policy_document.html",
        status,
        content=content,
        expected=expected,
        error=error,
        complaint=complaint(error) if error is not None else "",
        around=around,
    )


def _review(content: str, *, expected: int, note: str = "", status: int = 200, trouble: str = "") -> Response:
    """Answer with what a checked document would change, and what it would have done to past mail."""
    provided, base, found = services(), newest(), models()
    policy = check_policy(content, found)
    before, after = fitted(base.policy, found), fitted(policy, found)
    answers = provided.store.answers(since=provided.clock() - PREVIEW_DAYS * 86400, limit=PREVIEW_MAILS)
    trial = try_out(provided.store, before, after, stopwatch=time.monotonic)
    return page(
        "console/policy_review.html",
        status,
        content=content,
        expected=expected,
        note=note,
        trouble=trouble,
        base=base,
        words=policy_words,
        effects=(effect(before, answers), effect(after, answers)) if answers else None,
        days=PREVIEW_DAYS,
        trial=trial,
        moved=[_moved(each, before, after) for each in trial.moved[:SHOWN]],
        shown=SHOWN,
        may_save=user().role.includes(Role.ADMINISTRATOR),
        same=content == base.content,
        **compared_with(base, policy, content),
    )


def _moved(moved: Any, before: Policy, after: Policy) -> dict[str, Any]:
    return {
        "job": moved.job,
        "before": policy_words.place_text(moved.before, before.labels),
        "after": policy_words.place_text(moved.after, after.labels),
    }


def _content() -> str:
    """Return the document as it was sent: a browser ends lines with CR LF."""
    text = request.form.get("content", "").replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


def _expected(base: Newest) -> int:
    """Return the version that the writer began with: the one that the form names, else the newest."""
    return _given_number("expected") if "expected" in request.form else base.number


def _given_number(name: str) -> int:
    with contextlib.suppress(ValueError):
        return max(0, min(int(request.form.get(name, "0")[:12]), 2**40))
    return 0
