"""SIGTERM ends each role in time, whatever it is busy with, and nothing waits for a lease to expire."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import Deployment, wait_for

from routing.job import Status

pytestmark = pytest.mark.integration

LEASE_SECONDS = 300


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(
        var=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'facteur.sqlite'}",
        extra={
            "FACTEUR_STOP_SECONDS": "1",
            "FACTEUR_HANG_SECONDS": "200",
            "FACTEUR_LEASE_SECONDS": str(LEASE_SECONDS),
            "FACTEUR_WEBHOOK_SECRET": "whsec_" + base64.b64encode(bytes(32)).decode(),
            "FACTEUR_WEBHOOK_ALLOW_PRIVATE": "true",
        },
    )
    yield deployment
    deployment.stop()


def stop(service: Deployment, role: str) -> int:
    """Ask a role to end, and return its exit status."""
    process = service.parts[role].process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=10)


@pytest.mark.parametrize("stopped", [False, True], ids=["hanging", "stopped"])
def test_a_worker_whose_process_does_not_end_gives_its_mail_back(service: Deployment, *, stopped: bool) -> None:
    service.start_ready()
    children = service.children("worker")
    job_id = service.post_mail("please hang")[2]["id"]
    wait_for(lambda: service.get(f"/v1/jobs/{job_id}")[2]["status"] == "running", seconds=10, what="the claim")
    if stopped:
        for child in children:
            os.kill(child, signal.SIGSTOP)
    assert stop(service, "worker") == 0
    assert service.get(f"/v1/jobs/{job_id}")[2]["status"] == Status.QUEUED.value
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), seconds=5, what="the end of all")


def test_errands_that_wait_for_a_slow_receiver_end_and_its_callback_comes_later(service: Deployment) -> None:
    """The first of a batch is being posted; the others, which nobody has begun, are not held for their lease."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(20)
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/slow"
        service.start_ready()
        body = json.dumps({"from": "claire@example.org", "subject": "Devis", "text": "?", "callback_url": url})
        assert service.request("POST", "/v1/emails", body.encode(), {"Content-Type": "application/json"})[0] == 202
        connection, _ = receiver.accept()  # and never answered
        with connection:
            assert stop(service, "errands") == 0
    with service.store() as store:
        (owed,) = store.claim_deliveries(limit=10, lease_seconds=1, now=time.time() + LEASE_SECONDS)
        assert owed.attempts == 2


@pytest.mark.parametrize("role", ["api", "worker", "errands", "beat"])
def test_a_role_that_has_not_begun_ends_at_once(service: Deployment, role: str) -> None:
    """As a container's first process it would be deaf to SIGTERM, were it not for a handler from the start."""
    code = f"""
import signal, sys
from facteur import cli
def begin(*_, **__):
    print(signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL, flush=True)
    signal.pause()
cli._keep_metrics = begin
sys.argv[1:] = [{role!r}]
cli.main()
"""
    environ = {**os.environ, **service.settings.to_environ()}
    with subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 143
