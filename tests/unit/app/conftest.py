"""One application over the in-memory store, with a clock that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache

from app.factory import create_app
from broker.bell import SilentBell
from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.job import Decided, Failure
from routing.keys import new_key
from routing.policy.reading import read_policy
from routing.settings import Settings
from routing.store.memory import MemoryStore
from routing.store.port import WorkerBeat

RAW = (
    b"From: Camille Martin <camille@example.org>\r\nTo: contact@assurance.example\r\n"
    b"Subject: =?utf-8?q?D=C3=A9g=C3=A2t_des_eaux?=\r\nMessage-ID: <m1@example.org>\r\n\r\nBonjour, une fuite.\r\n"
)
START = 1_795_170_000.0


class Compiled(BytecodeCache):
    """Templates as they were compiled by the first test that needed them: each application would do it again."""

    def __init__(self):
        self.kept = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket):
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
bundled_policy = cache(read_policy)


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """The application, what it stands on, and a client for each kind of key."""

    app: Flask
    store: MemoryStore
    bell: SilentBell
    clock: Clock
    stopwatch: Clock
    secrets: dict[str, str]
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def headers(self, key="admin", **more):
        return {"Authorization": f"Bearer {self.secrets[key]}"} | {
            name.replace("_", "-"): value for name, value in more.items()
        }

    def get(self, path, key="admin", **more):
        return self.client.get(path, headers=self.headers(key, **more), buffered=True)

    def post(self, path, key="admin", *, data=None, json=None, content_type=None, **more):
        return self.client.post(
            path, data=data, json=json, content_type=content_type, headers=self.headers(key, **more)
        )

    def delete(self, path, key="admin"):
        return self.client.delete(path, headers=self.headers(key))

    def mail(self, raw=RAW, key="admin", **more):
        return self.post("/v1/emails", key, data=raw, content_type="message/rfc822", **more)

    def accepted(self, raw=RAW, key="admin") -> str:
        answer = self.mail(raw, key)
        assert answer.status_code == 202
        return answer.get_json()["id"]

    def claimed(self):
        return self.store.claim(worker="w", limit=100, lease_seconds=60, now=self.clock.now)

    def decide(self, label="claim_home", queue="claims-home"):
        """Decide all that waits, as a worker would."""
        for claim in self.claimed():
            decision = Decision(
                label=label,
                confidence=0.9,
                alternatives=(Score(label="assistance", probability=0.05),),
                queue=queue,
                priority=Priority.HIGH,
                decided_by=DecidedBy.MODEL,
                reason="The model says so.",
                model_version="test-0123456789ab",
            )
            job = self.store.job(claim.job_id)
            outcome = Decided(
                job_id=claim.job_id,
                lease=claim.lease,
                decision=decision,
                timings=Timings(queued=1.0, parse=2.0, classify=3.0, total=6.0),
                subject=job.subject,
                sender=job.sender,
                message_id=job.message_id,
            )
            self.store.record([outcome], worker="w", now=self.clock.now)

    def fail(self):
        outcomes = [
            Failure(job_id=claim.job_id, lease=claim.lease, error="ValueError: broken", retry_at=None)
            for claim in self.claimed()
        ]
        self.store.record(outcomes, worker="w", now=self.clock.now)


def build(tmp_path, store=None, limiter=None, bell=None, questions=None, **settings) -> House:
    store = store or MemoryStore()
    clock, stopwatch = Clock(), Clock(now=0.0)
    bell = bell or SilentBell()
    secrets = {}
    for scope in ("submit", "read", "review", "admin"):
        key, secrets[scope] = new_key(f"{scope}-key", [scope], now=START)
        store.add_key(key)
    app = create_app(
        Settings(**{"var": tmp_path, "webhook_secret": "whsec_test", **settings}),
        store=store,
        policy=bundled_policy(),
        bell=bell,
        session_secret=b"s" * 32,
        limiter=limiter,
        questions=questions,
        clock=clock,
        stopwatch=stopwatch,
    )
    app.jinja_env.bytecode_cache = COMPILED
    return House(app=app, store=store, bell=bell, clock=clock, stopwatch=stopwatch, secrets=secrets)


@pytest.fixture
def house(tmp_path):
    return build(tmp_path)


@pytest.fixture
def make_house(tmp_path):
    return lambda **more: build(tmp_path, **more)


@pytest.fixture
def beat():
    return lambda name, version, at: WorkerBeat(name=name, model_version=version, started_at=at, seen_at=at)


@pytest.fixture
def raw_mail():
    return (
        b"From: Camille Martin <camille@example.org>\r\nSubject: =?utf-8?q?D=C3=A9g=C3=A2t_des_eaux?=\r\n"
        b"Message-ID: <m1@example.org>\r\n\r\nBonjour, une fuite.\r\n"
    )
