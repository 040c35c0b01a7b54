"""Wrong passwords, counted: who guesses has to wait, longer each time, and is told how long.

Counted in memory, by name and address together, by address, and by name. The first slows down one who guesses one
user's password; the second one who tries many users from one place, with room for a whole office behind one address;
the third one who comes from many places, and it never makes a user wait for long because a stranger guesses. Who signed
in from an address before does not wait for what others got wrong there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

FORGOTTEN_SECONDS = 15 * 60
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How many wrong passwords cost nothing, and how long the wait for the next try may become."""

    free: int
    longest_seconds: float


OF_BOTH = Patience(free=5, longest_seconds=5 * 60.0)
OF_ADDRESS = Patience(free=50, longest_seconds=5 * 60.0)
OF_NAME = Patience(free=30, longest_seconds=30.0)


@dataclass(slots=True)
class _Count:
    wrong: int
    last: float


class Attempts:
    """The wrong passwords of one process."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Args: stopwatch: seconds that only go forward."""
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Count] = {}
        self._at_home: set[tuple[str, str]] = set()

    def wait(self, name: str, address: str) -> float:
        """Return for how many seconds no password of this name is looked at from this address; 0: it may try."""
        now = self._stopwatch()
        with self._lock:
            both, here, everywhere = _keys(name, address)
            counted = [both, everywhere] if both[0] in self._at_home else [both, here, everywhere]
            return max(self._wait(key, patience, now) for key, patience in counted)

    def wrong(self, name: str, address: str) -> None:
        """Count a wrong password."""
        now = self._stopwatch()
        with self._lock:
            if len(self._counts) >= MOST_REMEMBERED:
                self._counts = {
                    key: count for key, count in self._counts.items() if now - count.last < FORGOTTEN_SECONDS
                }
                if len(self._counts) >= MOST_REMEMBERED:
                    self._counts.clear()
            for key, _ in _keys(name, address):
                count = self._counts.setdefault(key, _Count(wrong=0, last=now))
                count.wrong = count.wrong + 1 if now - count.last < FORGOTTEN_SECONDS else 1
                count.last = now

    def right(self, name: str, address: str) -> None:
        """Forget what this user got wrong from here: the password is known after all."""
        with self._lock:
            both = _keys(name, address)[0][0]
            self._counts.pop(both, None)
            if len(self._at_home) >= MOST_REMEMBERED:
                self._at_home.clear()
            self._at_home.add(both)

    def _wait(self, key: tuple[str, str], patience: Patience, now: float) -> float:
        count = self._counts.get(key)
        if count is None or count.wrong < patience.free or now - count.last >= FORGOTTEN_SECONDS:
            return 0.0
        pause = min(patience.longest_seconds, 2.0 ** min(count.wrong - patience.free + 1, 20))
        return max(0.0, count.last + pause - now)


def _keys(name: str, address: str) -> list[tuple[tuple[str, str], Patience]]:
    name = name.casefold()[:100]
    return [((name, address), OF_BOTH), (("", address), OF_ADDRESS), ((name, ""), OF_NAME)]
