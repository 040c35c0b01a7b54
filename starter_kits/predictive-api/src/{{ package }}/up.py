"""Everything on one machine: Redis, the API and a worker; restarted when they die, stopped by Ctrl-C."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from .broker import connect, redis_answers
from .claim import EXAMPLE
from .embedded_redis import server_command
from .errors import UnusableError
from .predictions import Predictions
from .settings import Settings

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
"""How long each process may take to end what it began, before it is killed."""
LOOK_SECONDS = 0.1
RESTART_SECONDS = 1.0
PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent dies (prctl(2))."""


class StoppedError(BaseException):
    """Somebody asked us to stop. No Exception, so that no `except Exception` takes it for a fault."""


class Part:
    """One process, and how to start it."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        """Args: log: what it writes is added there."""
        self.name = name
        self.log = log
        self._command = command
        self._environ = environ
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        libc = ctypes.CDLL(None)

        def end_with_parent() -> None:
            if sys.platform == "linux":
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own commands
                self._command,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal reaches only us
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call, while there is one thread
            )

    @property
    def living(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def restart(self) -> None:
        """Start the process again, after whatever it left behind was ended."""
        self.kill()
        self.process = self._start()

    def stop(self) -> None:
        """Let the process end what it began."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process, and whatever it started, by force."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def up(settings: Settings, say: Callable[[str], None]) -> None:
    """Run everything until SIGINT or SIGTERM.

    Args:
        settings: with `redis_url` empty, a Redis of our own is started too.
        say: tells the user something.

    Raises:
        UnusableError: something cannot be used; one sentence says what.
    """
    parts: list[Part] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    with contextlib.suppress(StoppedError), contextlib.ExitStack() as stack:
        stack.enter_context(_alone_in(settings.var))
        _check_port(settings)
        # Of its own, since the path of `var` may be too long for a socket; it goes away after what listens there.
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="redis-", ignore_cleanup_errors=True))
        stack.callback(_stop_all, parts, say)
        settings = _start(settings, parts, Path(sockets) / "redis.sock")
        say(_greeting(settings))
        while True:
            time.sleep(LOOK_SECONDS)
            for part in parts:
                if not part.living:
                    say(f"The {part.name} died and is started again; see {part.log}")
                    time.sleep(RESTART_SECONDS)
                    part.restart()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise StoppedError


@contextlib.contextmanager
def _alone_in(var: Path) -> Iterator[None]:
    """Hold the lock of a folder."""
    try:
        for folder in (var / "log", var / "redis"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (var / "up.lock").open("w")
    except OSError as error:
        raise UnusableError(f"The folder {var.absolute()} cannot be written: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UnusableError(f"Another `up` uses {var.absolute()}: stop it, or set VAR to another folder.") from None
        yield


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "something else listens there" if taken else str(error.strerror)
            raise UnusableError(
                f"Port {settings.port} of {settings.host} cannot be used, since {why}: set PORT to another one."
            ) from None


def _start(settings: Settings, parts: list[Part], redis_socket: Path) -> Settings:
    """Start every part and wait until all are ready; return the settings that they run by."""
    logs = settings.var / "log"
    if settings.redis_url:
        if not redis_answers(settings):
            raise UnusableError("Redis does not answer at REDIS_URL: start it, or correct the address.")
    else:
        settings = settings.model_copy(update={"redis_url": f"unix://{redis_socket}"})
        command = server_command(redis_socket, (settings.var / "redis").absolute())
        parts.append(Part("redis", command, os.environ, logs / "redis.log"))
        _wait(parts, lambda: redis_answers(settings))
    environ = {**os.environ, "REDIS_URL": settings.redis_url}
    started_at = time.time()
    for role in ("api", "worker"):
        command = [sys.executable, "-m", __package__ or "", role]
        parts.append(Part(role, command, environ, logs / f"{role}.log"))
    _wait(parts, lambda: _api_answers(settings) and _worker_beats(settings, started_at))
    return settings


def _wait(parts: Sequence[Part], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        for part in parts:
            if not part.living:
                raise UnusableError(f"The {part.name} could not start:\n{part.last_words()}")
        if time.monotonic() > deadline:
            raise UnusableError(f"Not ready after {READY_SECONDS:.0f} seconds: see {parts[-1].log.parent}.")
        time.sleep(LOOK_SECONDS)


def _worker_beats(settings: Settings, since: float) -> bool:
    with connect(settings) as client:
        return Predictions(client, keep_hours=settings.keep_hours).workers(since=since) > 0


def _api_answers(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _greeting(settings: Settings) -> str:
    host = _reachable(settings.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    key = " -H 'Authorization: Bearer …'" if settings.api_key else ""
    return f"""Ready on {address}

Ask for a prediction, then fetch it from the address that the header Location names:

  curl -i {address}/v1/predictions{key} -H 'Content-Type: application/json' \\
    -d '{json.dumps(EXAMPLE)}'

What can be asked  {address}/openapi.json
Metrics            {address}/metrics
Logs               {settings.var / "log"}
Press Ctrl-C to stop."""


def _reachable(host: str) -> str:
    """Return an address to ask, of one to listen on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing listens by this


def _stop_all(parts: Sequence[Part], say: Callable[[str], None]) -> None:
    """Stop what runs, Redis last."""
    say("\nStopping …")
    for part in reversed(parts):
        part.stop()
    say("Stopped; what was accepted is kept.")
