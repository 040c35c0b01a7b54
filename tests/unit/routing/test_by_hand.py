"""Deciding a failed mail by hand, as the domain sees it; the store's part has its conformance tests."""

from __future__ import annotations

import pytest

from routing.by_hand import decide_by_hand
from routing.decision import Priority
from routing.errors import InvalidInput, NotFound, WrongStatus
from routing.job import Failure, MailFormat, Submission
from routing.policy.reading import read_policy
from routing.store.memory import MemoryStore


@pytest.fixture(scope="module")
def policy():
    return read_policy()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def job_id(store):
    mail = Submission(source="gate", content=b"x", format=MailFormat.RFC822, digest="d", subject="Dossier 1")
    [accepted] = store.submit([mail], now=1.0)
    return accepted.job.id


@pytest.fixture
def failed_id(store, job_id):
    [claim] = store.claim(worker="node/1", limit=1, lease_seconds=60.0, now=1.0)
    store.record([Failure(job_id=job_id, lease=claim.lease, error="no", retry_at=None)], worker="node/1", now=1.0)
    return job_id


def decide(store, policy, job_id, **fields):
    given = {"label": None, "queue": None, "user": "sam", "note": "", "now": 2.0}
    return decide_by_hand(store, policy, job_id, **(given | fields))


def test_a_label_gives_queue_and_priority(store, policy, failed_id):
    job = decide(store, policy, failed_id, label="assistance")
    assert job.decision.queue == policy.label("assistance").queue
    assert job.decision.priority is policy.label("assistance").priority
    assert job.subject == "Dossier 1"


def test_a_queue_alone_gives_no_label(store, policy, failed_id):
    job = decide(store, policy, failed_id, queue="complaints", note="Lu.")
    assert (job.decision.label, job.decision.queue, job.decision.priority) == (None, "complaints", Priority.NORMAL)
    assert job.decision.reason == "Decided by sam, after no worker could. Lu."


@pytest.mark.parametrize(
    "fields", [{}, {"label": "nonsense"}, {"queue": "nonsense"}, {"queue": "triage", "note": "x" * 2001}]
)
def test_what_nobody_can_mean_is_refused(store, policy, failed_id, fields):
    with pytest.raises(InvalidInput):
        decide(store, policy, failed_id, **fields)


def test_only_what_failed_is_decided_by_hand(store, policy, job_id):
    with pytest.raises(WrongStatus, match="queued"):
        decide(store, policy, job_id, queue="triage")
    with pytest.raises(NotFound):
        decide(store, policy, "01a1f897-0000-7000-8000-000000000999", queue="triage")
