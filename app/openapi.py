"""`/openapi.json`: OpenAPI 3.1, written from what the views declare and from the models that validate.

Nothing is said twice: a route is in the document because it is in the URL map, a field because it is in a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from app.endpoint import Answer, Body, Endpoint, declaration_of
from app.problems import CONTENT_TYPE, PROBLEMS, Problem
from app.schemas.problem import ProblemBody

EXTENSION = "facteur.openapi"
REFERENCE = "#/components/schemas/{model}"

ABOUT = (
    "Facteur reads every e-mail and sends it to the right team. Hand in a mail and get a job at once; the job says, "
    "a moment later, which label and queue the mail was given, by whom and why."
)

TAGS = {
    "Mail": "The way in.",
    "Jobs": "What became of each mail.",
    "Queues": "Where routed mails lie.",
    "Policy": "What mails can be, and what decides it.",
    "Operations": "For whoever runs the service. No API key is needed.",
}

PATH_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "job_id": {"description": "The job's id.", "schema": {"type": "string", "format": "uuid"}},
    "name": {"description": "The queue's name.", "schema": {"type": "string"}},
}

EVERYWHERE = ("internal", "unavailable")
IN_A_PATH = ("invalid-input",)
WITH_A_KEY = ("unauthenticated", "forbidden")

Mode = Literal["validation", "serialization"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One method of one route, with what its view declared."""

    method: str
    path: str
    rule: Rule
    endpoint: Endpoint


def document_of(app: Flask, version: str) -> Mapping[str, Any]:
    """Return the document of an application, made at the first call."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = _document(tuple(operations(app)), version)
    return cast("Mapping[str, Any]", app.extensions[EXTENSION])


def operations(app: Flask) -> Iterator[Operation]:
    """Yield every documented operation, in the order of registration."""
    for rule in app.url_map.iter_rules():
        declared = declaration_of(app, rule.endpoint)
        if declared is None or not declared.documented:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Operation(method=method.lower(), path=path, rule=rule, endpoint=declared)


def _document(found: tuple[Operation, ...], version: str) -> dict[str, Any]:
    schemas, components = _schemas(found)
    paths: dict[str, dict[str, Any]] = {}
    for each in found:
        paths.setdefault(each.path, {})[each.method] = _operation(each, schemas, components)
    for each in found:
        components.pop(_name(each.endpoint.query), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Facteur",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, made by `facteur keys create`. Scopes: submit, read, review, admin.",
                }
            },
        },
    }


def _operation(
    each: Operation, schemas: Mapping[tuple[str, Mode], Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    declared = each.endpoint
    scope = declared.scope
    operation: dict[str, Any] = {
        "operationId": each.rule.endpoint.rpartition(".")[2],
        "tags": [declared.tag],
        "summary": declared.summary,
        "security": [] if scope is None else [{"key": [scope.value]}],
    }
    if declared.about:
        operation["description"] = declared.about
    parameters = [
        *({"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]} for name in each.rule.arguments),
        *_query(declared.query, components),
        *(
            {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}
            for name, about in declared.headers.items()
        ),
    ]
    if parameters:
        operation["parameters"] = parameters
    if declared.takes:
        operation["requestBody"] = {"required": True, "content": _content(declared.takes, schemas, "validation")}
    operation["responses"] = {
        **{str(status): _answer(answer, schemas) for status, answer in declared.answers.items()},
        **_problems(each),
    }
    return operation


def _answer(answer: Answer, schemas: Mapping[tuple[str, Mode], Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"description": answer.about}
    if answer.headers:
        said["headers"] = {
            name: {"description": about, "schema": {"type": "string"}} for name, about in answer.headers.items()
        }
    if answer.content:
        said["content"] = _content(answer.content, schemas, "serialization")
    return said


def _content(
    bodies: Mapping[str, Body], schemas: Mapping[tuple[str, Mode], Any], mode: Mode
) -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = {}
    for content_type, body in bodies.items():
        said: dict[str, Any] = {"schema": schemas[_name(body.schema), mode]} if body.schema is not None else {}
        if body.schema is None and body.about:
            said["schema"] = {"description": body.about}
        if body.example is not None:
            said["example"] = body.example
        content[content_type] = said
    return content


def _problems(each: Operation) -> dict[str, Any]:
    """Return the responses that are problems, those of one status together."""
    declared = each.endpoint
    slugs = (
        *declared.problems,
        *(IN_A_PATH if each.rule.arguments else ()),
        *(WITH_A_KEY if declared.scope is not None else ()),
        *EVERYWHERE,
    )
    by_status: dict[int, list[Problem]] = {}
    for slug in dict.fromkeys(slugs):
        by_status.setdefault(PROBLEMS[slug].status, []).append(PROBLEMS[slug])
    return {
        str(status): {
            "description": " Or: ".join(f"{each.title} ({each.type})." for each in found),
            "content": {CONTENT_TYPE: {"schema": {"$ref": REFERENCE.format(model=ProblemBody.__name__)}}},
        }
        for status, found in sorted(by_status.items())
        if status not in declared.answers
    }


def _query(model: Any, components: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    for name, schema in components[_name(model)]["properties"].items():
        said = {key: value for key, value in schema.items() if key not in {"title", "default", "description"}}
        kinds = [each for each in said.pop("anyOf", [said]) if each != {"type": "null"}]
        shown = {**kinds[0]} if kinds else {}
        if schema.get("default") is not None:
            shown["default"] = schema["default"]
        yield {"name": name, "in": "query", "description": schema.get("description", ""), "schema": shown}


def _schemas(found: tuple[Operation, ...]) -> tuple[Mapping[tuple[str, Mode], Any], dict[str, Any]]:
    """Return the schema of every type that is spoken of, and the components that these refer to."""
    wanted: dict[tuple[str, Mode], Any] = {(ProblemBody.__name__, "serialization"): ProblemBody}
    for each in found:
        declared = each.endpoint
        for body in declared.takes.values():
            wanted[_name(body.schema), "validation"] = body.schema
        for answer in declared.answers.values():
            for body in answer.content.values():
                wanted[_name(body.schema), "serialization"] = body.schema
        wanted[_name(declared.query), "validation"] = declared.query
    inputs = [(name, mode, TypeAdapter(kind)) for (name, mode), kind in wanted.items() if kind is not None]
    schemas, definitions = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
    return cast("Mapping[tuple[str, Mode], Any]", schemas), dict(sorted(definitions.get("$defs", {}).items()))


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", "") or repr(kind)
