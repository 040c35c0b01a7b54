"""The answers that change what a kit generates, and which of their combinations are tried.

A combination names only what is asked: what a question's default is, and what is not asked after another answer, stay
out. DEFAULTS is what somebody gets who answers nothing but the project's name; FEW meets every answer of a kit, in four
projects; PAIRS meets every two answers of a kit in one project at least, in some ten; EVERY is all there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

KITS = ("python", "pyspark", "predictive-api", "training")
NAME = "Claims radar"
SLUG = "claims-radar"
PACKAGE = "claims_radar"
COMPONENTS = "data/pipeline-components"

AXES: Mapping[str, tuple[object, ...]] = {
    "license": ("none", "Apache-2.0", "MIT", "BSD-3-Clause"),
    "language": ("en", "fr"),
    "components": ("vendored", "included"),
    "deploy": (True, False),
}
"""What every kit asks and what changes files by it; the first of each is the default."""
OWN_AXES: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "python": {},
    "pyspark": {"streaming": (False, True)},
    "predictive-api": {"monitoring": (True, False)},
    "training": {"mlflow": (False, True)},
}


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A kit, and an answer to each question that changes its files."""

    kit: str
    answers: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        """Say the kit, and the answers that are not the defaults."""
        other = [_said(name, answer) for name, answer in self.answers if answer != axes_of(self.kit)[name][0]]
        return ",".join([self.kit, *other])

    def __getitem__(self, question: str) -> object:
        return dict(self.answers).get(question)

    @property
    def data(self) -> dict[str, object]:
        """What copier is told."""
        given = {"kit": self.kit, "project_name": NAME, **dict(self.answers)}
        if self["components"] == "included":
            given |= {"components_project": COMPONENTS, "components_ref": "v1.2.3"}
        return given


def _said(name: str, answer: object) -> str:
    if isinstance(answer, bool):
        return name if answer else f"no-{name}"
    return str(answer)


def axes_of(kit: str) -> dict[str, tuple[object, ...]]:
    """Return the questions of a kit that change files, each with its answers."""
    return {**AXES, **OWN_AXES[kit]}


def combination(kit: str, **answers: object) -> Combination:
    """Return the kit by its defaults, but for these answers."""
    axes = axes_of(kit)
    unknown = {name for name, answer in answers.items() if answer not in axes.get(name, ())}
    if unknown:
        message = f"{kit} is not asked, or not answered so: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return _asked(kit, {name: answers.get(name, choices[0]) for name, choices in axes.items()})


def _asked(kit: str, chosen: Mapping[str, object]) -> Combination:
    # What is not deployed is not asked whether it is watched.
    asked = {name: answer for name, answer in chosen.items() if name != "monitoring" or chosen["deploy"]}
    return Combination(kit=kit, answers=tuple(asked.items()))


def every(kit: str) -> list[Combination]:
    """Return all combinations of a kit, its defaults first."""
    axes = axes_of(kit)
    # Each once, in their order.
    return list(dict.fromkeys(_asked(kit, dict(zip(axes, chosen, strict=True))) for chosen in product(*axes.values())))


def _parts(one: Combination, size: int) -> set[tuple[object, ...]]:
    return set(combinations(one.answers, size))


def _greedy(kit: str, size: int) -> Iterator[Combination]:
    whole = every(kit)
    left, missing = whole.copy(), set().union(*(_parts(one, size) for one in whole))
    while missing:
        # The defaults first, then whatever meets most; the first of equals, so that the choice is the same everywhere.
        best = left[0] if len(left) == len(whole) else max(left, key=lambda one: len(_parts(one, size) & missing))
        left.remove(best)
        missing -= _parts(best, size)
        yield best


def few(kit: str) -> list[Combination]:
    """Return the fewest combinations of a kit in which every answer is met, its defaults first."""
    return list(_greedy(kit, 1))


def pairs(kit: str) -> list[Combination]:
    """Return few combinations of a kit in which every two answers meet, its defaults first."""
    return list(_greedy(kit, 2))


DEFAULTS = [combination(kit) for kit in KITS]
FEW = [one for kit in KITS for one in few(kit)]
PAIRS = [one for kit in KITS for one in pairs(kit)]
EVERY = [one for kit in KITS for one in every(kit)]
TRIED = EVERY if os.environ.get("KITS") == "whole" else PAIRS
"""What is looked at as a whole: all in the whole form of `make kits`."""
