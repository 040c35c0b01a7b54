"""Teach an encoder a second language from sentence pairs: new words, distillation, figures, a card."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.training.bases import base_directory
from model.training.bilingual import extend_vocabulary
from model.training.distillation import DistilOptions, distil
from model.training.options import Listener, Progress
from model.training.pairs import Source, read_pairs, read_sources
from model.training.retrieval import Retrieval, retrieval

CARD = "README.md"
_CHARACTERS = 400
"""Longer sentences are cut in training anyway, and say little about which word translates which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What to teach to whom."""

    teacher: str | Path
    """A Hugging Face directory, or `minilm`."""
    student: Path | None
    """An encoder taught before, to go on with; the teacher with new words when None."""
    pairs: tuple[Path, ...]
    """Files of pairs, or folders of them."""
    held_out: tuple[Path, ...]
    """Files of pairs that are only for measuring."""
    words: int
    """New words for a student that was not taught before."""
    notes: str
    """Markdown for the card: where the pairs come from, their licences and attributions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """What a lesson gave."""

    encoder: Path
    before: tuple[Retrieval, ...]
    """Of the student as the lesson began, for each held-out file."""
    after: tuple[Retrieval, ...]


def teach(lesson: Lesson, out: Path, *, options: DistilOptions, listen: Listener) -> Taught:
    """Write to `out` an encoder that reads both languages, and a card that says how it was made and how well it reads.

    Pairs of the held-out files that also occur in training are left out of training.

    Raises:
        ConfigurationError: An encoder or a file of pairs cannot be used; one sentence says which and why.
    """
    teacher = base_directory(lesson.teacher)
    held_out = {file.parent.name + "/" + file.name: read_pairs(file) for file in lesson.held_out}
    unseen = {side.casefold() for pairs in held_out.values() for pair in pairs for side in pair}
    sources = [_without(source, unseen) for source in read_sources(lesson.pairs, characters=_CHARACTERS)]
    with tempfile.TemporaryDirectory() as folder:
        student = Path(folder) / "extended"
        if lesson.student is not None:
            student = base_directory(lesson.student)
        else:
            listen(Progress(stage="words", done=0, total=1))
            everything = [pair for source in sources for pair in source.pairs]
            extend_vocabulary(teacher, everything, student, words=lesson.words)
            listen(Progress(stage="words", done=1, total=1))
        before = tuple(retrieval(student, name, pairs) for name, pairs in held_out.items())
        distil(teacher, student, sources, out, options=options, listen=listen)
    after = tuple(retrieval(out, name, pairs) for name, pairs in held_out.items())
    taught = Taught(encoder=out, before=before, after=after)
    (out / CARD).write_text(_card(lesson, taught, sources, options), encoding="utf-8")
    return taught


def _without(source: Source, unseen: set[str]) -> Source:
    kept = tuple(pair for pair in source.pairs if not any(side.casefold() in unseen for side in pair))
    return Source(name=source.name, pairs=kept)


def _card(lesson: Lesson, taught: Taught, sources: Sequence[Source], options: DistilOptions) -> str:
    origin = f"the student {lesson.student.name}, taught before" if lesson.student else f"{lesson.words} new words"
    made = f"Distilled from {Path(lesson.teacher).name} with `facteur distil`, beginning with {origin}:"
    lines = [
        "# An encoder that reads two languages",
        "",
        made,
        f"{options.steps} steps of some {options.batch_tokens} tokens, seed {options.seed}.",
        "",
        "| pairs | |",
        "| --- | --- |",
        *(f"| {source.name} | {len(source.pairs)} |" for source in sources),
        "",
    ]
    if taught.after:
        lines += [
            "Share of held-out sentences whose translation is the nearest of all:",
            "",
            "| held-out pairs | | there | back | before: there | back |",
            "| --- | --- | --- | --- | --- | --- |",
            *(
                f"| {new.name} | {new.pairs} | {new.there:.3f} | {new.back:.3f} | {old.there:.3f} | {old.back:.3f} |"
                for old, new in zip(taught.before, taught.after, strict=True)
            ),
            "",
        ]
    return "\n".join([*lines, lesson.notes.strip(), ""])
