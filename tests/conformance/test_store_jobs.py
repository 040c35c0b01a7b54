"""What every store does when humans and callers look at jobs and change them."""

from __future__ import annotations

import pytest

from routing.decision import DecidedBy
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.job import Event, Status
from routing.people import AuditEntry
from routing.store.port import NO_FILTER, JobFilter, QueueDepth

UNKNOWN = "0190b7d8-0000-7000-8000-000000000000"
HUMAN = {"label": "quote", "queue": "sales", "decided_by": DecidedBy.HUMAN, "reason": "Anne said so."}


def test_a_list_is_newest_first_and_goes_on_where_it_stopped(store, make):
    ids = make.accepted(store, *"abcde")
    first = store.jobs(NO_FILTER, limit=2)
    assert [job.id for job in first.jobs] == [ids[4], ids[3]]
    make.accepted(store, "later", now=2_000.0)
    second = store.jobs(NO_FILTER, limit=2, before=first.next_cursor)
    third = store.jobs(NO_FILTER, limit=2, before=second.next_cursor)
    assert [job.id for job in second.jobs + third.jobs] == [ids[2], ids[1], ids[0]]
    assert third.next_cursor is None


def test_a_page_that_ends_with_the_last_job_has_no_next(store, make):
    make.accepted(store, *"ab")
    assert store.jobs(NO_FILTER, limit=2).next_cursor is None
    assert store.jobs(JobFilter(source="nobody")).jobs == ()


def test_a_cursor_that_is_no_id_is_refused(store):
    with pytest.raises(InvalidInput) as caught:
        store.jobs(NO_FILTER, before="page 2")
    assert caught.value.field == "cursor"


def test_a_list_can_be_narrowed(store, make):
    [done] = make.done(store, "done", now=1_000.0)
    [queued] = make.accepted(store, "queued", now=2_000.0, source="other")
    for where, expected in (
        ({"status": Status.DONE}, [done]),
        ({"status": Status.FAILED}, []),
        ({"queue": "motor"}, [done]),
        ({"queue": "motor", "status": Status.QUEUED}, []),
        ({"label": "claim_motor"}, [done]),
        ({"label": "quote"}, []),
        ({"source": "other"}, [queued]),
        ({"decided_by": "model"}, [done]),
        ({"decided_by": "human"}, []),
        ({"created_after": 1_000.0}, [queued, done]),
        ({"created_after": 1_000.5}, [queued]),
        ({"created_before": 2_000.0}, [done]),
        ({"created_before": 2_000.5}, [queued, done]),
        ({"created_after": 1_000.0, "created_before": 2_000.0, "source": "gate", "status": Status.DONE}, [done]),
    ):
        assert [job.id for job in store.jobs(JobFilter(**where)).jobs] == expected, where


def test_what_humans_looked_at_can_be_told_from_what_they_did_not(store, make):
    seen, unseen = make.done(store, "seen", "unseen")
    [queued] = make.accepted(store, "queued", now=1_500.0)
    store.review(make.review(seen), decision=make.decision(**HUMAN), actor="key desk")
    for where, expected in (
        ({"reviewed": True}, [seen]),
        ({"reviewed": False}, [queued, unseen]),
        ({"reviewed": False, "status": Status.DONE}, [unseen]),
        ({"reviewed": True, "queue": "sales"}, [seen]),
        ({"reviewed": True, "created_after": 1_000.5}, []),
    ):
        assert [job.id for job in store.jobs(JobFilter(**where)).jobs] == expected, where


ODD = ["\0", "mo\0tor", "\ud800", "\udfffmotor", "motor\ud83d", "k" * 300 + "\0"]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("name", ["queue", "label", "source", "decided_by"])
def test_no_job_is_found_by_text_that_none_can_have(store, make, name, text):
    make.done(store, "done")
    assert store.jobs(JobFilter(**{name: text})).jobs == ()
    assert store.jobs(JobFilter(**{name: text, "status": Status.DONE})).jobs == ()


