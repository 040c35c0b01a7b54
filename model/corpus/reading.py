"""Reading corpora of every kind, by what lies at each path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from model.corpus.example import Example
from model.corpus.layout import PLAIN, Layout
from model.corpus.messages import Messages, is_maildir, is_mbox
from model.corpus.tables import Row, delimited, json_lines, parquet
from routing.errors import ConfigurationError

STORE = "store:"
"""The path that stands for the reviews in the store that the settings name."""

_TABLES: dict[str, Callable[[Path, Layout], Iterator[Row]]] = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".csv": delimited,
    ".tsv": delimited,
    ".parquet": parquet,
}
_MBOXES = (".mbox", ".mbx")


def read_corpus(
    paths: Sequence[Path | str], *, layout: Layout = PLAIN, faults: list[str] | None = None
) -> list[Example]:
    """Read labelled mails: tables, raw messages, the store's own reviews; `docs/corpus.md` says what a path may be.

    Args:
        paths: Files, folders, or `store:` for what humans reviewed in the store of the settings.
        layout: What must be told when the corpus is not in our own form.
        faults: Takes a sentence for each row that is no example; without it, the first one is raised.

    Raises:
        ConfigurationError: A path cannot be read, there is no example in any, or a row is none or repeats an id; the
            message names file and line.
    """
    examples: list[Example] = []
    for row in examples_in(paths, layout=layout):
        if isinstance(row, Example):
            examples.append(row)
        elif faults is None:
            raise row
        else:
            faults.append(str(row))
    if not examples and not faults:
        raise ConfigurationError(
            f"There is no example in {', '.join(map(str, paths))}: give files or folders of mails."
        )
    return examples


def examples_in(paths: Sequence[Path | str], *, layout: Layout = PLAIN) -> Iterator[Row]:
    """Yield each example, or the error that a row is; no more than a thousand rows are in memory.

    Raises:
        ConfigurationError: A path cannot be read.
    """
    seen: set[str] = set()
    for row in chain.from_iterable(_rows(path, layout) for path in paths):
        if not isinstance(row, Example):
            yield row
        elif row.id in seen:
            yield ConfigurationError(f"{row.place} repeats the id {row.id!r}: give each mail its own.")
        else:
            seen.add(row.id)
            yield row


def _rows(given: Path | str, layout: Layout) -> Iterator[Row]:
    if str(given).startswith(STORE):
        from model.corpus.reviews import reviewed_in_settings  # noqa: PLC0415 - only who reads it loads a database

        yield from reviewed_in_settings()
        return
    path = Path(given)
    if path.is_dir():
        yield from _folder(path, Messages(layout), layout)
    elif not path.exists():
        raise ConfigurationError(f"The corpus {path} cannot be read: there is no such file or folder.")
    else:
        yield from _file(path, Messages(layout), layout)


def _file(path: Path, messages: Messages, layout: Layout, *, label: str = "") -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        return _TABLES[suffix](path, layout)
    if suffix in _MBOXES or is_mbox(path):
        return messages.mbox(path, label=label or path.stem)
    if suffix == ".eml":
        return messages.eml(path, label=label, name=path.name)
    raise ConfigurationError(
        f"{path} is no corpus that is known: give .jsonl, .csv, .tsv, .parquet, .mbox or .eml, or a folder of those."
    )


def _folder(path: Path, messages: Messages, layout: Layout) -> Iterator[Row]:
    """Read a maildir; else the tables and mboxes of a folder; else its messages, labelled by the folder they lie in."""
    if is_maildir(path):
        yield from messages.maildir(path, label="", name=path.name)
        return
    try:
        entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise ConfigurationError(f"The corpus {path} cannot be read: {error.strerror}.") from error
    for entry in entries:
        suffix = entry.suffix.lower()
        if entry.is_dir():
            yield from _labelled(entry, messages)
        elif suffix in _TABLES or suffix in _MBOXES or suffix == ".eml":
            yield from _file(entry, messages, layout)


def _labelled(folder: Path, messages: Messages) -> Iterator[Row]:
    """Read a folder whose name is the label of the messages in it."""
    if is_maildir(folder):
        yield from messages.maildir(folder, label=folder.name, name=folder.name)
        return
    for file in sorted(folder.rglob("*.eml")):
        yield from messages.eml(file, label=folder.name, name=str(file.relative_to(folder.parent)))
