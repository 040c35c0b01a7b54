"""Labelled mails in JSON Lines: what a model is trained on and judged by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.errors import ConfigurationError
from routing.mail import Mail


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One labelled mail."""

    id: str
    label: str
    language: str
    """ISO 639-1, such as `fr`; empty when the corpus does not say."""
    subject: str
    text: str

    @property
    def mail(self) -> Mail:
        """The example as a mail, to be read by the very code that serving uses."""
        return Mail(subject=self.subject, text=self.text)


def read_corpus(files: Sequence[Path]) -> list[Example]:
    """Read JSON Lines files, or folders of them: `id`, `label`, `language`, `subject`, `text` a line.

    Raises:
        ConfigurationError: A file is missing or has no example, or a line is not such an object, has neither subject
            nor text, or repeats an id; the message names file and line.
    """
    examples: list[Example] = []
    seen: set[str] = set()
    for file in _jsonl_files(files):
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"the corpus {file} cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                example = _example(line, f"{file}:{number}")
                if example.id in seen:
                    raise ConfigurationError(f"{file}:{number} repeats the id {example.id!r}: give each mail its own")
                seen.add(example.id)
                examples.append(example)
    if not examples:
        raise ConfigurationError(f"there is no example in {', '.join(map(str, files))}: give JSON Lines of mails")
    return examples


def _jsonl_files(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]


def _example(line: str, place: str) -> Example:
    try:
        value = json.loads(line)
        example = Example(
            id=str(value["id"]),
            label=str(value["label"]),
            language=str(value.get("language", "")),
            subject=str(value.get("subject", "")),
            text=str(value["text"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"{place} is not an example (id, label and text are needed): {error!r}") from error
    if not example.label or not (example.subject.strip() or example.text.strip()):
        raise ConfigurationError(f"{place} has no label or nothing to read: complete it or take it out")
    return example
