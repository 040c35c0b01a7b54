"""A copy of this tree that is a checkout of its own, and the pipeline run on it by gitlab-ci-local."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
RUNNER = HERE / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
REMOTE = "ssh://git@gitlab.example/insurance/facteur.git"
"""Nobody answers there; gitlab-ci-local reads the names of server and project from it."""
CACHES = (".mypy_cache", ".ruff_cache")
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@gitlab.example",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@gitlab.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, with nobody's configuration, and return what it says."""
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(words)}\n{done.stderr}"
    return done.stdout.strip()


def files_of(tree: Path) -> list[str]:
    """Return what git knows of, and new files that it does not ignore, as they are now."""
    listed = git(tree, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return sorted({name for name in listed if name and (tree / name).is_file()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """What a run of the pipeline said."""

    code: int
    log: str

    def passed(self, job: str) -> bool:
        return self._ended("PASS", job)

    def failed(self, job: str) -> bool:
        return self._ended("FAIL", job)

    def _ended(self, how: str, job: str) -> bool:
        return re.search(rf"^ {how}  (\[.*?\] )?{re.escape(job)}(\s.*)?$", self.log, flags=re.MULTILINE) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """A checkout of a tree, committed on `main`."""

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self, message: str = "Change") -> str:
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", message)
        # As a clone has them; the runner reads the default branch from there.
        git(self.path, "update-ref", "refs/remotes/origin/main", "HEAD")
        git(self.path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        return git(self.path, "rev-parse", "HEAD")

    def with_variables(self, **variables: str) -> Checkout:
        return replace(self, variables=variables)

    def ask(self, *words: str) -> str:
        """Return what gitlab-ci-local answers without running a job, such as `--list-json` or `--preview`."""
        done = self._run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *jobs: str) -> Pipeline:
        """Run jobs in a shell, in the checkout itself."""
        done = self._run("--force-shell-executor", "--timestamps", *jobs)
        return Pipeline(code=done.returncode, log=done.stdout + done.stderr)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        # CI_REGISTRY is empty: there is none here, and the image is built without being pushed.
        variables = {
            "CI_REGISTRY": "",
            "CI_REGISTRY_IMAGE": "",
            "STAND_INS": "unreachable",
            "ENVIRONMENT_IS_READY": "1",
            **self.variables,
        }
        given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("FACTEUR_", "PYTEST_"))}
        return subprocess.run(
            [
                "node",
                str(RUNNER),
                "--color=false",
                "--ignore-predefined-vars",
                ",".join(variables),
                "--home",
                str(self.path.parent / "home"),
                *given,
                *words,
            ],
            cwd=self.path,
            env={**environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=False,
        )


def copy_of_this_tree(path: Path) -> Checkout:
    """Copy this tree, as it lies on the disk, to `path`, with the environment and the caches that it has."""
    for name in files_of(ROOT):
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    for name in CACHES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, path / name)
    _lend_environment(path)
    return _committed(path)


def project_of(path: Path, files: Mapping[str, str]) -> Checkout:
    """Make another project that uses the components: `ci/` and the files given."""
    shutil.copytree(ROOT / "ci", path / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    checkout = Checkout(path=path)
    for name, text in files.items():
        checkout.write(name, text)
    return _committed(path)


def _committed(path: Path) -> Checkout:
    git(path, "init", "--quiet", "--initial-branch", "main")
    git(path, "remote", "add", "origin", REMOTE)
    checkout = Checkout(path=path)
    checkout.commit("Begin")
    return checkout


def _lend_environment(path: Path) -> None:
    """Give the copy an environment of its own that finds this tree's packages, since installing them takes minutes.

    It has a folder of its own to install into, so that nothing that runs in the copy changes this tree's.
    """
    ours, theirs = ROOT / ".venv", path / ".venv"
    (theirs / "bin").mkdir(parents=True)
    shutil.copy2(ours / "pyvenv.cfg", theirs)
    for program in (ours / "bin").iterdir():
        (theirs / "bin" / program.name).symlink_to(program)
    (packages,) = (ours / "lib").glob("python*/site-packages")
    own = theirs / packages.relative_to(ours)
    own.mkdir(parents=True)
    (own / "lent.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n", encoding="utf-8")
