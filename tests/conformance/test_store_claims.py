"""What every store does when workers claim jobs, record results, die or hang."""

from __future__ import annotations

import pytest

from routing.job import Status
from routing.store import bounds
from routing.store.port import NO_FILTER, Backlog
from routing.store.sql.statement import Statement


def ids_of(claims):
    return [claim.job_id for claim in claims]


def test_a_claim_takes_the_oldest_jobs_with_their_mails(store, make):
    first, second, _ = make.accepted(store, "1", "2", "3", callback_url="https://example.org/hook")
    claims = make.claim(store, now=1_010.0, limit=2)
    assert ids_of(claims) == [first, second]
    assert claims[0].content == store.mail(first).content
    assert (claims[0].created_at, claims[0].claimed_at, claims[0].attempt) == (1_000.0, 1_010.0, 1)
    assert claims[0].callback_url == "https://example.org/hook"
    job = store.job(first)
    assert (job.status, job.attempts, job.updated_at) == (Status.RUNNING, 1, 1_010.0)


def test_what_is_claimed_is_not_claimed_again(store, make):
    make.accepted(store, "1", "2", "3")
    first = make.claim(store, now=1_010.0, limit=2)
    second = make.claim(store, now=1_010.0, limit=2, worker="node/2")
    assert len(first) == 2
    assert len(second) == 1
    assert not set(ids_of(first)) & set(ids_of(second))
    assert make.claim(store, now=1_010.0) == []


@pytest.mark.parametrize("limit", [0, -1])
def test_a_claim_of_nothing_takes_nothing(store, make, limit):
    make.accepted(store, "1")
    assert make.claim(store, now=1_010.0, limit=limit) == []
    assert store.backlog().queued == 1


@pytest.mark.parametrize("accepted_at", [1_020.0, 100_000.0])
def test_a_mail_is_due_at_once_whatever_the_clock_of_the_one_who_accepted_it(store, make, accepted_at):
    ids = make.accepted(store, "1", now=accepted_at)
    assert ids_of(make.claim(store, now=1_000.0)) == ids


def test_a_job_that_comes_back_is_due_at_once_whatever_the_clock_of_the_one_who_brought_it_back(store, make):
    returned, retried = make.accepted(store, "1", "2")
    claims = make.claim(store, now=1_000.0)
    store.record([make.failure(claims[1])], worker="node/1", now=9_000.0)
    store.expire_leases(max_attempts=3, now=9_000.0)
    store.retry(retried, actor="key anne", now=9_000.0)
    assert ids_of(make.claim(store, now=1_000.0)) == [returned]
    assert ids_of(make.claim(store, now=1_000.0)) == [retried]


def test_a_job_that_was_put_off_and_then_lost_by_its_worker_is_due_at_once(store, make):
    ids = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_000.0)
    store.record([make.failure(claim, retry_at=1_100.0)], worker="node/1", now=1_000.0)
    assert ids_of(make.claim(store, now=1_100.0)) == ids
    store.release("node/1", max_attempts=3, now=1_100.0)
    assert ids_of(make.claim(store, now=1_050.0)) == ids


def test_a_job_that_was_put_off_waits_for_its_time_and_then_comes_before_all_that_arrived_after_it(store, make):
    [first] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_000.0)
    store.record([make.failure(claim, retry_at=1_100.0)], worker="node/1", now=1_000.0)
    second, third = make.accepted(store, "2", "3", now=1_010.0)
    assert ids_of(make.claim(store, now=1_099.0, limit=1)) == [second]
    assert ids_of(make.claim(store, now=1_100.0, limit=1)) == [first]
    assert ids_of(make.claim(store, now=1_100.0, limit=1)) == [third]


def test_a_claim_stops_growing_when_its_mails_are_large(store, make):
    half = bounds.CLAIM_BYTES // 2 + 1
    ids = make.accepted(store, "1", "2", content=b"x" * half)
    assert ids_of(make.claim(store, now=1_010.0)) == ids[:1]
    assert ids_of(make.claim(store, now=1_010.0)) == ids[1:]


def test_a_mail_larger_than_a_claim_is_still_claimed(store, make):
    ids = make.accepted(store, "1", content=b"x" * (bounds.CLAIM_BYTES + 1))
    assert ids_of(make.claim(store, now=1_010.0)) == ids


