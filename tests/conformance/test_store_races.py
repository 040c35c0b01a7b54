"""Several threads and several processes on one database: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import psycopg
import pytest

from routing.errors import KeyReused
from routing.job import Status
from routing.store.opening import open_store
from routing.store.port import NO_FILTER
from routing.store.sql import database, interventions, retention

THREADS = 6
PROCESSES = 3

CLAIMANT = """
import json, os, sys
from routing.job import Failure
from routing.store.opening import open_store

store, mine = open_store(sys.argv[1]), []
print("ready", flush=True)
sys.stdin.readline()
while claims := store.claim(worker=f"node/{os.getpid()}", limit=7, lease_seconds=60.0, now=2_000.0):
    outcomes = [Failure(job_id=claim.job_id, lease=claim.lease, error="x", retry_at=None) for claim in claims]
    mine.extend(store.record(outcomes, worker=f"node/{os.getpid()}", now=2_000.0))
print(json.dumps(mine), flush=True)
store.close()
"""

SUBMITTER = """
import json, sys
from routing.job import MailFormat, Submission
from routing.store.opening import open_store

store, answers = open_store(sys.argv[1]), []
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, 200, 5):
    mails = [
        Submission(source="gate", content=b"x", format=MailFormat.RFC822, message_id=f"<{n}>", digest=str(n))
        for n in range(start, start + 5)
    ]
    answers += [(one.job.id, one.created) for one in store.submit(mails, now=1_000.0 + start)]
print(json.dumps(answers), flush=True)
store.close()
"""

FORKER = """
import json, os, sys
from routing.job import MailFormat, Submission
from routing.store.opening import open_store
from routing.store.port import NO_FILTER

def submit(name):
    mail = Submission(source="gate", content=b"x", format=MailFormat.RFC822, message_id=f"<{name}>", digest="d")
    [answer] = store.submit([mail], now=1_000.0)
    return answer.created

store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
submit("parent before")
child = os.fork()
if not child:
    os._exit(0 if all([submit(f"child {n}") for n in range(20)]) else 1)
created = [submit(f"parent {n}") for n in range(20)]
_, status = os.waitpid(child, 0)
print(json.dumps([status, all(created), len(store.jobs(NO_FILTER, limit=100).jobs)]), flush=True)
store.close()
"""


def run_together(make, script, url, count):
    """Run a script in several processes that all start when all are ready; return what each of them printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, url],
            cwd=make.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return answers


def in_threads(count, work):
    """Run `work(number)` in threads that all start at once; return what each of them returned."""
    barrier = Barrier(count)

    def wait_and_work(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(wait_and_work, number) for number in range(count)]]


def test_processes_that_claim_from_one_database_never_get_the_same_job(database_url, sql_store, make):
    ids = make.accepted(sql_store, *map(str, range(300)))
    taken = run_together(make, CLAIMANT, database_url, PROCESSES)
    assert sorted(job_id for one in taken for job_id in one) == ids
    assert sql_store.backlog().failed == 300


def test_processes_that_hand_in_the_same_mails_make_one_job_of_each(database_url, sql_store, make):
    answers = run_together(make, SUBMITTER, database_url, PROCESSES)
    assert len({tuple(job_id for job_id, _ in one) for one in answers}) == 1, "everybody is told the same job"
    created = Counter(job_id for one in answers for job_id, new in one if new)
    assert len(created) == 200
    assert set(created.values()) == {1}, "one of them is told that it was the first"
    assert sql_store.backlog().queued == 200


def test_a_process_that_was_forked_uses_connections_of_its_own(database_url, sql_store, make):
    assert run_together(make, FORKER, database_url, 1) == [[0, True, 41]]
    assert sql_store.backlog().queued == 41


def test_threads_that_claim_from_one_store_never_get_the_same_job(store, make):
    ids = make.accepted(store, *map(str, range(200)))

    def work(number):
        mine = []
        while claims := make.claim(store, now=2_000.0, limit=5, worker=f"node/{number}"):
            outcomes = [make.decided(claim) for claim in claims]
            mine.extend(store.record(outcomes, worker=f"node/{number}", now=2_000.0))
        return mine

    assert sorted(job_id for one in in_threads(THREADS, work) for job_id in one) == ids
    assert {job.status for job in store.jobs(NO_FILTER, limit=200).jobs} == {Status.DONE}
    assert all(len(store.history(job_id)) == 1 for job_id in ids)


def test_threads_that_use_one_key_at_once_make_one_job(store, make):
    def work(number):
        mails = [make.submission(f"{number}", idempotency_key="k", digest="d", message_id="")]
        return store.submit([*mails, make.submission("all")], now=1_000.0)

    answers = in_threads(THREADS, work)
    for place in (0, 1):
        assert len({one[place].job.id for one in answers}) == 1
        assert sum(one[place].created for one in answers) == 1
    assert len(store.jobs(NO_FILTER).jobs) == 2


