"""Failed jobs and how a human decides them, and what a store says of itself, on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.decision import DecidedBy, Timings
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.ids import uuid7
from routing.job import Decided, Status
from routing.store.port import NO_FILTER
from routing.store.running import FailureKind


@pytest.fixture
def fail(store, make):
    def failing(*names, error="ValueError: no", now=1_000.0, **fields):
        """Submit mails that fail; return the ids of their jobs, in order."""
        ids = make.accepted(store, *names, now=now, **fields)
        claims = make.claim(store, now=now)
        store.record([make.failure(claim, error=error) for claim in claims], worker="node/1", now=now)
        return ids

    return failing


@pytest.fixture
def settled(make):
    def settling(job_id, **fields):
        decision = make.decision(
            label="quote",
            confidence=None,
            alternatives=(),
            queue="sales",
            decided_by=DecidedBy.HUMAN,
            model_version=None,
        )
        outcome = Decided(
            job_id=job_id,
            lease="",
            decision=decision,
            timings=Timings(queued=0.0, parse=0.0, classify=0.0, total=0.0),
            subject="as handed in",
            sender="anne@example.org",
            message_id="<1@example.org>",
        )
        review = make.review(
            job_id, label_before=None, queue_before="", label="quote", queue="sales", note="", **fields
        )
        return outcome, review

    return settling


def test_failed_jobs_are_listed_newest_first_in_pages(store, fail, make):
    ids = fail("1", "2", "3")
    make.done(store, "4", now=1_001.0)
    first = store.failed(limit=2)
    assert [job.id for job in first.jobs] == [ids[2], ids[1]]
    rest = store.failed(limit=2, before=first.next_cursor)
    assert [job.id for job in rest.jobs] == [ids[0]]
    assert rest.next_cursor is None


def test_failed_jobs_are_listed_by_source_and_error(store, fail):
    [one] = fail("1", error="ValueError: no")
    [two] = fail("2", error="MemoryError: so large", source="gate 2", now=1_001.0)
    [three] = fail("3", error="ValueError: never", source="gate 2", now=1_002.0)
    assert [job.id for job in store.failed(source="gate 2").jobs] == [three, two]
    assert [job.id for job in store.failed(error="ValueError").jobs] == [three, one]
    assert [job.id for job in store.failed(source="gate 2", error="ValueError").jobs] == [three]
    for where in ({"source": "no\0body"}, {"error": "Value%"}, {"error": "\ud800"}):
        assert store.failed(**where).jobs == ()


def test_a_cursor_that_is_none_is_refused(store):
    with pytest.raises(InvalidInput):
        store.failed(before="yesterday")


def test_failures_are_counted_by_source_and_kind_of_error(store, fail):
    fail("1", "2", error="ValueError: one thing")
    fail("3", error="ValueError: another", now=1_001.0)
    fail("4", error="Its worker died or hung on it, at attempt 3 of 3.", now=1_002.0)
    assert store.failure_kinds() == (
        FailureKind(source="gate", error="ValueError", jobs=3),
        FailureKind(source="gate", error="Its worker died or hung on it, at attempt 3 of 3.", jobs=1),
    )


def test_without_failures_nothing_is_counted(store, make):
    make.done(store, "1")
    assert store.failure_kinds() == ()
    assert store.failed().jobs == ()


def test_a_human_decides_a_failed_job(store, fail, settled):
    [job_id] = fail("1")
    outcome, review = settled(job_id)
    done = store.settle(outcome, review, actor="user anne")
    assert done == store.job(job_id)
    assert (done.status, done.error, done.decision) == (Status.DONE, None, outcome.decision)
    assert (done.decided_at, done.reviewed, done.timings) == (5_000.0, True, None)
    assert (done.handling.arrived_at, done.handling.handled_at) == (5_000.0, None)
    assert store.reviews(job_id) == (review,)
    last = store.history(job_id)[-1]
    assert (last.kind, last.actor, last.at) == ("reviewed", "user anne", 5_000.0)
    assert "sales" in last.detail
    assert store.failed().jobs == ()


def test_what_a_human_decided_is_in_its_queue_and_reviewed(store, fail, settled, make):
    [job_id] = fail("1")
    store.settle(*settled(job_id), actor="user anne")
    [state] = store.queue_states()
    assert (state.queue, state.open, state.taken, state.unreviewed) == ("sales", 1, 0, 0)
    store.recount()
    assert store.queue_states() == (state,)
    assert [job.id for job in store.jobs(replace(NO_FILTER, queue="sales")).jobs] == [job_id]
    assert make.claim(store, now=9_000.0) == []


def test_whoever_handed_it_in_is_told_what_a_human_decided(store, fail, settled):
    [job_id] = fail("1", callback_url="https://example.org/hook")
    for delivery in store.claim_deliveries(limit=10, lease_seconds=60.0, now=1_500.0):
        assert delivery.job_id == job_id
    store.settle(*settled(job_id), actor="user anne")
    [delivery] = store.claim_deliveries(limit=10, lease_seconds=60.0, now=1_501.0)
    assert (delivery.job_id, delivery.url) == (job_id, "https://example.org/hook")


def test_only_a_failed_job_is_decided_so_and_only_once(store, fail, settled, make):
    [job_id] = fail("1")
    [done] = make.done(store, "2", now=1_001.0)
    with pytest.raises(WrongStatus):
        store.settle(*settled(done), actor="user anne")
    store.settle(*settled(job_id), actor="user anne")
    with pytest.raises(WrongStatus):
        store.settle(*settled(job_id, id=uuid7(5_001.0)), actor="user paul")
    for absent in (uuid7(1.0), "no id"):
        with pytest.raises(NotFound):
            store.settle(*settled(absent), actor="user anne")
    assert len(store.reviews(job_id)) == 1


def test_a_job_whose_mail_is_gone_can_still_be_decided(store, fail, settled):
    [job_id] = fail("1")
    store.purge(mails_before=2_000.0, jobs_before=0.0, now=2_000.0)
    assert store.settle(*settled(job_id), actor="user anne").status is Status.DONE


def test_a_store_says_what_it_is(store, request):
    facts, kind = store.database_facts(), request.node.callspec.params["store"]
    assert facts.kind.lower().startswith(kind)
    assert (facts.size > 0) == (kind != "memory")
    assert bool(facts.schema) == (kind != "memory")
