"""The application, put together from what the composition root gives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from app import assets, auth, console, problems
from app.attempts import Attempts
from app.body import SLACK
from app.compression import compress
from app.docs import docs
from app.emails import emails
from app.envelope import Envelope
from app.explanations import explanations
from app.health import health
from app.jobs import jobs
from app.keyring import Keyring
from app.metrics import Metrics
from app.queues import queues
from app.roster import Roster
from app.services import EXTENSION, Services
from app.sessions import Sessions
from app.taxonomy import taxonomy
from app.text import check_path
from app.waiting import Waiting
from broker.bell import Bell
from broker.limiter import Limiter, NoLimiter
from routing.accept import Intake
from routing.explanation import NobodyReplies, Questions
from routing.policy import Policy
from routing.policy.book import PolicyBook
from routing.settings import Settings
from routing.store.port import Store

log = logging.getLogger(__name__)


class Application(Flask):
    """Flask without coroutines: it would look at every function it calls, on every request, whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function."""
        return func

    def process_response(self, response: Response) -> Response:
        """Return the response as the metrics leave it: a request that cannot be counted was answered all the same."""
        try:
            return super().process_response(response)
        except Exception:
            log.exception("A request could not be counted.")
            return response


def create_app(  # noqa: PLR0913 - the outside of the application, one word each
    settings: Settings,
    *,
    store: Store,
    policy: Policy,
    bell: Bell,
    session_secret: bytes,
    limiter: Limiter | None = None,
    questions: Questions | None = None,
    clock: Callable[[], float] = time.time,
    stopwatch: Callable[[], float] = time.monotonic,
) -> Flask:
    """Make the application. Opens nothing and starts nothing; safe before a fork if the store is.

    Args:
        settings: read once by the caller.
        store: where jobs live.
        policy: the file's, in force while none was saved in the store.
        bell: rung after each commit.
        session_secret: 32 random bytes that sign browser sessions, the same in every API process.
        limiter: counts mails a key and minute; needed only when `settings.rate_limit` is not 0.
        questions: carries questions why to workers; unless given, nobody replies to any.
        clock: Unix time in seconds.
        stopwatch: seconds that only go forward, for how long an API key is remembered.
    """
    app = Application("app", static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["MAX_CONTENT_LENGTH"] = settings.max_mail_bytes + SLACK
    app.before_request(auth.guard)
    app.before_request(check_path)
    app.after_request(compress)
    book = PolicyBook(store=store, fallback=policy, stopwatch=stopwatch)
    app.extensions[EXTENSION] = Services(
        settings=settings,
        store=store,
        book=book,
        bell=bell,
        intake=Intake(store=store, max_mail_bytes=settings.max_mail_bytes, max_queued=settings.max_queued),
        keyring=Keyring(store, stopwatch),
        sessions=Sessions(session_secret, clock),
        roster=Roster(store, stopwatch),
        attempts=Attempts(stopwatch),
        limiter=limiter or NoLimiter(),
        waiting=Waiting(store, places=max(1, settings.api_threads // 2)),
        questions=questions or NobodyReplies(),
        metrics=Metrics(app, store, book, directory=settings.var / "metrics", clock=clock),
        clock=clock,
    )
    for blueprint in (emails, jobs, explanations, queues, taxonomy, health, docs, *console.BLUEPRINTS):
        app.register_blueprint(blueprint)
    assets.install(app)
    problems.install(app, page=console.failure_page)
    console.install(app)
    app.wsgi_app = Envelope(app.wsgi_app)  # type: ignore[method-assign]  # how Flask is wrapped
    return app
