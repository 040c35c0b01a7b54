"""The list of our own rules about manifests; each is a function from a rendered overlay to complaints."""

from __future__ import annotations

from collections.abc import Callable

from rendering import Deployment

Policy = Callable[[Deployment], list[str]]
POLICIES: dict[str, Policy] = {}


def policy(rule: Policy) -> Policy:
    """Enter a rule into the list."""
    POLICIES[rule.__name__] = rule
    return rule
