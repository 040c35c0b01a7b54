"""What was lost on the way is set going again; what may not be kept is deleted."""

import pytest

from routing.errors import NotFound
from routing.job import Failure, Status
from routing.store.memory import MemoryStore
from worker.sweeping import DAY_SECONDS, Sweeper


class Rings:
    def __init__(self):
        self.classify = 0
        self.deliver = 0

    def ring_classify(self):
        self.classify += 1

    def ring_deliver(self):
        self.deliver += 1


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def rings():
    return Rings()


@pytest.fixture
def sweeper(store, rings):
    def at(now, *, mails=90.0, jobs=730.0):
        return Sweeper(
            store=store,
            max_attempts=3,
            mail_retention_days=mails,
            job_retention_days=jobs,
            ring_classify=rings.ring_classify,
            ring_deliver=rings.ring_deliver,
            clock=lambda: now,
        )

    return at


def claimed(store, mail, *, seconds=60.0, now=0.0):
    store.submit([mail()], now=now)
    (claim,) = store.claim(worker="w", limit=1, lease_seconds=seconds, now=now)
    return claim


def ended(store, mail, *, now=0.0):
    claim = claimed(store, mail, now=now)
    store.record([Failure(job_id=claim.job_id, lease=claim.lease, error="no", retry_at=None)], worker="w", now=now)
    return claim.job_id


def test_nothing_queued_rings_for_no_decisions(sweeper, rings):
    sweeper(1.0).sweep()
    assert rings.classify == 0


def test_forgotten_mail_rings(store, mail, sweeper, rings):
    store.submit([mail()], now=0.0)
    sweeper(1.0).sweep()
    assert rings.classify == 1


def test_callbacks_are_asked_after_by_every_sweep(sweeper, rings):
    for _ in range(3):
        sweeper(1.0).sweep()
    assert rings.deliver == 3


def test_an_expired_lease_is_returned_and_rings(store, mail, sweeper, rings, caplog):
    job_id = claimed(store, mail).job_id
    sweeper(59.0).sweep()
    assert store.job(job_id).status is Status.RUNNING
    assert rings.classify == 0
    sweeper(61.0).sweep()
    assert store.job(job_id).status is Status.QUEUED
    assert rings.classify == 1
    assert "1 leases had expired" in caplog.text


def test_a_lease_that_expired_for_the_third_time_fails_the_job(store, mail, sweeper):
    job_id = claimed(store, mail).job_id
    for attempt in range(3):
        sweeper(100.0 * attempt + 61).sweep()
        store.claim(worker="w", limit=1, lease_seconds=60, now=100.0 * (attempt + 1))
    assert store.job(job_id).status is Status.FAILED


def test_retention_deletes_mails_first_and_jobs_later(store, mail, sweeper):
    job_id = ended(store, mail)
    sweeper(89 * DAY_SECONDS).purge()
    assert store.mail(job_id).content
    sweeper(91 * DAY_SECONDS).purge()
    with pytest.raises(NotFound):
        store.mail(job_id)
    assert store.job(job_id)
    sweeper(731 * DAY_SECONDS).purge()
    with pytest.raises(NotFound):
        store.job(job_id)


def test_a_retention_of_zero_days_keeps_for_ever(store, mail, sweeper):
    job_id = ended(store, mail)
    sweeper(10_000 * DAY_SECONDS, mails=0, jobs=0).purge()
    assert store.mail(job_id).content


def test_what_has_not_ended_is_never_deleted(store, mail, sweeper):
    job_id = claimed(store, mail, seconds=1e12).job_id
    sweeper(10_000 * DAY_SECONDS).purge()
    assert store.mail(job_id).content
