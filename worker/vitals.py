"""Whether a role does its work: what its probes are answered.

`alive` is for what a restart mends: a loop that stands still, a process that was stopped. A database or a Redis that is
away is no such thing; it belongs to `ready`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FINE = "ok"

Check = Callable[[], str]
"""Says in a few words what is wrong; nothing when all is well. Never blocks and never raises."""


class Pulse:
    """Something that goes round, and is missed when it no longer does."""

    def __init__(self, *, silence: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: silence: seconds after which it is missed."""
        self._silence = silence
        self._clock = clock
        self._at: float | None = None

    def beat(self) -> None:
        """Go round once."""
        self._at = self._clock()

    def rest(self) -> None:
        """Do not go round for a while, for a good reason, such as a Redis that is away."""
        self._at = None

    def during(self, work: Callable[[], None]) -> Callable[[], None]:
        """Wrap work that beats once when it begins and rests when it has ended, however: it is missed if it hangs."""

        @functools.wraps(work)
        def wrapped() -> None:
            self.beat()
            try:
                work()
            finally:
                self.rest()

        return wrapped

    @property
    def beats(self) -> bool:
        """Whether it has begun to go round and is not at rest."""
        return self._at is not None

    def missed(self) -> str:
        """Say for how long nothing was heard; nothing while it goes round or rests."""
        at = self._at
        silent = 0.0 if at is None else self._clock() - at
        return f"silent for {silent:.0f} seconds" if silent > self._silence else ""

    def absent(self) -> str:
        """Say what is missing, also while it rests or has not begun."""
        return self.missed() if self.beats else "not there yet, or away"


@dataclass(frozen=True, kw_only=True, slots=True)
class Vitals:
    """What is asked of one role, by the name of each part."""

    alive: Mapping[str, Check]
    ready: Mapping[str, Check] = field(default_factory=dict)
    """Asked together with those of `alive`."""

    def healthz(self) -> dict[str, str]:
        """Answer whether the role lives: `status` is ok or failing, and a line a part."""
        return _answer(self.alive, well=FINE, ill="failing")

    def readyz(self) -> dict[str, str]:
        """Answer whether the role works: `status` is ready or unready, and a line a part."""
        return _answer({**self.alive, **self.ready}, well="ready", ill="unready")


def _answer(checks: Mapping[str, Check], *, well: str, ill: str) -> dict[str, str]:
    parts = {name: check() or FINE for name, check in checks.items()}
    return {"status": well if all(part == FINE for part in parts.values()) else ill, **parts}
