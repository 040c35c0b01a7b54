import json
import os
import signal

from running import eventually, little_memory
from troubled_model import CRASH, ERROR, HANG, ODD, SLOW

FINISHED = 'prediction_finished_total{status="%s"}'


def test_a_claim_is_accepted_answered_and_counted(service, claim_of):
    status, headers, body = service.ask("POST", "/v1/predictions", claim_of())
    assert status == 202
    assert headers["Location"] == f"/v1/predictions/{json.loads(body)['id']}"
    answer = service.answer(json.loads(body)["id"])
    assert (answer["status"], answer["attempts"]) == ("done", 1)
    assert answer["prediction"]["model_version"] == "troubled"
    assert service.figure(FINISHED % "done") >= 1
    assert service.figure("prediction_workers") >= 1
    assert service.figure("prediction_redis_up") == 1


def test_what_the_model_cannot_answer_fails_at_once_and_what_breaks_it_fails_in_the_end(service, claim_of):
    ids = {amount: service.post(claim_of(amount)) for amount in (ODD, ERROR, CRASH, HANG)}
    answers = {amount: service.answer(id_) for amount, id_ in ids.items()}
    assert {answer["status"] for answer in answers.values()} == {"failed"}
    assert answers[ODD]["attempts"] == 1
    assert answers[ODD]["error"] == "No model knows such claims."
    assert answers[ERROR]["attempts"] == 3
    assert "3 times" in answers[CRASH]["error"]
    assert "3 times" in answers[HANG]["error"]
    good = service.answer(service.post(claim_of()))
    assert good["status"] == "done"  # the worker lives on


def test_every_claim_is_answered_once_though_workers_are_killed(service, claim_of):
    accepted, done = service.figure("prediction_accepted_total"), service.figure(FINISHED % "done")
    ids = [service.post(claim_of(SLOW), **{"Idempotency-Key": f"claim {number}"}) for number in range(12)]
    [main], children = service.processes("worker")
    os.kill(children[0], signal.SIGKILL)  # in the middle of a prediction
    eventually(lambda: service.figure(FINISHED % "done") >= done + 4)
    os.kill(main, signal.SIGKILL)
    repeated = [service.post(claim_of(SLOW), **{"Idempotency-Key": f"claim {number}"}) for number in range(12)]
    assert repeated == ids
    answers = [service.answer(id_) for id_ in ids]
    assert {answer["status"] for answer in answers} == {"done"}
    assert service.figure(FINISHED % "done") == done + 12
    assert service.figure("prediction_accepted_total") == accepted + 12
    assert max(answer["attempts"] for answer in answers) <= 3
    assert "The worker died and is started again" in service.output


def test_a_redis_that_is_killed_forgets_nothing(service, claim_of):
    ids = [service.post(claim_of(SLOW)) for _ in range(6)]
    os.kill(service.redis(), signal.SIGKILL)
    eventually(lambda: service.ask("GET", "/readyz")[0] == 503)
    eventually(lambda: service.ask("GET", "/readyz")[0] == 200)
    assert {service.answer(id_)["status"] for id_ in ids} == {"done"}
    assert "The redis died and is started again" in service.output


def test_a_redis_that_fills_up_refuses_before_workers_have_no_room(service, claim_of):
    ids = []
    [main], children = service.processes("worker")
    with little_memory(service.redis_url(), room=300_000):
        for pid in (main, *children):
            os.kill(pid, signal.SIGSTOP)  # so that claims wait
        try:
            while (asked := service.ask("POST", "/v1/predictions", claim_of()))[0] == 202:
                ids.append(json.loads(asked[2])["id"])
        finally:
            for pid in (main, *children):
                os.kill(pid, signal.SIGCONT)
        assert asked[0] == 503
        assert {service.answer(id_)["status"] for id_ in ids} == {"done"}
    assert service.answer(service.post(claim_of()))["status"] == "done"


def test_what_waits_is_counted_and_survives_a_restart_of_everything(start, claim_of):
    first = start(WORKER_PROCESSES="1")
    ids = [first.post(claim_of(SLOW)) for _ in range(6)]
    assert first.figure("prediction_waiting") >= 3
    assert first.stop() == 0
    second = start(WORKER_PROCESSES="1")
    assert {second.answer(id_)["status"] for id_ in ids} == {"done"}
    assert second.figure("prediction_waiting") == 0
    assert second.stop() == 0
