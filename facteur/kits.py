"""Where the starter kits come from: out of this installation, or out of a repository of Facteur's.

Either way they are laid out in a folder of their own, links followed and without what Python left beside them, so that
an installed package, a checkout and a repository give the same project. What a project keeps of it are two lines in
`.copier-answers.yml`: `_src_path`, the repository that `copier update` asks for newer kits, and `_commit`, the version
that the project was made from.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from routing.errors import ConfigurationError

INSTALLED = Path(__file__).parent.parent / "starter_kits"
"""Beside this package, in a checkout as well as where pip put it."""
QUESTIONS = "questions.yml"
_LEFT_BY_PYTHON = shutil.ignore_patterns("__pycache__", "*.py[co]")
_RELEASE = re.compile(r"v?\d+(\.\d+)*")
_PLAIN = re.compile(r"[A-Za-z/][\w.:/@~+-]*")
"""What YAML reads as the same text, without quotes."""
_MISSING_COMMIT = "# `copier update` needs one more line here, the version that this was made from: _commit: v1.2.3\n"
_MISSING_REPOSITORY = (
    "# `copier update` needs one more line here, Facteur's repository: _src_path: https://…/facteur.git\n"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What a project remembers of its kit."""

    repository: str | None
    """Where newer kits are; None if nobody knows."""
    commit: str | None
    """What git calls the version: `v1.2.3`, `v1.2.3-4-g0a1b2c3`; None if it is none that git has."""

    def lines(self) -> str:
        """The lines of the answers file, in YAML; a comment says what to add where something is not known."""
        said = f"_commit: {_yaml(self.commit)}\n" if self.commit else _MISSING_COMMIT
        return said + (f"_src_path: {_yaml(self.repository)}\n" if self.repository else _MISSING_REPOSITORY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kits:
    """Kits that projects can be made from."""

    folder: Path
    """A template for copier, of plain files."""
    origin: Origin


def installed_kits(folder: Path) -> Kits:
    """Lay the kits of this installation out in `folder`, which is made.

    Raises:
        ConfigurationError: This installation has none.
    """
    if not (INSTALLED / QUESTIONS).is_file():
        raise ConfigurationError("This installation holds no starter kits; name a repository that does by --from.")
    root = INSTALLED.parent
    _lay_out(INSTALLED, folder, within=root)
    return Kits(folder=folder, origin=_of_checkout(root) if (root / ".git").exists() else _of_package())


def kits_of_repository(repository: str, ref: str | None, folder: Path) -> Kits:
    """Lay the kits of a repository out in `folder`, which is made.

    Args:
        repository: Whatever git can clone.
        ref: A tag, branch or commit; the newest release where it is None.
        folder: Where they go; a clone of the repository is made beside it.

    Raises:
        ConfigurationError: It cannot be read, or holds no kits there.
    """
    if Path(repository).exists():
        repository = str(Path(repository).resolve())  # a project elsewhere, later, must find it too
    elif urlsplit(repository).password:
        raise ConfigurationError(
            "Leave the password out of the repository's address, which is written into the project; "
            "git asks its credential helper for it."
        )
    clone = folder.with_name(f"{folder.name}.git")
    _git("clone", "--quiet", "--no-checkout", "--", repository, str(clone), says=f"{repository} cannot be read")
    tag = ref or _newest_release(clone)
    if tag is None:
        raise ConfigurationError(f"{repository} has no release yet; name a branch or a commit by --ref.")
    # What a branch is called in a clone is not what it is called where it comes from.
    names = (tag, f"origin/{tag}")
    commit = next((found for name in names if (found := _commit_of(clone, name))), None)
    if commit is None:
        raise ConfigurationError(f"{repository} has no tag, branch or commit called {tag}.")
    _git("checkout", "--quiet", "--detach", commit, at=clone, says=f"{tag} of {repository} cannot be read")
    if not (clone / INSTALLED.name / QUESTIONS).is_file():
        raise ConfigurationError(f"{repository} holds no starter kits at {tag}; name another version by --ref.")
    _lay_out(clone / INSTALLED.name, folder, within=clone)
    return Kits(folder=folder, origin=Origin(repository=repository, commit=_described(clone)))


def _lay_out(kits: Path, folder: Path, *, within: Path) -> None:
    """Copy kits, with files in the place of links; none may lead out of what they belong to."""
    home = within.resolve()

    def copy(source: str, target: str) -> None:
        if not Path(source).resolve().is_relative_to(home):
            raise ConfigurationError(f"The kits cannot be used: {Path(source).relative_to(kits)} leads out of them.")
        try:
            shutil.copy(source, target)
        except OSError as error:  # copytree would go on, and make a list of them
            raise ConfigurationError(f"{target} cannot be written ({error.strerror}).") from error

    shutil.copytree(kits, folder, ignore=_LEFT_BY_PYTHON, copy_function=copy)


def _of_checkout(root: Path) -> Origin:
    """What git says of a checkout: where it was cloned from, or else its own place, as copier has it."""
    address = _git_says(root, "remote", "get-url", "origin")
    return Origin(repository=_without_password(address) if address else str(root), commit=_described(root))


def _of_package() -> Origin:
    """What the installed distribution says of itself: its version is a tag, if it was released."""
    try:
        told = metadata.metadata("facteur")
    except metadata.PackageNotFoundError:
        return Origin(repository=None, commit=None)
    links = dict(link.split(", ", 1) for link in told.get_all("Project-URL") or ())
    version = told["Version"]
    return Origin(repository=links.get("Repository"), commit=f"v{version}" if _RELEASE.fullmatch(version) else None)


def _newest_release(clone: Path) -> str | None:
    tags = (_git_says(clone, "tag", "--list", "--sort=-version:refname") or "").splitlines()
    return next((tag for tag in tags if _RELEASE.fullmatch(tag)), None)


def _commit_of(clone: Path, name: str) -> str | None:
    return _git_says(clone, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")


def _described(root: Path) -> str | None:
    return _git_says(root, "describe", "--tags", "--always")


def _git_says(folder: Path, *words: str) -> str | None:
    """What git answers, or None where it is not installed or has no answer."""
    try:
        done = _run_git(folder, *words)
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _git(*words: str, says: str, at: Path = Path()) -> None:
    try:
        done = _run_git(at, *words)
    except FileNotFoundError as error:
        raise ConfigurationError("Kits of a repository need git; install it: apt-get install git.") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["git said nothing"]
        why = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
        raise ConfigurationError(f"{says}: {why.removeprefix('fatal: ').rstrip('.')}.")


def _run_git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - git, with words of ours and an address behind `--`
        ["git", *words],  # noqa: S607 - the git of whoever calls
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _yaml(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
