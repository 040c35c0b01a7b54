"""How many mails to claim at a time."""

from __future__ import annotations

from dataclasses import dataclass

TARGET_SECONDS = 0.25
"""What one claim should take: long beside the two transactions it costs, short beside a shutdown and a lease, and
short enough that other processes find work too."""
WEIGHT = 0.3
"""Of the newest measurement in the moving average."""
FIRST = 4
"""Mails in the first claim, before anything is known of the model."""


@dataclass(slots=True)
class Pace:
    """Claims as many mails as the model decides in `TARGET_SECONDS`, judged by what it did last."""

    most: int
    """The configured limit."""
    _seconds: float | None = None

    @property
    def limit(self) -> int:
        """How many mails to claim now, at least one."""
        if self._seconds is None:
            return min(FIRST, self.most)
        return max(1, min(self.most, int(TARGET_SECONDS / max(self._seconds, 1e-6))))

    def measured(self, mails: int, seconds: float) -> None:
        """Take note that `mails` took `seconds` in all."""
        each = seconds / mails
        self._seconds = each if self._seconds is None else WEIGHT * each + (1 - WEIGHT) * self._seconds
