"""The API as its callers meet it: real processes, several of each."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from deployment import Deployment, wait_for

from routing.store.port import WorkerBeat

pytestmark = pytest.mark.integration

JSON = {"Content-Type": "application/json"}
WAIT = {"Prefer": "wait=10"}
ACCEPTED = r"^facteur_accepted_total\{.*\} (\S+)$"


def deployment_at(var, **extra: str) -> Deployment:
    return Deployment(
        var=var,
        database_url=f"sqlite:///{var / 'facteur.sqlite'}",
        extra={f"FACTEUR_{name.upper()}": value for name, value in extra.items()},
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    deployment = deployment_at(tmp_path_factory.mktemp("api"), max_attempts="1")
    try:
        deployment.start_ready()
        yield deployment
    finally:
        deployment.stop()


def post_json(service: Deployment, headers: dict[str, str] | None = None, **fields):
    mail = {"from": "claire@example.org", "text": "Bonjour", **fields}
    return service.request("POST", "/v1/emails", json.dumps(mail).encode(), JSON | (headers or {}))


def ended(service: Deployment, job_id: str) -> dict:
    def look():
        job = service.get(f"/v1/jobs/{job_id}")[2]
        return job["status"] not in {"queued", "running"} and job

    return wait_for(look, seconds=30, what="the end of the job")


def test_a_raw_mail_is_accepted_located_and_decided(service) -> None:
    status, headers, job = service.post_mail("Bris de glace", "Mon pare-brise est cassé, un accident.")
    assert status == 202
    assert headers["Location"] == f"/v1/jobs/{job['id']}"
    assert int(headers["Retry-After"]) >= 1
    done = ended(service, job["id"])
    assert done["status"] == "done"
    assert done["decision"]["label"] == "claim_motor"
    assert done["decision"]["decided_by"] == "model"
    assert done["decision"]["model_version"]
    assert done["sender"] == "claire@example.org"


def test_who_prefers_to_wait_is_given_the_decision(service) -> None:
    status, headers, job = post_json(service, WAIT, subject="Devis auto", text="Quel tarif ?")
    assert status == 200, job
    assert headers["Preference-Applied"] == "wait=10"
    assert job["decision"]["label"] == "quote"
    assert job["timings"]["total"] > 0


def test_many_mails_in_one_request_are_each_answered_and_decided(service) -> None:
    lines = [json.dumps({"from": "claire@example.org", "subject": f"Devis {n}", "text": "Prix"}) for n in range(50)]
    lines.insert(7, '{"from": 5}')
    status, _, answers = service.request(
        "POST", "/v1/emails", "\n".join(lines).encode(), {"Content-Type": "application/x-ndjson"}
    )
    assert status == 202
    assert [answer["status"] for answer in answers] == [202] * 7 + [422] + [202] * 43
    assert answers[7]["problem"]["detail"]
    for answer in answers[:7] + answers[8:]:
        assert ended(service, answer["job"]["id"])["status"] == "done"


def test_the_same_message_from_twenty_clients_at_once_is_one_job(service) -> None:
    together = threading.Barrier(20)

    def post(_: int):
        together.wait()
        return service.post_mail("Twenty\r\nMessage-ID: <twenty@example.org>")

    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(post, range(20)))
    assert {status for status, _, _ in answers} <= {200, 202}
    assert len({job["id"] for _, _, job in answers}) == 1
    assert sum("Idempotent-Replayed" in headers for _, headers, _ in answers) == 19
    assert ended(service, answers[0][2]["id"])["status"] == "done"
    with service.store() as store:
        assert [event.kind for event in store.history(answers[0][2]["id"])] == ["decided"]


def test_the_same_idempotency_key_from_many_clients_is_one_job_and_another_body_is_refused(service) -> None:
    key = {"Idempotency-Key": "order-7"}
    with ThreadPoolExecutor(10) as clients:
        answers = list(clients.map(lambda _: post_json(service, key, subject="Sept"), range(10)))
    assert {status for status, _, _ in answers} <= {200, 202}
    assert len({job["id"] for _, _, job in answers}) == 1
    status, headers, problem = post_json(service, key, subject="Huit")
    assert status == 422
    assert headers["Content-Type"] == "application/problem+json"
    assert "idempotency key" in problem["detail"].lower()


def test_metrics_of_several_processes_add_up(service) -> None:
    def accepted() -> float:
        _, _, page = service.get("/metrics")
        return sum(float(value) for value in re.findall(ACCEPTED, page.decode(), re.MULTILINE))

    assert len(service.children("api")) == 2
    before = accepted()
    for number in range(30):
        assert service.post_mail(f"metrics {number}")[0] == 202
    assert {accepted() for _ in range(8)} == {before + 30}


def test_a_decision_is_reviewed_and_the_correction_shows_in_its_queue(service) -> None:
    _, _, job = post_json(service, WAIT, subject="Devis pour la revue", text="Prix")
    path = f"/v1/jobs/{job['id']}"
    status, _, problem = service.request("POST", f"{path}/review", b'{"label": "unheard"}', JSON)
    assert status == 422, problem
    status, _, reviewed = service.request(
        "POST", f"{path}/review", json.dumps({"label": "complaint", "note": "angry"}).encode(), JSON
    )
    assert status == 200, reviewed
    assert reviewed["reviewed"]
    assert reviewed["decision"]["decided_by"] == "human"
    assert reviewed["decision"]["label"] == "complaint"
    queue = reviewed["decision"]["queue"]
    listed = service.get(f"/v1/queues/{queue}/jobs")[2]["jobs"]
    assert job["id"] in {each["id"] for each in listed}
    by_humans = service.get("/v1/jobs?decided_by=human")[2]["jobs"]
    assert [each["id"] for each in by_humans] == [job["id"]]


def test_a_finished_job_is_erased_for_good(service) -> None:
    _, _, job = post_json(service, WAIT, subject="Forget me")
    assert service.request("DELETE", f"/v1/jobs/{job['id']}")[0] in {200, 204}
    assert service.get(f"/v1/jobs/{job['id']}")[0] == 404
    assert service.request("DELETE", f"/v1/jobs/{job['id']}")[0] == 404


def test_a_failed_job_is_tried_again_when_asked(service) -> None:
    _, _, job = service.post_mail("please raise")
    failed = ended(service, job["id"])
    assert failed["status"] == "failed"
    assert "as asked" in failed["error"]
    status, _, again = service.request("POST", f"/v1/jobs/{job['id']}/retry")
    assert status in {200, 202}, again
    assert again["status"] == "queued"
    assert ended(service, job["id"])["status"] == "failed"
    done = post_json(service, WAIT, subject="Devis")[2]
    assert service.request("POST", f"/v1/jobs/{done['id']}/retry")[0] == 409


def test_a_redis_that_hangs_keeps_no_mail_from_being_accepted_and_decided(service) -> None:
    os.kill(service.pid("redis"), signal.SIGSTOP)
    try:
        answers = [service.post_mail(f"hanging {number}") for number in range(20)]
        time.sleep(3)  # long enough for whoever rings to give up
    finally:
        os.kill(service.pid("redis"), signal.SIGCONT)
    assert [status for status, _, _ in answers] == [202] * 20
    for _, _, job in answers:
        assert ended(service, job["id"])["status"] == "done"
    service.assert_alive()


def test_without_a_worker_it_is_not_ready_and_what_waits_can_be_taken_back(tmp_path) -> None:
    service = deployment_at(tmp_path)
    try:
        service.start("redis", "api")
        status, _, body = wait_for(lambda: (a := service.get("/readyz"))[0] and a, seconds=30, what="an answer")
        assert status == 503
        assert body["store"] == "ok"
        assert "none was heard from" in body["workers"]

        _, _, waiting = service.post_mail("wait for it")
        _, _, regretted = service.post_mail("take it back")
        path = f"/v1/jobs/{regretted['id']}"
        assert service.request("DELETE", path)[0] in {200, 204}
        assert service.get(path)[2]["status"] == "cancelled"

        service.start("worker")
        wait_for(lambda: service.get("/readyz")[0] == 200, seconds=30, what="readiness")
        assert ended(service, waiting["id"])["status"] == "done"
        assert service.get(path)[2]["status"] == "cancelled"

        service.kill("worker")
        age_heard_of(service, seconds=60)
        assert service.get("/readyz")[0] == 503
        assert service.get("/healthz")[0] == 200
    finally:
        service.stop()


def age_heard_of(service: Deployment, *, seconds: float) -> None:
    """Let it be long ago that the workers were heard from."""
    with service.store() as store:
        for beat in store.workers(seen_after=0):
            store.beat(
                WorkerBeat(
                    name=beat.name,
                    model_version=beat.model_version,
                    started_at=beat.started_at,
                    seen_at=time.time() - seconds,
                )
            )


def test_more_kept_alive_connections_than_threads_are_all_served(tmp_path):
    narrow = deployment_at(tmp_path, api_threads="2", api_processes="1")
    try:
        narrow.start("api")
        wait_for(lambda: narrow.get("/healthz")[0] == 200, seconds=30, what="the API")
        connections = [http.client.HTTPConnection("127.0.0.1", narrow.settings.port, timeout=20) for _ in range(8)]
        headers = {"Authorization": f"Bearer {narrow.secret}", "Content-Type": "message/rfc822"}
        for number in range(5):
            for at, connection in enumerate(connections):
                connection.request("POST", "/v1/emails", body=f"Subject: {at}-{number}\r\n\r\nBonjour", headers=headers)
            for connection in connections:
                response = connection.getresponse()
                assert response.status == 202
                response.read()
        for connection in connections:
            connection.close()
    finally:
        narrow.stop()


def test_requests_that_are_sent_ahead_on_one_connection_are_answered_in_order(service):
    request = (
        f"POST /v1/emails HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.secret}\r\n"
        "Content-Type: message/rfc822\r\nContent-Length: {}\r\n\r\n{}"
    )
    mails = [f"Subject: ahead {number}\r\n\r\nBonjour" for number in range(3)]
    with socket.create_connection(("127.0.0.1", service.settings.port), timeout=20) as connection:
        connection.sendall("".join(request.format(len(mail), mail) for mail in mails).encode())
        answers = b""
        while len(re.findall(rb"ahead \d", answers)) < len(mails) and (more := connection.recv(65536)):
            answers += more
    assert re.findall(rb"ahead (\d)", answers) == [b"0", b"1", b"2"]


def test_requests_that_are_never_finished_do_not_block_the_api_for_ever(tmp_path):
    narrow = deployment_at(tmp_path, api_threads="2", api_processes="1")
    half = []
    try:
        narrow.start("api")
        wait_for(lambda: narrow.get("/healthz")[0] == 200, seconds=30, what="the API")
        for _ in range(6):
            half.append(socket.create_connection(("127.0.0.1", narrow.settings.port)))
            half[-1].sendall(b"POST /v1/emails HTTP/1.1\r\nHost: x\r\n")
        wait_for(lambda: narrow.get("/healthz")[0] == 200, seconds=60, what="the API's recovery")
    finally:
        for connection in half:
            connection.close()
        narrow.stop()


def test_a_caller_that_waits_is_told_202_when_the_api_is_stopped(tmp_path):
    alone = deployment_at(tmp_path, api_processes="1")
    try:
        alone.start("api")
        wait_for(lambda: alone.get("/healthz")[0] == 200, seconds=30, what="the API")
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(alone.post_mail, "nobody decides", Prefer="wait=30")
            with alone.store() as store:
                wait_for(lambda: store.backlog().queued, seconds=10, what="the mail")
            os.kill(alone.pid("api"), signal.SIGTERM)
            status, _, job = answer.result(timeout=20)
        assert (status, job["status"]) == (202, "queued")
    finally:
        alone.stop()
