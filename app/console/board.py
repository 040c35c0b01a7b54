"""What the dashboard says, read from the store only as far as it is asked for, and its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from app.console.language import age, label_name
from app.console.language import gettext as _
from app.console.lists import ListQuery
from app.console.tables import NOTHING, Cell, Table, bounds, column_name, count, milliseconds, rate, words
from app.services import Services
from routing import figures
from routing.desk import QueueState, State
from routing.figures import Confusion, Grouping, RouteTime, Share, Verdict, Volume
from routing.span import Span

PERCENTILES: Final = (0.5, 0.95, 0.99)
WEEKLY: Final = Grouping.WEEK
"""Verdicts are few: by the day they would say nothing."""


class Board:
    """The figures of a span of days. One statement or two for each kind of figure, however much mail there was."""

    def __init__(self, provided: Services, span: Span, grouping: Grouping, *, model: str, now: float) -> None:
        """Ask for nothing yet. `model` is the version that the confusion matrix is of; all when empty."""
        self.span = span
        self.grouping = grouping
        self.model = model
        self.now = now
        self._store = provided.store
        self._policy = provided.policy

    @cached_property
    def volumes(self) -> tuple[Volume, ...]:
        """What was routed."""
        return self._store.volumes(self.span, by=self.grouping, now=self.now)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What humans made of the model's answers."""
        return self._store.verdicts(self.span, now=self.now)

    @cached_property
    def times(self) -> tuple[RouteTime, ...]:
        """How long routing took."""
        return self._store.route_times(self.span, by=self.grouping, now=self.now)

    @cached_property
    def queues(self) -> Sequence[QueueState]:
        """Queues with open mail, those whose customers wait longest first."""
        states = [state for state in self._store.queue_states() if state.open]
        return sorted(states, key=lambda state: (state.oldest_at or self.now, state.queue))

    @cached_property
    def columns(self) -> tuple[date, ...]:
        """The first day of each column of a chart."""
        return figures.columns(self.span, self.grouping)

    @cached_property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of the span."""
        return figures.columns(self.span, WEEKLY)

    @cached_property
    def by_queue(self) -> Mapping[str, Counter[date]]:
        """Mails by queue, the fullest first."""
        return figures.counts(self.volumes, lambda volume: volume.queue, self.grouping)

    @cached_property
    def by_label(self) -> Mapping[str | None, Counter[date]]:
        """Mails by label, the most frequent first."""
        return figures.counts(self.volumes, lambda volume: volume.label, self.grouping)

    @cached_property
    def alone(self) -> Mapping[date, Share]:
        """The share that no human was needed for."""
        return figures.alone(self.volumes, self.grouping, triage=self._policy.triage)

    @cached_property
    def right_by_label(self) -> Mapping[str, Share]:
        """How often the model was right, by what it said; the label with the most verdicts first."""
        found = figures.accuracy(self.verdicts, lambda verdict: verdict.model_label)
        return dict(sorted(found.items(), key=lambda item: (-item[1].whole, item[0])))

    @cached_property
    def right_by_week(self) -> Mapping[tuple[str, date], Share]:
        """How often each version of the model was right, by week."""
        return figures.accuracy(self.verdicts, lambda verdict: (verdict.model_version, verdict.week))

    @cached_property
    def versions(self) -> Sequence[str]:
        """The versions that were judged, in the order in which they came into use."""
        first: dict[str, date] = {}
        for version, week in self.right_by_week:
            first[version] = min(week, first.get(version, week))
        return sorted(first, key=lambda version: (first[version], version))

    @cached_property
    def confusion(self) -> Confusion:
        """What the model said against what humans say."""
        return figures.confusion(
            verdict for verdict in self.verdicts if not self.model or verdict.model_version == self.model
        )

    @cached_property
    def spent(self) -> Mapping[date, Counter[int]]:
        """Mails by column and how long they took."""
        return figures.by_column(self.times, self.grouping)

    @cached_property
    def spent_in_all(self) -> Counter[int]:
        """Mails of the whole span by how long they took."""
        return sum(self.spent.values(), Counter())

    @property
    def gap(self) -> tuple[float, float] | None:
        """Between when mail is not counted yet, if errands are that late."""
        until, lately = self._store.counted_until(), self.now - figures.LIVE
        if until is None:  # never, which matters only if there ever was any mail
            until = self.span.since if self._store.queue_states() else self.now
        return None if until >= lately or self.span.until <= until else (max(until, self.span.since), lately)

    @cached_property
    def _mails(self) -> str:
        return ListQuery(state=State.ANY, decided_after=self.span.since, decided_before=self.span.until).url()

    def mails(self, **which: str) -> str:
        """Return the address of a list of mails, whatever became of them, that were routed in the span."""
        return f"{self._mails}&{urlencode(which)}"

    def cell_mails(self, said: str, now: str | None) -> str | None:
        """Return the address of the mails behind a cell of the confusion matrix; none for mails without a label."""
        version = {"model_version": self.model} if self.model else {}
        return None if now is None else self.mails(model_label=said, label=now, reviewed="true", **version)


def _volumes(board: Board, name: str, caption: str, kinds: Mapping[str, Counter[date]], total: str) -> Table:
    rows = [
        [
            column_name(column, board.grouping),
            *(count(kind[column]) for kind in kinds.values()),
            count(sum(kind[column] for kind in kinds.values())),
        ]
        for column in board.columns
    ]
    return Table(name=name, caption=caption, columns=(_first_column(board.grouping), *kinds, total), rows=rows)


def queues_table(board: Board) -> Table:
    """Mails routed to each queue over time."""
    return _volumes(board, "queues", _("Mails routed to each queue"), board.by_queue, _("All"))


def labels_table(board: Board) -> Table:
    """Mails of each label over time."""
    kinds = {label_name(label): kind for label, kind in board.by_label.items()}
    return _volumes(board, "labels", _("Mails of each label"), kinds, _("All"))


def alone_table(board: Board) -> Table:
    """The share that no human was needed for, over time."""
    rows = []
    for column in board.columns:
        share = board.alone.get(column, Share())
        rows.append([column_name(column, board.grouping), count(share.whole), count(share.part), rate(share.rate)])
    return Table(
        name="alone",
        caption=_("Mails routed without a human"),
        columns=(_first_column(board.grouping), _("Mails routed"), _("Without a human"), _("Share")),
        rows=rows,
    )


def accuracy_table(board: Board) -> Table:
    """How often the model was right, by the label that it gave."""
    rows = [
        [words(label_name(label), board.mails(model_label=label, reviewed="true")), *_judged(share)]
        for label, share in board.right_by_label.items()
    ]
    caption = _("How often agents agreed with the model, by the label that it gave")
    return Table(name="accuracy", caption=caption, columns=(_("Label"), *_judged_columns()), rows=rows)


def weeks_table(board: Board) -> Table:
    """How often each version of the model was right, week by week."""
    rows = [
        [column_name(week, WEEKLY), words(version), *_judged(board.right_by_week[version, week])]
        for week in board.weeks
        for version in board.versions
        if (version, week) in board.right_by_week
    ]
    caption = _("How often agents agreed with the model, by week and version")
    return Table(name="weeks", caption=caption, columns=(_("Week"), _("Model"), *_judged_columns()), rows=rows)


def confusion_table(board: Board) -> Table:
    """What the model said and what agents say, one line a pair, the mistakes first."""
    pairs = sorted(board.confusion.cells.items(), key=lambda item: (item[0][0] == item[0][1], -item[1], str(item[0])))
    rows = [
        [words(label_name(said)), words(label_name(now)), count(mails, board.cell_mails(said, now))]
        for (said, now), mails in pairs
    ]
    columns = (_("The model said"), _("Agents say"), _("Mails"))
    return Table(name="confusion", caption=_("What the model said and what agents say"), columns=columns, rows=rows)


def times_table(board: Board) -> Table:
    """Percentiles of the time to route over time."""
    rows = []
    for column in board.columns:
        spent = board.spent.get(column, Counter())
        found = [milliseconds(figures.percentile(spent, share)) for share in PERCENTILES]
        rows.append([column_name(column, board.grouping), count(spent.total()), *found])
    return Table(
        name="times",
        caption=_("Time from acceptance to decision"),
        columns=(_first_column(board.grouping), _("Mails"), "p50", "p95", "p99"),
        rows=rows,
    )


def backlog_table(board: Board) -> Table:
    """What is open now in each queue."""
    rows = []
    for state in board.queues:
        waited = None if state.oldest_at is None else round(max(0.0, board.now - state.oldest_at))
        oldest = Cell(value=waited, shown=NOTHING if waited is None else age(waited))
        name = words(state.queue, ListQuery(queue=state.queue).url())
        rows.append([name, count(state.open), count(state.taken), count(state.unreviewed), oldest])
    columns = (_("Queue"), _("Open mails"), _("In progress"), _("To review"), _("Oldest"))
    return Table(name="backlog", caption=_("Open mails now"), columns=columns, rows=rows)


TABLES: Final[Mapping[str, Callable[[Board], Table]]] = {
    "queues": queues_table,
    "labels": labels_table,
    "alone": alone_table,
    "accuracy": accuracy_table,
    "weeks": weeks_table,
    "confusion": confusion_table,
    "times": times_table,
    "backlog": backlog_table,
}
"""By what `/dashboard/NAME.csv` calls them."""


def _first_column(grouping: Grouping) -> str:
    return _("Day") if grouping is Grouping.DAY else _("Week")


def _judged_columns() -> tuple[str, ...]:
    return _("Mails reviewed"), _("Agreed"), _("Share"), _("At least"), _("At most")


def _judged(share: Share) -> tuple[Cell, ...]:
    return count(share.whole), count(share.part), rate(share.rate), *bounds(share)
