"""Projects made from the kits as they lie in this tree, committed or not."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import copier
from matrix import Combination, combination

ROOT = Path(__file__).parents[2]
KITS_FOLDER = ROOT / "starter_kits"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@gitlab.example",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@gitlab.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@cache
def laid_out() -> Path:
    """Copy the kits with their links followed, as a wheel holds them: copier takes no link that leads out of them."""
    folder = Path(tempfile.mkdtemp(prefix="kits-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", "*.py[co]", ".*_cache")
    return Path(shutil.copytree(KITS_FOLDER, folder / "starter_kits", ignore=unwanted))


def generate(folder: Path, one: Combination, **other: object) -> Path:
    """Make the project in `folder`, without git; `other` are answers beside the combination's, such as `port`."""
    copier.run_copy(str(laid_out()), folder, data={**one.data, **other}, defaults=True, quiet=True)
    return folder


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, with nobody's configuration, and return what it says."""
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def commit(folder: Path, message: str = "Begin") -> None:
    """Commit all there is, to a new repository where there is none."""
    if not (folder / ".git").is_dir():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


class Generated:
    """Makes a project once for each combination; what it returns is shared, so tests only read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Combination, Path] = {}

    def __call__(self, one: Combination | str, **answers: object) -> Path:
        """Return the project of a combination, or of a kit by its defaults but for these answers."""
        wanted = combination(one, **answers) if isinstance(one, str) else one
        if wanted not in self._made:
            self._made[wanted] = generate(self._folder / f"{len(self._made)}-{wanted.kit}", wanted)
        return self._made[wanted]

    def copy(self, folder: Path, one: Combination | str, **answers: object) -> Path:
        """Copy the project of a combination to `folder`, committed on `main`, to be changed and run."""
        shutil.copytree(self(one, **answers), folder)
        commit(folder)
        return folder
