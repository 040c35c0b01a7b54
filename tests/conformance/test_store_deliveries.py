"""What every store does for webhooks that are owed, for API keys and for workers."""

from __future__ import annotations

import pytest

from routing.errors import NotFound, WrongStatus
from routing.ids import uuid7
from routing.store import bounds
from routing.store.port import ApiKey, DeliveryOutcome, WorkerBeat

HOOK = "https://example.org/hook"


def due(store, *, now, limit=10, lease_seconds=60.0):
    return store.claim_deliveries(limit=limit, lease_seconds=lease_seconds, now=now)


def outcome(delivery, **fields):
    return DeliveryOutcome(**({"delivery_id": delivery.id, "lease": delivery.lease, "delivered": False} | fields))


def key(name, **fields):
    given = {"id": uuid7(), "name": name, "secret_hash": f"hash of {name}", "created_at": 1_000.0}
    return ApiKey(**(given | {"scopes": frozenset({"submit", "read"})} | fields))


def test_a_decided_job_with_a_callback_owes_a_delivery_and_others_do_not(store, make):
    [with_callback] = make.done(store, "1", callback_url=HOOK)
    make.done(store, "2")
    [delivery] = due(store, now=1_010.0)
    assert (delivery.job_id, delivery.url, delivery.attempts) == (with_callback, HOOK, 1)
    assert delivery.created_at == 1_000.0
    assert delivery.lease


def test_a_failed_job_owes_a_delivery_and_one_to_be_tried_again_does_not(store, make):
    make.accepted(store, "1", "2", callback_url=HOOK)
    first, second = make.claim(store, now=1_010.0)
    store.record([make.failure(first), make.failure(second, retry_at=9_000.0)], worker="node/1", now=1_020.0)
    assert [delivery.job_id for delivery in due(store, now=1_030.0)] == [first.job_id]


def test_a_job_tried_again_owes_another_delivery_under_another_id(store, make):
    [job_id] = make.accepted(store, "1", callback_url=HOOK)
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.failure(claim)], worker="node/1", now=1_020.0)
    store.retry(job_id, actor="key anne", now=1_030.0)
    [claim] = make.claim(store, now=1_040.0)
    store.record([make.decided(claim)], worker="node/1", now=1_050.0)
    assert len({delivery.id for delivery in due(store, now=1_060.0)}) == 2


def test_a_delivery_is_claimed_by_one_and_again_when_its_lease_ended(store, make):
    make.done(store, "1", "2", callback_url=HOOK)
    first = due(store, now=1_010.0, limit=1)
    second = due(store, now=1_010.0)
    assert len({delivery.id for delivery in first + second}) == 2
    assert due(store, now=1_069.9) == []
    again = due(store, now=1_070.0)
    assert {(delivery.id, delivery.attempts) for delivery in again} == {(one.id, 2) for one in first + second}


def test_a_delivery_that_arrived_is_not_tried_again(store, make):
    make.done(store, "1", callback_url=HOOK)
    [delivery] = due(store, now=1_010.0)
    store.record_deliveries([outcome(delivery, delivered=True)], now=1_020.0)
    assert due(store, now=9_999.0) == []


def test_a_delivery_is_put_off_until_its_time(store, make):
    make.done(store, "1", callback_url=HOOK)
    [delivery] = due(store, now=1_010.0)
    store.record_deliveries([outcome(delivery, retry_at=2_000.0, error="503")], now=1_020.0)
    assert due(store, now=1_999.9) == []
    [again] = due(store, now=2_000.0)
    assert (again.id, again.attempts) == (delivery.id, 2)
    assert again.lease != delivery.lease


def test_a_delivery_given_up_is_not_tried_again(store, make):
    make.done(store, "1", callback_url=HOOK)
    [delivery] = due(store, now=1_010.0)
    store.record_deliveries([outcome(delivery, error="410 Gone")], now=1_020.0)
    assert due(store, now=9_999.0) == []


def test_how_a_callback_ended_stands_in_the_history_of_its_job(store, make):
    done = make.done(store, "1", "2", callback_url="https://example.org/")
    claimed = store.claim_deliveries(limit=9, lease_seconds=60.0, now=2_000.0)
    store.record_deliveries(
        [
            DeliveryOutcome(delivery_id=claimed[0].id, lease=claimed[0].lease, delivered=True),
            DeliveryOutcome(delivery_id=claimed[1].id, lease=claimed[1].lease, delivered=False, error="it said 410"),
        ],
        now=2_001.0,
    )
    ends = {one.job_id: store.history(one.job_id)[-1] for one in claimed}
    assert set(ends) == set(done)
    assert [ends[one.job_id].kind for one in claimed] == ["callback delivered", "callback given up"]
    assert ends[claimed[1].job_id].detail == "it said 410"