def test_text_that_was_repaired_is_found_by_what_it_was(store, make):
    [job_id] = make.accepted(store, "1", source="a\0b\ud800")
    decision = make.decision(label="\0l", queue="q\ud800", decided_by=DecidedBy.MODEL)
    store.record(
        [make.decided(one, decision=decision) for one in make.claim(store, now=1_010.0)], worker="w", now=1_010.0
    )
    for where in ({"source": "a\0b\ud800"}, {"source": "a�b�"}, {"label": "\0l"}, {"queue": "q\ud800"}):
        assert [job.id for job in store.jobs(JobFilter(**where)).jobs] == [job_id], where


@pytest.mark.parametrize("at", [-1e300, -1.0, 0.0, 1e12, 1e300, float("inf"), -float("inf")])
def test_jobs_are_found_by_any_time(store, make, at):
    ids = make.accepted(store, "1")
    assert [job.id for job in store.jobs(JobFilter(created_after=at)).jobs] == (ids if at <= 1_000.0 else [])
    assert [job.id for job in store.jobs(JobFilter(created_before=at)).jobs] == (ids if at > 1_000.0 else [])


@pytest.mark.parametrize("job_id", ODD)
def test_an_id_that_no_job_can_have_is_not_found(store, job_id):
    for question in (store.job, store.mail, store.history):
        with pytest.raises(NotFound):
            question(job_id)
    for change in (store.cancel, store.erase, store.retry):
        with pytest.raises(NotFound):
            change(job_id, actor="key \0\ud800", now=2_000.0)
    assert store.reviews(job_id) == ()
    with pytest.raises(InvalidInput):
        store.jobs(NO_FILTER, before=job_id)


def test_queues_tell_how_many_open_mails_they_hold_and_since_when_the_oldest_waits(store, make):
    assert store.queues() == ()
    first, *_ = make.done(store, "1", "2", now=1_000.0)
    make.done(store, "3", now=1_100.0)
    make.accepted(store, "waiting", now=1_200.0)
    assert store.queues() == (QueueDepth(queue="motor", depth=3, unreviewed=3, oldest_at=1_000.0),)
    store.review(make.review(first), decision=make.decision(**HUMAN), actor="key desk")
    assert store.queues() == (
        QueueDepth(queue="motor", depth=2, unreviewed=2, oldest_at=1_000.0),
        QueueDepth(queue="sales", depth=1, unreviewed=0, oldest_at=1_000.0),
    )


def test_a_queued_job_can_be_taken_back(store, make):
    [job_id] = make.accepted(store, "1")
    job = store.cancel(job_id, actor="key gate", now=2_000.0)
    assert job == store.job(job_id)
    assert (job.status, job.updated_at) == (Status.CANCELLED, 2_000.0)
    assert make.claim(store, now=3_000.0) == []
    assert store.history(job_id) == (Event(job_id=job_id, at=2_000.0, kind="cancelled", actor="key gate"),)


