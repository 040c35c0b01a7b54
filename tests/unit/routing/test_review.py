"""A human's word on a decision."""

import pytest

from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.ids import uuid7
from routing.job import Decided, Failure
from routing.review import review
from routing.store.memory import MemoryStore

BY_MODEL = Decision(
    label="claim_motor",
    confidence=0.7,
    alternatives=(Score(label="assistance", probability=0.2), Score(label="quote", probability=0.1)),
    queue="claims-motor",
    priority=Priority.HIGH,
    decided_by=DecidedBy.MODEL,
    reason="The model says so.",
    model_version="m",
)
BY_RULE = Decision(
    label=None, confidence=None, queue="automatic", decided_by=DecidedBy.RULE, reason="A list.", rule="automatic/list"
)


@pytest.fixture
def store():
    return MemoryStore()


def done(store, make, decision=BY_MODEL):
    store.submit([make.submission()], now=1.0)
    (claim,) = store.claim(worker="w", limit=1, lease_seconds=60, now=2.0)
    timings = Timings(queued=1, parse=1, classify=1, total=3)
    outcome = Decided(
        job_id=claim.job_id,
        lease=claim.lease,
        decision=decision,
        timings=timings,
        subject="",
        sender="",
        message_id="",
    )
    store.record([outcome], worker="w", now=3.0)
    return claim.job_id


def say(store, policy, job_id, **words):
    given = {"label": None, "queue": None, "reviewer": "Anne", "actor": "key desk", "note": "", "now": 9.0}
    return review(store, policy, job_id, **(given | words))


def test_a_confirmation_keeps_the_decision_and_is_recorded(store, make, policy):
    job_id = done(store, make)
    job = say(store, policy, job_id, note="yes")
    assert job.decision == BY_MODEL
    assert job.reviewed
    (word,) = store.reviews(job_id)
    assert (word.confirmed, word.reviewer, word.note, word.at) == (True, "Anne", "yes", 9.0)
    assert (word.label, word.queue) == (word.label_before, word.queue_before) == ("claim_motor", "claims-motor")


def test_naming_what_is_there_already_is_a_confirmation(store, make, policy):
    job_id = done(store, make)
    assert say(store, policy, job_id, label="claim_motor", queue="claims-motor").decision == BY_MODEL
    assert store.reviews(job_id)[0].confirmed


def test_a_new_label_moves_the_mail_to_its_queue_with_its_priority(store, make, policy):
    job_id = done(store, make)
    decision = say(store, policy, job_id, label="assistance", note="stranded").decision
    assert (decision.label, decision.queue, decision.priority) == ("assistance", "assistance", Priority.URGENT)
    assert decision.decided_by is DecidedBy.HUMAN
    assert decision.reason == "Corrected by Anne. stranded"
    assert decision.model_version == "m"
    (word,) = store.reviews(job_id)
    assert not word.confirmed
    assert (word.label_before, word.queue_before) == ("claim_motor", "claims-motor")
    assert (word.label, word.queue) == ("assistance", "assistance")


def test_the_confidence_of_a_corrected_label_is_what_the_model_had_said_of_it(store, make, policy):
    decision = say(store, policy, done(store, make), label="assistance").decision
    assert decision.confidence == 0.2
    assert decision.alternatives == (
        Score(label="claim_motor", probability=0.7),
        Score(label="quote", probability=0.1),
    )


def test_of_a_label_that_the_model_had_not_named_no_confidence_is_known(store, make, policy):
    decision = say(store, policy, done(store, make), label="billing").decision
    assert decision.confidence is None
    assert [score.label for score in decision.alternatives] == ["claim_motor", "assistance", "quote"]


def test_a_new_queue_alone_keeps_label_priority_and_confidence(store, make, policy):
    decision = say(store, policy, done(store, make), queue="triage").decision
    assert (decision.label, decision.queue) == ("claim_motor", "triage")
    assert (decision.priority, decision.confidence) == (Priority.HIGH, 0.7)
    assert decision.decided_by is DecidedBy.HUMAN


def test_a_label_and_a_queue_of_its_own_go_together(store, make, policy):
    decision = say(store, policy, done(store, make), label="quote", queue="triage").decision
    assert (decision.label, decision.queue) == ("quote", "triage")


def test_a_mail_that_a_rule_routed_can_be_given_a_label(store, make, policy):
    decision = say(store, policy, done(store, make, BY_RULE), label="quote").decision
    assert (decision.label, decision.queue, decision.confidence, decision.alternatives) == ("quote", "sales", None, ())
    assert decision.rule == "automatic/list"


def test_a_second_review_corrects_the_first(store, make, policy):
    job_id = done(store, make)
    say(store, policy, job_id, label="quote")
    assert say(store, policy, job_id, label="claim_motor", reviewer="Bob", now=10.0).decision.queue == "claims-motor"
    assert [word.confirmed for word in store.reviews(job_id)] == [False, False]
    assert store.reviews(job_id)[1].label_before == "quote"


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ({"label": "strange"}, "/label"),
        ({"label": ""}, "/label"),
        ({"queue": "strange"}, "/queue"),
        ({"queue": ""}, "/queue"),
        ({"note": "x" * 2001}, "/note"),
    ],
)
def test_a_word_that_the_policy_does_not_know_is_refused_with_its_field(store, make, policy, word, field):
    job_id = done(store, make)
    with pytest.raises(InvalidInput) as caught:
        say(store, policy, job_id, **word)
    assert caught.value.field == field
    assert store.reviews(job_id) == ()
    assert not store.job(job_id).reviewed


def test_only_a_done_job_can_be_reviewed(store, make, policy):
    store.submit([make.submission()], now=1.0)
    (claim,) = store.claim(worker="w", limit=1, lease_seconds=60, now=2.0)
    with pytest.raises(WrongStatus, match="running"):
        say(store, policy, claim.job_id)
    store.record([Failure(job_id=claim.job_id, lease=claim.lease, error="no", retry_at=None)], worker="w", now=3.0)
    with pytest.raises(WrongStatus, match="failed"):
        say(store, policy, claim.job_id)


def test_the_history_names_the_key_that_called_and_only_then_who_is_said_to_have_looked(store, make, policy):
    job_id = done(store, make)
    say(store, policy, job_id, reviewer="sweep")
    event = store.history(job_id)[-1]
    assert (event.actor, event.detail) == ("key desk", "confirmed, by sweep")


def test_an_unknown_job_cannot_be_reviewed(store, policy):
    with pytest.raises(NotFound):
        say(store, policy, uuid7(1.0))


def test_whoever_comes_second_with_the_same_look_is_told_so(store, make, policy):
    job_id = done(store, make)

    class Slow:
        """Somebody else reviews between the look and the word."""

        def job(self, wanted):
            job = store.job(wanted)
            say(store, policy, job_id, queue="triage", reviewer="Bob")
            return job

        def review(self, word, *, decision, actor):
            return store.review(word, decision=decision, actor=actor)

    with pytest.raises(WrongStatus, match="changed"):
        say(Slow(), policy, job_id, label="quote")
    assert store.job(job_id).decision.queue == "triage"
