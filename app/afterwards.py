"""What follows a commit: the answer is settled by then, and nothing that fails here may turn it into another.

A caller that is told 5xx sends its mail again, and believes that the first one is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


def afterwards(*steps: Callable[[], object]) -> None:
    """Take each step, such as ringing or counting; what one raises is logged, and the next is taken."""
    for step in steps:
        try:
            step()
        except Exception:
            log.exception("After a commit something failed; what was committed stays so.")
