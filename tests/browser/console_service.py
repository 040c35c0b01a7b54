"""The whole service with people who may sign in, two months behind it, and mail of today that it decided itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from deployment import Deployment, wait_for
from letters import extras, letter
from past import Past

from model.registry import load_classifier
from routing.ids import uuid7
from routing.passwords import hash_password
from routing.people import Role, User
from routing.policy.reading import read_policy

SAMPLES = Path(__file__).parents[2] / "examples" / "mails"
PASSWORD = "un mot de passe sans secret"
DECIDED_SECONDS = 90
"""How long today's mails may take on a busy machine; two seconds are usual."""

PEOPLE = {
    "camille": ("Camille Laurent", Role.AGENT, ("claims-home", "claims-motor", "claims-person")),
    "yanis": ("Yanis Benali", Role.AGENT, ("contracts", "billing", "cancellations")),
    "sophie": ("Sophie Martin", Role.SUPERVISOR, ("triage", "complaints")),
    "nadia": ("Nadia Petit", Role.ADMINISTRATOR, ()),
}
"""Name to sign in with: full name, role, own queues."""


@dataclass
class ConsoleService(Deployment):
    """A deployment whose worker runs the bundled model."""

    obedient: bool = False
    days: int = 30
    mails_a_day: int = 4
    users: dict[str, User] = field(default_factory=dict)
    failed: str = ""
    """The job that could not be decided."""

    @classmethod
    def at(cls, var: Path, *, days: int = 30, mails_a_day: int = 4) -> ConsoleService:
        """Return one on SQLite below `var`, with its past, not started yet."""
        service = cls(
            var=var,
            database_url=f"sqlite:///{var / 'facteur.sqlite'}",
            extra={
                "FACTEUR_MODEL": "bundled",
                "FACTEUR_API_PROCESSES": "1",
                "FACTEUR_WORKER_PROCESSES": "1",
                "FACTEUR_LEASE_SECONDS": "60",
                "FACTEUR_HANG_SECONDS": "30",
                "FACTEUR_SESSION_SECRET": "0123456789abcdef" * 4,
            },
            days=days,
            mails_a_day=mails_a_day,
        )
        service.prepare()
        return service

    @property
    def host(self) -> str:
        """Host and port, as in a URL."""
        return f"127.0.0.1:{self.settings.port}"

    @property
    def address(self) -> str:
        """Where browsers find it."""
        return f"http://{self.host}"

    def prepare(self) -> None:
        """Make the people and the past, while no worker runs."""
        now = time.time()
        kept = hash_password(PASSWORD)
        with self.store() as store:
            for name, (full_name, role, queues) in PEOPLE.items():
                self.users[name] = User(
                    id=uuid7(now),
                    name=name,
                    full_name=full_name,
                    password=kept,
                    role=role,
                    queues=queues,
                    created_at=now - 90 * 24 * 60 * 60,
                )
                store.add_user(self.users[name])
            agents = [user for user in self.users.values() if user.role is not Role.ADMINISTRATOR]
            past = Past(store=store, policy=read_policy(), model=load_classifier("bundled"), users=agents, now=now)
            past.live(days=self.days, mails_a_day=self.mails_a_day)
            self.failed = past.fail(
                bytes(letter("Pièces du dossier 4711", "Voir pièces.")),
                subject="Pièces du dossier 4711",
                error="MailUnreadable: parts within parts, 100 deep",
                at=now - 3600,
            )

    def receive(self, mails: Iterable[bytes]) -> list[str]:
        """Post mails as a mail system does, wait until each is decided, and return their jobs' ids."""
        ids = []
        for mail in mails:
            status, _, job = self.request("POST", "/v1/emails", mail, {"Content-Type": "message/rfc822"})
            assert status in {HTTPStatus.ACCEPTED, HTTPStatus.OK}, (status, job)
            ids.append(job["id"])
        waiting = set(ids)

        def decided() -> bool:
            for job_id in list(waiting):
                status, _, job = self.get(f"/v1/jobs/{job_id}")
                assert status == HTTPStatus.OK, (status, job)
                assert job["status"] != "failed", job
                if job["status"] == "done":
                    waiting.discard(job_id)
            return not waiting

        wait_for(decided, seconds=DECIDED_SECONDS, what="the decision of today's mails")
        return ids

    def receive_today(self) -> list[str]:
        """Post the sample mails and those that consoles stumble over."""
        return [*self.receive_samples(), *self.receive(extras())]

    def receive_samples(self) -> list[str]:
        """Post the sample mails."""
        names = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
        return self.receive((SAMPLES / name).read_bytes() for name in names)

    def hire(self, name: str, role: Role = Role.AGENT, queues: tuple[str, ...] = ()) -> User:
        """Make one more user, for a test that would trouble the others' sessions."""
        now = time.time()
        user = User(
            id=uuid7(now),
            name=name,
            full_name=name.title(),
            password=hash_password(PASSWORD),
            role=role,
            queues=queues,
            created_at=now,
        )
        with self.store() as store:
            store.add_user(user)
        return user

    def post(self, subject: str, text: str) -> str:
        """Post one more mail and return its job's id, decided."""
        return self.receive([bytes(letter(subject, text))])[0]
