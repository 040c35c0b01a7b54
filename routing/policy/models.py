"""What workers say of their models, so that a policy that one of them cannot serve is refused before it is saved."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from routing.policy.promised import Model
from routing.promise import Promise
from routing.store.port import WorkerBeat


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedModel:
    """A model as a worker described it: all that a policy must know of it."""

    version: str
    labels: tuple[str, ...]
    promises: tuple[Promise, ...]


def model_document(model: Model) -> str:
    """Return what a model can give as JSON, for a worker's sign of life."""
    promises = [
        {
            "precision": promise.precision,
            "delta": promise.delta,
            "thresholds": dict(promise.thresholds),
            "alone": list(promise.alone),
            "mails": promise.mails,
            "routed": promise.routed,
        }
        for promise in model.promises
    ]
    return json.dumps({"labels": list(model.labels), "promises": promises}, separators=(",", ":"))


def reported_models(beats: Iterable[WorkerBeat]) -> tuple[ReportedModel, ...]:
    """Return each model that workers described, once; signs of life that say nothing of theirs are passed over."""
    found: dict[str, ReportedModel] = {}
    for beat in beats:
        if beat.model and beat.model_version not in found:
            with contextlib.suppress(ValueError, KeyError, TypeError):  # another version of the program may say it else
                found[beat.model_version] = _read(beat.model_version, json.loads(beat.model))
    return tuple(found.values())


def _read(version: str, given: Any) -> ReportedModel:
    return ReportedModel(
        version=version,
        labels=tuple(given["labels"]),
        promises=tuple(Promise(**(promise | {"alone": tuple(promise["alone"])})) for promise in given["promises"]),
    )
