"""The OpenAPI document: shapes come from the pydantic models, words are written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from .claim import EXAMPLE, Claim
from .predictions import Asked
from .problems import CONTENT_TYPE, KINDS, Problem
from .settings import SERVICE

SCHEMAS = "#/components/schemas/"
EVERYWHERE = ("BadRequest", "MethodNotAllowed", "Internal")


def document(version: str, *, with_key: bool) -> dict[str, Any]:
    """Return the document.

    Args:
        version: of the service.
        with_key: whether callers need an API key.
    """
    _, shapes = models_json_schema(
        [(Claim, "validation"), (Asked, "serialization"), (Problem, "serialization")],
        ref_template=SCHEMAS + "{model}",
    )
    guarded = ("Unauthenticated",) if with_key else ()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": SERVICE,
            "version": version,
            "description": "Post a claim, get an id at once, and fetch the prediction when it is done.",
        },
        "servers": [{"url": "/"}],
        **({"security": [{"key": []}]} if with_key else {}),
        "paths": {
            "/v1/predictions": {"post": _post(guarded)},
            "/v1/predictions/{id}": {"get": _get(guarded)},
            "/healthz": {"get": _status("alive", "Is this process alive?")},
            "/readyz": {"get": _status("ready", "Can a claim be accepted?", "Busy")},
            "/metrics": {"get": _text("metrics", "Metrics for Prometheus", "text/plain")},
            "/openapi.json": {"get": _text("openapi", "This document", "application/json")},
        },
        "components": {
            "schemas": shapes["$defs"],
            "responses": {
                name: {
                    "description": f"{kind.title}.",
                    "content": {CONTENT_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
                }
                for name, kind in KINDS.items()
            },
            **({"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}} if with_key else {}),
        },
    }


def _post(guarded: tuple[str, ...]) -> dict[str, Any]:
    return {
        "operationId": "ask",
        "summary": "Ask for a prediction",
        "description": "The claim is kept before the answer; it will be answered even if this service is killed.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A repeat with the same key and claim is the same prediction, not a second one.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}Claim"}, "example": EXAMPLE}},
        },
        "responses": {
            "202": {
                **_asked("Accepted."),
                "headers": {"Location": {"description": "Where to fetch it.", "schema": {"type": "string"}}},
            },
            **_problems("TooLarge", "UnsupportedMedia", "Invalid", "KeyReused", "Busy", *guarded, *EVERYWHERE),
        },
    }


def _get(guarded: tuple[str, ...]) -> dict[str, Any]:
    return {
        "operationId": "fetch",
        "summary": "Fetch a prediction",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}],
        "responses": {
            "200": _asked("The prediction as it stands; ask again while it is queued or running."),
            **_problems("NotFound", "Busy", *guarded, *EVERYWHERE),
        },
    }


def _asked(about: str) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}Asked"}}}}


def _status(name: str, summary: str, *problems: str) -> dict[str, Any]:
    shape = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {
            "200": {"description": "Yes.", "content": {"application/json": {"schema": shape}}},
            **_problems(*problems),
        },
    }


def _text(name: str, summary: str, content_type: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary, "content": {content_type: {}}}},
    }


def _problems(*names: str) -> Mapping[str, Any]:
    """Return responses by status; a status of two kinds is described once, for both."""
    by_status: dict[str, list[str]] = {}
    for name in names:
        by_status.setdefault(str(KINDS[name].status), []).append(name)
    return {
        status: {"$ref": f"#/components/responses/{found[0]}"}
        if len(found) == 1
        else {
            "description": " Or: ".join(f"{KINDS[name].title}." for name in found),
            "content": {CONTENT_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
        }
        for status, found in sorted(by_status.items())
    }
