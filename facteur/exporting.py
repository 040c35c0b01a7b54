"""`facteur export`: from a checkpoint to what serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facteur.corpora import layout_of, layout_options
from facteur.progress import needs_the_extra, progress_of


@click.command()
@click.argument("source", metavar="RUN|CHECKPOINT", type=click.Path(path_type=Path))
@click.argument("corpora", nargs=-1)
@click.option("--out", default="models", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--runs", default="runs", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@layout_options
def export(source: Path, corpora: tuple[str, ...], out: Path, runs: Path, **given: Any) -> None:
    """Write the served int8 model of a run (a folder or an id) or of a checkpoint.

    It is compared with the checkpoint on CORPORA, or on the mails that the run held out, and refused where the two
    differ: on more than 0.5 % of the mails, or in accuracy by more than 0.3 points.
    """
    with needs_the_extra():
        from model.training.exporting import export as write  # noqa: PLC0415 - needs the extra `train`
    console = Console(stderr=True, highlight=False)
    folder = source if source.exists() else runs / source
    with progress_of(console) as listen:
        exported = write(folder, out, listen, corpora=corpora, layout=layout_of(given))
    comparison = exported.comparison
    console.print(
        f"On {comparison.mails} mails it says another label than the checkpoint {comparison.disagreements} times; "
        f"accuracy {comparison.accuracy:.3f} ({100 * comparison.difference:+.1f} points)",
        markup=False,
    )
    click.echo(exported.model)
