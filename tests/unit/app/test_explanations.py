"""`GET /v1/jobs/{id}/explanation`, over questions that are answered as the tests say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.waiting import Waiting
from routing.decision import DecidedBy, Decision, Timings
from routing.explanation import Explanation, Method, Reply, Word
from routing.job import Decided

MODEL = "test-0123456789ab"
TEXT = "Dégât des eaux\nBonjour, une fuite."


class Desk:
    """Questions as Redis keeps them, and a worker that replies when it is told to."""

    def __init__(self):
        self.waiting = []
        self.replies = {}
        self.open = True
        self.forgotten = []

    def ask(self, question):
        if self.open and question not in self.waiting:
            self.waiting.append(question)
        return self.open

    def reply_to(self, question, versions):
        found = (self.replies.get((question, version)) for version in versions)
        return next((reply for reply in found if reply), None)

    def forget(self, job_id):
        self.forgotten.append(job_id)

    def work(self, version=MODEL, refusal=""):
        for question in self.waiting:
            label = question.label or "claim_home"
            explanation = Explanation(
                model_version=version,
                method=Method.ERASURE,
                label=label,
                probability=0.9,
                predicted="claim_home",
                text=TEXT,
                words=(
                    Word(text="fuite", places=((28, 33),), weight=2.5),
                    Word(text="Bonjour", places=((15, 22),), weight=-0.5),
                ),
                probability_without=0.2,
            )
            reply = Reply(model_version=version, explanation=None if refusal else explanation, refusal=refusal)
            self.replies[question, version] = replace(reply, milliseconds=70.5)
        self.waiting = []


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def open_house(make_house, desk, beat):
    """A house whose workers reply while somebody waits."""
    house = make_house(questions=desk)
    house.store.beat(beat("w", MODEL, house.clock.now))
    works(house, desk.work)
    return house


def works(house, then):
    """Let `then` happen while a request waits."""
    services = house.app.extensions["facteur"]
    moment = [0.0]

    def pause(seconds):
        moment[0] += seconds
        then()

    waiting = Waiting(house.store, places=1, stopwatch=lambda: moment[0], pause=pause)
    object.__setattr__(services, "waiting", waiting)


def explain(house, job_id, query="", key="read", **more):
    return house.get(f"/v1/jobs/{job_id}/explanation{query}", key, **more)


def decided(house, **fields):
    job_id = house.accepted()
    (claim,) = house.claimed()
    given = {"label": None, "confidence": None, "queue": "q", "decided_by": DecidedBy.RULE, "reason": "Because."}
    outcome = Decided(
        job_id=job_id,
        lease=claim.lease,
        decision=Decision(**{**given, **fields}),
        timings=Timings(queued=1.0, parse=2.0, classify=3.0, total=6.0),
        subject="",
        sender="",
        message_id="",
    )
    house.store.record([outcome], worker="w", now=house.clock.now)
    return job_id


def test_the_words_of_a_models_decision_are_told_for_and_against(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    answer = explain(open_house, job_id)
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["label"], said["probability"], said["probability_without"]) == ("claim_home", 0.9, 0.2)
    assert (said["model_version"], said["decision_model_version"], said["note"]) == (MODEL, MODEL, "")
    assert (said["method"], said["milliseconds"]) == ("erasure", 70.5)
    assert [(word["text"], word["side"]) for word in said["words"]] == [("fuite", "for"), ("Bonjour", "against")]
    for word in said["words"]:
        assert said["text"][word["start"] : word["end"]] == word["text"]
        assert word["places"][0] == {"start": word["start"], "end": word["end"]}
    assert open_house.bell.rings == 2  # one for the mail, one for the question


def test_a_reply_that_is_there_costs_no_question(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    explain(open_house, job_id)
    works(open_house, pytest.fail)
    assert explain(open_house, job_id).status_code == 200
    assert desk.waiting == []


def test_a_runner_up_can_be_asked_for_and_the_note_says_that_it_is_one(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    said = explain(open_house, job_id, "?label=assistance").get_json()
    assert said["label"] == "assistance"
    assert said["note"] == "The model finds claim_home more probable than assistance."


def test_a_label_that_the_taxonomy_lacks_is_422(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    answer = explain(open_house, job_id, "?label=nonsense")
    assert answer.status_code == 422
    assert answer.get_json()["field"] == "label"


def test_a_busy_worker_means_202_and_where_to_ask_again(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    works(open_house, lambda: None)
    answer = explain(open_house, job_id)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Location"] == f"/v1/jobs/{job_id}/explanation?label=claim_home"
    assert answer.get_json()["job_id"] == job_id
    explain(open_house, job_id, Prefer="wait=0")
    assert len(desk.waiting) == 1
    desk.work()
    assert open_house.get(answer.headers["Location"]).status_code == 200


def test_who_finds_no_place_to_wait_gets_202_at_once(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    works(open_house, pytest.fail)
    open_house.app.extensions["facteur"].waiting.stop()
    assert explain(open_house, job_id).status_code == 202


def test_another_model_than_the_decisions_is_told_plainly(open_house, desk, beat):
    job_id = open_house.accepted()
    open_house.decide()
    open_house.clock.now += 60
    open_house.store.beat(beat("w", "newer-ba9876543210", open_house.clock.now))
    works(open_house, lambda: desk.work("newer-ba9876543210"))
    said = explain(open_house, job_id).get_json()
    assert (said["model_version"], said["decision_model_version"]) == ("newer-ba9876543210", MODEL)
    assert said["note"] == f"The decision was made with {MODEL}; this explains newer-ba9876543210, loaded now."


def test_a_rules_decision_is_the_rule_and_its_reason_and_no_words(open_house, desk):
    job_id = decided(open_house, rule="bereavement")
    said = explain(open_house, job_id).get_json()
    assert (said["decided_by"], said["rule"], said["reason"]) == ("rule", "bereavement", "Because.")
    assert (said["method"], said["words"], said["text"], said["probability"]) == ("rule", [], "", None)
    assert "bereavement" in said["note"]
    assert desk.waiting == []
    asked = explain(open_house, job_id, "?label=claim_home").get_json()
    assert asked["words"]
    assert "No model was asked" in asked["note"]


def test_a_humans_decision_explains_what_the_model_had_said(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    open_house.post(f"/v1/jobs/{job_id}/review", "review", json={"label": "quote"})
    said = explain(open_house, job_id).get_json()
    assert (said["decided_by"], said["label"]) == ("human", "claim_home")
    assert said["note"].startswith("Decided by a human")


def test_a_humans_decision_without_any_model_has_no_words(open_house):
    job_id = decided(open_house, decided_by=DecidedBy.HUMAN, label="quote")
    said = explain(open_house, job_id).get_json()
    assert (said["method"], said["words"]) == ("human", [])


@pytest.mark.parametrize(("status", "advice"), [("queued", "done"), ("running", "done"), ("failed", "retry")])
def test_a_job_that_is_not_decided_is_409_with_what_to_do(open_house, status, advice):
    job_id = open_house.accepted()
    if status == "running":
        open_house.claimed()
    if status == "failed":
        open_house.fail()
    answer = explain(open_house, job_id)
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/wrong-status"
    assert status in answer.get_json()["detail"]
    assert advice in answer.get_json()["detail"]


def test_an_unknown_job_is_404(open_house):
    assert explain(open_house, "019a9f3e-5c00-7000-8000-000000000001").status_code == 404
    assert explain(open_house, "x").status_code == 404


def test_a_mail_that_retention_deleted_is_410(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    now = open_house.clock.now + 10
    open_house.store.purge(mails_before=now, jobs_before=0.0, now=now)
    answer = explain(open_house, job_id)
    assert answer.status_code == 410
    assert answer.get_json()["type"] == "/problems/mail-deleted"


def test_without_any_worker_the_problem_says_so(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    open_house.clock.now += 60
    answer = explain(open_house, job_id)
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/unexplained"
    assert "start one" in answer.get_json()["detail"]
    assert desk.waiting == []


def test_without_redis_the_problem_says_so(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    desk.open = False
    assert "Redis" in explain(open_house, job_id).get_json()["detail"]


def test_a_model_that_cannot_explain_is_a_problem_with_its_sentence(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    works(open_house, lambda: desk.work(refusal="The model x cannot explain what it says."))
    answer = explain(open_house, job_id)
    assert answer.status_code == 409
    assert answer.get_json()["detail"] == "The model x cannot explain what it says."


def test_reading_is_the_scope_that_it_takes(open_house):
    job_id = open_house.accepted()
    open_house.decide()
    assert explain(open_house, job_id, key="submit").status_code == 403
    assert open_house.client.get(f"/v1/jobs/{job_id}/explanation").status_code == 401


def test_what_was_replied_about_a_job_is_forgotten_with_it(open_house, desk):
    job_id = open_house.accepted()
    open_house.decide()
    explain(open_house, job_id)
    open_house.delete(f"/v1/jobs/{job_id}")
    assert desk.forgotten == [job_id]
    assert explain(open_house, job_id).status_code == 404
