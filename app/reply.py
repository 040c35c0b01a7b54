"""Answers in JSON: UTF-8, readable as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

JSON = "application/json"

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def reply(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, content_type: str = JSON
) -> Response:
    """Return a response with `body` as JSON; half a surrogate pair, which UTF-8 cannot say, becomes a question mark."""
    return Response(_encode(body).encode("utf-8", "replace"), status, headers, content_type=content_type)
