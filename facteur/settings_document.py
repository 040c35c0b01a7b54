"""The table of all settings, written into the documentation from the class that reads them.

python -m facteur.settings_document docs/configuration.md
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from routing.errors import ConfigurationError
from routing.settings import PREFIX, Settings

BEGIN = "<!-- settings: made by `make docs` -->"
END = "<!-- settings: end -->"


def settings_table() -> str:
    """Return every setting as a row of a Markdown table, in the order of the class."""
    rows = ["| variable | default | what it sets |", "| --- | --- | --- |"]
    for setting in fields(Settings):
        default = str(setting.default).lower() if isinstance(setting.default, bool) else f"{setting.default}"
        about = setting.metadata["about"]
        if setting.metadata["secret"]:
            about += " Holds a secret."
        rows.append(f"| `{PREFIX}{setting.name.upper()}` | {f'`{default}`' if default else 'empty'} | {about} |")
    return "\n".join(rows)


def with_settings(document: str) -> str:
    """Return the document with the table between its two marks written anew.

    Raises:
        ConfigurationError: the document lacks a mark.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigurationError(f"The document needs the lines {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


def main() -> None:
    """Write the table into each document that is named."""
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(with_settings(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
