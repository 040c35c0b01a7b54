"""`facteur pretrain`: an encoder that has read one's own mail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facteur.corpora import layout_of, layout_options
from facteur.progress import needs_the_extra, progress_of
from facteur.run_options import options_from
from facteur.training import interruptible
from model.training.pretrain_options import PretrainOptions
from routing.errors import ConfigurationError

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("mail", nargs=-1)
@click.option(
    "--base",
    default="scratch",
    show_default=True,
    help="`scratch` for a new tokenizer and encoder, or an encoder to go on from: `minilm`, a folder, a hub name.",
)
@click.option("--out", help="Folder that is made for the encoder.  [default: encoder]")
@click.option("--runs", default="runs", show_default=True, type=_FOLDER, help="Where the run is recorded.")
@click.option("--resume", type=_FOLDER, metavar="RUN", help="Go on with an interrupted run: its folder or its id.")
@layout_options
@options_from(PretrainOptions)
def pretrain(mail: tuple[str, ...], base: str, out: str | None, runs: Path, resume: Path | None, **given: Any) -> None:
    """Pre-train an encoder on unlabelled MAIL: tables, folders of messages, mbox files, maildirs, or `store:`.

    The encoder is a folder for `facteur train --base`.
    """
    with needs_the_extra():
        from model.training.pretrain_session import (  # noqa: PLC0415 - needs the extra `train`
            PretrainRequest,
            perform_pretraining,
            resume_pretraining,
        )
    console = Console(stderr=True, highlight=False)
    layout = replace(layout_of(given), labelled=False)
    with interruptible(console, "facteur pretrain") as begun, progress_of(console) as watch:
        if resume is not None:
            folder = resume if resume.exists() else runs / resume
            pretrained = resume_pretraining(folder, watch=watch, begun=begun)
        else:
            if not mail:
                raise ConfigurationError("Give MAIL to pre-train on: files or folders of mails, or `store:`.")
            request = PretrainRequest(
                mail=tuple(str(Path.cwd() / path) if Path(path).exists() else path for path in mail),
                base=str(Path.cwd() / base) if Path(base).is_dir() else base,
                out=str(Path.cwd() / (out or "encoder")),
                options=PretrainOptions(**{name: value for name, value in given.items() if value is not None}),
                layout=layout,
            )
            pretrained = perform_pretraining(request, runs, watch=watch, begun=begun)
    console.print(
        f"{pretrained.texts} mails, {pretrained.parameters / 1e6:.1f} million parameters, "
        f"{pretrained.vocabulary} word pieces: perplexity {pretrained.perplexity:.1f} on {pretrained.held_out} "
        f"held-out mails ({pretrained.before:.1f} before)",
        markup=False,
    )
    click.echo(pretrained.encoder)
