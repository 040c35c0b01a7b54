"""The policy as it is in force: labels, rules, automatic mail, and every version that there was."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request

from app.console import policy_words
from app.console.page import page, user
from app.console.policy_complaints import complaint
from app.console.policy_newest import Newest, fitted, models, newest
from app.endpoint import Endpoint, endpoint
from app.services import services
from routing.errors import ConfigurationError
from routing.people import Role
from routing.policy import Policy, Rule, Stage
from routing.policy.difference import differences, text_difference
from routing.policy.reading import parse_policy
from routing.store.policies import SavedPolicy

policy_pages = Blueprint("policy", __name__)

READERS: Final = Endpoint(scope=None, role=Role.SUPERVISOR, documented=False)
VERSIONS: Final = 50


@policy_pages.get("/policy")
@endpoint(READERS)
def overview() -> Response:
    """Answer with the policy in force."""
    provided = services()
    policy, found = provided.policy, models()
    shown = fitted(policy, found)
    return page(
        "console/policy.html",
        policy=shown,
        words=policy_words,
        labels=list(shown.labels.values()),
        steps=steps(policy),
        number=provided.book.number,
        saved=_saved(provided.book.number),
        waiting=_waiting(provided.book.number),
        models=[model.version for model in found],
        may_save=user().role.includes(Role.ADMINISTRATOR),
    )


@policy_pages.get("/policy/versions")
@endpoint(READERS)
def versions() -> Response:
    """Answer with the list of versions."""
    before = request.args.get("before", "")
    cursor = int(before) if before.isascii() and before.isdigit() else None
    found = services().store.policy_versions(before=cursor, limit=VERSIONS + 1)
    return page(
        "console/policy_versions.html",
        words=policy_words,
        versions=found[:VERSIONS],
        in_force=services().book.number,
        further=cursor is not None,
        next_before=found[VERSIONS - 1].number if len(found) > VERSIONS else None,
    )


@policy_pages.get("/policy/versions/<int:number>")
@endpoint(READERS)
def version(number: int) -> Response:
    """Answer with one version, and what is different from another one: unless asked, the one before it."""
    store = services().store
    saved = store.policy_version(number)
    given = request.args.get("against", "")
    against = int(given) if given.isascii() and given.isdigit() else number - 1
    other = store.policy_version(against) if 0 < against != number else None
    return page(
        "console/policy_version.html",
        words=policy_words,
        saved=saved,
        other=other,
        head=store.policy_head(),
        in_force=services().book.number,
        may_save=user().role.includes(Role.ADMINISTRATOR),
        **(compared(other.content, saved.content) if other else {}),
    )


def compared(before: str, after: str) -> dict[str, Any]:
    """Return what a page shows of the difference between two documents; one of them may be no policy to us."""
    shown: dict[str, Any] = {"lines": text_difference(before, after), "changes": None}
    try:
        old, new = parse_policy(before), parse_policy(after)
    except ConfigurationError:
        return shown
    return shown | {"changes": [policy_words.told(each, old, new) for each in differences(old, new)]}


def compared_with(base: Newest, after: Policy, content: str) -> dict[str, Any]:
    """Return the same for a change to the newest version."""
    changes = [policy_words.told(each, base.policy, after) for each in differences(base.policy, after)]
    return {"lines": text_difference(base.content, content), "changes": changes}


def steps(policy: Policy) -> list[dict[str, Any]]:
    """Return in which order mail is decided: what stands before the model and what after it."""
    order: list[dict[str, Any]] = [
        {"kind": "rules", "stage": Stage.FIRST, "rules": policy.rules_of(Stage.FIRST)},
        {"kind": "automatic", "rules": ()},
        {"kind": "rules", "stage": Stage.BEFORE, "rules": policy.rules_of(Stage.BEFORE)},
        {"kind": "model", "rules": ()},
        {"kind": "rules", "stage": Stage.AFTER, "rules": policy.rules_of(Stage.AFTER)},
    ]
    return [step | {"rules": [_rule(rule, policy) for rule in step["rules"]]} for step in order]


def _rule(rule: Rule, policy: Policy) -> dict[str, Any]:
    return {
        "name": rule.name,
        "when": policy_words.conditions(rule.when, policy.labels),
        "gives": policy_words.gives(rule, policy.labels),
    }


def _saved(number: int) -> SavedPolicy | None:
    return services().store.policy_version(number) if number else None


def _waiting(in_force: int) -> dict[str, Any] | None:
    """Return the newest version and why it is not in force, if that is so."""
    try:
        base = newest()
    except ConfigurationError as error:
        return {"number": services().store.policy_head(), "why": complaint(error)}
    if base.number == in_force:
        for model in models():
            try:
                base.policy.for_model(model)
            except ConfigurationError as error:
                return {"number": base.number, "why": complaint(error)}
    return None
