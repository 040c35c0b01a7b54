"""Saved policies, and the mails that a change is tried out on: the same on every store."""

from dataclasses import replace

import pytest

from routing.errors import InvalidInput, NotFound, Overtaken
from routing.ids import uuid7
from routing.job import MailFormat
from routing.people import AuditEntry
from routing.store.policies import Answer, SavedPolicy
from routing.store.port import WorkerBeat

DAY = 24 * 3600.0


def version(number, **fields):
    given = {
        "number": number,
        "version": f"digest{number}",
        "content": f"triage: t{number}\n",
        "author": "user anne",
        "at": 1_000.0 + number,
        "note": f"note {number}",
    }
    return SavedPolicy(**(given | fields))


def test_before_anything_is_saved_there_is_no_version(store):
    assert store.policy_head() == 0
    assert store.policy_versions() == ()
    with pytest.raises(NotFound):
        store.policy_version(1)


def test_a_version_is_given_back_as_it_was_saved(store):
    saved = version(1, content="triage: « tri »\r\n# 😀\n", note="")
    store.save_policy(saved)
    assert store.policy_version(1) == saved
    assert store.policy_head() == 1


def test_versions_are_listed_newest_first_page_by_page(store):
    for number in (1, 2, 3):
        store.save_policy(version(number))
    assert [saved.number for saved in store.policy_versions(limit=2)] == [3, 2]
    assert [saved.number for saved in store.policy_versions(before=2, limit=2)] == [1]
    assert store.policy_versions(before=1) == ()


def test_who_saves_on_top_of_an_older_version_is_told_whose_came_between(store):
    store.save_policy(version(1))
    store.save_policy(version(2, author="user bea", at=5.0))
    with pytest.raises(Overtaken) as caught:
        store.save_policy(version(2))
    assert (caught.value.actor, caught.value.kind, caught.value.at) == ("user bea", "policy saved", 5.0)
    with pytest.raises(Overtaken):
        store.save_policy(version(4))
    assert store.policy_version(2).author == "user bea"
    assert store.policy_head() == 2


def test_a_version_and_its_line_of_the_audit_are_there_together_or_not_at_all(store):
    line = AuditEntry(at=1.0, actor="user anne", kind="policy saved", subject="version 1", detail="why")
    store.save_policy(version(1), audit=[line])
    with pytest.raises(Overtaken):
        store.save_policy(version(1), audit=[line])
    assert store.audit()[0] == (line,)


def test_a_first_version_cannot_be_a_second(store):
    with pytest.raises(Overtaken):
        store.save_policy(version(2))
    assert store.policy_head() == 0


def test_texts_that_no_database_takes_are_made_ones_that_it_does(store):
    store.save_policy(version(1, content="a\0b", note="c\ud800d"))
    saved = store.policy_version(1)
    assert saved.content == "a\N{REPLACEMENT CHARACTER}b"
    assert saved.note == "c\N{REPLACEMENT CHARACTER}d"


def test_numbers_beyond_all_versions_are_not_found(store):
    store.save_policy(version(1))
    for number in (0, -1, 2, 10**30):
        with pytest.raises(NotFound):
            store.policy_version(number)
    assert [saved.number for saved in store.policy_versions(before=10**30)] == [1]


def test_answers_are_those_of_models_and_say_what_humans_made_of_them(store, make):
    plain, reviewed, corrected, ruled = make.accepted(store, "plain", "reviewed", "corrected", "ruled", now=1_000.0)
    answer = {"model_label": "claim_motor", "model_confidence": 0.75}
    outcomes = [make.decided(claim, **answer) for claim in make.claim(store, now=1_001.0)]
    outcomes[0] = replace(outcomes[0], novelty=1.5)
    outcomes[3] = replace(outcomes[3], model_label=None, model_confidence=None)
    store.record(outcomes, worker="node/1", now=1_002.0)
    confirmed = {"label": "claim_motor", "queue": "motor", "confirmed": True}
    store.review(make.review(reviewed, **confirmed), decision=make.decision(), actor="key k")
    store.review(
        make.review(corrected, id=reviewed), decision=make.decision(label="quote", queue="sales"), actor="key k"
    )
    kept = {"label": "claim_motor", "confidence": 0.75, "novelty": None}
    assert store.answers(since=0.0, limit=10) == (
        Answer(**kept, right=False),
        Answer(**kept, right=True),
        Answer(**kept | {"novelty": 1.5}, right=None),
    )
    assert len(store.answers(since=0.0, limit=2)) == 2
    assert store.answers(since=1_001.0, limit=10) == ()
    assert ruled > corrected > plain


def test_mails_that_wait_or_failed_gave_no_answer(store, make):
    make.accepted(store, "waits", now=1_000.0)
    assert store.answers(since=0.0, limit=10) == ()
    assert store.kept_mails() == ()


def test_kept_mails_come_newest_first_with_what_was_handed_in(store, make):
    first, second = make.done(store, "first", "second")
    found = store.kept_mails(limit=1)
    assert [kept.job.id for kept in found] == [second]
    assert found[0].content == b"Subject: second\r\n\r\nBonjour"
    assert found[0].format is MailFormat.RFC822
    assert found[0].job == store.job(second)
    assert [kept.job.id for kept in store.kept_mails(before=second)] == [first]
    size = len(b"Subject: second\r\n\r\nBonjour")
    assert [kept.job.id for kept in store.kept_mails(most_bytes=size - 1)] == [first]
    with pytest.raises(InvalidInput):
        store.kept_mails(before="second")


def test_mails_that_retention_deleted_are_not_kept(store, make):
    make.done(store, "old", now=1_000.0)
    store.purge(mails_before=1_000.0 + 10 * DAY, jobs_before=0.0, now=1_000.0 + 10 * DAY)
    assert store.kept_mails() == ()


def test_labels_given_are_counted_by_reviewer_from_a_time_on(store, make):
    jobs = make.done(store, "1", "2", "3")
    for job_id, who, at in zip(jobs, ("anne", "bea", "anne"), (4_999.0, 5_000.0, 5_001.0), strict=True):
        store.review(
            make.review(job_id, id=uuid7(at), reviewer=who, at=at),
            decision=make.decision(label="quote", queue="sales"),
            actor="key k",
        )
    assert store.labels_given(since=5_000.0) == {"bea": 1, "anne": 1}
    assert store.labels_given(since=0.0) == {"bea": 1, "anne": 2}
    assert store.labels_given(since=6_000.0) == {}


def test_the_history_says_by_which_policy_a_mail_was_decided(store, make):
    make.accepted(store, "with", "without", now=1_000.0)
    first, second = make.claim(store, now=1_001.0)
    outcomes = [make.decided(first, policy="0123456789ab"), make.decided(second)]
    store.record(outcomes, worker="node/1", now=1_002.0)
    assert store.history(first.job_id)[-1].detail == "motor, policy 0123456789ab"
    assert store.history(second.job_id)[-1].detail == "motor"


def test_a_worker_says_what_its_model_can_give(store):
    beat = WorkerBeat(name="node", model_version="m-1", started_at=1.0, seen_at=2.0, model='{"labels": ["é"]}')
    store.beat(beat)
    assert store.workers(seen_after=0.0) == (beat,)
    store.beat(replace(beat, model=""))
    assert store.workers(seen_after=0.0)[0].model == ""
