"""What every store does when mails are handed in."""

from __future__ import annotations

import pytest

from routing.errors import KeyReused, NotFound
from routing.job import MailFormat, Status
from routing.store.port import NO_FILTER


def test_a_mail_handed_in_is_a_queued_job_with_its_mail(store, make):
    [accepted] = store.submit([make.submission(metadata={"ticket": 7, "é": None})], now=1_000.0)
    assert accepted.created
    job = store.job(accepted.job.id)
    assert job == accepted.job
    assert (job.status, job.created_at, job.attempts, job.reviewed) == (Status.QUEUED, 1_000.0, 0, False)
    assert (job.message_id, job.subject, job.sender) == ("<1@example.org>", "mail 1", "anne@example.org")
    assert job.metadata == {"ticket": 7, "é": None}
    mail = store.mail(job.id)
    assert (mail.content, mail.format, job.size) == (make.submission().content, MailFormat.RFC822, len(mail.content))
    assert store.history(job.id) == ()


def test_nothing_handed_in_is_no_answer(store):
    assert store.submit([], now=1_000.0) == []


def test_every_byte_of_a_mail_comes_back(store, make):
    content = bytes(range(256)) * 300
    [job_id] = make.accepted(store, "bytes", content=content, format=MailFormat.JSON)
    assert store.mail(job_id).content == content
    assert store.mail(job_id).format is MailFormat.JSON


def test_the_same_message_id_from_the_same_source_is_the_same_job(store, make):
    [first] = make.accepted(store, "1")
    [again] = store.submit([make.submission("1", digest="other", subject="other")], now=2_000.0)
    assert not again.created
    assert again.job == store.job(first)


def test_the_same_message_id_from_another_source_is_another_job(store, make):
    [first] = make.accepted(store, "1")
    [second] = make.accepted(store, "1", source="other")
    assert first != second


def test_mails_without_message_id_are_never_repeats_of_each_other(store, make):
    assert len(set(make.accepted(store, "1", "2", message_id=""))) == 2


def test_the_same_idempotency_key_with_the_same_body_is_the_same_job(store, make):
    [first] = make.accepted(store, "1", idempotency_key="k", message_id="")
    [again] = store.submit([make.submission("1", idempotency_key="k", message_id="")], now=2_000.0)
    assert (again.created, again.job.id) == (False, first)


def test_the_same_idempotency_key_with_another_body_is_a_conflict_and_not_a_job(store, make):
    make.accepted(store, "1", idempotency_key="k")
    [answer] = store.submit([make.submission("2", idempotency_key="k")], now=2_000.0)
    assert isinstance(answer, KeyReused)
    assert len(store.jobs(NO_FILTER).jobs) == 1


def test_an_idempotency_key_belongs_to_its_source(store, make):
    make.accepted(store, "1", idempotency_key="k")
    [other] = store.submit([make.submission("2", idempotency_key="k", source="other")], now=2_000.0)
    assert other.created


def test_a_new_key_with_a_known_message_id_is_the_known_job(store, make):
    [first] = make.accepted(store, "1", idempotency_key="k")
    [again] = store.submit([make.submission("1", idempotency_key="new", digest="other")], now=2_000.0)
    assert (again.created, again.job.id) == (False, first)


def test_the_key_counts_before_the_message_id(store, make):
    [first] = make.accepted(store, "1", idempotency_key="k")
    make.accepted(store, "2")
    [again] = store.submit([make.submission("2", idempotency_key="k", digest="digest of 1")], now=2_000.0)
    assert again.job.id == first


def test_repeats_inside_one_call_are_recognised_in_order(store, make):
    answers = store.submit(
        [
            make.submission("1", idempotency_key="k"),
            make.submission("2"),
            make.submission("1", idempotency_key="k"),
            make.submission("2", digest="other"),
            make.submission("3", idempotency_key="k"),
            make.submission("4"),
        ],
        now=1_000.0,
    )
    assert [getattr(answer, "created", None) for answer in answers] == [True, True, False, False, None, True]
    assert answers[2].job == answers[0].job
    assert answers[3].job == answers[1].job
    assert isinstance(answers[4], KeyReused)
    assert len(store.jobs(NO_FILTER).jobs) == 3


