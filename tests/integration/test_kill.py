"""A mail answered 202 is never lost and never decided twice, whatever is killed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Self

import pytest
from deployment import Deployment, decided_counts, wait_for

pytestmark = pytest.mark.integration


class Load:
    """Mails posted steadily by several clients, and the ids of those that were answered 202."""

    def __init__(self, service: Deployment, *, clients: int = 4, pause: float = 0.03) -> None:
        self._service = service
        self._pause = pause
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.accepted: list[str] = []
        self.answers: dict[int, int] = {}
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            status, _, job = self._service.post_mail(f"take a while {client}-{number}", "dégât des eaux")
            with self._lock:
                self.answers[status] = self.answers.get(status, 0) + 1
                if status == 202:
                    self.accepted.append(job["id"])
            time.sleep(self._pause)


def assert_each_decided_once(service: Deployment, accepted: list[str]) -> None:
    with service.store() as store:

        def settled() -> bool:
            backlog = store.backlog()
            return backlog.queued == 0 and backlog.running == 0

        try:
            wait_for(settled, seconds=60, what="the end of the backlog")
        except AssertionError as error:
            raise AssertionError(f"{error}: {store.backlog()}\n{service.logs()}") from error
        service.assert_alive()
        statuses = {job_id: store.job(job_id).status for job_id in accepted}
        assert {str(status) for status in statuses.values()} == {"done"}
        assert set(decided_counts(store, accepted).values()) == {1}


def kill_worker_child(service: Deployment) -> None:
    children = service.children("worker")
    if children:
        os.kill(random.choice(children), signal.SIGKILL)  # noqa: S311 - any will do


def kill_and_start(role: str):
    def act(service: Deployment) -> None:
        service.kill(role)
        time.sleep(0.5)
        service.start(role)

    return act


def kill_api_child(service: Deployment) -> None:
    os.kill(service.children("api")[0], signal.SIGKILL)


BLOWS = {
    "a worker child": kill_worker_child,
    "the whole worker": kill_and_start("worker"),
    "a gunicorn worker": kill_api_child,
    "redis with its memory": kill_and_start("redis"),
    "beat": kill_and_start("beat"),
    "the errands": kill_and_start("errands"),
}


def test_each_accepted_mail_is_decided_once_whatever_is_killed_in_turn(service: Deployment) -> None:
    service.start_ready()
    with Load(service) as load:
        time.sleep(1)
        for blow in BLOWS.values():
            blow(service)
            time.sleep(1)
    assert len(load.accepted) > 200, load.answers
    assert_each_decided_once(service, load.accepted)


def test_each_accepted_mail_is_decided_once_when_all_is_killed_at_once(service: Deployment) -> None:
    service.start_ready()
    with Load(service) as load:
        time.sleep(2)
        for role in list(service.parts):
            for pid in service.group(role):
                os.kill(pid, signal.SIGKILL)
            service.parts[role].process.wait()
        time.sleep(0.5)
        service.start()
        time.sleep(4)
    assert len(load.accepted) > 100, load.answers
    assert_each_decided_once(service, load.accepted)


def test_mails_that_break_the_classifier_fail_and_their_neighbours_are_decided(service: Deployment) -> None:
    service.start_ready()
    bad = {word: service.post_mail(f"please {word}")[2]["id"] for word in ("raise", "hang", "die")}
    good = [service.post_mail(f"neighbour {number}")[2]["id"] for number in range(40)]
    with service.store() as store:
        for word, job_id in bad.items():
            job = wait_for(
                lambda job_id=job_id: (job := store.job(job_id)).status == "failed" and job,
                seconds=90,
                what=f"the failure of the mail that says {word}",
            )
            assert job.error
            assert job.attempts == 3
    assert_each_decided_once(service, good)


def test_mail_is_accepted_while_redis_is_down_and_routed_when_it_is_back(service: Deployment) -> None:
    service.start_ready()
    service.kill("redis")
    accepted = []
    for number in range(20):
        status, _, job = service.post_mail(f"no redis {number}")
        assert status == 202
        accepted.append(job["id"])
    service.start("redis")
    assert_each_decided_once(service, accepted)


def test_sigterm_drains_and_leaves_nothing_running(service: Deployment) -> None:
    service.start_ready()
    with Load(service) as load:
        time.sleep(1.5)
        groups = {role: service.group(role) for role in service.parts}
        for role in ("api", "worker", "errands", "beat"):
            os.kill(service.pid(role), signal.SIGTERM)
        for role in ("api", "worker", "errands", "beat"):
            assert service.parts[role].process.wait(timeout=10) == 0, service.parts[role].last_words()
        wait_for(
            lambda: (
                not any(Path(f"/proc/{pid}").exists() for role in groups if role != "redis" for pid in groups[role])
            ),
            seconds=5,
            what="the end of every process",
        )
    with service.store() as store:
        assert store.backlog().running == 0
    service.start("api", "worker", "errands", "beat")
    assert_each_decided_once(service, load.accepted)


def test_worker_processes_that_cannot_start_are_replaced_until_they_can(tmp_path: Path) -> None:
    service = Deployment(var=tmp_path, database_url=f"sqlite:///{tmp_path / 'facteur.sqlite'}")
    broken = tmp_path / "model-is-broken"
    try:
        service.start_ready()
        broken.touch()
        before = set(service.children("worker"))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: set(service.children("worker")) - before, seconds=20, what="new processes")
        status, _, job = service.post_mail("nobody can decide", Prefer="wait=2")
        assert status == 202
        broken.unlink()
        with service.store() as store:
            wait_for(lambda: store.job(job["id"]).status == "done", seconds=30, what="a decision")
    finally:
        service.stop()
