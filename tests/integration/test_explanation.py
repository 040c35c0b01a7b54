"""Why a mail was decided as it was, through every process: the API asks, a worker's model replies, over Redis."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment import Deployment, wait_for

pytestmark = pytest.mark.integration

SUBJECT = "Degat des eaux"
TEXT = "Bonjour, une fuite a endommage le plafond de la cuisine cette nuit. Que dois-je faire ?"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Deployment]:
    """The service with the model that comes with it, one process that decides, not started yet."""
    deployment = Deployment(
        var=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'facteur.sqlite'}",
        extra={
            "FACTEUR_MODEL": "bundled",
            "FACTEUR_WORKER_PROCESSES": "1",
            "FACTEUR_HANG_SECONDS": "20",
            "FACTEUR_LEASE_SECONDS": "30",
        },
        obedient=False,
    )
    yield deployment
    deployment.stop()


def decided(service: Deployment) -> str:
    _, _, job = service.post_mail(SUBJECT, TEXT)
    path = f"/v1/jobs/{job['id']}"
    wait_for(lambda: service.get(path)[2]["status"] == "done", seconds=60, what="the decision")
    return path


def explained(service: Deployment, path: str) -> dict:
    """Ask as a caller does: again after each 202."""
    answers = []

    def ask() -> dict | None:
        answers.append(service.get(path))
        status, headers, body = answers[-1]
        assert status in {0, 200, 202}, body
        if status == 202:
            assert headers["Retry-After"] == "1"
            assert headers["Location"].startswith(path.partition("?")[0])
        return body if status == 200 else None

    found: dict = wait_for(ask, seconds=60, what="the explanation")
    return found


def test_a_mail_is_explained_and_explained_again_after_its_worker_was_killed(service: Deployment) -> None:
    service.start_ready()
    path = decided(service)
    job = service.get(path)[2]
    said = explained(service, f"{path}/explanation")
    assert said["label"] == said["predicted"] == job["decision"]["label"]
    assert said["probability"] == job["decision"]["confidence"]
    assert said["model_version"] == said["decision_model_version"] == job["decision"]["model_version"]
    assert said["words"][0]["side"] == "for"
    assert said["probability_without"] < said["probability"]
    assert SUBJECT in said["text"]
    for word in said["words"]:
        assert said["text"][word["start"] : word["end"]] == word["text"]

    service.kill("worker")
    assert service.get(f"{path}/explanation")[0] == 200, "what was replied is there for a minute"
    other = f"{path}/explanation?label=complaint"
    status, _, _ = service.get(other)
    assert status == 202, "nobody has missed the worker yet"
    service.start("worker")
    assert explained(service, other)["label"] == "complaint"
    service.assert_alive()


def test_questions_are_replied_to_while_mails_are_decided_and_mails_while_questions_are(service: Deployment) -> None:
    service.start_ready()
    path = decided(service)
    labels = [label["key"] for label in service.get("/v1/taxonomy")[2]["labels"]]
    mails = [service.post_mail(f"{SUBJECT} {number}", TEXT)[2]["id"] for number in range(40)]
    for label in labels:
        service.request("GET", f"{path}/explanation?label={label}", headers={"Prefer": "wait=0"})
    for label in labels:
        assert explained(service, f"{path}/explanation?label={label}")["label"] == label
    with service.store() as store:
        wait_for(lambda: store.backlog().queued == 0, seconds=60, what="the decisions")
        assert {store.job(job_id).status.value for job_id in mails} <= {"done", "running"}

    def counted() -> float:
        metrics = service.get("/metrics")[2].decode()
        return float(re.search(r'^facteur_explanations_total\{outcome="explained"\} (.*)$', metrics, re.MULTILINE)[1])

    # A reply is there a moment before it is counted; one that took very long is asked for, and counted, again.
    wait_for(lambda: counted() >= len(labels), seconds=60, what="the count of replies")


def test_without_a_worker_the_answer_becomes_a_problem_and_never_an_error_of_ours(service: Deployment) -> None:
    service.start_ready()
    path = decided(service)
    service.kill("worker")
    with service.store() as store:
        (beat,) = store.workers(seen_after=0)
        old = {"name": beat.name, "model_version": beat.model_version, "started_at": 0.0}
        store.beat(type(beat)(**old, seen_at=time.time() - 60))
    status, _, problem = service.get(f"{path}/explanation")
    assert status == 409
    assert problem["type"] == "/problems/unexplained"
    service.kill("redis")
    assert service.get(f"{path}/explanation")[0] == 409