def test_a_key_that_comes_later_in_the_call_does_not_count_before(store, make):
    first, again, other = store.submit(
        [
            make.submission("1"),
            make.submission("1", idempotency_key="k"),
            make.submission("2", idempotency_key="k"),
        ],
        now=1_000.0,
    )
    assert (again.created, again.job.id) == (False, first.job.id)
    assert other.created


def test_a_mail_whose_key_was_taken_does_not_stand_in_for_its_message_id(store, make):
    make.accepted(store, "1", idempotency_key="k")
    refused, accepted = store.submit([make.submission("2", idempotency_key="k"), make.submission("2")], now=2_000.0)
    assert isinstance(refused, KeyReused)
    assert accepted.created


def test_a_repeat_is_answered_with_the_job_as_it_is_now(store, make):
    [job_id] = make.done(store, "1")
    [again] = store.submit([make.submission("1")], now=2_000.0)
    assert again.job == store.job(job_id)
    assert again.job.status is Status.DONE


def test_a_message_id_that_the_worker_read_makes_nobody_a_repeat(store, make):
    ids = make.accepted(store, "1", "2", message_id="")
    claims = make.claim(store, now=1_001.0)
    taken = store.record([make.decided(claim, message_id="<x@y>") for claim in claims], worker="node/1", now=1_002.0)
    assert taken == set(ids)
    [third] = store.submit([make.submission("3", message_id="<x@y>")], now=1_003.0)
    assert third.created


def test_an_erased_mail_may_be_handed_in_again(store, make):
    [first] = make.done(store, "1", idempotency_key="k")
    store.erase(first, actor="key gate", now=2_000.0)
    [again] = store.submit([make.submission("1", idempotency_key="k", digest="other")], now=3_000.0)
    assert again.created


def test_ids_follow_the_order_of_arrival_within_a_call_too(store, make):
    ids = make.accepted(store, *map(str, range(200)), now=1_790_000_000.0)
    assert ids == sorted(ids)
    assert [job.id for job in store.jobs(NO_FILTER, limit=200).jobs] == ids[::-1]


def test_text_that_a_database_would_refuse_is_repaired(store, make):
    [job_id] = make.accepted(store, "1", subject="a\0b\ud800c", sender="\udfff@example.org", message_id="<\0\ud800>")
    job = store.job(job_id)
    assert (job.subject, job.sender, job.message_id) == ("a�b�c", "�@example.org", "<��>")
    [again] = store.submit([make.submission("2", message_id="<\0\ud800>")], now=2_000.0)
    assert again.job == job
    assert store.submit([make.submission("2", message_id="<\0\ud801>")], now=2_000.0)[0].created


def test_metadata_comes_back_with_any_character(store, make):
    metadata = {"nul\0": ["\ud800", {"deep": 1.5}]}
    [job_id] = make.accepted(store, "1", metadata=metadata)
    assert store.job(job_id).metadata == metadata


def test_long_text_is_cut_and_long_keys_still_tell_repeats(store, make):
    long, longer = "<" + "x" * 5_000 + ">", "<" + "x" * 5_001 + ">"
    ids = make.accepted(store, "1", subject="s" * 5_000, message_id=long, idempotency_key="k" * 5_000)
    assert len(store.job(ids[0]).subject) == 500
    assert make.accepted(store, "1", message_id=long) == ids
    assert make.accepted(store, "1", message_id="", idempotency_key="k" * 5_000) == ids
    assert make.accepted(store, "1", message_id=longer) != ids


@pytest.mark.parametrize("job_id", ["", "nonsense", "0190b7d8-0000-7000-8000-000000000000", "' OR 1=1"])
def test_an_unknown_id_is_not_found_whatever_it_looks_like(store, job_id):
    for question in (store.job, store.mail, store.history):
        with pytest.raises(NotFound):
            question(job_id)
    assert store.reviews(job_id) == ()