def test_a_job_whose_mail_the_database_lost_fails_at_once_and_holds_up_nobody(sql_store, make):
    hook = "https://example.org/hook"
    lost = make.accepted(sql_store, "1", "2", "3", callback_url=hook)
    [kept] = make.accepted(sql_store, "4", now=1_001.0)
    forget = Statement("DELETE FROM mails WHERE job_id IN :ids")
    sql_store._database.write(lambda transaction: transaction.run(forget, {"ids": transaction.array(lost)}))
    assert ids_of(make.claim(sql_store, now=1_010.0, limit=2)) == [kept]
    for job_id in lost:
        job = sql_store.job(job_id)
        assert (job.status, job.error, job.attempts) == (Status.FAILED, bounds.MAIL_MISSING, 1)
        assert [event.kind for event in sql_store.history(job_id)] == ["failed"]
    owed = sql_store.claim_deliveries(limit=10, lease_seconds=10.0, now=1_010.0)
    assert {one.job_id for one in owed} == set(lost)
    assert sql_store.backlog() == Backlog(queued=0, running=1, failed=3, oldest_queued_at=None)


def test_a_decision_is_kept_with_everything_that_explains_it(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    outcome = make.decided(claim)
    assert store.record([outcome], worker="node/1", now=1_020.0) == {job_id}
    job = store.job(job_id)
    assert (job.status, job.decided_at, job.updated_at, job.error) == (Status.DONE, 1_020.0, 1_020.0, None)
    assert (job.decision, job.timings, job.defects) == (outcome.decision, outcome.timings, ("no date",))
    assert (job.subject, job.sender, job.message_id) == ("as read", "read@example.org", "<read@example.org>")
    [event] = store.history(job_id)
    assert (event.kind, event.actor, event.at) == ("decided", "worker node/1", 1_020.0)


def test_a_decision_without_label_model_or_alternatives_is_kept_as_it_is(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    decision = make.decision(label=None, confidence=None, alternatives=(), model_version=None, rule="automatic")
    store.record([make.decided(claim, decision=decision, defects=())], worker="node/1", now=1_020.0)
    assert store.job(job_id).decision == decision


def test_what_a_worker_read_is_repaired_and_cut(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    outcome = make.decided(
        claim,
        subject="\ud800" + "s" * 600,
        sender="a\0b",
        message_id="m" * 2_000,
        defects=tuple(f"\0{n}" + "d" * 300 for n in range(200)),
        decision=make.decision(reason="\0" + "r" * 3_000, queue="q" * 300),
    )
    store.record([outcome], worker="node/1", now=1_020.0)
    job = store.job(job_id)
    assert (len(job.subject), job.subject[0], job.sender, len(job.message_id)) == (500, "�", "a�b", 998)
    assert (len(job.defects), len(job.defects[0]), job.defects[0][0]) == (50, 200, "�")
    assert (len(job.decision.reason), len(job.decision.queue)) == (1_000, 200)


def test_a_result_under_a_lease_that_is_not_held_is_dropped(store, make):
    make.accepted(store, "1", "2")
    first, second = make.claim(store, now=1_010.0, lease_seconds=60.0)
    store.expire_leases(max_attempts=3, now=1_070.0)
    [again] = make.claim(store, now=1_080.0, worker="node/2")
    assert again.job_id == first.job_id
    assert again.lease != first.lease
    late = [make.decided(first), make.decided(second)]
    assert store.record(late, worker="node/1", now=1_090.0) == frozenset()
    assert store.job(first.job_id).status is Status.RUNNING
    assert store.job(second.job_id).status is Status.QUEUED
    assert store.record([make.decided(again)], worker="node/2", now=1_091.0) == {first.job_id}


def test_a_result_is_taken_once(store, make):
    [job_id] = make.accepted(store, "1", callback_url="https://example.org/hook")
    [claim] = make.claim(store, now=1_010.0)
    both = [make.decided(claim), make.failure(claim)]
    assert store.record(both, worker="node/1", now=1_020.0) == {job_id}
    assert store.record([make.failure(claim)], worker="node/1", now=1_021.0) == frozenset()
    assert store.job(job_id).status is Status.DONE
    assert len(store.history(job_id)) == 1
    assert len(store.claim_deliveries(limit=10, lease_seconds=10.0, now=1_030.0)) == 1


def test_a_result_whose_lease_ended_unnoticed_still_counts(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0, lease_seconds=1.0)
    assert store.record([make.decided(claim)], worker="node/1", now=2_000.0) == {job_id}
    assert store.expire_leases(max_attempts=3, now=2_001.0) == 0


def test_results_of_unknown_jobs_are_dropped(store, make):
    [job_id] = make.done(store, "1")
    store.erase(job_id, actor="key gate", now=2_000.0)
    [other] = make.accepted(store, "2")
    [claim] = make.claim(store, now=2_010.0)
    strangers = [make.decided(claim, job_id=unknown) for unknown in (job_id, "", "nonsense", "\0", "\ud800")]
    outcomes = [make.decided(claim), *strangers]
    assert store.record(outcomes, worker="node/1", now=2_020.0) == {other}
    assert store.record([], worker="node/1", now=2_020.0) == frozenset()


def test_a_failure_for_good_keeps_its_error(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.failure(claim, error="ValueError: \0 no")], worker="node/1", now=1_020.0)
    job = store.job(job_id)
    assert (job.status, job.error, job.attempts) == (Status.FAILED, "ValueError: � no", 1)
    assert [event.kind for event in store.history(job_id)] == ["failed"]
    assert make.claim(store, now=9_999.0) == []


def test_a_failure_that_may_pass_is_due_again_at_its_time_and_not_before(store, make):
    first, second = make.accepted(store, "1", "2")
    claims = make.claim(store, now=1_010.0)
    store.record([make.failure(claims[0], retry_at=1_100.0)], worker="node/1", now=1_020.0)
    job = store.job(first)
    assert (job.status, job.error, job.attempts) == (Status.QUEUED, "ValueError: no", 1)
    assert make.claim(store, now=1_099.9) == []
    [third] = make.accepted(store, "3", now=1_050.0)
    claims = make.claim(store, now=1_100.0)
    assert ids_of(claims) == [first, third], "a failure does not make a job lonely"
    assert [claim.attempt for claim in claims] == [2, 1]
    assert store.job(second).status is Status.RUNNING


def test_a_decision_after_a_failure_clears_the_error(store, make):
    [job_id] = make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.failure(claim, retry_at=1_020.0)], worker="node/1", now=1_020.0)
    [claim] = make.claim(store, now=1_020.0)
    store.record([make.decided(claim)], worker="node/1", now=1_030.0)
    assert store.job(job_id).error is None
    assert [event.kind for event in store.history(job_id)] == ["requeued", "decided"]


