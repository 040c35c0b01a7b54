"""The options of a training on the command line, made from the dataclasses of `model.training`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from facteur.corpora import layout_options
from model.training.config import option_types, read_config

Command = Callable[..., Any]
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def corpus_options(command: Command) -> Command:
    """Add what is trained on, and where from and to; what is not given arrives as None or ()."""
    for option in (
        layout_options,
        click.option("--folds", type=click.IntRange(min=2), help="Cross-validate with so many models first."),
        click.option("--config", type=_FILE, help="TOML file of options, such as a run's config.toml."),
        click.option("--notes", help="Markdown for the model card: origins, licences, attributions."),
        click.option("--policy", help="A policy whose labels are the taxonomy; others are refused."),
        click.option("--test", help="Held-out mails that the model card reports on."),
        click.option("--out", help="Where the model's folder is made.  [default: models]"),
        click.option(
            "--base",
            help="Encoder to start from: `minilm`, a folder, or a name on the Hugging Face hub.  [default: minilm]",
        ),
        click.argument("corpora", nargs=-1),
    ):
        command = option(command)
    return command


def options_from(options: type[Any]) -> Callable[[Command], Command]:
    """Add an option for each field of a dataclass of options; what is not given arrives as None."""
    given = {field.name: field for field in fields(options)}

    def with_options(command: Command) -> Command:
        for name, kind in reversed(option_types(options).items()):
            default, dashed = given[name].default, name.replace("_", "-")
            shown = ("yes" if default else "no") if kind is bool else str(default)
            command = click.option(
                f"--{dashed}/--no-{dashed}" if kind is bool else f"--{dashed}",
                name,
                type=kind,
                default=None,
                show_default=shown or False,
                help=given[name].metadata["help"],
            )(command)
        return command

    return with_options


def merged(config: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a `--config` file, those of the command line going before.

    Raises:
        ConfigurationError: The file cannot be used.
    """
    values = read_config(config) if config else {}
    return {**values, **{name: value for name, value in given.items() if value is not None and value != ()}}
