"""The options of a run as a TOML file: what `--config` reads, what every run and `facteur tune` write."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from model.training.options import TrainOptions
from routing.errors import ConfigurationError

PLACES: Mapping[str, type] = {
    "corpora": list,
    "base": str,
    "out": str,
    "test": str,
    "folds": int,
    "from_scratch": bool,
    "mail": list,
    "pretrain_epochs": int,
    "columns": list,
    "encoding": str,
    "label_header": str,
    "labels_file": str,
}
"""Keys of a file beside the options: where the run takes from and writes to."""


def option_types(options: type[Any] = TrainOptions) -> dict[str, type]:
    """Return the options that a file and the command line may give, by name, in order."""
    hints = get_type_hints(options)
    return {field.name: hints[field.name] for field in fields(options) if "help" in field.metadata}


def read_config(file: Path) -> dict[str, Any]:
    """Read a TOML file of options.

    Raises:
        ConfigurationError: It cannot be read, or has a key that is no option or a value that does not fit.
    """
    try:
        with file.open("rb") as handle:
            content = tomllib.load(handle)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not TOML: {error}.") from error
    known = {**PLACES, **option_types()}
    for name, value in content.items():
        if name not in known:
            raise ConfigurationError(f"{file} gives {name!r}, which is no option: give some of {', '.join(known)}.")
        content[name] = _fitting(value, known[name], f"{file}: {name}")
    return content


def config_text(values: Mapping[str, Any]) -> str:
    """Return `values` as TOML: text, numbers, booleans and lists of text."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())


def options_of(values: Mapping[str, Any]) -> TrainOptions:
    """Return the options among `values`.

    Raises:
        ConfigurationError: One is out of its range.
    """
    known = {field.name for field in fields(TrainOptions)}
    options = TrainOptions(**{name: value for name, value in values.items() if name in known and value is not None})
    check_options(options)
    return options


def check_options(options: TrainOptions) -> None:
    """Refuse options that cannot be trained with.

    Raises:
        ConfigurationError: One is out of its range; the sentence names it.
    """
    rules: tuple[tuple[str, bool, str], ...] = (
        ("name", _is_name(options.name), "letters, digits, hyphens and underscores"),
        ("epochs", options.epochs >= 1, "1 or more"),
        ("patience", options.patience >= 0, "0 or more"),
        ("batch", options.batch >= 1, "1 or more"),
        ("learning_rate", options.learning_rate > 0, "more than 0"),
        ("head_rate", options.head_rate > 0, "more than 0"),
        ("held_out", 0 < options.held_out < 1, "between 0 and 1"),
        ("label_smoothing", 0 <= options.label_smoothing < 1, "from 0 to below 1"),
        ("averaging", 0 <= options.averaging < 1, "from 0 to below 1"),
        ("warm_up", 0 <= options.warm_up < 1, "from 0 to below 1"),
        ("max_length", options.max_length >= _LEAST_TOKENS, f"{_LEAST_TOKENS} or more"),
        ("class_weights", options.class_weights in {"balanced", "none"}, "`balanced` or `none`"),
        ("threads", options.threads >= 0, "0 or more"),
    )
    for name, holds, wanted in rules:
        if not holds:
            raise ConfigurationError(f"The option {name} is {getattr(options, name)!r}: give {wanted}.")


_LEAST_TOKENS = 8
_WANTED: Mapping[type, str] = {
    list: "a list of text",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _is_name(name: str) -> bool:
    return bool(name) and name.replace("-", "").replace("_", "").isalnum() and name.isascii()


def _fitting(value: Any, kind: type, name: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (isinstance(value, list) and not all(isinstance(item, str) for item in value)):
        raise ConfigurationError(f"{name} is {value!r}: give {_WANTED[kind]}.")
    return value


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    # Text in JSON is text in TOML, as long as DEL is escaped too.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
