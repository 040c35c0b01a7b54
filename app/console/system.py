"""The system page: what is wrong first, then workers, queues, database and versions."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response

from app.console.conditions import Health, conditions
from app.console.language import write_number
from app.console.page import page
from app.console.titles import party
from app.endpoint import Endpoint, endpoint
from app.health import HEARD_SECONDS
from app.services import services
from broker.connection import check_redis, without_secrets
from routing.errors import ConfigurationError, NotFound
from routing.people import Role
from routing.version import version

system_pages = Blueprint("system", __name__)

DAY_SECONDS: Final = 86400.0
SIZES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@system_pages.get("/system")
@endpoint(Endpoint(scope=None, role=Role.SUPERVISOR, documented=False))
def system() -> Response:
    """Answer with the page."""
    provided = services()
    now, store, settings = provided.clock(), provided.store, provided.settings
    known = store.workers(seen_after=now - DAY_SECONDS)
    heard = [worker for worker in known if worker.seen_at > now - HEARD_SECONDS]
    health = Health(
        workers=heard,
        backlog=store.backlog(),
        redis=_redis(settings.redis_url),
        policy_in_force=provided.book.number,
        policy_saved=store.policy_head(),
        secret_shared=bool(settings.session_secret),
        now=now,
    )
    facts = store.database_facts()
    return page(
        "console/system.html",
        conditions=sorted(conditions(health), key=lambda each: not each.severe),
        health=health,
        silent=[worker for worker in known if worker not in heard],
        models=sorted({worker.model_version for worker in heard}),
        states=store.queue_states(),
        facts=facts,
        size=_size(facts.size),
        database=without_secrets(settings.resolved_database_url),
        redis=without_secrets(settings.redis_url),
        settings=settings,
        version=version(),
        policy=_policy(),
        party=party,
    )


def _policy() -> dict[str, Any]:
    """Return which policy is in force, and who saved it."""
    provided = services()
    number, saved = provided.book.number, None
    if number:
        try:
            saved = provided.store.policy_version(number)
        except NotFound:  # pragma: no cover  (versions are never deleted)
            saved = None
    return {"number": number, "version": provided.policy.version, "saved": saved}


def _redis(url: str) -> str:
    if not url:
        return "none"
    try:
        check_redis(url)
    except ConfigurationError as error:
        return str(error)
    return ""


def _size(size: int) -> str:
    for unit, name in SIZES:
        if size >= unit:
            return f"{write_number(size / unit, 1)} {name}"
    return ""
