"""Looking at passwords, one at a time: each takes 32 MiB and a tenth of a second of a core, which mails need too."""

from __future__ import annotations

import threading
from collections.abc import Callable

from routing.errors import Overloaded
from routing.passwords import check_password

WAITING = 2
"""How many may wait in line; they hold threads that take mail. Whoever comes next is asked to come again."""
AGAIN_SECONDS = 2.0

_looking = threading.Lock()
_line = threading.BoundedSemaphore(1 + WAITING)


def is_right(password: str, kept: str, *, allowed: Callable[[], bool]) -> bool | None:
    """Say whether a password is the one of a hash; None when it may not be looked at any more.

    Args:
        password: As it was typed.
        kept: The hash, see `routing.passwords`.
        allowed: Asked once it is this password's turn: those before it may have been wrong.

    Raises:
        Overloaded: Too many wait already.
    """
    if not _line.acquire(blocking=False):
        raise Overloaded("Too many passwords are looked at at this moment; try again.", retry_after=AGAIN_SECONDS)
    try:
        with _looking:
            return check_password(password, kept) if allowed() else None
    finally:
        _line.release()
