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
            raise ConfigurationError(_refusal(model, precision))
        found = {label: promise.thresholds[label] for label in labels}
        if all(threshold is None for threshold in found.values()):
            raise ConfigurationError(
                f"The policy asks for a precision of {precision:g}, which the model {model.version} cannot promise for "
                f"{', '.join(labels)} from the {promise.mails} mails it was checked on; ask for less, give 'threshold' "
                "instead, or train it with more mails held out."
            )
        thresholds |= found
    return thresholds


def _refusal(model: Model, precision: float) -> str:
    asked = f"The policy asks for a precision of {precision:g}, but the model {model.version} promises "
    if model.promises:
        most = max(promise.precision for promise in model.promises)
        return f"{asked}{most:g} at most; ask for that or less, or give 'threshold' instead."
    return f"{asked}none; give 'threshold' instead of 'precision' in the policy, or train the model again."
