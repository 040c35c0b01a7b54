"""What each act makes of a mail, and what it refuses."""

import pytest

from model.corpus.reviews import label_said
from routing.acts import act, undo
from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.desk import Act, ListFilter, Order
from routing.errors import InvalidInput, NotFound, Overtaken, WrongStatus
from routing.job import Decided
from routing.people import Role, User
from routing.store.memory import MemoryStore

BY_MODEL = Decision(
    label="claim_motor",
    confidence=0.7,
    alternatives=(Score(label="quote", probability=0.2),),
    queue="claims-motor",
    priority=Priority.HIGH,
    decided_by=DecidedBy.MODEL,
    reason="The model says so.",
    model_version="m",
)
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def ids(store, make):
    store.submit([make.submission(name) for name in "123"], now=1.0)
    claims = store.claim(worker="w", limit=3, lease_seconds=60, now=2.0)
    timings = Timings(queued=1, parse=1, classify=1, total=3)
    said = {"decision": BY_MODEL, "timings": timings, "subject": "", "sender": "", "message_id": ""}
    store.record([Decided(job_id=one.job_id, lease=one.lease, **said) for one in claims], worker="w", now=3.0)
    return [claim.job_id for claim in claims]


def user(name):
    return User(id=name, name=name, full_name=name.title(), password="", role=Role.AGENT, created_at=0.0)


@pytest.fixture
def do(store, policy):
    def run(what, *ids, by="anne", revision=0, now=9.0, **more):
        return act(store, policy, what, [(job_id, revision) for job_id in ids], user=user(by), now=now, **more)

    return run


def test_taking_and_giving_back(do, store, ids):
    batch = do(Act.TAKE, *ids)
    assert [job.handling.assignee for job in batch.changed] == ["anne"] * 3
    assert batch.refused == ()
    assert batch.changed[0] == store.job(ids[0])
    [job] = do(Act.RETURN, ids[0], revision=1).changed
    assert job.handling.assignee is None


def test_nobody_gives_back_what_a_colleague_took(do, store, ids):
    do(Act.TAKE, ids[0], by="paul")
    batch = do(Act.RETURN, ids[0], revision=1)
    [(_, error)] = batch.refused
    assert isinstance(error, Overtaken)
    assert (error.actor, error.kind, error.at) == ("user paul", "take", 9.0)
    assert store.job(ids[0]).handling.assignee == "paul"


def test_being_done_with_a_mail_and_opening_it_again(do, store, ids):
    [job] = do(Act.HANDLE, ids[0], now=9.0).changed
    assert (job.handling.handled_at, job.handling.handled_by) == (9.0, "anne")
    assert not store.reviews(ids[0])
    [job] = do(Act.REOPEN, ids[0], revision=1).changed
    assert job.handling.handled_at is None


def test_moving_is_a_review_that_keeps_the_label(do, store, ids, policy):
    do(Act.TAKE, ids[0])
    [job] = do(Act.MOVE, ids[0], revision=1, queue="billing", note="an invoice").changed
    assert (job.decision.queue, job.decision.label, job.decision.decided_by) == ("billing", "claim_motor", "human")
    assert job.decision.reason == "Moved by anne. an invoice"
    assert (job.handling.assignee, job.handling.arrived_at) == (None, 9.0)
    [review] = store.reviews(ids[0])
    assert (review.queue_before, review.queue, review.reviewer, review.note) == (
        *("claims-motor", "billing", "anne", "an invoice"),
    )
    assert "billing" in policy.queues
    assert store.history(ids[0])[-1].detail == "claims-motor → billing"


def test_moving_opens_a_mail_that_was_dealt_with(do, ids):
    do(Act.HANDLE, ids[0])
    [job] = do(Act.MOVE, ids[0], revision=1, queue="billing").changed
    assert job.handling.handled_at is None


def test_a_mail_that_is_there_already_cannot_be_moved_there(do, ids):
    batch = do(Act.MOVE, ids[0], queue="claims-motor")
    [(job_id, error)] = batch.refused
    assert job_id == ids[0]
    assert isinstance(error, WrongStatus)
    assert batch.changed == ()


