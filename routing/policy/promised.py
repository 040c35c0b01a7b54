"""From the precisions that a policy asks for to the thresholds that a model keeps them with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from routing.errors import ConfigurationError
from routing.promise import Promise, promise_for


class Model(Protocol):
    """What a policy must know of a model."""

    @property
    def version(self) -> str:
        """Its name and digest."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels it can give."""

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The precisions it keeps."""


def promised_thresholds(model: Model, wanted: Mapping[str, float]) -> dict[str, float | None]:
    """Return the threshold for each label of `wanted` (label to precision); None where nothing could be promised.

    Raises:
        ConfigurationError: The model promises nothing so strict, or nothing for any of the labels that ask for it.
    """
    thresholds: dict[str, float | None] = {}
    for precision in sorted(set(wanted.values())):
        labels = [label for label, asked in wanted.items() if asked == precision]
        promise = promise_for(model.promises, precision)
        if promise is None:
            raise _refusal(model, precision)
        found = {label: promise.thresholds[label] for label in labels}
        if all(threshold is None for threshold in found.values()):
            raise ConfigurationError.of(
                "The policy asks for a precision of %(precision)s, which the model %(model)s cannot promise for "
                "%(labels)s from the %(mails)s mails it was checked on; ask for less, give 'threshold' instead, or "
                "train it with more mails held out.",
                precision=f"{precision:g}",
                model=model.version,
                labels=", ".join(labels),
                mails=str(promise.mails),
            )
        thresholds |= found
    return thresholds


def _refusal(model: Model, precision: float) -> ConfigurationError:
    if model.promises:
        most = max(promise.precision for promise in model.promises)
        return ConfigurationError.of(
            "The policy asks for a precision of %(precision)s, but the model %(model)s promises %(most)s at most; ask "
            "for that or less, or give 'threshold' instead.",
            precision=f"{precision:g}",
            model=model.version,
            most=f"{most:g}",
        )
    return ConfigurationError.of(
        "The policy asks for a precision of %(precision)s, but the model %(model)s promises none; give 'threshold' "
        "instead of 'precision' in the policy, or train the model again.",
        precision=f"{precision:g}",
        model=model.version,
    )
