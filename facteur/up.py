"""`facteur up`: everything on one machine, with nothing to install, stopped by Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import IO, Any

from rich.console import Console

from broker.connection import check_redis, without_secrets
from facteur.embedded_redis import find_server, server_command, socket_path
from facteur.first_administrator import FirstSignIn, first_administrator
from facteur.processes import Part, Processes
from facteur.samples import NO_PROXY, route_samples
from facteur.secret_files import (
    ADMINISTRATOR,
    API_KEY,
    SESSION_SECRET,
    WEBHOOK_SECRET,
    new_session_secret,
    new_webhook_secret,
    read,
    read_or_make,
    write,
)
from model.registry import ModelIdentity, identify_model
from routing.errors import ConfigurationError
from routing.keys import SCOPES, hash_secret, new_key
from routing.policy import Policy
from routing.policy.book import PolicyBook
from routing.policy.reading import policy_of
from routing.settings import PREFIX, Settings
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.port import NO_FILTER
from worker.webhook import decode_secret

READY_SECONDS = 60.0
"""How long the parts may take to be ready; three seconds are usual."""
LOOK_SECONDS = 0.1
WATCH_SECONDS = 0.5

ROLES = ("api", "worker", "errands", "beat")
"""Commands of `facteur` that are started, in this order, after Redis."""


class Stopped(BaseException):
    """Somebody asked us to stop. Not an Exception, so that nobody's `except Exception` takes it for a fault."""


