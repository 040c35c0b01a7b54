"""Every process of the service, for real, to be killed and started again by tests."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facteur.embedded_redis import find_server, server_command, socket_path
from facteur.processes import Part
from routing.keys import SCOPES, new_key
from routing.settings import Settings
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.port import Store

HERE = Path(__file__).parent
ROLES = ("redis", "api", "worker", "errands", "beat")


def free_port() -> int:
    """Return a port that nobody has, of those that the system gives to no client, so that none takes it meanwhile."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", 10_000 + secrets.randbelow(20_000)))
            return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Return the first true value of the condition; fail after a time that is long beside what it takes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s")


@dataclass
class Deployment:
    """The service in processes of its own; `worker` runs a classifier that obeys what mails tell it."""

    var: Path
    database_url: str
    extra: Mapping[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    secret: str = ""
    obedient: bool = True
    """Whether the worker runs the classifier that obeys mails; else the one that the settings name."""

    def __post_init__(self) -> None:
        self.settings = Settings.from_environ(
            {
                "FACTEUR_VAR": str(self.var),
                "FACTEUR_DATABASE_URL": self.database_url,
                "FACTEUR_REDIS_URL": f"unix://{socket_path(self.var)}",
                "FACTEUR_PORT": str(free_port()),
                "FACTEUR_MODEL": "keywords",
                "FACTEUR_API_PROCESSES": "2",
                "FACTEUR_WORKER_PROCESSES": "2",
                "FACTEUR_LEASE_SECONDS": "8",
                "FACTEUR_HANG_SECONDS": "2",
                "FACTEUR_SWEEP_SECONDS": "0.5",
                **self.extra,
            }
        )
        migrate(self.settings.resolved_database_url)
        key, self.secret = new_key("mail-system", SCOPES, now=time.time())
        with self.store() as store:
            store.add_key(key)

    def store(self) -> OpenStore:
        return OpenStore(self.settings.resolved_database_url)

    def command(self, role: str) -> list[str]:
        if role == "redis":
            return server_command(find_server(""), socket_path(self.var))
        if role == "worker" and self.obedient:
            return [sys.executable, str(HERE / "obedient_worker.py")]
        return [sys.executable, "-m", "facteur", role]

    def environ(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}
        return {**ours, **self.settings.to_environ(), "PYTHONPATH": str(HERE.parents[1])}

    def start(self, *roles: str) -> None:
        for role in roles or ROLES:
            if role not in self.parts:
                self.parts[role] = Part(
                    name=role, command=self.command(role), environ=self.environ(), log=self.var / f"{role}.log"
                )
            self.parts[role].start()

    def start_ready(self) -> None:
        self.start()
        wait_for(lambda: self.get("/readyz")[0] == 200, seconds=30, what="readiness")
        self.assert_alive()

    def assert_alive(self) -> None:
        """A part that died unnoticed would make every other assertion worth less."""
        dead = [name for name, part in self.parts.items() if not part.living]
        assert not dead, f"{dead} ended by themselves\n{self.logs()}"

    def pid(self, role: str) -> int:
        process = self.parts[role].process
        assert process is not None
        return process.pid

    def children(self, role: str) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.pid(role))], capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def group(self, role: str) -> list[int]:
        """Every process that the role started, itself included, also those whose parent is gone."""
        found = subprocess.run(["pgrep", "-g", str(self.pid(role))], capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def kill(self, role: str) -> None:
        os.kill(self.pid(role), signal.SIGKILL)
        self.parts[role].process.wait()

    def stop(self) -> None:
        for part in self.parts.values():
            if part.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and JSON; status 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=40)
        try:
            connection.request(
                method, path, body=body, headers={"Authorization": f"Bearer {self.secret}", **(headers or {})}
            )
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, None
        finally:
            connection.close()
        is_json = "json" in response.getheader("Content-Type", "")
        return response.status, dict(response.getheaders()), json.loads(content) if is_json and content else content

    def get(self, path: str) -> tuple[int, dict[str, str], Any]:
        return self.request("GET", path)

    def post_mail(self, subject: str, text: str = "Bonjour", **headers: str) -> tuple[int, dict[str, str], Any]:
        mail = f"From: claire@example.org\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()
        return self.request("POST", "/v1/emails", mail, {"Content-Type": "message/rfc822", **headers})

    def logs(self) -> str:
        return "\n".join(f"--- {name}\n{part.last_words(40)}" for name, part in self.parts.items())


@dataclass
class OpenStore:
    url: str

    def __enter__(self) -> Store:
        self._store = open_store(self.url)
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()


def decided_counts(store: Store, job_ids: Sequence[str]) -> dict[str, int]:
    """How often each job was decided, by its history."""
    return {job_id: sum(event.kind == "decided" for event in store.history(job_id)) for job_id in job_ids}