def test_correcting_moves_to_the_labels_queue_with_its_priority(do, store, ids, policy):
    [job] = do(Act.CORRECT, ids[0], label="quote").changed
    label = policy.label("quote")
    assert (job.decision.label, job.decision.queue, job.decision.priority) == ("quote", label.queue, label.priority)
    assert job.decision.confidence == 0.2
    assert job.reviewed
    assert store.history(ids[0])[-1].detail == f"claim_motor → quote, claims-motor → {label.queue}"


def test_confirming_keeps_the_decision_and_its_place(do, store, ids):
    do(Act.TAKE, ids[0])
    [job] = do(Act.CONFIRM, ids[0], revision=1).changed
    assert job.decision == BY_MODEL
    assert (job.reviewed, job.handling.assignee, job.handling.arrived_at) == (True, "anne", 3.0)
    assert store.reviews(ids[0])[0].confirmed


def test_confirming_what_the_model_guessed_takes_a_mail_out_of_triage(do, store, ids, policy):
    [job] = do(Act.MOVE, ids[0], queue=policy.triage).changed
    [job] = do(Act.CONFIRM, ids[0], revision=1, now=10.0).changed
    assert (job.decision.label, job.decision.queue) == ("claim_motor", "claims-motor")
    assert label_said(store.reviews(ids[0]), policy) == "claim_motor"


def test_a_correction_leaves_a_mail_as_urgent_as_a_human_made_it(do, ids):
    do(Act.PRIORITY, ids[0], priority=Priority.URGENT)
    [job] = do(Act.CORRECT, ids[0], revision=1, label="quote").changed
    assert job.decision.priority is Priority.URGENT


def test_of_two_who_move_a_mail_to_one_queue_the_second_is_told_who_was_faster(do, ids):
    do(Act.MOVE, ids[0], queue="sales", by="paul")
    [(_, error)] = do(Act.MOVE, ids[0], queue="sales").refused
    assert isinstance(error, Overtaken)
    assert error.actor == "user paul"


def test_a_priority_is_changed_and_is_no_review(do, store, ids):
    [job] = do(Act.PRIORITY, ids[2], priority=Priority.URGENT).changed
    assert job.decision.priority is Priority.URGENT
    assert (job.decision.decided_by, job.reviewed) == (DecidedBy.MODEL, False)
    assert store.history(ids[2])[-1].detail == "urgent"
    assert store.listing(ListFilter(), order=Order.PRESSING).jobs[0].id == ids[2]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ((Act.MOVE, {}), "/queue"),
        ((Act.MOVE, {"queue": "no such"}), "/queue"),
        ((Act.CORRECT, {}), "/label"),
        ((Act.CORRECT, {"label": "no such"}), "/label"),
        ((Act.PRIORITY, {}), "/priority"),
        ((Act.CONFIRM, {"note": "x" * 2_001}), "/note"),
    ],
)
def test_what_cannot_be_meant_touches_no_mail(do, store, ids, wish, field):
    what, more = wish
    with pytest.raises(InvalidInput) as caught:
        do(what, *ids, **more)
    assert caught.value.field == field
    assert all(store.job(job_id).handling.revision == 0 for job_id in ids)


def test_each_mail_is_refused_by_itself(do, store, make, ids):
    [waiting] = (one.job.id for one in store.submit([make.submission("waiting")], now=4.0))
    do(Act.TAKE, ids[1], by="paul")
    batch = do(Act.CORRECT, *ids, waiting, UNKNOWN, label="quote")
    assert [job.id for job in batch.changed] == [ids[0], ids[2]]
    errors = dict(batch.refused)
    assert isinstance(errors[UNKNOWN], NotFound)
    assert isinstance(errors[waiting], WrongStatus)
    assert isinstance(errors[ids[1]], Overtaken)
    assert errors[ids[1]].actor == "user paul"


def test_undoing_is_for_whose_batch_it_is(do, store, ids):
    batch = do(Act.CORRECT, *ids, label="quote")
    with pytest.raises(NotFound):
        undo(store, batch.id, user=user("paul"), now=10.0)
    jobs = undo(store, batch.id, user=user("anne"), now=10.0)
    assert [job.decision for job in jobs] == [BY_MODEL] * 3
    assert not any(job.reviewed for job in jobs)
