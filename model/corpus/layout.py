"""How a corpus is laid out: which column is what, where a mail's label stands, how the text is encoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.errors import ConfigurationError

COLUMNS = ("id", "label", "language", "subject", "text", "author", "group")
"""What a row may say of a mail; only `text` or `subject` and, for training, `label` are needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What a reader must be told when a corpus is not in our own form."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our name to the corpus's own, such as `{"label": "category"}`; what is not named goes by our name."""
    encoding: str = ""
    """Python's name of the text encoding; empty: UTF-8, and in tables what a look at the bytes says."""
    label_header: str = "X-Label"
    """The header field that carries the label of a raw message."""
    labels: Path | None = None
    """A table of id and label, for raw messages whose label stands neither in a header nor in a folder's name."""
    labelled: bool = True
    """False: labels are not asked for (pre-training)."""

    def column(self, name: str) -> str:
        """Return the corpus's own name of one of our columns."""
        return self.columns.get(name, name)

    def with_columns(self, pairs: Iterable[str]) -> Layout:
        """Return the layout with the columns of `OURS=THEIRS` pairs. Raises ConfigurationError on any other text."""
        columns = dict(self.columns)
        for pair in pairs:
            ours, equals, theirs = pair.partition("=")
            if not equals or not theirs or ours not in COLUMNS:
                raise ConfigurationError(
                    f"{pair!r} names no column: write OURS=THEIRS, where OURS is one of {', '.join(COLUMNS)}."
                )
            columns[ours] = theirs
        return replace(self, columns=columns)


PLAIN = Layout()
"""Our own form."""
