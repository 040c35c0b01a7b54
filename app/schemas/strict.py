"""What all schemas of requests share: unknown fields are errors, and errors are sentences."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from app.problems import InvalidFields
from app.text import REFUSED, is_storable

Model = TypeVar("Model", bound=BaseModel)

MOST_FAULTS = 20
"""How many faults one answer lists."""


class Strict(BaseModel):
    """A request's schema: nothing is converted, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def read_json(schema: type[Model], body: bytes) -> Model:
    """Validate a JSON body. Raises InvalidFields."""
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        raise InvalidFields(list(_faults(error, schema, pointer))) from None


def read_query(schema: type[Model], values: MultiDict[str, str]) -> Model:
    """Validate a query string; a parameter that comes twice is an error, and NUL in one too. Raises InvalidFields."""
    twice = [name for name, given in values.lists() if len(given) > 1]
    if twice:
        raise InvalidFields([(name, "Give this parameter once.") for name in twice[:MOST_FAULTS]])
    strange = [name for name, value in values.items() if not is_storable(value)]
    if strange:
        raise InvalidFields([(name, REFUSED) for name in strange[:MOST_FAULTS]])
    try:
        return schema.model_validate(values.to_dict(), strict=False)
    except ValidationError as error:
        raise InvalidFields(list(_faults(error, schema, lambda where: ".".join(map(str, where))))) from None


def pointer(where: Iterable[str | int]) -> str:
    """Return a JSON pointer (RFC 6901) to a place in a document."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in where if each != "[key]")


def _faults(error: ValidationError, schema: type[BaseModel], place: Any) -> Iterable[tuple[str, str]]:
    for fault in error.errors(include_url=False)[:MOST_FAULTS]:
        yield place(fault["loc"])[:200], _sentence(fault, schema)


def _sentence(fault: ErrorDetails, schema: type[BaseModel]) -> str:
    """Return what to do about one fault, in one sentence. What was sent is not repeated: it may be personal."""
    kind = fault["type"]
    context = fault.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(fault["loc"][-1])
        names = [each.alias or key for key, each in schema.model_fields.items()]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        return f"{name[:60]!r} is not a field here; {hint}"
    if kind == "json_invalid":
        return f"The body is not valid JSON: {context['error']}."
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "This field is needed; give it."
    if kind in _KINDS:
        return _KINDS[kind].format_map(context)
    message = fault["msg"].removeprefix("Input should be ").removeprefix("Value should have ")
    return f"Must be {message}."


_KINDS: Mapping[str, str] = {
    "string_type": "Must be a string.",
    "bool_type": "Must be true or false.",
    "int_type": "Must be a whole number.",
    "int_parsing": "Must be a whole number.",
    "list_type": "Must be a list.",
    "tuple_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "enum": "Must be one of {expected}.",
    "literal_error": "Must be one of {expected}.",
    "string_pattern_mismatch": "Has a character that is not allowed here.",
    "string_too_long": "Must have at most {max_length} characters.",
    "string_too_short": "Must have at least {min_length} characters.",
    "too_long": "Must have at most {max_length} entries.",
    "greater_than_equal": "Must be {ge} or more.",
    "less_than_equal": "Must be {le} or less.",
    "finite_number": "Must be a finite number.",
}
