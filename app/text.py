"""Text that callers put into addresses: what no database holds is refused at the door.

PostgreSQL takes neither NUL nor half of a surrogate pair, so a filter by such text would be an error of ours. Mails
may have both; the store replaces them there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import request

from routing.errors import InvalidInput

REFUSED = "Must not contain the character NUL, nor half of a surrogate pair."

_STRANGE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Say whether every database can hold and compare this text."""
    return (text.isascii() and "\0" not in text) or _STRANGE.search(text) is None


def check_path() -> None:
    """Refuse a request whose path has such text in a variable part. Raises InvalidInput. Runs before every view."""
    variables: Mapping[str, object] | None = request.view_args
    for name, value in (variables or {}).items():
        if not is_storable(str(value)):
            raise InvalidInput(REFUSED, field=name)
