"""Text of strangers: what no database holds is refused in addresses, what turns words round is not shown.

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
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def is_storable(text: str) -> bool:
    """Say whether every database can hold and compare this text."""
    return (text.isascii() and "\0" not in text) or _STRANGE.search(text) is None


def in_order(text: str) -> str:
    """Return a line of a mail as it is written, without the characters that show it in another order.

    With them the name of a program can end like a picture's, and what stands beside a sender's name can be turned round
    (Unicode Technical Report 36, section 2.6). Languages that are written from right to left need none of them in one
    line.
    """
    return text if text.isascii() else _TURNING.sub("\N{REPLACEMENT CHARACTER}", text)


def check_path() -> None:
    """Refuse a request whose path has such text in a variable part. Raises InvalidInput. Runs before every view."""
    variables: Mapping[str, object] | None = request.view_args
    for name, value in (variables or {}).items():
        if not is_storable(str(value)):
            raise InvalidInput(REFUSED, field=name)
