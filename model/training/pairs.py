"""Sentence pairs: the same sentence in the language that a teacher reads and in the one that a student is to learn."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.errors import ConfigurationError

Pair = tuple[str, str]
"""(a sentence in the teacher's language, the same in the other language)."""

_SUFFIXES = (".tsv", ".tsv.gz")
_HELD_OUT = "test"
_EXPONENT = 0.5
"""A source of n pairs is drawn as often as n ** 0.5 says, so that a large one does not drown a small one (Lample and
Conneau 2019, section 3.1)."""
_COLUMNS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The pairs of one file."""

    name: str
    pairs: tuple[Pair, ...]


def read_pairs(file: Path) -> list[Pair]:
    """Read tab-separated pairs, gzipped or not; lines without exactly two columns that say something are left out.

    Raises:
        ConfigurationError: The file cannot be read, or holds no pair.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding="utf-8") as lines:
            columns = [line.rstrip("\n").split("\t") for line in lines]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the pairs in {file} cannot be read: {error}") from error
    pairs = [(row[0].strip(), row[1].strip()) for row in columns if len(row) == _COLUMNS]
    pairs = [pair for pair in pairs if all(pair)]
    if not pairs:
        raise ConfigurationError(f"{file} holds no pair: give lines of a sentence, a tab and its translation")
    return pairs


def read_sources(paths: Sequence[Path], *, characters: int) -> list[Source]:
    """Read every file of pairs: those given, and in folders all `.tsv` and `.tsv.gz` not called `…test…`.

    Args:
        paths: Files and folders, which are searched to any depth.
        characters: Pairs with a longer sentence on either side are left out.

    Raises:
        ConfigurationError: There is no such file, or one cannot be read or holds no pair of that length.
    """
    sources = []
    for path in paths:
        found = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_training(file))
        if not found:
            raise ConfigurationError(f"there are no pairs in {path}: give .tsv or .tsv.gz files of two columns")
        for file in found:
            short = tuple(pair for pair in read_pairs(file) if max(map(len, pair)) <= characters)
            if not short:
                raise ConfigurationError(f"{file} holds no pair of {characters} characters or fewer: leave it out")
            name = file.parent.name if file.stem.startswith("pairs") else file.name
            sources.append(Source(name=name, pairs=short))
    return sources


def _is_training(file: Path) -> bool:
    return file.is_file() and file.name.endswith(_SUFFIXES) and _HELD_OUT not in file.name


def draw_pairs(
    sources: Sequence[Source], draw: random.Random, *, joined: float, longest_join: int = 5
) -> Iterator[Pair]:
    """Yield pairs for ever, sources mixed; a share `joined` of them are two to `longest_join` neighbours in a row.

    Mails are longer than sentences: joined ones teach that a long text is about all that it says.
    """
    weights = [len(source.pairs) ** _EXPONENT for source in sources]
    while True:
        pairs = draw.choices(sources, weights)[0].pairs
        at = draw.randrange(len(pairs))
        run = pairs[at : at + (draw.randint(2, longest_join) if draw.random() < joined else 1)]
        yield " ".join(pair[0] for pair in run), " ".join(pair[1] for pair in run)
