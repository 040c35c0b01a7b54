"""Which files a kit generates: a written list, so that a file too many is seen as well as one too few.

`files/shared.txt` is true of every kit, `files/KIT.txt` of that one. A line is a path, and behind it the words that
must hold for it to be there, with `no-` before those that must not. PACKAGE stands for the package's name.
"""

from __future__ import annotations

from pathlib import Path

from matrix import PACKAGE, Combination

HERE = Path(__file__).parent / "files"


def _holding(one: Combination) -> set[str]:
    words = {
        "licensed": one["license"] != "none",
        "fr": one["language"] == "fr",
        "vendored": one["components"] == "vendored",
        **{name: bool(one[name]) for name in ("deploy", "monitoring", "streaming", "mlflow")},
    }
    return {word if holds else f"no-{word}" for word, holds in words.items()}


def expected_files(one: Combination) -> set[str]:
    """Return the paths of all files that the combination's project has."""
    holding = _holding(one)
    found = set()
    for name in ("shared", one.kit):
        for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            words = line.split("#")[0].split()
            if words and set(words[1:]) <= holding:
                found.add(words[0].replace("PACKAGE", PACKAGE))
    return found