def test_a_lease_ends_at_its_time_and_not_before(store, make):
    make.accepted(store, "1")
    make.claim(store, now=1_010.0, lease_seconds=60.0)
    assert store.expire_leases(max_attempts=3, now=1_069.9) == 0
    assert store.expire_leases(max_attempts=3, now=1_070.0) == 1
    assert store.expire_leases(max_attempts=3, now=1_070.0) == 0


def test_neighbours_get_their_attempt_back_and_are_then_claimed_alone(store, make):
    ids = make.accepted(store, "1", "2", "3")
    make.claim(store, now=1_010.0)
    assert store.expire_leases(max_attempts=1, now=2_000.0) == 3
    for job_id in ids:
        job = store.job(job_id)
        assert (job.status, job.attempts) == (Status.QUEUED, 0)
        assert [event.kind for event in store.history(job_id)] == ["requeued"]
    assert [ids_of(make.claim(store, now=2_000.0)) for _ in range(4)] == [[ids[0]], [ids[1]], [ids[2]], []]


def test_a_job_that_was_alone_is_charged_and_fails_at_the_last_attempt(store, make):
    [job_id] = make.accepted(store, "1", callback_url="https://example.org/hook")
    for attempt in (1, 2, 3):
        [claim] = make.claim(store, now=1_000.0 + attempt * 100)
        assert claim.attempt == attempt
        assert store.expire_leases(max_attempts=3, now=1_090.0 + attempt * 100) == 1
        assert store.job(job_id).attempts == attempt
    job = store.job(job_id)
    assert job.status is Status.FAILED
    assert "died or hung" in job.error
    assert [event.kind for event in store.history(job_id)] == ["requeued", "requeued", "failed"]
    [delivery] = store.claim_deliveries(limit=10, lease_seconds=10.0, now=2_000.0)
    assert delivery.job_id == job_id


def test_a_mail_that_kills_its_worker_fails_and_its_neighbours_do_not(store, make):
    ids = make.accepted(store, "1", "poison", "3", "4")
    poison, now, last = ids[1], 1_000.0, None
    while last != []:
        now += 100
        store.expire_leases(max_attempts=3, now=now)
        last = make.claim(store, now=now)
        if poison not in ids_of(last):
            store.record([make.decided(claim) for claim in last], worker="node/1", now=now)
    assert [store.job(job_id).status for job_id in ids] == [Status.DONE, Status.FAILED, Status.DONE, Status.DONE]
    assert [store.job(job_id).attempts for job_id in ids] == [1, 3, 1, 1]


