"""What `config.json` says of confidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from model.confidence.calibration import Calibration
from routing.promise import Promise


def calibration_of(value: Mapping[str, Any] | None, labels: tuple[str, ...]) -> Calibration | None:
    """Read a calibration.

    Raises:
        KeyError, TypeError, ValueError: It lacks a field or has a wrong one.
    """
    if value is None:
        return None
    calibration = Calibration(
        temperature=_finite(value["temperature"]),
        scales=tuple(_finite(each) for each in value["scales"]),
        offsets=tuple(_finite(each) for each in value["offsets"]),
    )
    if calibration.temperature <= 0 or {len(calibration.scales), len(calibration.offsets)} - {0, len(labels)}:
        raise ValueError("the calibration is not for these labels")
    return calibration


def promises_of(value: list[Mapping[str, Any]], labels: tuple[str, ...]) -> tuple[Promise, ...]:
    """Read promises.

    Raises:
        KeyError, TypeError, ValueError: One lacks a field or has a wrong one.
    """
    promises = tuple(
        Promise(
            precision=_finite(each["precision"]),
            delta=_finite(each["delta"]),
            thresholds={
                str(label): None if threshold is None else _finite(threshold)
                for label, threshold in each["thresholds"].items()
            },
            alone=tuple(str(label) for label in each["alone"]),
            mails=int(each["mails"]),
            routed=_finite(each["routed"]),
        )
        for each in value
    )
    if any(set(promise.thresholds) != set(labels) for promise in promises):
        raise ValueError("a promise is not for these labels")
    return promises


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number
