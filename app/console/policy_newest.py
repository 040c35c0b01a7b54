"""The newest version of the policy as the console works on it, and the models that must be able to serve it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.services import services
from routing.errors import ConfigurationError
from routing.policy import Policy
from routing.policy.promised import Model
from routing.policy.reading import parse_policy
from routing.policy.saving import models_at_work
from routing.policy.writing import write_policy
from routing.store.policies import SavedPolicy

PREVIEW_DAYS = 30
PREVIEW_MAILS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Newest:
    """What a change begins with."""

    number: int
    """0: the file's, none was saved."""
    content: str
    policy: Policy
    saved: SavedPolicy | None


def newest() -> Newest:
    """Return the newest version; the file's while none was saved.

    Raises:
        ConfigurationError: it was saved by another version of the program, which this one cannot read.
    """
    provided = services()
    number = provided.store.policy_head()
    if not number:
        policy = provided.book.fallback
        return Newest(number=0, content=write_policy(policy), policy=policy, saved=None)
    saved = provided.store.policy_version(number)
    return Newest(number=number, content=saved.content, policy=parse_policy(saved.content), saved=saved)


def models() -> Sequence[Model]:
    """Return the models at work."""
    provided = services()
    return models_at_work(provided.store, now=provided.clock())


def fitted(policy: Policy, found: Sequence[Model]) -> Policy:
    """Return the policy with the thresholds of the first model that can serve it; as it is when none can."""
    for model in found:
        with contextlib.suppress(ConfigurationError):
            return policy.for_model(model)
    return policy
