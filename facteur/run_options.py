"""The options of a training on the command line, made from `model.training.options.TrainOptions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from model.training.config import option_types, read_config
from model.training.options import TrainOptions

Command = Callable[..., Any]


def training_options(command: Command) -> Command:
    """Add an option for each field of `TrainOptions`; what is not given arrives as None."""
    given = {field.name: field for field in fields(TrainOptions)}
    for name, kind in reversed(option_types().items()):
        default, flag = given[name].default, f"--{name.replace('_', '-')}"
        names = f"{flag}/--no-{name.replace('_', '-')}" if kind is bool else flag
        shown: str = ("yes" if default else "no") if kind is bool else str(default)
        command = click.option(
            names,
            name,
            type=kind,
            default=None,
            show_default=shown or False,
            help=given[name].metadata["help"],
        )(command)
    return command


def merged(config: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a `--config` file, those of the command line going before.

    Raises:
        ConfigurationError: The file cannot be used.
    """
    values = read_config(config) if config else {}
    return {**values, **{name: value for name, value in given.items() if value is not None and value != ()}}
