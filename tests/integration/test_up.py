"""`facteur up`, as a newcomer meets it: a real process, its whole tree, its failures."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from deployment import free_port, wait_for

from facteur.up import ROLES
from model.directory import CONFIG, TOKENIZER, seal

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "examples" / "mails").glob("*.eml"))
STOP_SECONDS = 10
"""Twice what is promised: a loaded machine is no reason to fail."""


def environ_of(var: Path, **settings: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}
    return own | {
        "PYTHONPATH": str(ROOT),
        "FACTEUR_VAR": str(var),
        "FACTEUR_PORT": str(free_port()),
        "FACTEUR_MODEL": "keywords",
        "FACTEUR_WORKER_PROCESSES": "2",
        # An image sets it for whatever role it runs; here three of them must not want the same port.
        "FACTEUR_METRICS_PORT": str(free_port()),
        # A proxy that nobody answers at: what talks to this machine must not ask it.
        "http_proxy": "http://127.0.0.1:1",
        **{f"FACTEUR_{name.upper()}": value for name, value in settings.items()},
    }


class Up:
    """One life of `facteur up`."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.environ = environ_of(var, **settings)
        self.address = f"http://127.0.0.1:{self.environ['FACTEUR_PORT']}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "facteur", "up"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self.errors = ""
        self._readers = [threading.Thread(target=self._read_output), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read_output(self) -> None:
        for line in self.process.stdout:
            self.output += line

    def _read_errors(self) -> None:
        for line in self.process.stderr:
            self.errors += line

    def wait_running(self) -> str:
        """Wait until it says that it runs; return what it said."""

        def running() -> bool:
            assert self.process.poll() is None, self.output + self.errors
            return "Running; press Ctrl-C" in self.output

        wait_for(running, seconds=60, what="the word that it runs")
        return self.output

    def key(self) -> str:
        return re.search(r"API key +(fct_\S+)", self.output)[1]

    def jobs(self) -> list[dict]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.environ["FACTEUR_PORT"]), timeout=10)
        connection.request("GET", "/v1/jobs?limit=200", headers={"Authorization": f"Bearer {self.key()}"})
        jobs = json.load(connection.getresponse())["jobs"]
        connection.close()
        return jobs

    def sign_in(self) -> tuple[int, str]:
        """Sign in to the console as the greeting says; return the status, and the page that it leads to."""
        name, password = re.search(r"Sign in +(\S+) with (\S+)", self.output).groups()
        connection = http.client.HTTPConnection("127.0.0.1", int(self.environ["FACTEUR_PORT"]), timeout=10)
        connection.request("GET", "/sign-in")
        answer = connection.getresponse()
        guest = answer.headers["Set-Cookie"].split(";")[0]
        token = re.search(r'name="csrf" value="([^"]+)"', answer.read().decode())[1]
        form = urlencode({"name": name, "password": password, "csrf": token})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": guest, "Origin": self.address}
        connection.request("POST", "/sign-in", form, kind)
        answer = connection.getresponse()
        answer.read()
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        connection.request("GET", "/users", headers={"Cookie": cookie, "Accept": "text/html"})
        page = connection.getresponse().read().decode()
        connection.close()
        return answer.status, page

    def tree(self) -> list[int]:
        """Every living process that was started with this `var`, whoever its parent is now."""
        mark = f"FACTEUR_VAR={self.var}\0".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if mark in (folder / "environ").read_bytes() + b"\0":
                        found.append(int(folder.name))
                except OSError:
                    continue
        return found

    def ask_to_end(self, number: int) -> None:
        os.kill(self.process.pid, number)
        self.process.wait(timeout=60)
        for reader in self._readers:
            reader.join()

    def wait_gone(self, seconds: float) -> None:
        wait_for(lambda: not self.tree(), seconds=seconds, what="the end of every process")

    def clean_up(self) -> None:
        for pid in self.tree():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def start():
    lives = []

    def starting(var: Path, **settings: str) -> Up:
        lives.append(Up(var, **settings))
        return lives[-1]

    yield starting
    for each in lives:
        each.clean_up()


def stop(life: Up, number: int) -> None:
    before = time.monotonic()
    life.ask_to_end(number)
    assert time.monotonic() - before < STOP_SECONDS
    assert life.process.returncode == 0, life.output + life.errors
    assert life.tree() == []
    assert "Traceback" not in life.output + life.errors
    assert "every job is kept" in life.output


