"""The console as people of each role see it, over the in-memory store."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import pytest
from flask import Response
from flask.testing import FlaskClient

from app.sessions import COOKIE
from routing import passwords
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.job import Decided
from routing.people import Role, User

PASSWORD = "a quiet harbour at dawn"
OURS = {"Origin": "http://localhost", "Accept": "text/html"}
NAMES = {"agent": "ada", "supervisor": "sam", "administrator": "ana"}


@cache
def password_hash():
    """The hash of the password, cheap to check: what a real one costs is tested where it matters."""
    dear = passwords.COST
    try:
        passwords.COST = 2**10
        return passwords.hash_password(PASSWORD)
    finally:
        passwords.COST = dear


@dataclass
class Browser:
    """A browser with one user's session. It asks for pages and sends forms, with the token of its session."""

    house: object
    user: User | None
    client: FlaskClient = field(init=False)
    session: str = ""

    def __post_init__(self):
        self.client = self.house.app.test_client()
        if self.user is not None:
            self.sign_in()

    @property
    def sessions(self):
        return self.house.app.extensions["facteur"].sessions

    def sign_in(self):
        """Open a session of the user as the store knows them now."""
        response = Response()
        with self.house.app.test_request_context("/"):
            self.sessions.open(response, self.house.store.user(self.user.id), secure=False)
        value = response.headers["Set-Cookie"].split(";")[0].removeprefix(f"{COOKIE}=")
        self.client.set_cookie(COOKIE, value)
        with self.house.app.test_request_context("/", headers={"Cookie": f"{COOKIE}={value}"}) as context:
            self.session = self.sessions.read(context.request).id

    def get(self, path, **headers):
        """Return the answer to GET; `Accept_Language="fr"` and the like are headers."""
        return self.client.get(path, headers={"Accept": "text/html"} | _headers(headers))

    def page(self, path, **headers):
        """Return the text of a page that is there."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"), answer.text[:2000])
        return answer.get_data(as_text=True)

    def post(self, path, data=None, *, csrf=True, **headers):
        """Return the answer to a form: `data` is a dict, or pairs where a name comes more than once."""
        pairs = list(data.items()) if isinstance(data, dict) else list(data or [])
        if csrf:
            pairs.append(("csrf", self.sessions.token(self.session)))
        body = {}
        for name, value in pairs:
            body.setdefault(name, []).append(value)
        return self.client.post(path, data=body, headers=OURS | _headers(headers))


@dataclass
class Console:
    """A browser for each role, one that nobody is signed in with, and the house behind them."""

    house: object
    agent: Browser
    supervisor: Browser
    administrator: Browser
    stranger: Browser

    @property
    def store(self):
        return self.house.store

    @property
    def clock(self):
        return self.house.clock

    def browser(self, name, role=Role.AGENT, **more):
        """Return the browser of one more user."""
        return Browser(self.house, add_user(self.house, name, role, **more))


def _headers(given):
    return {name.replace("_", "-"): value for name, value in given.items()}


def add_user(house, name, role, **more):
    user = User(
        id=f"01a1f897-0000-7000-8000-{len(house.store.users()):012}",
        name=name,
        full_name=f"{name.title()} Martin",
        password=password_hash(),
        role=Role(role),
        created_at=house.clock.now,
        **more,
    )
    house.store.add_user(user)
    return user


def console_of(house):
    """Return the console of a house, with a user for each role: ada (agent), sam (supervisor), ana (administrator)."""
    browsers = {role: Browser(house, add_user(house, name, role)) for role, name in NAMES.items()}
    return Console(house=house, **browsers, stranger=Browser(house, None))


@pytest.fixture
def console(house):
    return console_of(house)


@pytest.fixture
def make_console(make_house):
    return lambda **more: console_of(make_house(**more))


@pytest.fixture
def model_decides(console):
    """Take a mail in and record what a model said of it; return its id."""

    def decide(  # noqa: PLR0913 - every word of a decision that a test may care about
        subject, label, confidence, *, queue, text="\r\nBonjour\r\n", novelty=None, alternatives=()
    ):
        job_id = console.house.accepted(f"From: a@example.org\r\nSubject: {subject}\r\n{text}".encode())
        [claim] = console.house.claimed()
        decision = Decision(
            label=label,
            confidence=confidence,
            alternatives=alternatives,
            queue=queue,
            priority=Priority.HIGH,
            decided_by=DecidedBy.MODEL,
            reason="The model says so.",
            model_version="m-1",
        )
        outcome = Decided(
            job_id=job_id,
            lease=claim.lease,
            decision=decision,
            timings=Timings(queued=1.0, parse=2.0, classify=3.0, total=6.0),
            subject=subject,
            sender="a@example.org",
            message_id="",
            model_label=label,
            model_confidence=confidence,
            novelty=novelty,
        )
        console.store.record([outcome], worker="w", now=console.clock.now)
        return job_id

    return decide
