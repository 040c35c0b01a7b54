"""Questions why, on their way to a worker, and what was replied: in Redis, for a minute, then forgotten.

The API loads no model, so it leaves a question here, rings the bell that mails ring too, and looks for the reply; a
worker looks here between two claims. What is lost here costs a second question.

    facteur:questions        sorted set: the questions that wait, by when they were first asked (Redis's clock)
    facteur:replies:JOB      hash: label and model version to reply; holds what the model read of the mail
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

import redis

from broker.connection import connect_redis
from routing.explanation import Question, Reply, reply_bytes, reply_of

log = logging.getLogger(__name__)

WAITING = "facteur:questions"
REPLIES = "facteur:replies:"

QUESTION_SECONDS = 30
"""How long a question waits when none follows it; whoever still wants to know asks again."""
REPLY_SECONDS = 60
"""How long a reply, with the text in it, stays: enough to fetch it."""
MOST_WAITING = 100
"""Questions that wait at a time: some ten seconds of one process's work."""
REST_SECONDS = 5.0
"""How long a worker does not look here after Redis failed to answer: mails must not wait for that."""

_ASK = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000, ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class RedisQuestions:
    """Implements `routing.explanation.Questions`, and the workers' side of it."""

    def __init__(self, client: Any, *, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Args: client: a `redis.Redis` with short time-outs; it connects at its first use, hence after any fork."""
        self._redis = client
        self._stopwatch = stopwatch
        self._rests_until = float("-inf")

    @classmethod
    def at(cls, url: str) -> RedisQuestions:
        """Return the questions in the Redis at `url`."""
        return cls(connect_redis(url))

    # -- those who ask --------------------------------------------------------------------------------------------

    def ask(self, question: Question) -> bool:
        """Leave a question; the same one waits once. False when too many wait or Redis does not answer."""
        try:
            return bool(self._redis.eval(_ASK, 1, WAITING, _written(question), MOST_WAITING, QUESTION_SECONDS))
        except redis.RedisError as error:
            log.warning("Redis does not answer (%s); nobody can be asked for an explanation.", error)
            return False

    def reply_to(self, question: Question, versions: list[str]) -> Reply | None:
        """Return the reply of the first of these model versions that has one, or None."""
        if not versions:
            return None
        fields = [_field(question.label, version) for version in versions]
        try:
            found = self._redis.hmget(REPLIES + question.job_id, fields)
            return next((reply_of(content) for content in found if content is not None), None)
        except (redis.RedisError, ValueError, KeyError, TypeError) as error:
            log.warning("A reply could not be read (%s).", error)
            return None

    def forget(self, job_id: str) -> None:
        """Forget what was replied about a job."""
        try:
            self._redis.delete(REPLIES + job_id)
        except redis.RedisError as error:
            log.warning("Redis does not answer (%s); what it holds of job %s goes in a minute.", error, job_id)

    # -- those who reply ------------------------------------------------------------------------------------------

    def take(self) -> Question | None:
        """Return the question that has waited longest, which waits no longer, or None. Never raises."""
        if self._stopwatch() < self._rests_until:
            return None
        try:
            found = self._redis.zpopmin(WAITING)
        except redis.RedisError as error:
            self._rests_until = self._stopwatch() + REST_SECONDS
            log.warning("Redis does not answer (%s); explanations rest for %g s.", error, REST_SECONDS)
            return None
        return _read(found[0][0]) if found else None

    def reply(self, question: Question, reply: Reply) -> None:
        """Leave a reply for those who asked. Never raises."""
        key = REPLIES + question.job_id
        try:
            with self._redis.pipeline() as pipe:
                pipe.hset(key, _field(question.label, reply.model_version), reply_bytes(reply))
                pipe.expire(key, REPLY_SECONDS)
                pipe.execute()
        except redis.RedisError as error:
            log.warning("Redis does not answer (%s); an explanation is lost.", error)


def _written(question: Question) -> str:
    return json.dumps([question.job_id, question.label])


def _read(content: bytes) -> Question | None:
    try:
        job_id, label = json.loads(content)
        return Question(job_id=str(job_id), label=str(label))
    except (ValueError, TypeError):
        log.warning("A question could not be read.")
        return None


def _field(label: str, version: str) -> str:
    return f"{label}\n{version}"
