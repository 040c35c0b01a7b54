"""Callbacks over a real deployment, to a receiver on this machine."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from deployment import Deployment, wait_for
from standardwebhooks import Webhook

pytestmark = pytest.mark.integration

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Receiver(ThreadingHTTPServer):
    """Answers each path with its statuses in turn, the last for ever; keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.statuses: dict[str, list[int]] = {}
        self.came: dict[str, list[tuple[dict[str, str], bytes]]] = {}

    def url(self, path: str, *statuses: int) -> str:
        self.statuses[path] = list(statuses)
        self.came[path] = []
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        statuses = self.server.statuses[self.path]
        self.server.came[self.path].append((dict(self.headers), body))
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    var = tmp_path_factory.mktemp("callbacks")
    deployment = Deployment(
        var=var,
        database_url=f"sqlite:///{var / 'facteur.sqlite'}",
        obedient=False,
        extra={"FACTEUR_WEBHOOK_SECRET": SECRET, "FACTEUR_WEBHOOK_ALLOW_PRIVATE": "true"},
    )
    try:
        deployment.start_ready()
        yield deployment
    finally:
        deployment.stop()


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def post(service: Deployment, url: str, subject: str) -> str:
    body = json.dumps({"from": "claire@example.org", "subject": subject, "text": "Un devis", "callback_url": url})
    status, _, job = service.request("POST", "/v1/emails", body.encode(), {"Content-Type": "application/json"})
    assert status == 202, job
    return job["id"]


def test_a_callback_is_signed_says_what_the_api_says_and_comes_again_until_it_is_taken(service, receiver) -> None:
    post(service, receiver.url("/gone", 410), "no more")
    wait_for(lambda: receiver.came["/gone"], seconds=20, what="the callback that is refused for good")

    job_id = post(service, receiver.url("/flaky", 500, 200), "try again")
    came = receiver.came["/flaky"]
    wait_for(lambda: len(came) == 2, seconds=40, what="the second attempt")
    (first, first_body), (second, second_body) = came
    for headers, body in came:
        assert Webhook(SECRET).verify(body, headers)["id"] == job_id
        assert headers["Content-Type"] == "application/json"
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 5
    job = service.get(f"/v1/jobs/{job_id}")[2]
    assert json.loads(first_body) == json.loads(second_body) == job
    assert job["status"] == "done"

    # The refused one was posted before: had it been tried again, that would have come by now as well.
    assert len(receiver.came["/gone"]) == 1
    with service.store() as store:
        assert store.claim_deliveries(limit=10, lease_seconds=1, now=time.time() + 10**6) == []
