"""Projects in which commands are run, as somebody does who has just made one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from generating import commit, generate
from matrix import combination

LONGEST = 600.0
"""Seconds that a command may take, installing included."""
INHERITED = ("HOME", "PATH", "JAVA_HOME", "PROMTOOL")
"""All that a fresh shell has, and where tools are that a README asks for; whatever else a project counted on would be
missed on another machine."""
PACKAGES = (
    "PIP_",
    "UV_",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""How this machine reaches its package index."""

WITHOUT_JAVA = (
    "No Java 17 was found, so the starter kit for Spark was NOT tested. Install one (apt-get install "
    "openjdk-17-jre-headless), or name yours in JAVA_HOME."
)


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that ended."""

    code: int
    said: str
    seconds: float

    def __str__(self) -> str:
        """Say what it said, for a failed assertion."""
        return f"exit status {self.code} after {self.seconds:.0f} s\n{self.said}"


def fresh_environment() -> dict[str, str]:
    """Return the variables of a fresh shell."""
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith(PACKAGES)}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A generated project, and the variables its commands see."""

    path: Path
    environ: Mapping[str, str] = field(default_factory=fresh_environment)
    before: tuple[str, ...] = ()
    """Words before each command, such as those that make it another user's."""

    def run(self, *words: str, **variables: str) -> Done:
        """Run a command in the project until it ends."""
        begun = time.monotonic()
        # What it leaves running would hold its output open, so it goes to a file, and the whole group is ended.
        with (self.path.parent / f"{self.path.name}.log").open("w+", encoding="utf-8") as log:
            process = self._start(words, variables, log)
            try:
                code = process.wait(LONGEST)
            except subprocess.TimeoutExpired:
                code = -1
            finally:
                _end(process)
            log.seek(0)
            return Done(code=code, said=log.read(), seconds=time.monotonic() - begun)

    @contextmanager
    def running(self, *words: str, **variables: str) -> Iterator[Callable[[], str]]:
        """Run a command that serves until Ctrl-C; gives a way to read what it said so far."""
        path = self.path.parent / f"{self.path.name}.log"
        with path.open("w", encoding="utf-8") as log:
            process = self._start(words, variables, log)
            try:
                yield lambda: path.read_text(encoding="utf-8")
                assert process.poll() is None, path.read_text(encoding="utf-8")
                # As a terminal does: to everybody in the foreground.
                os.killpg(process.pid, signal.SIGINT)
                process.wait(30)
            finally:
                _end(process)

    def make(self, target: str, **variables: str) -> Done:
        """Run a target of the project's Makefile."""
        return self.run("make", target, **variables)

    def _start(self, words, variables, log):
        return subprocess.Popen(
            [*self.before, *words],
            cwd=self.path,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _end(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(frozen=True, kw_only=True)
class Installed(Project):
    """A kit by its defaults, whose tests ran."""

    kit: str
    port: int
    tested: Done
    seconds: float
    """From before `copier copy` to the end of `make test`, in a folder that had nothing."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Workshop:
    """Makes each kit by its defaults once, and runs its tests; what it returns is shared.

    Its folder has a blank in its name, as people's folders have.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Installed] = {}

    def __call__(self, kit: str) -> Installed:
        """Return the kit's project, with all that its lint and tests need."""
        if kit == "pyspark" and os.environ.get("KITS_WITHOUT_JAVA"):
            pytest.skip(WITHOUT_JAVA)
        if kit not in self._made:
            port = free_port()
            begun = time.monotonic()
            path = generate(
                self._folder / f"my {kit}", combination(kit), **({"port": port} if kit == "predictive-api" else {})
            )
            commit(path)
            tested = Project(path=path).make("test")
            seconds = time.monotonic() - begun
            self._made[kit] = Installed(path=path, kit=kit, port=port, tested=tested, seconds=seconds)
        return self._made[kit]


def lent(path: Path, whole: Project) -> Project:
    """Give a project the environment of another, whose packages are the same, with itself in the place of the other."""
    venv = path / ".venv"
    (venv / "bin").mkdir(parents=True)
    shutil.copy2(whole.path / ".venv/pyvenv.cfg", venv)
    for program in (whole.path / ".venv/bin").iterdir():
        if program.name.startswith("python"):
            (venv / "bin" / program.name).symlink_to(program)
    (packages,) = (whole.path / ".venv/lib").glob("python*/site-packages")
    own = venv / packages.relative_to(whole.path / ".venv")
    own.mkdir(parents=True)
    # Ours first: the other's own package has the same name.
    (own / "lent.pth").write_text(
        # With what the folder itself adds, such as the start of coverage in processes of tests.
        f"{path / 'src'}\nimport site; site.addsitedir({str(packages)!r})\n",
        encoding="utf-8",
    )
    return Project(path=path, environ={**fresh_environment(), "ENVIRONMENT_IS_READY": "1"})
