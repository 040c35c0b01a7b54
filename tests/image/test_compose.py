"""compose.yaml as a newcomer starts it: PostgreSQL, Redis and a container for each role; mail in, decision out."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shlex
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass

import pytest
from containers import ROOT, ask, run, wait_for

pytestmark = pytest.mark.full
ROLES = ("api", "worker", "errands", "beat")
MOST_SECONDS_TO_READY = 3.0
MOST_RESIDENT_BYTES = 250_000_000
STOP_SECONDS = 30
"""What Kubernetes gives a container."""
MAILS = sorted((ROOT / "examples/mails").glob("*.eml"))


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


@dataclass(frozen=True)
class Stack:
    """What compose started."""

    runner: object
    project: str
    environ: dict
    address: str

    def compose(self, *words):
        given = shlex.split(os.environ["COMPOSE"])
        return run(*given, "--file", "compose.yaml", "--project-name", self.project, *words, env=self.environ)

    def container(self, service):
        """The container's name, by the label that all compose programs set."""
        found = self.runner(
            "ps", "--all", "--format={{.Names}}", f"--filter=label=com.docker.compose.project={self.project}",
            f"--filter=label=com.docker.compose.service={service}",
        )  # fmt: skip
        return found.split()[0]

    def facteur(self, *words):
        return self.runner("exec", self.container("api"), "facteur", *words)


@pytest.fixture(scope="module")
def stack(runner, image):
    port = free_port()
    environ = {**os.environ, "IMAGE": image, "PORT": str(port), "API_PROCESSES": "2", "WORKER_PROCESSES": "1"}
    made = Stack(runner, f"facteurtest{os.getpid()}", environ, f"http://127.0.0.1:{port}")
    try:
        made.compose("up", "--detach")
        wait_for(lambda: ask(f"{made.address}/readyz")[0] == 200, seconds=120)
        yield made
    finally:
        made.compose("down", "--volumes")


@pytest.fixture(scope="module")
def key(stack):
    """An API key, made as docs/image.md says."""
    return stack.facteur("keys", "create", "mail-system").strip()


def post(stack, key, mail):
    status, body = ask(
        f"{stack.address}/v1/emails",
        key=key,
        body=mail.read_bytes(),
        headers={"Content-Type": "message/rfc822", "Prefer": "wait=10"},
    )
    assert status in {200, 202}, body
    return json.loads(body)


def test_a_mail_that_comes_over_http_is_decided(stack, key):
    job = post(stack, key, MAILS[0])
    assert job["status"] == "done"
    assert (job["decision"]["label"], job["decision"]["queue"]) == ("claim_home", "claims-home")


def test_all_sample_mails_are_decided_and_none_is_lost_when_every_container_is_started_again(stack, key):
    jobs = {post(stack, key, mail)["id"] for mail in MAILS}
    for service in (*ROLES, "redis", "postgres"):
        stack.runner("stop", "--time=20", stack.container(service))
    for service in ("postgres", "redis", *ROLES):
        stack.runner("start", stack.container(service))

    def statuses():
        seen = [ask(f"{stack.address}/v1/jobs/{job}", key=key) for job in jobs]
        return {json.loads(body)["status"] for status, body in seen if status == 200} if all(s for s, _ in seen) else {}

    wait_for(lambda: statuses() == {"done"})
    assert len(jobs) == len(MAILS)


def test_the_administrator_made_by_the_command_can_sign_in_to_the_console(stack):
    password = stack.facteur("users", "create", "anne", "--role", "administrator").strip()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = browser.open(f"{stack.address}/sign-in").read().decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent = urllib.parse.urlencode({**hidden, "name": "anne", "password": password}).encode()
    page = browser.open(urllib.request.Request(f"{stack.address}/sign-in", sent, {"Origin": stack.address}))  # noqa: S310
    assert page.url.rstrip("/") == stack.address
    assert b"anne" in browser.open(f"{stack.address}/users").read()


@pytest.mark.parametrize("service", ROLES)
def test_each_role_runs_with_no_right_and_no_place_to_write(stack, service):
    seen = stack.runner.inspect(stack.container(service))
    assert seen["HostConfig"]["ReadonlyRootfs"] is True
    assert "no-new-privileges" in " ".join(seen["HostConfig"]["SecurityOpt"])
    status = stack.runner("exec", stack.container(service), "python3", "-c", "print(open('/proc/1/status').read())")
    said = dict(re.findall(r"^(\w+):\s+(.*)$", status, flags=re.MULTILINE))
    assert said["Uid"].split() == ["10001"] * 4
    assert {said[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert said["NoNewPrivs"] == "1"


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_its_services_run_without_rights_too(stack, service):
    seen = stack.runner.inspect(stack.container(service))
    assert seen["Config"]["User"] == "999:999"
    assert "no-new-privileges" in " ".join(seen["HostConfig"]["SecurityOpt"])


@pytest.mark.parametrize("service", ROLES)
def test_each_role_says_that_it_is_healthy(stack, service):
    wait_for(lambda: healthy(stack, service))


def healthy(stack, service):
    done = subprocess.run(
        [stack.runner.name, "exec", stack.container(service), "facteur", "health"], capture_output=True, check=False
    )
    return done.returncode == 0


RESIDENT = """
import glob
total = 0
for path in glob.glob("/proc/[0-9]*/smaps_rollup"):
    try:
        lines = open(path).read().split("\\n")
    except OSError:
        continue
    total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
print(total * 1024)
"""
"""The memory of all processes of a container, pages that several share divided among them."""


@pytest.mark.parametrize("service", ROLES)
def test_no_idle_role_takes_more_than_250_megabytes(stack, service, figure):
    resident = int(stack.runner("exec", stack.container(service), "python3", "-c", RESIDENT))
    figure(f"{service}, idle: {resident / 1e6:.0f} MB")
    assert resident <= MOST_RESIDENT_BYTES


def test_the_api_is_ready_three_seconds_after_its_start(stack, figure):
    took = sorted(restart(stack) for _ in range(3))
    # Others on this machine take their share of the three seconds; on a quiet one nothing is added.
    busy = max(1.0, os.getloadavg()[0] / os.cpu_count())
    times = ", ".join(f"{seconds:.1f}" for seconds in took)
    figure(f"api, start to ready: {times} s, the machine asked for {busy:.1f} times what it has")
    assert took[0] <= MOST_SECONDS_TO_READY * busy


def restart(stack):
    """Stop the API, start it again, and return the seconds until it is ready: it answers, with database and workers."""
    name = stack.container("api")
    stack.runner("stop", "--time=20", name)
    started = time.monotonic()
    stack.runner("start", name)
    wait_for(lambda: ask(f"{stack.address}/readyz")[0] == 200)
    return time.monotonic() - started


@pytest.mark.parametrize("service", ROLES)
def test_each_role_ends_by_itself_when_it_is_told_to(stack, service, figure):
    name = stack.container(service)
    started = time.monotonic()
    stack.runner("stop", f"--time={STOP_SECONDS}", name)
    took = time.monotonic() - started
    figure(f"{service} ended in {took:.1f} s")
    assert stack.runner.inspect(name)["State"]["ExitCode"] == 0
    assert took < STOP_SECONDS
    stack.runner("start", name)
