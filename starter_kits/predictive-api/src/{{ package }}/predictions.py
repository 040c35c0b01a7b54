"""What was asked and answered, in Redis: each prediction is one hash, and its outcome is written once.

    queued    accepted, no attempt yet
    running   a worker began on it; if that worker dies, another begins again
    done      answered by the model
    failed    the model cannot answer it, or every attempt ended badly; it is not tried again

A prediction is kept until KEEP_HOURS after it was finished; one that waits is kept for as long as it waits.

Celery's messages only wake workers: Redis can lose one together with the worker that it was handed to. So what is
queued and what is running also stand in two sorted sets, by the time that they came there, and whatever no worker can
still be at is sent again (`forgotten`). A message too many does no harm.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import redis
from pydantic import BaseModel, ConfigDict, Field
from redis.client import Pipeline

from .broker import QUEUE
from .claim import Claim
from .model import Prediction

QUEUED = "queued"
RUNNING = "running"
OPEN = "open"
"""Whatever has not ended, by the time that it was accepted."""
NEWEST = "newest"
"""When the newest prediction that a worker began on had been queued."""
SWEPT = "swept"
FIGURES = "figures"
WORKERS = "workers"
SWEEP_MILLISECONDS = 1500
SWEEP_MOST = 100
"""How many predictions are sent again at once."""
HEARD_SECONDS = 30.0
"""A worker that was not heard from for longer does not count."""
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds from acceptance to answer."""

Status = Literal["queued", "running", "done", "failed"]


