"""Repositories of starter kits with released versions, as a team finds Facteur's."""

from __future__ import annotations

import shutil
from pathlib import Path

from generating import ROOT, commit, git
from matrix import KITS

HOLDS = ("copier.yml", "starter_kits", "ci")
"""What the kits are made of."""
SMALL = {
    "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml }}",
    "README.md.jinja": "# {{ project_name }}\n",
    "pyproject.toml": "[project]\n",
    "src/{{ package }}/__init__.py": "",
    ".gitignore": "",
}
"""Next to nothing of what a kit makes."""


def repository(folder: Path) -> Path:
    """Make a repository of the kits as they lie in this tree, released as v1.0.0."""
    folder.mkdir(parents=True)
    put_kits(folder)
    release(folder, "v1.0.0")
    return folder


def put_small_kits(folder: Path) -> Path:
    """Put kits that ask what ours ask, and make next to nothing of it."""
    kits = folder / "starter_kits"
    for kit in KITS:
        for name, text in SMALL.items():
            (kits / kit / name).parent.mkdir(parents=True, exist_ok=True)
            (kits / kit / name).write_text(text, "utf-8")
    shutil.copy(ROOT / "copier.yml", folder)
    for name in ("copier.yml", "questions.yml"):
        shutil.copy(ROOT / "starter_kits" / name, kits)
    return kits


def put_kits(folder: Path) -> None:
    """Put the kits of this tree in the place of those that are there."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.py[co]", ".*_cache")
    for name in HOLDS:
        if (ROOT / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder / name)


def release(folder: Path, tag: str) -> None:
    """Commit all there is and tag it."""
    commit(folder, f"Release {tag}")
    git(folder, "tag", tag)
