"""A small repository of git, made anew for each test: commits and tags, and nobody's own settings of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATH = os.environ["PATH"]


class Repository:
    """A folder under git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": PATH,
            "HOME": str(folder.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Jeanne",
            "GIT_AUTHOR_EMAIL": "jeanne@example.org",
            "GIT_COMMITTER_NAME": "Jeanne",
            "GIT_COMMITTER_EMAIL": "jeanne@example.org",
        }

    def git(self, *words):
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def start(self):
        self.folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        return self

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def copy(self, *names):
        for name in names:
            self.write(name, (ROOT / name).read_text(encoding="utf-8"))

    def commit(self, message="Change something"):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def clone(self, folder, *options):
        self.git("clone", "--quiet", *options, self.folder.as_uri(), str(folder))
        return Repository(folder)

    def run(self, *words, **variables):
        """Run a program there; return its exit status, what it said, and what it complained of."""
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment | variables, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr
