"""Celery's way to Redis, mended where losing Redis would end the node."""

from __future__ import annotations

from queue import Empty
from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that can be closed also when Redis is gone.

    Closing one first reads what its waiting BRPOP may still bring. When Redis is gone that raises, and kombu 5.7 leaves
    the channel half closed, without its transport; Celery closes it a second time, and where a message was not
    acknowledged yet that is an AttributeError, so the node stops for good instead of connecting again.
    """

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except self.connection_errors:
            if not self._closing:
                raise
            raise Empty from None


class Transport(redis.Transport):
    """kombu's transport for Redis, with our channels."""

    Channel = Channel
