"""Whether a candidate may be registered: rules, each with what was found and what was asked."""

from collections.abc import Iterator
from dataclasses import dataclass

from .evaluation import Evaluation
from .recipe import GateRecipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One demand: that what was found is at least, or at most, what was asked."""

    name: str
    found: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the demand was met."""
        return (self.at_least is None or self.found >= self.at_least) and (
            self.at_most is None or self.found <= self.at_most
        )

    def __str__(self) -> str:
        """The rule as a message."""
        asked = f"at least {self.at_least:.3f}" if self.at_least is not None else f"at most {self.at_most:.3f}"
        return f"{self.name}: {self.found:.3f}; {asked} is asked"


def judge(evaluation: Evaluation, recipe: GateRecipe) -> list[Rule]:
    """All rules, met or not.

    A gain counts by the lower end of its interval: it must be shown that the candidate is better than the baseline, and
    that it is not worse than the champion by more than the recipe allows (non-inferiority), so that luck does not pass.
    A slice counts by the upper end of its own, so that bad luck alone does not refuse.
    """
    return list(_rules(evaluation, recipe))


def _rules(evaluation: Evaluation, recipe: GateRecipe) -> Iterator[Rule]:
    yield Rule(
        name="macro-F1 gained over the baseline, lower end",
        found=evaluation.over_baseline.low,
        at_least=recipe.over_baseline_min,
    )
    if evaluation.over_champion is not None:
        yield Rule(
            name="macro-F1 gained over the champion, lower end",
            found=evaluation.over_champion.low,
            at_least=-recipe.under_champion_max,
        )
    yield Rule(
        name="calibration error",
        found=evaluation.candidate.calibration_error,
        at_most=recipe.calibration_error_max,
    )
    for part in evaluation.slices:
        if part.rows >= recipe.slice_rows_min:
            yield Rule(
                name=f"accuracy of {part.column} {part.value}, upper end",
                found=part.accuracy.high,
                at_least=recipe.slice_accuracy_min,
            )