def test_only_a_queued_job_can_be_taken_back(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    with pytest.raises(WrongStatus):
        store.cancel(job_id, actor="key gate", now=2_000.0)
    store.record([make.decided(claim)], worker="node/1", now=2_000.0)
    with pytest.raises(WrongStatus):
        store.cancel(job_id, actor="key gate", now=2_000.0)
    with pytest.raises(NotFound):
        store.cancel(UNKNOWN, actor="key gate", now=2_000.0)


def test_erasing_leaves_one_event_that_says_nothing_of_the_mail(store, make):
    [job_id] = make.done(store, "1", callback_url="https://example.org/hook")
    store.review(make.review(job_id), decision=make.decision(**HUMAN), actor="key desk")
    store.erase(job_id, actor="key gate", now=6_000.0)
    for question in (store.job, store.mail):
        with pytest.raises(NotFound):
            question(job_id)
    assert store.reviews(job_id) == ()
    assert store.claim_deliveries(limit=10, lease_seconds=10.0, now=9_999.0) == []
    assert store.history(job_id) == (Event(job_id=job_id, at=6_000.0, kind="erased", actor="key gate"),)
    with pytest.raises(NotFound):
        store.erase(job_id, actor="key gate", now=7_000.0)


def test_a_job_is_erased_together_with_its_line_of_the_audit(store, make):
    [gone] = make.done(store, "1")
    [waiting] = make.accepted(store, "2")
    line = AuditEntry(at=6_000.0, actor="user anne", kind="mail erased", subject=f"job {gone}")
    store.erase(gone, actor="user anne", now=6_000.0, audit=[line])
    for kept in (gone, waiting):
        with pytest.raises((NotFound, WrongStatus)):
            store.erase(kept, actor="user anne", now=6_001.0, audit=[line])
    assert store.audit()[0] == (line,)


def test_what_is_not_finished_cannot_be_erased(store, make):
    [job_id] = make.accepted(store, "1")
    with pytest.raises(WrongStatus):
        store.erase(job_id, actor="key gate", now=2_000.0)
    make.claim(store, now=2_000.0)
    with pytest.raises(WrongStatus):
        store.erase(job_id, actor="key gate", now=2_000.0)
    assert store.mail(job_id).content


def test_a_cancelled_job_can_be_erased(store, make):
    [job_id] = make.accepted(store, "1")
    store.cancel(job_id, actor="key gate", now=2_000.0)
    store.erase(job_id, actor="key gate", now=2_000.0)
    assert store.jobs(NO_FILTER).jobs == ()


def test_a_failed_job_can_be_tried_again_from_the_first_attempt(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.failure(claim)], worker="node/1", now=1_020.0)
    job = store.retry(job_id, actor="key anne", now=2_000.0)
    assert job == store.job(job_id)
    assert (job.status, job.attempts, job.error) == (Status.QUEUED, 0, "ValueError: no")
    [claim] = make.claim(store, now=2_000.0)
    assert claim.attempt == 1
    assert [event.kind for event in store.history(job_id)] == ["failed", "retried"]


def test_a_job_that_killed_its_workers_is_alone_when_it_is_tried_again(store, make):
    [job_id] = make.accepted(store, "1")
    make.claim(store, now=1_010.0, lease_seconds=1.0)
    store.expire_leases(max_attempts=1, now=1_020.0)
    store.retry(job_id, actor="key anne", now=2_000.0)
    make.accepted(store, "2", now=2_001.0)
    assert [claim.job_id for claim in make.claim(store, now=2_001.0)] == [job_id]


def test_only_a_failed_job_can_be_tried_again(store, make):
    [job_id] = make.done(store, "1")
    with pytest.raises(WrongStatus):
        store.retry(job_id, actor="key anne", now=2_000.0)
    with pytest.raises(NotFound):
        store.retry(UNKNOWN, actor="key anne", now=2_000.0)


def test_a_failed_job_without_its_mail_cannot_be_tried_again(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.failure(claim)], worker="node/1", now=1_020.0)
    store.purge(mails_before=2_000.0, jobs_before=0.0, now=2_000.0)
    with pytest.raises(WrongStatus, match="mail"):
        store.retry(job_id, actor="key anne", now=2_000.0)


def test_a_review_makes_its_decision_the_jobs_own_and_is_kept_beside_it(store, make):
    [job_id] = make.done(store, "1")
    review = make.review(job_id)
    job = store.review(review, decision=make.decision(**HUMAN), actor="key desk")
    assert job == store.job(job_id)
    assert (job.reviewed, job.decision, job.updated_at) == (True, make.decision(**HUMAN), 5_000.0)
    assert job.decided_at == 1_000.0
    assert store.reviews(job_id) == (review,)
    assert [event.kind for event in store.history(job_id)] == ["decided", "reviewed"]
    assert store.history(job_id)[-1].actor == "key desk"
    assert store.history(job_id)[-1].detail == "motor → sales, by anne"


