"""What a run is asked for: `training.toml`, read into values that say when they are wrong."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class RecipeError(Exception):
    """The recipe asks for something that cannot be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataRecipe:
    """How rows are split and what they must fulfil; shares are between 0 and 1."""

    test_share: float
    bad_rows_max: float
    missing_max: float
    duplicates_max: float
    train_rows_min: int
    test_rows_min: int
    class_rows_min: int
    class_share_min: float
    one_feature_max: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecipe:
    """What is trained, and the name under which it is registered."""

    name: str
    estimator: str
    seed: int
    parameters: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRecipe:
    """What a model must reach to be registered."""

    resamples: int
    over_baseline_min: float
    under_champion_max: float
    calibration_error_max: float
    slice_rows_min: int
    slice_accuracy_min: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """The three sections of `training.toml`."""

    data: DataRecipe
    model: ModelRecipe
    gate: GateRecipe


def read(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: no such file, no TOML, a word that is not known, one that is missing, or a value that cannot be.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe at {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is no TOML: {error}.") from None
    unknown = document.keys() - {"data", "model", "gate"}
    if unknown:
        raise RecipeError(f"{path}: there is no section [{min(unknown)}]; there are data, model and gate.")
    data = DataRecipe(**_section(path, document, "data", DataRecipe))
    model = ModelRecipe(**_section(path, document, "model", ModelRecipe))
    gate = GateRecipe(**_section(path, document, "gate", GateRecipe))
    if data.test_share <= 0 or data.test_share >= 1:
        raise RecipeError(f"{path}: data.test_share must lie between 0 and 1, and is {data.test_share}.")
    if gate.resamples < 1:
        raise RecipeError(f"{path}: gate.resamples must be 1 or more, and is {gate.resamples}.")
    return Recipe(data=data, model=model, gate=gate)


def _section(path: Path, document: Mapping[str, Any], name: str, shape: type) -> dict[str, Any]:
    """The words of one section, each known, present, and of its type."""
    table = document.get(name)
    if not isinstance(table, dict):
        raise RecipeError(f"{path}: the section [{name}] is missing.")
    fields = {field.name: field.type for field in dataclasses.fields(shape)}
    if unknown := table.keys() - fields.keys():
        raise RecipeError(f"{path}: {name}.{min(unknown)} is not known; known are {', '.join(fields)}.")
    if missing := fields.keys() - table.keys():
        raise RecipeError(f"{path}: {name}.{min(missing)} is missing.")
    return {word: _value(f"{path}: {name}.{word}", value, fields[word]) for word, value in table.items()}


def _value(where: str, value: object, wanted: object) -> object:
    """The value, if it is of the wanted type and no number below zero."""
    if wanted is float and type(value) is int:
        value = float(value)
    kind = dict if wanted not in {int, float, str} else wanted
    if type(value) is not kind:
        named = {int: "a whole number", float: "a number", str: "text", dict: "a table"}[kind]
        raise RecipeError(f"{where} must be {named}, and is {value!r}.")
    if isinstance(value, int | float) and not 0 <= value < math.inf:
        raise RecipeError(f"{where} must not be below zero nor endless, and is {value}.")
    return value
