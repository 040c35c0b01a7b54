"""The store's chapter for the supervisors' figures; part of the port, see `routing.store.port`.

Hours that are over are counted once, by an errand, into tallies that outlive the jobs; the hours since are looked up
mail by mail (`routing.figures.LIVE` of them at most). Reading therefore costs the same however much mail there was.
"""

from __future__ import annotations

from typing import Protocol

from routing.figures import Grouping, RouteTime, Verdict, Volume
from routing.span import Span


class Figures(Protocol):
    """Counts of routed mail. Each method is one transaction, or one statement a part of the span.

    What a method returns is to be added up: a day may have more than one number of a kind, from different hours.
    """

    def volumes(self, span: Span, *, by: Grouping, now: float) -> tuple[Volume, ...]:
        """Count the mails routed on each day, or in each week, by queue, label and who decided at first."""

    def verdicts(self, span: Span, *, now: float) -> tuple[Verdict, ...]:
        """Count the mails routed in each week, within the span, that the model spoke on and a human looked at.

        A verdict on mail of an hour that is counted shows after the next `tally`.
        """

    def route_times(self, span: Span, *, by: Grouping, now: float) -> tuple[RouteTime, ...]:
        """Count the mails routed on each day, or in each week, by how long that took."""

    def counted_until(self) -> float | None:
        """Return up to when mail is counted: the beginning of an hour; None when no hour was yet."""

    def tally(self, *, now: float, kept_since: float) -> bool:
        """Count one more hour that is over, or the verdicts of one hour anew in which people changed something.

        Returns whether anything was done, and there may be more. Any number of processes may call it at the same time:
        they take turns, and nothing is counted twice. Verdicts on jobs decided before `kept_since`, which retention
        may have begun to delete, stay as they were counted.
        """
