"""What a container's health check and Kubernetes' probes are told of each role."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import HERE, Deployment, free_port, wait_for
from probing import answer_of

from facteur.processes import Part

pytestmark = pytest.mark.integration

ROLES = ("worker", "errands", "beat")


class Probed(Deployment):
    """The service without its API, each role with a port of its own for probes, as in a container."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ports = {role: free_port() for role in ROLES}
        for role in ROLES:
            self.parts[role] = Part(
                name=role,
                command=self.command(role),
                environ=self.container(role),
                log=self.var / f"{role}.log",
            )

    def container(self, role: str) -> dict[str, str]:
        """The variables of one container."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}
        return {
            **bare,
            **self.settings.to_environ(),
            "PYTHONPATH": str(HERE.parents[1]),
            "FACTEUR_METRICS_PORT": str(self.ports[role]),
            "FACTEUR_PORT": str(free_port()),
        }

    def asked(self, role: str, path: str) -> tuple[int, str]:
        """Status and body; status 0 when there is no answer."""
        return answer_of(self.ports[role], path)

    def status(self, role: str, path: str) -> int:
        return self.asked(role, path)[0]

    def health_command(self, role: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "facteur", "health"],
            env=self.container(role),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def wait_ready(self) -> None:
        for role in ROLES:
            wait_for(lambda role=role: self.status(role, "/readyz") == 200, seconds=30, what=f"readiness of {role}")


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probed]:
    var: Path = tmp_path_factory.mktemp("roles")
    service = Probed(var=var, database_url=f"sqlite:///{var / 'facteur.sqlite'}", obedient=False)
    service.start("redis", *ROLES)
    try:
        service.wait_ready()
        yield service
    finally:
        service.stop()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_works_is_healthy_and_shows_its_metrics(roles, role):
    assert json.loads(roles.asked(role, "/healthz")[1])["status"] == "ok"
    done = roles.health_command(role)
    assert (done.returncode, done.stdout) == (0, "Healthy.\n")
    status, page = roles.asked(role, "/metrics")
    assert status == 200
    assert "facteur_" in page


def test_beat_counts_what_it_asks_for(roles):
    wait_for(
        lambda: 'facteur_errands_asked_total{errand="sweep"}' in roles.asked("beat", "/metrics")[1],
        seconds=10,
        what="a sweep",
    )


def test_a_worker_with_a_stopped_process_is_unhealthy_until_that_goes_on(roles):
    child = roles.children("worker")[0]
    os.kill(child, signal.SIGSTOP)
    try:
        status, body = wait_for(
            lambda: (answer := roles.asked("worker", "/healthz"))[0] == 503 and answer, seconds=10, what="a complaint"
        )
        assert (status, json.loads(body)["processes"]) == (503, f"stopped: {child}")
        done = roles.health_command("worker")
        assert done.returncode == 1
        assert "answers 503" in done.stderr
        assert roles.status("errands", "/healthz") == 200
    finally:
        os.kill(child, signal.SIGCONT)
    wait_for(lambda: roles.status("worker", "/healthz") == 200, seconds=10, what="health")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_hangs_is_unhealthy_until_it_goes_on(roles, role):
    os.kill(roles.pid(role), signal.SIGSTOP)
    try:
        done = roles.health_command(role)
        assert done.returncode == 1
        assert "nothing in time" in done.stderr
    finally:
        os.kill(roles.pid(role), signal.SIGCONT)
    wait_for(lambda: roles.status(role, "/healthz") == 200, seconds=10, what="health")


STUCK = {
    "beat": """
from worker import schedule
schedule.SILENT_SECONDS = 1
schedule.Clock.apply_async = lambda *_, **__: time.sleep(60)
""",
    "errands": """
from celery import signals
from worker import listening
listening.SILENT_SECONDS = 1
signals.worker_ready.connect(lambda **_: time.sleep(60), weak=False)
""",
}
"""Makes a role's own loop stand still, while the thread that answers probes lives on."""


@pytest.mark.parametrize(("role", "part"), [("beat", "ticking"), ("errands", "listening")])
def test_a_role_whose_loop_stands_still_is_unhealthy_though_it_answers(roles, tmp_path, role, part):
    port = free_port()
    environ = {**roles.container(role), "FACTEUR_VAR": str(tmp_path), "FACTEUR_METRICS_PORT": str(port)}
    code = f"import sys, time\nfrom facteur.cli import main\n{STUCK[role]}\nsys.argv[1:] = [{role!r}]\nmain()"
    with subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE) as process:
        try:
            roles.ports["stuck"] = port
            body = wait_for(
                lambda: (answer := roles.asked("stuck", "/healthz"))[0] == 503 and answer[1],
                seconds=20,
                what="a complaint",
            )
            assert json.loads(body)["status"] == "failing"
            assert json.loads(body)[part].startswith("silent for ")
        finally:
            process.kill()


def test_without_redis_nothing_is_restarted_and_nothing_is_ready(roles):
    roles.kill("redis")
    wait_for(lambda: roles.status("worker", "/readyz") == 503, seconds=20, what="word of the worker")
    wait_for(lambda: roles.status("errands", "/readyz") == 503, seconds=20, what="word of the errands")
    assert [roles.status(role, "/healthz") for role in ROLES] == [200, 200, 200]
    roles.start("redis")
    roles.wait_ready()


def test_two_roles_do_not_share_a_port(roles):
    done = subprocess.run(
        [sys.executable, "-m", "facteur", "beat"],
        env={**roles.container("beat"), "FACTEUR_VAR": str(roles.var / "second")},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert f"FACTEUR_METRICS_PORT is {roles.ports['beat']}" in done.stderr
    assert "a port of its own" in done.stderr


def test_where_nothing_runs_nothing_is_healthy(roles):
    environ = {**roles.container("beat"), "FACTEUR_METRICS_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "facteur", "health"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Nothing answers at 127.0.0.1" in done.stderr
    assert "FACTEUR_METRICS_PORT" in done.stderr