def test_what_came_of_an_attempt_whose_lease_was_given_away_is_dropped(store, make):
    make.done(store, "1", callback_url=HOOK)
    [late] = due(store, now=1_010.0, lease_seconds=1.0)
    [again] = due(store, now=1_020.0)
    store.record_deliveries([outcome(late)], now=1_021.0)
    store.record_deliveries([outcome(again, retry_at=1_030.0)], now=1_022.0)
    assert [delivery.id for delivery in due(store, now=1_030.0)] == [late.id]


def test_a_key_is_found_by_its_hash_until_it_is_revoked(store):
    store.add_key(key("gate"))
    assert store.key_by_hash("hash of gate").scopes == {"submit", "read"}
    assert store.key_by_hash("another") is None
    store.revoke_key("gate", now=2_000.0)
    assert store.key_by_hash("hash of gate") is None
    assert [(one.name, one.revoked_at) for one in store.keys()] == [("gate", 2_000.0)]  # noqa: SIM118  (a store is no mapping)


def test_two_keys_in_use_cannot_share_a_name_but_a_revoked_one_frees_it(store):
    store.add_key(key("gate"))
    with pytest.raises(WrongStatus):
        store.add_key(key("gate", secret_hash="other"))
    store.revoke_key("gate", now=2_000.0)
    store.add_key(key("gate", secret_hash="other", created_at=3_000.0))
    assert [one.secret_hash for one in store.keys()] == ["hash of gate", "other"]  # noqa: SIM118  (a store is no mapping)
    assert store.key_by_hash("other").name == "gate"


def test_a_key_that_is_not_in_use_cannot_be_revoked(store):
    with pytest.raises(NotFound):
        store.revoke_key("nobody", now=2_000.0)


def test_workers_are_those_heard_from_lately(store):
    beat = WorkerBeat(name="b", model_version="m-1", started_at=900.0, seen_at=1_000.0)
    store.beat(beat)
    store.beat(WorkerBeat(name="a", model_version="m-1", started_at=900.0, seen_at=1_001.0))
    assert [one.name for one in store.workers(seen_after=999.0)] == ["a", "b"]
    assert [one.name for one in store.workers(seen_after=1_000.0)] == ["a"]
    store.beat(WorkerBeat(name="b", model_version="m-2", started_at=1_400.0, seen_at=1_500.0))
    assert [(one.name, one.model_version) for one in store.workers(seen_after=1_400.0)] == [("b", "m-2")]


def test_a_worker_that_has_been_silent_for_a_day_is_forgotten(store):
    store.beat(WorkerBeat(name="gone", model_version="m", started_at=0.0, seen_at=1_000.0))
    store.beat(WorkerBeat(name="here", model_version="m", started_at=0.0, seen_at=2_000.0))
    store.purge(mails_before=0.0, jobs_before=0.0, now=2_000.0 + 24 * 3_600)
    assert [one.name for one in store.workers(seen_after=0.0)] == ["here"]


def test_a_store_that_answers_passes_its_check_and_works_on_after_being_closed(store, make):
    store.check()
    store.close()
    assert len(make.accepted(store, "1")) == 1


def test_a_webhook_is_due_at_once_whatever_the_clock_of_the_worker(store, make):
    ids = make.done(store, "1", now=1_020.0, callback_url="https://example.org/hook")
    assert [one.job_id for one in store.claim_deliveries(limit=10, lease_seconds=10.0, now=1_000.0)] == ids


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "k" * 300])
def test_a_name_that_a_database_would_refuse_is_repaired_wherever_it_is_used(store, make, text):
    with pytest.raises(NotFound):
        store.revoke_key(text, now=2_000.0)
    assert store.key_by_hash(text) is None
    store.add_key(key(text))
    with pytest.raises(WrongStatus):
        store.add_key(key(text, secret_hash="another"))
    [kept] = store.keys()
    assert kept.name == bounds.bounded(text, bounds.NAME)
    assert store.key_by_hash(f"hash of {text}") == kept
    store.revoke_key(text, now=2_000.0)
    store.beat(WorkerBeat(name=text, model_version=text, started_at=1.0, seen_at=2_000.0))
    [beat] = store.workers(seen_after=0.0)
    assert beat.name == beat.model_version == kept.name
    make.accepted(store, "1")
    make.claim(store, now=2_000.0, worker=text)
    assert store.release(text, max_attempts=3, now=2_000.0) == 1


@pytest.mark.parametrize("text", ["", "nonsense", "\0", "\ud800"])
def test_an_outcome_of_a_delivery_that_there_cannot_be_is_dropped(store, make, text):
    make.done(store, "1", callback_url=HOOK)
    [delivery] = due(store, now=1_010.0)
    strangers = [outcome(delivery, delivery_id=text), outcome(delivery, lease=text)]
    store.record_deliveries(strangers, now=1_020.0)
    [again] = due(store, now=9_000.0)
    assert (again.id, again.attempts) == (delivery.id, 2)
