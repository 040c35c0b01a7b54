"""Two models on the same mails: who wins where, and whether chance explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.evaluation.figures import length_of
from model.evaluation.intervals import Interval, difference_interval, mcnemar
from model.evaluation.judged import Judged
from model.evaluation.outcome import Outcome
from routing.errors import ConfigurationError

Pair = tuple[Outcome, Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """Two models' accuracy on one set of mails."""

    name: str
    """Of the part of the mails; empty for all."""
    mails: int
    both: int
    """Mails that both got right."""
    only_first: int
    only_second: int
    difference: float
    """Accuracy of the second less that of the first."""
    interval: Interval
    """95 %, paired bootstrap."""
    p: float
    """McNemar's exact test, two-sided: how often chance parts two equally good models as far."""

    @property
    def first(self) -> float:
        """Accuracy of the first."""
        return (self.both + self.only_first) / self.mails

    @property
    def second(self) -> float:
        """Accuracy of the second."""
        return (self.both + self.only_second) / self.mails

    @property
    def neither(self) -> int:
        """Mails that both got wrong."""
        return self.mails - self.both - self.only_first - self.only_second


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The second model against the first, as a whole and by parts."""

    first: Judged
    second: Judged
    """Its outcomes are in the order of the first's."""
    whole: Paired
    languages: tuple[Paired, ...]
    lengths: tuple[Paired, ...]
    labels: tuple[Paired, ...]
    """By the true label, so the accuracies are recalls."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What both said of each mail."""
        return tuple(zip(self.first.outcomes, self.second.outcomes, strict=True))


def compare(first: Judged, second: Judged) -> Comparison:
    """Hold `second` against `first`, mail by mail.

    Raises:
        ConfigurationError: They did not judge the same mails with the same labels; the sentence names a mail.
    """
    pairs = _paired(first, second)
    return Comparison(
        first=first,
        second=Judged(
            name=second.name,
            outcomes=tuple(theirs for _, theirs in pairs),
            cpu_seconds=second.cpu_seconds,
            trained_on=second.trained_on,
            cross_validated=second.cross_validated,
        ),
        whole=_figures("", pairs),
        languages=_parts(pairs, [ours.language for ours, _ in pairs]),
        lengths=_parts(pairs, [length_of(ours) for ours, _ in pairs]),
        labels=_parts(pairs, [ours.truth for ours, _ in pairs]),
    )


def _paired(first: Judged, second: Judged) -> list[Pair]:
    if not first.outcomes:
        raise ConfigurationError(f"{first.name} judged no mail: there is nothing to compare")
    theirs = {_key(outcome): outcome for outcome in second.outcomes}
    missing = [outcome for outcome in first.outcomes if _key(outcome) not in theirs]
    extra = len(second.outcomes) - (len(first.outcomes) - len(missing))
    if missing or extra:
        example = f", for instance {missing[0].id}" if missing else ""
        raise ConfigurationError(
            f"{first.name} and {second.name} did not judge the same mails: {len(missing)} of the first's are not among "
            f"the second's{example}, and {extra} the other way round; evaluate both on one corpus"
        )
    pairs = [(outcome, theirs[_key(outcome)]) for outcome in first.outcomes]
    for ours, other in pairs:
        if ours.truth != other.truth:
            raise ConfigurationError(
                f"the mail {ours.id} is labelled {ours.truth} for {first.name} and {other.truth} for {second.name}: "
                "evaluate both on one corpus"
            )
    return pairs


def _key(outcome: Outcome) -> tuple[str, str]:
    return outcome.id, outcome.digest


def _parts(pairs: Sequence[Pair], names: Sequence[str]) -> tuple[Paired, ...]:
    members: dict[str, list[Pair]] = {}
    for name, pair in zip(names, pairs, strict=True):
        members.setdefault(name, []).append(pair)
    return tuple(_figures(name, members[name]) for name in sorted(members, key=_order))


def _order(name: str) -> tuple[int, str]:
    """Put slices by length in the order of their numbers, all else in that of the alphabet."""
    digits = name.partition("-")[0].rstrip("+")
    return (int(digits), "") if digits.isdecimal() and digits.isascii() else (0, name)


def _figures(name: str, pairs: Sequence[Pair]) -> Paired:
    counts = Counter((ours.right, theirs.right) for ours, theirs in pairs)
    only_first, only_second = counts[True, False], counts[False, True]
    return Paired(
        name=name,
        mails=len(pairs),
        both=counts[True, True],
        only_first=only_first,
        only_second=only_second,
        difference=(only_second - only_first) / len(pairs),
        interval=difference_interval(only_first, only_second, len(pairs)),
        p=mcnemar(only_first, only_second),
    )