def test_ordinary_jobs_pass_a_younger_lonely_one_and_are_not_mixed_with_it(store, make):
    [lonely] = make.accepted(store, "lonely", now=1_000.0)
    make.claim(store, now=1_001.0, lease_seconds=1.0)
    store.expire_leases(max_attempts=3, now=1_002.0)
    older = make.accepted(store, "a", "b", now=900.0)
    younger = make.accepted(store, "c", now=1_100.0)
    assert ids_of(make.claim(store, now=1_200.0)) == [*older, *younger]
    assert ids_of(make.claim(store, now=1_200.0)) == [lonely]


def test_a_lonely_job_has_its_turn_when_it_is_the_oldest(store, make):
    [lonely] = make.accepted(store, "lonely", now=1_000.0)
    make.claim(store, now=1_001.0, lease_seconds=1.0)
    store.expire_leases(max_attempts=3, now=1_002.0)
    others = make.accepted(store, *"abcde", now=1_100.0)
    assert ids_of(make.claim(store, now=1_200.0, limit=3)) == [lonely]
    assert ids_of(make.claim(store, now=1_200.0, limit=3)) == others[:3]


def test_a_dead_process_gives_its_jobs_back_at_once(store, make):
    first, second, third = make.accepted(store, "1", "2", "3")
    make.claim(store, now=1_010.0, limit=1, worker="node/7")
    make.claim(store, now=1_010.0, limit=1, worker="node/77")
    make.claim(store, now=1_010.0, limit=1, worker="node")
    assert store.release("node/7", max_attempts=3, now=1_011.0) == 1
    assert [store.job(job_id).status for job_id in (first, second, third)] == ["queued", "running", "running"]
    [again] = make.claim(store, now=1_012.0)
    assert (again.job_id, again.attempt) == (first, 2)


def test_a_dead_node_gives_back_the_jobs_of_all_its_processes(store, make):
    ids = make.accepted(store, "1", "2", "3", "4")
    for worker in ("node/1", "node/2", "node-b/1", "nodes/1"):
        make.claim(store, now=1_010.0, limit=1, worker=worker)
    assert store.release("node/", max_attempts=3, now=1_011.0) == 2
    assert [store.job(job_id).status for job_id in ids] == ["queued", "queued", "running", "running"]


def test_a_release_fails_a_job_at_its_last_attempt_and_owes_the_callback(store, make):
    [job_id] = make.accepted(store, "1", callback_url="https://example.org/hook")
    make.claim(store, now=1_010.0, worker="node/1")
    assert store.release("node/1", max_attempts=1, now=1_011.0) == 1
    assert store.job(job_id).status is Status.FAILED
    assert len(store.claim_deliveries(limit=10, lease_seconds=10.0, now=1_012.0)) == 1


def test_wildcards_in_a_workers_name_are_plain_characters(store, make):
    make.accepted(store, "1")
    make.claim(store, now=1_010.0, worker="node/1")
    assert store.release("n%/", max_attempts=3, now=1_011.0) == 0
    assert store.release("n__e/", max_attempts=3, now=1_011.0) == 0


def test_the_backlog_counts_what_is_undecided(store, make):
    assert store.backlog() == Backlog(queued=0, running=0, failed=0, oldest_queued_at=None)
    make.done(store, "done")
    make.accepted(store, "fails", now=1_001.0)
    [claim] = make.claim(store, now=1_001.0)
    store.record([make.failure(claim)], worker="node/1", now=1_001.0)
    make.accepted(store, "1", "2", "3", now=1_002.0)
    make.claim(store, now=1_003.0, limit=1)
    assert store.backlog() == Backlog(queued=2, running=1, failed=1, oldest_queued_at=1_002.0)
    assert len(store.jobs(NO_FILTER).jobs) == 5


def test_a_mail_that_waits_for_its_retry_is_not_the_oldest_until_then_and_one_given_back_is_at_once(store, make):
    make.accepted(store, "put off", "given back", now=1_000.0)
    [first, _] = make.claim(store, now=1_001.0)
    store.record([make.failure(first, retry_at=1_060.0)], worker="node/1", now=1_002.0)
    assert store.backlog().oldest_queued_at == 1_060.0, "nothing waits that a worker could decide before"
    store.release("node/1", max_attempts=3, now=1_003.0)
    assert store.backlog().oldest_queued_at == 1_000.0