class Stop:
    """Remembers that a signal asked us to stop, and raises `Stopped` where that can do no harm.

    Raised just anywhere it would end up inside a library that is closing a connection, or in a destructor.
    """

    def __init__(self) -> None:
        self._asked = False
        self._at_once = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Note the signal (the form of a signal's handler)."""
        self._asked = True
        if self._at_once:
            raise Stopped

    def check(self) -> None:
        """Raise Stopped when we were asked to stop before."""
        if self._asked:
            raise Stopped

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let what takes long, and may be broken off anywhere, be ended by the signal itself."""
        self._at_once = True
        try:
            self.check()
            yield
        finally:
            self._at_once = False


def up(settings: Settings, *, samples: Path, console: Console) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: something cannot be used; one sentence says what, and what to do.
    """
    started_at = time.monotonic()
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with contextlib.suppress(Stopped), _sole_user(settings.var):
        settings, key, first = _prepare(settings, console)
        processes = Processes()
        try:
            try:
                _start(settings, processes, console, stop)
            except OSError as error:
                raise ConfigurationError(f"{error.filename} cannot be used: {error.strerror}.") from error
            console.print(f"[green]Ready[/green] after {time.monotonic() - started_at:.1f} s.")
            _greet(settings, key, first, console)
            if _is_empty(settings):
                with stop.at_once():
                    route_samples(samples, address=_address(settings), key=key, console=console)
            console.print(
                f"\nRunning; press Ctrl-C to stop. Logs are in {settings.var / 'log'}.", soft_wrap=True, markup=False
            )
            _watch(processes, console, stop)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            console.print("\nStopping …")
            processes.stop()
            console.print("Stopped; every job is kept.")


@contextlib.contextmanager
def _sole_user(var: Path) -> Iterator[IO[str]]:
    """Hold the lock of a `var` directory."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "up.lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"The directory {var.absolute()} cannot be written ({error.strerror}); "
            f"correct its mode or set {PREFIX}VAR to another one."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"Another `facteur up` uses {var.absolute()}; stop it or set {PREFIX}VAR to another directory."
            ) from None
        yield lock


def _prepare(settings: Settings, console: Console) -> tuple[Settings, str, FirstSignIn | None]:
    """Check all that can be wrong before anything is started.

    Returns the settings filled in, the API key, and what the first administrator signs in with.
    """
    _check_port(settings.host, settings.port)
    model = identify_model(settings.model)
    file_policy = policy_of(settings)
    console.print(f"Model      {model.version}")
    if settings.redis_url:
        check_redis(settings.redis_url)
    migrate(settings.resolved_database_url)
    _check_policy(settings, file_policy, model)
    console.print(f"Database   {without_secrets(settings.resolved_database_url)}", soft_wrap=True, markup=False)
    key = _api_key(settings)
    first = first_administrator(settings)
    secret = settings.webhook_secret or read_or_make(settings.var / WEBHOOK_SECRET, new_webhook_secret)
    decode_secret(secret)
    session = settings.session_secret or read_or_make(settings.var / SESSION_SECRET, new_session_secret)
    redis_url = settings.redis_url or f"unix://{socket_path(settings.var)}"
    filled: dict[str, Any] = {
        "database_url": settings.resolved_database_url,
        "redis_url": redis_url,
        "webhook_secret": secret,
        "session_secret": session,
        "var": settings.var.absolute(),
    }
    return replace(settings, **filled), key, first


def _check_policy(settings: Settings, file_policy: Policy, model: ModelIdentity) -> None:
    """Say now what would end every worker at its start. Raises ConfigurationError."""
    store = open_store(settings.resolved_database_url)
    try:
        PolicyBook(store=store, fallback=file_policy, fit=lambda policy: policy.for_model(model)).current()
    finally:
        store.close()


def _check_port(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} of {host} is taken; stop what uses it, or choose another: "
                f"{PREFIX}PORT={port + 1} make run"
            ) from error
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({error.strerror}); correct {PREFIX}HOST and {PREFIX}PORT."
        ) from error


def _api_key(settings: Settings) -> str:
    """Return the key of this machine, made at the first start."""
    file = settings.var / API_KEY
    store = open_store(settings.resolved_database_url)
    try:
        secret = read(file)
        if secret and store.key_by_hash(hash_secret(secret)):
            return secret
        key, secret = new_key(f"first-start-{int(time.time())}", scopes=frozenset(SCOPES), now=time.time())
        store.add_key(key)
        write(file, secret)
    finally:
        store.close()
    return secret


def _start(settings: Settings, processes: Processes, console: Console, stop: Stop) -> None:
    # One port cannot be listened on by three roles; the API's metrics show them all.
    environ = {**os.environ, **settings.to_environ(), "FACTEUR_METRICS_PORT": "0"}
    log = settings.var / "log"
    socket_url = f"unix://{socket_path(settings.var)}"
    if settings.redis_url == socket_url:
        path = socket_path(settings.var)
        path.unlink(missing_ok=True)
        command = server_command(find_server(settings.redis_server), path)
        processes.start(Part(name="redis", command=command, environ=environ, log=log / "redis.log"))
    for role in ROLES:
        stop.check()
        command = [sys.executable, "-m", "facteur", role]
        processes.start(Part(name=role, command=command, environ=environ, log=log / f"{role}.log"))
    console.print(f"Started    {', '.join(part.name for part in processes.parts)}")
    _wait_until_ready(settings, processes, stop)


def _wait_until_ready(settings: Settings, processes: Processes, stop: Stop) -> None:
    since = time.time()
    deadline = time.monotonic() + READY_SECONDS
    while True:
        stop.check()
        for part in processes.dead():
            raise ConfigurationError(
                f"The part {part.name!r} ended while starting "
                f"({part.last_words(1) or 'without a word'}); see {part.log}."
            )
        if _answers(f"{_address(settings)}/readyz") and _has_worker(settings, since):
            return
        if time.monotonic() > deadline:
            raise ConfigurationError(
                f"The parts were not ready after {READY_SECONDS:.0f} s; look into the logs in {settings.var / 'log'}."
            )
        time.sleep(LOOK_SECONDS)


def _answers(url: str) -> bool:
    try:
        with NO_PROXY.open(url, timeout=2) as response:
            return bool(response.status == HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return False


def _has_worker(settings: Settings, since: float) -> bool:
    """Say whether a worker was heard from since then: `/readyz` would take the word of one that stopped just before."""
    store = open_store(settings.resolved_database_url)
    try:
        return bool(store.workers(seen_after=since))
    finally:
        store.close()


def _is_empty(settings: Settings) -> bool:
    store = open_store(settings.resolved_database_url)
    try:
        return not store.jobs(NO_FILTER, limit=1).jobs
    finally:
        store.close()


def _greet(settings: Settings, key: str, first: FirstSignIn | None, console: Console) -> None:
    address = _address(settings)
    sample = json.dumps(
        {"from": "claire@example.org", "subject": "Dégât des eaux", "text": "Ma cuisine est inondée, que faire ?"},
        ensure_ascii=False,
    )
    console.print(f"\nConsole    {address}/")
    if first is not None:
        kept = settings.var / ADMINISTRATOR
        console.print(f"Sign in    {first.name} with {first.password}   (kept in {kept})", soft_wrap=True, markup=False)
    console.print(f"API        {address}/docs")
    console.print(f"API key    {key}   (kept in {settings.var / API_KEY})", soft_wrap=True, markup=False)
    console.print("\nRoute a mail:\n")
    console.print(
        f"  curl {address}/v1/emails -H 'Authorization: Bearer {key}' -H 'Prefer: wait=10' "
        f"-H 'Content-Type: application/json' -d '{sample}'",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _watch(processes: Processes, console: Console, stop: Stop) -> None:
    while True:
        stop.check()
        time.sleep(WATCH_SECONDS)
        for part in processes.revive():
            console.print(f"{part.name} ended and is started again; see {part.log}", style="yellow", markup=False)


def _address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - where to ask, not to listen
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
