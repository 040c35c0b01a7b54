"""Writing a corpus: JSON Lines, whole or not at all, readable by its owner only."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from model.corpus.example import Example
from routing.errors import ConfigurationError


def write_corpus(file: Path, examples: Iterable[Example]) -> Counter[str]:
    """Write examples a line each and return how many of each label; the file appears complete or not at all.

    The examples may be made while they are written: what goes wrong in between leaves no file, and an older one of the
    same name as it was. The mode is 0600, for mail is nobody else's.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    counts: Counter[str] = Counter()
    staged: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # its mode is 0600
        staged = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as opened:
            for example in examples:
                # A half surrogate pair, which a mail may hold, is no UTF-8.
                line = json.dumps(document(example), ensure_ascii=False).encode("utf-8", "replace").decode()
                opened.write(line + "\n")
                counts[example.label] += 1
            opened.flush()
            os.fsync(opened.fileno())
        staged.replace(file)
        staged = None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}; give another --out.") from error
    finally:
        if staged is not None:
            staged.unlink(missing_ok=True)
    return counts


def document(example: Example) -> Mapping[str, Any]:
    """Return an example as it is written: what is empty is left out, but for subject and text."""
    fields: dict[str, Any] = {
        "id": example.id,
        "label": example.label,
        "language": example.language,
        "subject": example.subject,
        "text": example.text,
    }
    fields |= {"author": example.author} if example.author else {}
    fields |= {"group": example.group} if example.group else {}
    fields |= {"attachments": list(example.attachments)} if example.attachments else {}
    return fields
