"""A model with what it said of every mail, and what that cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from model.corpus import Example
from model.evaluation.outcome import Outcome, outcome_of
from routing.classifier import Classifier
from routing.errors import ConfigurationError

_AT_ONCE = 32
"""Mails asked about between two signs of life; a runtime batches within them as it sees fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """How far a stage is: `done` of `total`."""

    stage: str
    done: int
    total: int
    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What one model said of a set of mails."""

    name: str
    outcomes: tuple[Outcome, ...]
    cpu_seconds: float | None = None
    """That deciding took, all threads together, loading apart; None when it was not measured."""
    trained_on: int | None = None
    """Mails, when known."""
    cross_validated: bool = False
    """True when each mail was judged by a model trained on the other mails of the same set."""

    @property
    def mails_per_cpu_second(self) -> float | None:
        """The model's speed, when it was measured."""
        return len(self.outcomes) / self.cpu_seconds if self.cpu_seconds else None


def judge(
    classifier: Classifier, examples: Sequence[Example], listen: Callable[[Step], None] = lambda _: None
) -> Judged:
    """Ask `classifier` about every example.

    Raises:
        ConfigurationError: There is no example, or the model cannot read one of them.
    """
    if not examples:
        raise ConfigurationError("there is no mail to evaluate on: give a corpus of labelled mails")
    outcomes: list[Outcome] = []
    seconds = 0.0
    for first in range(0, len(examples), _AT_ONCE):
        some = examples[first : first + _AT_ONCE]
        listen(Step(stage=classifier.version, done=first, total=len(examples)))
        started = time.process_time()
        try:
            predictions = classifier.classify([example.mail for example in some])
        except Exception as error:  # a runtime's errors are of any type
            raise ConfigurationError(
                f"the model {classifier.version} failed on one of the mails {some[0].id} to {some[-1].id} ({error}): "
                "it is damaged or does not fit this program"
            ) from error
        seconds += time.process_time() - started
        outcomes += [outcome_of(*pair) for pair in zip(some, predictions, strict=True)]
    listen(Step(stage=classifier.version, done=len(examples), total=len(examples)))
    return Judged(name=classifier.version, outcomes=tuple(outcomes), cpu_seconds=seconds)
