"""API keys as the hot path sees them: looked up in the store, remembered for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

from routing.errors import Unauthenticated
from routing.keys import hash_secret, is_secret
from routing.store.port import ApiKey, Store

REMEMBERED_SECONDS = 3.0
"""A revoked key works this much longer at most: two look-ups of a busy key in five seconds, never one a request."""
MOST_REMEMBERED = 10_000


class Keyring:
    """Finds the key of a secret. Keys that do not exist are not remembered, so a new one works at once."""

    def __init__(self, store: Store, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Args: stopwatch: seconds that only go forward: by a clock set back, a revoked key would work on."""
        self._store = store
        self._stopwatch = stopwatch
        self._known: dict[str, tuple[ApiKey, float]] = {}

    def key_of_secret(self, secret: str) -> ApiKey:
        """Return the key that this secret belongs to. Raises Unauthenticated."""
        if not is_secret(secret):
            raise Unauthenticated("That is not an API key; one is `fct_` and 43 characters.")
        return self.key_of_hash(hash_secret(secret))

    def key_of_hash(self, secret_hash: str) -> ApiKey:
        """Return the key in use whose secret has this SHA-256. Raises Unauthenticated."""
        now = self._stopwatch()
        known = self._known.get(secret_hash)
        if known is not None and now < known[1]:
            return known[0]
        key = self._store.key_by_hash(secret_hash)
        if key is None:
            self._known.pop(secret_hash, None)
            raise Unauthenticated("The API key is unknown or was revoked; `facteur keys create` makes a new one.")
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[secret_hash] = (key, now + REMEMBERED_SECONDS)
        return key
