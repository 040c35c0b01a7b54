"""The application, put together from what the composition root gives."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from flask import Flask, Response, g, request

from app import auth, problems
from app.emails import emails
from app.health import health
from app.jobs import jobs
from app.keyring import Keyring
from app.metrics import Metrics
from app.queues import queues
from app.services import EXTENSION, Services
from app.sessions import Sessions
from app.taxonomy import taxonomy
from app.waiting import Waiting
from broker.bell import Bell
from broker.limiter import Limiter, NoLimiter
from routing.accept import Intake
from routing.ids import uuid7
from routing.policy import Policy
from routing.settings import Settings
from routing.store.port import Store

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SECURITY = (
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)
"""On every answer. `same-origin`, since without a referrer browsers send `Origin: null` with our own forms."""

HSTS = "max-age=31536000"


def create_app(  # noqa: PLR0913 - the outside of the application, one word each
    settings: Settings,
    *,
    store: Store,
    policy: Policy,
    bell: Bell,
    session_secret: bytes,
    limiter: Limiter | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Make the application. Opens nothing and starts nothing; safe before a fork if the store is.

    Args:
        settings: read once by the caller.
        store: where jobs live.
        policy: shown by the taxonomy, and asked by reviews.
        bell: rung after each commit.
        session_secret: 32 random bytes that sign browser sessions, the same in every API process.
        limiter: counts mails a key and minute; needed only when `settings.rate_limit` is not 0.
        clock: Unix time in seconds.
    """
    app = Flask("app")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_mail_bytes
    app.before_request(_name_request)
    app.before_request(auth.guard)
    app.extensions[EXTENSION] = Services(
        settings=settings,
        store=store,
        policy=policy,
        bell=bell,
        intake=Intake(store=store, max_mail_bytes=settings.max_mail_bytes, max_queued=settings.max_queued),
        keyring=Keyring(store, clock),
        sessions=Sessions(session_secret, clock),
        limiter=limiter or NoLimiter(),
        waiting=Waiting(store, places=max(1, settings.api_threads // 2)),
        metrics=Metrics(app, store, policy, workers=settings.var / "metrics" / "worker", clock=clock),
        clock=clock,
    )
    app.after_request(_finish)
    for blueprint in (emails, jobs, queues, taxonomy, health):
        app.register_blueprint(blueprint)
    problems.install(app)
    return app


def _name_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid7()


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.extend(SECURITY)
    headers["X-Request-Id"] = g.get("request_id") or uuid7()
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
