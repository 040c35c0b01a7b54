"""How fast a caller may send: a fixed window a minute, counted in Redis for all API processes together.

The limit protects against a caller that runs wild; it is no accounting. So when Redis does not answer, everything is
allowed, and Redis is left alone for a moment: mail is accepted with Redis down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import redis

log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
REST_SECONDS = 5.0
"""How long Redis is not asked after it failed to answer."""
ANSWER_SECONDS = 0.05
"""How long a mail may wait for its limit, to connect and to be answered."""


_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return {0, used} end
used = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {1, used}
"""
"""One step, as Redis runs scripts: two callers never see room that only one of them can have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What a caller may still send in this window."""

    allowed: bool
    limit: int
    """Mails in one window."""
    remaining: int
    reset_seconds: int
    """Until the window ends."""


class Limiter(Protocol):
    """Counts what callers send."""

    def take(self, caller: str, mails: int, *, limit: int, now: float) -> Allowance | None:
        """Count `mails` for this caller if all of them are allowed, else none of them; None when nobody counts.

        Never raises, never waits long.
        """


class NoLimiter:
    """Counts nothing: for tests, and where no limit is set."""

    def take(self, caller: str, mails: int, *, limit: int, now: float) -> Allowance | None:  # noqa: ARG002 - the port's
        """Allow."""
        return None


class RedisLimiter:
    """Counts in Redis, one key for each caller and minute, that goes away by itself."""

    def __init__(self, client: Any, *, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Args: client: a `redis.Redis` with time-outs of `ANSWER_SECONDS`, used by many threads."""
        self._redis = client
        self._stopwatch = stopwatch
        self._rests_until = float("-inf")

    @classmethod
    def at(cls, url: str) -> RedisLimiter:
        """Return a limiter that counts in the Redis at `url`; it connects at its first use."""
        return cls(
            redis.Redis.from_url(
                url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, protocol=2, retry=None
            )
        )

    def take(self, caller: str, mails: int, *, limit: int, now: float) -> Allowance | None:
        """Count `mails` for this caller, all or none: a batch that is refused leaves room for what is smaller."""
        if self._stopwatch() < self._rests_until:
            return None
        window, spent = divmod(int(now), WINDOW_SECONDS)
        key = f"facteur:limit:{caller}:{window}"
        try:
            allowed, used = self._redis.eval(_TAKE, 1, key, mails, limit, 2 * WINDOW_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever Redis has, mail is accepted
            self._rests_until = self._stopwatch() + REST_SECONDS
            log.warning("Redis does not answer (%s); rate limits rest for %g s.", error, REST_SECONDS)
            return None
        return Allowance(
            allowed=bool(allowed),
            limit=limit,
            remaining=max(0, limit - int(used)),
            reset_seconds=WINDOW_SECONDS - spent,
        )