def test_a_confirmation_says_so_in_the_history(store, make):
    [job_id] = make.done(store, "1")
    store.review(make.review(job_id, confirmed=True, reviewer=""), decision=make.decision(), actor="key desk")
    event = store.history(job_id)[-1]
    assert (event.actor, event.detail) == ("key desk", "confirmed")


def test_of_two_reviews_of_the_same_decision_the_second_is_refused(store, make):
    [job_id] = make.done(store, "1")
    store.review(make.review(job_id), decision=make.decision(**HUMAN), actor="key desk")
    with pytest.raises(WrongStatus):
        store.review(
            make.review(job_id, label="billing", queue="money"), decision=make.decision(queue="money"), actor="key desk"
        )
    assert store.job(job_id).decision.queue == "sales"
    assert len(store.reviews(job_id)) == 1


def test_reviews_are_kept_in_their_order(store, make):
    [job_id] = make.done(store, "1")
    first = make.review(job_id, at=5_000.0)
    second = make.review(job_id, at=6_000.0, label_before="quote", queue_before="sales", queue="motor")
    store.review(first, decision=make.decision(**HUMAN), actor="key desk")
    store.review(second, decision=make.decision(queue="motor"), actor="key desk")
    assert store.reviews(job_id) == (first, second)


def test_a_decision_without_label_can_be_reviewed(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.decided(claim, decision=make.decision(label=None))], worker="node/1", now=1_020.0)
    job = store.review(make.review(job_id, label_before=None), decision=make.decision(**HUMAN), actor="key desk")
    assert job.decision.label == "quote"


def test_only_a_done_job_can_be_reviewed(store, make):
    [job_id] = make.accepted(store, "1")
    with pytest.raises(WrongStatus):
        store.review(make.review(job_id), decision=make.decision(), actor="key desk")
    with pytest.raises(NotFound):
        store.review(make.review(UNKNOWN), decision=make.decision(), actor="key desk")


def test_retention_deletes_the_mail_first_and_the_job_later(store, make):
    [old] = make.done(store, "old", now=1_000.0)
    [young] = make.done(store, "young", now=2_000.0)
    [waiting] = make.accepted(store, "waiting", now=500.0)
    assert store.purge(mails_before=1_500.0, jobs_before=0.0, now=3_000.0) == {"mails": 1, "jobs": 0}
    with pytest.raises(NotFound):
        store.mail(old)
    assert store.job(old).decision == make.decision()
    assert store.mail(young).content
    assert store.purge(mails_before=1_500.0, jobs_before=1_500.0, now=3_000.0) == {"mails": 0, "jobs": 1}
    for question in (store.job, store.history):
        with pytest.raises(NotFound):
            question(old)
    assert [job.id for job in store.jobs(NO_FILTER).jobs] == [young, waiting]


def test_retention_counts_from_the_end_of_a_job_and_not_from_its_beginning(store, make):
    [job_id] = make.accepted(store, "1", now=1_000.0)
    [claim] = make.claim(store, now=2_000.0)
    store.record([make.decided(claim)], worker="node/1", now=2_000.0)
    assert store.purge(mails_before=1_500.0, jobs_before=1_500.0, now=3_000.0) == {"mails": 0, "jobs": 0}
    assert store.purge(mails_before=2_500.0, jobs_before=2_500.0, now=3_000.0) == {"mails": 1, "jobs": 1}
    with pytest.raises(NotFound):
        store.job(job_id)


def test_retention_of_more_than_a_transaction_holds_is_complete(store, make):
    ids = make.accepted(store, *map(str, range(1_100)))
    for claims in (make.claim(store, now=1_000.0, limit=600), make.claim(store, now=1_000.0, limit=600)):
        store.record([make.decided(claim) for claim in claims], worker="node/1", now=1_000.0)
    assert store.purge(mails_before=2_000.0, jobs_before=2_000.0, now=3_000.0) == {"mails": 1_100, "jobs": 1_100}
    assert len(ids) == 1_100
    assert store.jobs(NO_FILTER).jobs == ()
