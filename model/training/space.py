"""What `facteur tune` draws options from: a space, declared in TOML."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from model.training.config import option_types
from routing.errors import ConfigurationError

DEFAULT_SPACE = """\
learning_rate = {low = 5e-5, high = 5e-4, log = true}
head_rate = {low = 3e-4, high = 3e-3, log = true}
layer_decay = {low = 0.7, high = 1.0}
label_smoothing = {choices = [0.0, 0.05, 0.1, 0.2]}
batch = {choices = [8, 16, 32]}
epochs = {low = 4, high = 12}
vary = {choices = [true, false]}
"""

Drawer = Callable[[random.Random], Any]


def space_of(text: str) -> dict[str, Drawer]:
    """Return how to draw each option of a space.

    Raises:
        ConfigurationError: It is not TOML, names no option, or gives a range that is none.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The space is not TOML: {error}.") from error
    types = option_types()
    if not content:
        raise ConfigurationError("The space is empty: give options with choices, or with low and high.")
    drawers = {}
    for name, given in content.items():
        if name not in types or name == "name":
            raise ConfigurationError(f"The space gives {name!r}, which is no option: give some of {', '.join(types)}.")
        drawers[name] = _drawer(name, given, types[name])
    return drawers


def drawn(space: Mapping[str, Drawer], seed: int, number: int) -> dict[str, Any]:
    """Return the options of trial `number`."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - options are no secret
    return {name: draw_one(draw) for name, draw_one in space.items()}


def _drawer(name: str, given: Any, kind: type) -> Drawer:
    wanted = f"The space gives {name} as {given!r}: give choices = [...], or low and high, or a value."
    if not isinstance(given, dict):
        given = {"choices": [given]}
    choices = given.get("choices")
    if set(given) == {"choices"} and isinstance(choices, list) and choices:
        values = [float(value) if kind is float and isinstance(value, int) else value for value in choices]
        if all(type(value) is kind for value in values):
            return lambda draw: draw.choice(values)
    elif {"low", "high"} <= set(given) <= {"low", "high", "log"} and kind in {int, float}:
        low, high, is_log = given["low"], given["high"], given.get("log", False)
        if all(isinstance(bound, (int, float)) for bound in (low, high)) and low < high and (low > 0 or not is_log):
            return _number(low, high, is_whole=kind is int, is_log=is_log is True)
    raise ConfigurationError(wanted)


def _number(low: float, high: float, *, is_whole: bool, is_log: bool) -> Drawer:
    def draw_one(draw: random.Random) -> float:
        value = math.exp(draw.uniform(math.log(low), math.log(high))) if is_log else draw.uniform(low, high)
        return round(value) if is_whole else float(f"{value:.4g}")

    return draw_one
