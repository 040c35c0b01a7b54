"""The API: accept a claim, tell its state. What predicts is elsewhere."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Flask, Response, jsonify, request, url_for
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from .claim import Claim
from .metrics import Metrics
from .openapi import document
from .predictions import Asked, KeyReusedError, Predictions
from .problems import ProblemError, answer_problems, invalid
from .settings import Settings

log = logging.getLogger(__name__)

LONGEST_BODY = 64 * 1024
LONGEST_KEY = 200
FULL = 0.8
"""From this part of Redis's memory on no claim is accepted, so that workers have room to answer what was."""
POLL_SECONDS = 1
"""When callers should ask again."""


def create_app(settings: Settings, predictions: Predictions, send: Callable[[str], None], version: str) -> Flask:
    """Make the application; it connects at its first request.

    Args:
        settings: read once by the caller.
        predictions: where claims and answers are kept.
        send: hands the id of a prediction to workers.
        version: of the service.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    answer_problems(app)
    api = _Api(settings, predictions, send)
    metrics = Metrics(app, predictions)
    described = document(version, with_key=bool(settings.api_key))
    app.before_request(api.check_key)
    app.add_url_rule("/v1/predictions", "ask", api.ask, methods=["POST"])
    app.add_url_rule("/v1/predictions/<uuid:id_>", "fetch", api.fetch)
    app.add_url_rule("/healthz", "alive", lambda: jsonify(status="alive"))
    app.add_url_rule("/readyz", "ready", api.ready)
    app.add_url_rule("/metrics", "metrics", metrics.page)
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(described))
    return app


class _Api:
    def __init__(self, settings: Settings, predictions: Predictions, send: Callable[[str], None]) -> None:
        self._settings = settings
        self._predictions = predictions
        self._send = send

    def check_key(self) -> None:
        """Let nobody without the key, if there is one, past /v1/."""
        wanted = self._settings.api_key
        if not wanted or not request.path.startswith("/v1/"):
            return
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise ProblemError("Unauthenticated", "Send the header Authorization: Bearer, followed by the key.")

    def ask(self) -> Response:
        """Keep a claim and wake a worker. What is kept is answered, even if no worker could be woken now."""
        claim, key = _claim(), _idempotency_key()
        if self._predictions.waiting() >= self._settings.queue_limit:
            raise ProblemError("Busy", f"{self._settings.queue_limit} predictions wait already.")
        self._check_memory()
        try:
            id_, kept_at = self._predictions.accept(claim, key)
        except KeyReusedError:
            raise ProblemError("KeyReused", "Use a new key for another claim.") from None
        if kept_at is None:
            response = self._shown(self._find(id_), HTTPStatus.ACCEPTED)
        else:
            try:
                self._send(id_)
            except OperationalError as error:
                log.warning("%s is sent later, since Redis does not answer: %s", id_, error)
            new = Asked(id=id_, status="queued", created_at=kept_at, attempts=0)
            response = self._shown(new, HTTPStatus.ACCEPTED)
        response.headers["Location"] = url_for("fetch", id_=id_)
        return response

    def fetch(self, id_: UUID) -> Response:
        """Tell how a prediction stands."""
        return self._shown(self._find(str(id_)), HTTPStatus.OK)

    def ready(self) -> Response:
        """Say whether claims can be accepted: workers may be away, since claims wait for them."""
        self._check_memory()
        return jsonify(status="ready")

    def _check_memory(self) -> None:
        if self._predictions.memory_taken() >= FULL:
            raise ProblemError("Busy", "The memory of the queue is nearly full.")

    def _find(self, id_: str) -> Asked:
        asked = self._predictions.find(id_)
        if asked is None:
            raise ProblemError("NotFound", f"There is no prediction {id_}, or not any more.")
        return asked

    def _shown(self, asked: Asked, status: HTTPStatus) -> Response:
        response = Response(asked.model_dump_json(exclude_none=True), status, content_type="application/json")
        if asked.status in {"queued", "running"}:
            response.headers["Retry-After"] = str(POLL_SECONDS)
        return response


def _claim() -> Claim:
    if request.mimetype != "application/json":
        raise ProblemError("UnsupportedMedia", "Send the claim as application/json.")
    try:
        return Claim.model_validate_json(request.get_data())
    except ValidationError as error:
        raise invalid(error) from None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise ProblemError("Invalid", f"Idempotency-Key: 1 to {LONGEST_KEY} characters.")
    return key