def test_a_key_used_at_once_with_different_bodies_is_one_job_and_conflicts(store, make):
    answers = in_threads(
        THREADS, lambda number: store.submit([make.submission(f"{number}", idempotency_key="k")], now=1_000.0)[0]
    )
    assert sum(isinstance(answer, KeyReused) for answer in answers) == THREADS - 1
    assert len(store.jobs(NO_FILTER).jobs) == 1


def test_calls_with_the_same_mails_in_opposite_order_never_wait_for_one_another(sql_store, make, monkeypatch):
    monkeypatch.setattr(database, "DEADLOCKS", 0)
    names = [str(number) for number in range(40)]

    def work(number):
        order = names if number % 2 else names[::-1]
        return {one.job.id for one in sql_store.submit([make.submission(name) for name in order], now=1_000.0)}

    answers = in_threads(4, work)
    assert all(answer == answers[0] for answer in answers)
    assert sql_store.backlog().queued == 40


def test_calls_that_end_in_a_deadlock_all_come_through(sql_store, make):
    names = [*map(str, range(40)), "0"]  # a mail twice in one call: its order is kept, whatever others do

    def work(number):
        order = names if number % 2 else names[::-1]
        return {one.job.id for one in sql_store.submit([make.submission(name) for name in order], now=1_000.0)}

    answers = in_threads(4, work)
    assert all(answer == answers[0] for answer in answers)
    assert sql_store.backlog().queued == 40


def test_threads_that_deliver_never_get_the_same_webhook(store, make):
    ids = make.done(store, *"abcdefghij", callback_url="https://example.org/hook")
    claimed = in_threads(THREADS, lambda _: store.claim_deliveries(limit=3, lease_seconds=60.0, now=2_000.0))
    claimed.append(store.claim_deliveries(limit=10, lease_seconds=60.0, now=2_000.0))
    assert sorted(delivery.job_id for one in claimed for delivery in one) == ids


def test_a_sweep_and_a_late_result_never_both_have_their_way(store, make):
    make.accepted(store, *map(str, range(60)))
    claims = [claim for _ in range(60) for claim in make.claim(store, now=1_010.0, limit=1, lease_seconds=1.0)]

    def work(number):
        if number == 0:
            return store.expire_leases(max_attempts=1, now=2_000.0)
        mine = claims[number - 1 :: THREADS - 1]
        return sum(len(store.record([make.decided(claim)], worker="node/1", now=2_000.0)) for claim in mine)

    swept, *recorded = in_threads(THREADS, work)
    assert swept + sum(recorded) == 60
    statuses = Counter(job.status for job in store.jobs(NO_FILTER, limit=60).jobs)
    assert (statuses[Status.FAILED], statuses[Status.DONE]) == (swept, sum(recorded))


@pytest.mark.postgres
def test_retention_leaves_the_mail_of_a_job_that_is_being_tried_again(postgres_url, make):
    store = open_store(postgres_url)
    [job_id] = make.accepted(store, "1")
    store.record([make.failure(claim) for claim in make.claim(store, now=1_010.0)], worker="node/1", now=1_010.0)
    retried, purged = Event(), Event()

    def retry(transaction):
        transaction.run(interventions._RETRY, {"id": job_id, "now": 2_000.0, "at_once": 0.0})
        retried.set()
        assert purged.wait(60)

    with ThreadPoolExecutor(1) as pool:
        retrying = pool.submit(store._database.write, retry)
        assert retried.wait(60)
        try:
            assert store.purge(mails_before=1_500.0, jobs_before=1_500.0, now=2_000.0) == {"mails": 0, "jobs": 0}
        finally:
            purged.set()
        retrying.result()
    assert [claim.content for claim in make.claim(store, now=2_000.0)] == [store.mail(job_id).content]
    store.close()


@pytest.mark.postgres
def test_retention_holds_the_jobs_whose_mails_it_deletes(postgres_url, make):
    store = open_store(postgres_url)
    [job_id] = make.done(store, "1")

    def purge(transaction):
        where = {"last_id": "ffffffff-ffff-7000-8000-000000000000", "before": 1_500.0, "batch": 10}
        assert transaction.rows(retention._OLD_MAILS, where) == [(job_id, "done", "motor")]
        with psycopg.connect(postgres_url) as other, pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT 1 FROM jobs FOR UPDATE NOWAIT")

    store._database.write(purge)
    store.close()


@pytest.mark.postgres
def test_a_server_that_ended_every_connection_is_noticed_by_nobody(postgres_url, postgres_server, make):
    store = open_store(postgres_url)
    in_threads(4, lambda number: make.accepted(store, f"before {number}"))
    _end_connections(postgres_server)
    assert store.backlog().queued == 4
    _end_connections(postgres_server)
    assert len(make.accepted(store, "after")) == 1
    store.close()


def _end_connections(server):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'facteur' AND usename = current_user AND pid <> pg_backend_pid()"
        )
