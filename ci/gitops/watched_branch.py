"""A branch that says what runs: Fleet applies whatever its newest commit holds.

Each environment has one of its own, so that going back in one touches no other. Standard library and git only.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ATTEMPTS = 5
"""Two jobs may push at the same time; the later one makes its change again, on top of the other's."""
WAIT_SECONDS = 0.5
TOKEN = "DEPLOY_TOKEN"  # noqa: S105 - the name of a variable
_HELPER = f'!f() {{ echo username="${{DEPLOY_USER:-oauth2}}"; echo password="${TOKEN}"; }}; f'


class Refused(Exception):
    """What was asked for cannot be done; one sentence says why, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """A commit of the branch, as its trailers tell it."""

    id: str
    title: str
    at: str
    """ISO 8601."""
    environment: str
    """Empty where somebody committed by hand."""
    image: str
    source: str
    """The commit of the product that was deployed."""
    pipeline: str
    """Where a program committed it; empty where that was at somebody's desk."""
    also: tuple[str, ...]
    """What was pinned beside the image, in the words of the command that pins."""
    undoes: str
    """The commit that it takes back; else empty."""
    canary: str
    """The environment in which it began or ended a canary; else empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedBranch:
    """A fresh clone of the branch, in a folder of its own."""

    folder: Path
    name: str

    def git(self, *words: str, refused: str = "") -> str:
        """Run git in the clone and return what it says.

        Raises:
            Refused: git failed; `refused`, or what git said.
        """
        return run_git(self.folder, *words, refused=refused)

    def history(self) -> list[Commit]:
        """Return its commits, the newest first."""
        if not self.exists():
            return []
        keys = ("Environment", "Image", "Source", "Pipeline", "Also", "Undoes", "Canary")
        trailers = "%x00".join(f"%(trailers:key={key},valueonly,separator=%x02)" for key in keys)
        lines = self.git("log", "--first-parent", f"--format=%H%x00%s%x00%cI%x00{trailers}%x01").split("\x01")
        fields = (line.strip("\n").split("\0") for line in lines if line.strip())
        return [
            Commit(
                id=id_,
                title=title,
                at=at,
                environment=environment,
                image=image,
                source=source,
                pipeline=pipeline,
                also=tuple(filter(None, also.split("\x02"))),
                undoes=undoes,
                canary=canary,
            )
            for id_, title, at, environment, image, source, pipeline, also, undoes, canary in fields
        ]

    def exists(self) -> bool:
        """Say whether the branch has a commit."""
        done = _git(self.folder, "rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{self.name}")
        return done.returncode == 0

    def publish(self, change: Callable[[], str]) -> str:
        """Make a change, commit it and push it; return the commit's id, or nothing where nothing changed.

        Args:
            change: Writes files below `folder` and returns the commit's message. It is called again, on a fresh state,
                when somebody else pushed meanwhile.

        Raises:
            Refused: The change was refused, or the server took none of the pushes.
        """
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(WAIT_SECONDS * attempt)
            self._renew()
            message = change()
            self.git("add", "--all")
            if _git(self.folder, "diff", "--cached", "--quiet").returncode == 0:
                return ""
            self.git("commit", "--quiet", "--message", message)
            # GitLab starts no pipeline for it: there is nothing to test, it is what was tested.
            done = _git(self.folder, "push", "--quiet", *self._options(), "origin", f"HEAD:refs/heads/{self.name}")
            if done.returncode == 0:
                return self.git("rev-parse", "HEAD")
            said = done.stderr.strip()
        raise Refused(f"The branch {self.name} took none of {ATTEMPTS} pushes; the server says: {said}")

    def _options(self) -> Sequence[str]:
        return ("--push-option", "ci.skip") if os.environ.get("CI_SERVER") else ()

    def _renew(self) -> None:
        """Begin from what the server has now."""
        fetched = _git(
            self.folder, "fetch", "--quiet", "--no-tags", "origin", f"+refs/heads/{self.name}:{self._remote}"
        )
        if fetched.returncode and "couldn't find remote ref" not in fetched.stderr:
            raise Refused(f"The branch {self.name} cannot be read; git says: {fetched.stderr.strip()}")
        if self.exists():
            self.git("checkout", "--quiet", "--force", "-B", self.name, self._remote)
        else:
            # What was committed here before a push that was refused must not count as there.
            self.git("update-ref", "-d", f"refs/heads/{self.name}")
            self.git("rm", "-r", "--cached", "--force", "--quiet", "--ignore-unmatch", ".")
        self.git("clean", "--quiet", "-ffdx")

    @property
    def _remote(self) -> str:
        return f"refs/remotes/origin/{self.name}"


@contextlib.contextmanager
def watched_branch(repository: str, name: str) -> Iterator[WatchedBranch]:
    """Give a clone of the branch, which need not exist yet, and delete the clone afterwards.

    Args:
        repository: Whatever git can clone. A token in the variable DEPLOY_TOKEN is given to servers that ask for one;
            it stands in no address, and so in no log.
        name: The branch.

    Raises:
        Refused: The repository cannot be read.
    """
    if os.environ.get("CI") and not os.environ.get(TOKEN) and re.match(r"https?://[^@/]*(/|$)", repository):
        raise Refused(
            f"{TOKEN} is empty, and nobody can push to {repository} without it. Set it in the project's variables, "
            "for this environment; a protected variable is empty on a branch that is not protected."
        )
    with tempfile.TemporaryDirectory(prefix="watched-") as folder:
        clone = Path(folder)
        run_git(clone, "init", "--quiet", "--initial-branch", name)
        run_git(clone, "remote", "add", "origin", repository)
        branch = WatchedBranch(folder=clone, name=name)
        branch._renew()  # noqa: SLF001 - its own module
        yield branch


def run_git(folder: Path, *words: str, refused: str = "") -> str:
    """Run git and return what it says.

    Raises:
        Refused: git failed; `refused`, or what git said.
    """
    done = _git(folder, *words)
    if done.returncode:
        raise Refused(refused or f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # What the machine's configuration adds (signing, hooks, templates) has no place in a commit that a program makes.
    settings = ["commit.gpgsign=false", f"core.hooksPath={os.devnull}"]
    if os.environ.get(TOKEN):
        settings += ["credential.helper=", f"credential.helper={_HELPER}"]
    given = [word for setting in settings for word in ("-c", setting)]
    author = os.environ.get("GITLAB_USER_NAME") or "GitLab"
    address = os.environ.get("GITLAB_USER_EMAIL") or "ci@localhost"
    environ = {
        **os.environ,
        # Its sentences are read here, whatever language the desk speaks.
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": address,
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": address,
    }
    return subprocess.run(["git", *given, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False)