class Asked(BaseModel):
    """A prediction, as callers see it."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: Status
    created_at: datetime
    finished_at: datetime | None = None
    attempts: int = Field(description="How often a worker began on it.")
    prediction: Prediction | dict[str, Any] | None = Field(
        default=None,
        union_mode="left_to_right",
        description="When it is done. What an earlier version answered is told as it was kept, in the shape of then.",
    )
    error: str | None = Field(default=None, description="Why it failed.")


class Outcome(BaseModel):
    """How a prediction ended: with an answer, or with an error."""

    model_config = ConfigDict(frozen=True)

    prediction: Prediction | None = None
    error: str | None = None

    @property
    def status(self) -> Literal["done", "failed"]:
        """What this makes of the prediction."""
        return "failed" if self.prediction is None else "done"


class KeyReusedError(Exception):
    """The idempotency key came before, with another claim."""


class Predictions:
    """All predictions. Every method may raise redis.RedisError, when Redis does not answer."""

    def __init__(self, client: redis.Redis, *, keep_hours: float, clock: Callable[[], float] = time.time) -> None:
        """Args: clock: seconds since 1970."""
        self._redis: Any = client  # redis-py types every answer as one that may be awaited
        self._keep_seconds = max(1, round(keep_hours * 3600))
        self._clock = clock

    def accept(self, claim: Claim, key: str | None) -> tuple[str, datetime | None]:
        """Keep a claim under a new id, or find the one that the same idempotency key was given.

        Returns the id, and when it was kept if it is new. From here on it will be answered, whether or not `send`
        succeeds.

        Raises:
            KeyReusedError: the key came with another claim.
        """
        id_ = str(uuid.uuid4())
        content = claim.model_dump_json()
        keyed = f"key:{hashlib.sha256(key.encode()).hexdigest()}" if key is not None else ""

        def write(pipe: Pipeline) -> tuple[str, datetime | None]:
            known = pipe.get(keyed) if keyed else None
            before = pipe.hget(_name(str(known)), "claim") if known else None
            pipe.multi()
            if before is not None:
                if before != content:
                    raise KeyReusedError
                return str(known), None
            now = self._clock()
            pipe.hset(_name(id_), mapping={"claim": content, "key": keyed, "created_at": repr(now)})
            pipe.zadd(QUEUED, {id_: now})
            pipe.zadd(OPEN, {id_: now})
            if keyed:
                pipe.set(keyed, id_)
            pipe.hincrby(FIGURES, "accepted", 1)
            return id_, _moment(now)

        watched = [keyed] if keyed else []
        kept: tuple[str, datetime | None] = self._redis.transaction(write, *watched, value_from_callable=True)
        return kept

    def find(self, id_: str) -> Asked | None:
        """Return a prediction, or None if there is none of that id."""
        kept = self._redis.hgetall(_name(id_))
        if "claim" not in kept:
            return None
        attempts = int(kept.get("attempts", 0))
        created_at = _moment(kept["created_at"])
        if "outcome" not in kept:
            return Asked(id=id_, status="running" if attempts else "queued", created_at=created_at, attempts=attempts)
        outcome = json.loads(kept["outcome"])  # no Outcome: an earlier version may have written it
        return Asked(
            id=id_,
            status="done" if "prediction" in outcome else "failed",
            created_at=created_at,
            finished_at=_moment(kept["finished_at"]),
            attempts=attempts,
            **outcome,
        )

    def begin(self, id_: str) -> tuple[str, int] | None:
        """Count an attempt before it is made, so that one that kills the worker counts too.

        Returns the claim as JSON, which an earlier version may have written, and the number of the attempt; None if
        there is nothing left to do.
        """

        def write(pipe: Pipeline) -> tuple[str, int] | None:
            kept: list[Any] = pipe.hmget(_name(id_), "claim", "outcome", "attempts")
            content, outcome, attempts = kept
            queued_at: Any = pipe.zscore(QUEUED, id_)
            newest: Any = pipe.get(NEWEST)
            pipe.multi()
            pipe.zrem(QUEUED, id_)
            if queued_at is not None and queued_at > float(newest or 0):
                pipe.set(NEWEST, repr(queued_at))
            if content is None or outcome is not None:
                pipe.zrem(RUNNING, id_)
                return None
            pipe.zadd(RUNNING, {id_: self._clock()})
            pipe.hincrby(FIGURES, "attempts", 1)
            pipe.hincrby(_name(id_), "attempts", 1)
            return str(content), int(attempts or 0) + 1

        begun: tuple[str, int] | None = self._redis.transaction(write, _name(id_), value_from_callable=True)
        return begun

    def queue_again(self, id_: str) -> None:
        """Note that a message of this prediction is at the end of the queue again."""
        with self._redis.pipeline() as pipe:
            pipe.zrem(RUNNING, id_)
            pipe.zadd(QUEUED, {id_: self._clock()})
            pipe.execute()

    def forgotten(self, seconds: float) -> list[str]:
        """Return predictions whose message is lost; at most one caller at a time gets any.

        That is what has been running for longer than any attempt can last, and what is queued though younger ones were
        begun already, since the queue keeps their order, or though the queue is empty.

        Args:
            seconds: the longest that an attempt can last, with some to spare.
        """
        if not self._redis.set(SWEPT, 1, nx=True, px=SWEEP_MILLISECONDS):
            return []
        now = self._clock()
        newest = float(self._redis.get(NEWEST) or 0) if self._redis.llen(QUEUE) else now
        running = self._redis.zrange(RUNNING, "-inf", now - seconds, byscore=True, offset=0, num=SWEEP_MOST)
        queued = self._redis.zrange(QUEUED, "-inf", newest - seconds, byscore=True, offset=0, num=SWEEP_MOST)
        return [*running, *queued]

    def finish(self, id_: str, outcome: Outcome) -> bool:
        """Write how a prediction ended. Returns False, and changes nothing, if it had ended before."""

        def write(pipe: Pipeline) -> bool:
            kept: list[Any] = pipe.hmget(_name(id_), "created_at", "key", "outcome")
            created_at, key, before = kept
            pipe.multi()
            pipe.zrem(QUEUED, id_)
            pipe.zrem(RUNNING, id_)
            pipe.zrem(OPEN, id_)
            if created_at is None or before is not None:
                return False
            now = self._clock()
            pipe.hset(
                _name(id_),
                mapping={"outcome": outcome.model_dump_json(exclude_none=True), "finished_at": repr(now)},
            )
            pipe.expire(_name(id_), self._keep_seconds)
            if key:
                pipe.expire(key, self._keep_seconds)
            seconds = max(0.0, now - float(created_at))
            bucket = next((limit for limit in BUCKETS if seconds <= limit), "+Inf")
            pipe.hincrby(FIGURES, outcome.status, 1)
            pipe.hincrby(FIGURES, f"seconds:{bucket}", 1)
            pipe.hincrbyfloat(FIGURES, "seconds", seconds)
            return True

        written: bool = self._redis.transaction(write, _name(id_), value_from_callable=True)
        return written

    def beat(self, worker: str) -> None:
        """Note that a worker lives."""
        now = self._clock()
        self._redis.zadd(WORKERS, {worker: now})
        self._redis.zremrangebyscore(WORKERS, "-inf", now - HEARD_SECONDS)

    def waiting(self) -> int:
        """Return how many predictions no worker has begun on."""
        return int(self._redis.zcard(QUEUED))

    def running(self) -> int:
        """Return how many predictions workers are at."""
        return int(self._redis.zcard(RUNNING))

    def oldest_seconds(self) -> float:
        """Return how long ago the first was accepted of those that have not ended, however often they were begun."""
        first = self._redis.zrange(OPEN, 0, 0, withscores=True)
        return max(0.0, self._clock() - first[0][1]) if first else 0.0

    def memory_taken(self) -> float:
        """Return which part of its memory Redis has taken, or 0 where it has no limit."""
        memory = self._redis.info("memory")
        return float(memory["used_memory"] / memory["maxmemory"]) if memory["maxmemory"] else 0.0

    def workers(self, *, since: float | None = None) -> int:
        """Return how many workers were heard from, lately or since a moment."""
        return int(self._redis.zcount(WORKERS, self._clock() - HEARD_SECONDS if since is None else since, "+inf"))

    def figures(self) -> Mapping[str, float]:
        """Return what was counted since this Redis began."""
        return {name: float(value) for name, value in self._redis.hgetall(FIGURES).items()}


def _name(id_: str) -> str:
    return f"prediction:{id_}"


def _moment(seconds: str | float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