def test_a_newcomer_sees_the_samples_routed_stops_it_and_finds_every_job_at_the_next_start(start, tmp_path) -> None:
    first = start(tmp_path)
    said = first.wait_running()
    assert first.address in said
    assert f"curl {first.address}/v1/emails -H 'Authorization: Bearer {first.key()}'" in said
    assert f"routing the {len(SAMPLES)} sample mails" in said
    for column in ("Subject", "Label", "Confidence", "Queue", "ms"):
        assert column in said
    jobs = first.jobs()
    assert len(jobs) == len(SAMPLES)
    assert {job["status"] for job in jobs} == {"done"}
    assert all(job["decision"]["queue"] in said for job in jobs)
    assert len(first.tree()) >= len(ROLES) + 2
    status, page = first.sign_in()
    assert status == 303
    assert ">admin</a>" in page
    healthy = subprocess.run([sys.executable, "-m", "facteur", "health"], env=first.environ, check=False, timeout=30)
    assert healthy.returncode == 0

    second = subprocess.run(
        [sys.executable, "-m", "facteur", "up"],
        env=first.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert_one_sentence(second, "Another `facteur up` uses")

    stop(first, signal.SIGINT)

    again = start(tmp_path)
    said = again.wait_running()
    assert "sample mails" not in said
    assert again.key() == first.key()
    assert again.sign_in()[0] == 303
    assert {job["id"] for job in again.jobs()} == {job["id"] for job in jobs}
    stop(again, signal.SIGTERM)


def test_a_kill_of_up_itself_leaves_no_process_and_the_next_start_works(start, tmp_path) -> None:
    var = tmp_path / "mon dossier été [1] #2"
    life = start(var)
    life.wait_running()
    os.kill(life.process.pid, signal.SIGKILL)
    life.wait_gone(STOP_SECONDS)
    again = start(var)
    again.wait_running()
    assert len(again.jobs()) == len(SAMPLES)
    stop(again, signal.SIGINT)


@pytest.mark.parametrize("moment", ["Database", "Started", "sample mails"])
def test_it_can_be_stopped_while_it_starts(start, tmp_path, moment) -> None:
    life = start(tmp_path)
    wait_for(lambda: moment in life.output, seconds=30, what=f"the word {moment}")
    before = time.monotonic()
    life.ask_to_end(signal.SIGINT)
    assert time.monotonic() - before < STOP_SECONDS
    assert life.process.returncode == 0, life.output + life.errors
    assert "Traceback" not in life.output + life.errors
    assert life.tree() == []


def test_a_part_that_dies_is_started_again(start, tmp_path) -> None:
    life = start(tmp_path)
    life.wait_running()
    before = set(life.tree())
    (worker,) = [pid for pid in before if is_role(pid, "worker", parent=life.process.pid)]
    os.kill(worker, signal.SIGKILL)
    wait_for(
        lambda: any(is_role(pid, "worker", parent=life.process.pid) for pid in set(life.tree()) - before),
        seconds=20,
        what="another worker",
    )
    wait_for(lambda: "worker ended and is started again" in life.output, seconds=10, what="a word about it")
    stop(life, signal.SIGINT)


def is_role(pid: int, role: str, *, parent: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return role.encode() in command and f"PPid:\t{parent}\n" in status


def assert_one_sentence(ended: subprocess.CompletedProcess[str], says: str) -> None:
    assert ended.returncode not in {0, None}
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, ended.stdout + ended.stderr
    assert says in lines[0]
    assert lines[0] == ended.stderr.strip()
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr


def fails(var: Path, says: str, **settings: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "facteur", "up"],
        env=environ_of(var, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert_one_sentence(ended, says)


def test_a_port_that_is_taken_is_one_sentence(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fails(tmp_path, f"Port {port} of 127.0.0.1 is taken", port=str(port))


def test_a_var_that_cannot_be_written_is_one_sentence(tmp_path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    fails(file, "cannot be written")
    fails(Path("/proc/facteur"), "cannot be written")


def test_a_model_whose_content_is_not_its_digest_is_one_sentence(tmp_path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"name": "m", "labels": ["quote"], "languages": ["fr"], "max_length": 16, "temperature": 1.0}
    (folder / CONFIG).write_text(json.dumps(config))
    (folder / TOKENIZER).write_text("{}")
    sealed = seal(folder).path
    (sealed / TOKENIZER).write_text("{ }")
    fails(tmp_path / "var", TOKENIZER, model=str(sealed))
    fails(tmp_path / "var", "nowhere", model=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"redis_url": "redis://:hunter2@127.0.0.1:1/0"}, "Redis does not answer at FACTEUR_REDIS_URL"),
        ({"redis_url": "http://127.0.0.1"}, "FACTEUR_REDIS_URL is no URL of Redis"),
        ({"redis_server": "no-such-server"}, "FACTEUR_REDIS_SERVER"),
        ({"database_url": "postgresql+psycopg://user:hunter2@127.0.0.1:1/name"}, "database"),
        ({"database_url": "mysql://127.0.0.1/name"}, "only sqlite and postgresql"),
        ({"prot": "8025"}, "FACTEUR_PROT is not a setting; did you mean FACTEUR_PORT?"),
        ({"lease_seconds": "soon"}, "FACTEUR_LEASE_SECONDS"),
        ({"webhook_secret": "guess me"}, "FACTEUR_WEBHOOK_SECRET"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_setting_that_cannot_be_used_is_one_sentence_without_secrets(tmp_path, settings, says) -> None:
    fails(tmp_path, says, **settings)


def test_a_policy_file_that_is_none_is_one_sentence_with_its_line(tmp_path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("triage: triage\nlabels: {}\nautomatic: none\n")
    fails(tmp_path / "var", "policy.yaml, line 3", policy=str(policy))


def test_files_of_var_that_are_no_files_are_one_sentence(tmp_path) -> None:
    (tmp_path / "api.key").mkdir()
    fails(tmp_path, "api.key cannot be used")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "log").write_text("in the way")
    fails(tmp_path / "other", "cannot be used")
