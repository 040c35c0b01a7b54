"""`facteur distil`: an encoder that reads a second language, from sentence pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from facteur.progress import needs_the_extra, progress_of

_FILE_OR_FOLDER = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("--teacher", default="minilm", show_default=True, help="Encoder to learn from: a folder, or `minilm`.")
@click.option(
    "--pairs",
    required=True,
    multiple=True,
    type=_FILE_OR_FOLDER,
    help="Sentence pairs: .tsv or .tsv.gz, the teacher's language first; or a folder, whose …test… files are left out.",
)
@click.option("--held-out", multiple=True, type=_FILE, help="Pairs to measure with, kept out of training.")
@click.option("--out", required=True, type=_FOLDER, help="Where the new encoder's folder is made.")
@click.option("--student", type=_FOLDER, help="An encoder made by this command, to teach further.")
@click.option(
    "--words",
    default=12_000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Words of the second language to add.",
)
@click.option("--steps", type=click.IntRange(min=1), help="Batches to learn from; 3000 by default.")
@click.option("--notes", type=_FILE, help="Markdown for the card: origins, licences, attributions of the pairs.")
@click.option("--seed", type=int, help="Of everything that is drawn.")
@click.option("--threads", type=click.IntRange(min=1), help="Cores to use.")
def distil(  # noqa: PLR0913, PLR0917 - one word for each option
    teacher: str,
    pairs: tuple[Path, ...],
    held_out: tuple[Path, ...],
    out: Path,
    student: Path | None,
    words: int,
    steps: int | None,
    notes: Path | None,
    seed: int | None,
    threads: int | None,
) -> None:
    """Teach an encoder a second language from sentence pairs: the base of the bundled model was made so.

    What was learnt so far is in OUT every few hundred steps; go on from there with --student.
    """
    with needs_the_extra():
        from model.training.distillation import DistilOptions  # noqa: PLC0415 - needs the extra `train`
        from model.training.teaching import Lesson, teach  # noqa: PLC0415 - the same
    given: dict[str, Any] = {"steps": steps, "seed": seed, "threads": threads}
    lesson = Lesson(
        teacher=teacher,
        student=student,
        pairs=pairs,
        held_out=held_out,
        words=words,
        notes=notes.read_text(encoding="utf-8") if notes else "",
    )
    options = DistilOptions(**{name: value for name, value in given.items() if value is not None})
    with progress_of() as listen:
        taught = teach(lesson, out, options=options, listen=listen)
    if taught.after:
        table = Table("Held-out pairs", "There", "Back", "There before", "Back before", box=None)
        for old, new in zip(taught.before, taught.after, strict=True):
            table.add_row(new.name, *(f"{share:.3f}" for share in (new.there, new.back, old.there, old.back)))
        Console(stderr=True).print(table)
    click.echo(taught.encoder)
