"""Failed mails: supervisors try them again or decide them by hand; administrators erase them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from routing.job import Failure, MailFormat, Status, Submission


@pytest.fixture
def fail(console):
    """Let a mail fail; return the id of its job."""
    numbers = iter(range(10_000))

    def failing(error="ValueError: no", source="gate", subject="Dégât des eaux", **fields):
        number = next(numbers)
        mail = Submission(
            source=source,
            content=b"Subject: x\r\n\r\nBonjour",
            format=MailFormat.RFC822,
            message_id=f"<{number}@example.org>",
            digest=str(number),
            subject=subject,
            sender="anne@example.org",
            **fields,
        )
        now = console.clock.now + number / 100
        [accepted] = console.store.submit([mail], now=now)
        [claim] = console.store.claim(worker="node/1", limit=1, lease_seconds=60.0, now=now)
        failure = Failure(job_id=claim.job_id, lease=claim.lease, error=error, retry_at=None)
        console.store.record([failure], worker="node/1", now=now)
        return accepted.job.id

    return failing


def said(browser, answer):
    assert answer.status_code == 303, answer.text
    return browser.page(answer.headers["Location"])


def test_failed_mails_are_for_supervisors(console, fail):
    job_id = fail()
    for path in ("/failed", f"/failed/{job_id}"):
        assert console.supervisor.get(path).status_code == 200
        assert console.agent.get(path).status_code == 403
    for path in ("/failed/retry", f"/failed/{job_id}/retry", f"/failed/{job_id}/decide", f"/failed/{job_id}/erase"):
        assert console.agent.post(path, {"job": job_id, "queue": "triage"}).status_code == 403
    assert console.supervisor.post(f"/failed/{job_id}/erase").status_code == 403
    assert console.store.job(job_id).status is Status.FAILED


def test_without_failures_the_page_says_so(console):
    assert "Every mail could be decided" in console.supervisor.page("/failed")


def test_the_list_shows_subject_sender_source_and_error(console, fail):
    fail("MemoryError: so large", subject="Un <b>devis</b>")
    page = console.supervisor.page("/failed")
    for text in ("Un &lt;b&gt;devis&lt;/b&gt;", "anne@example.org", "gate", "MemoryError: so large"):
        assert text in page
    assert "<b>devis" not in page


def test_the_list_is_filtered_by_source_and_error(console, fail):
    fail("ValueError: a", subject="first one")
    fail("MemoryError: b", source="gate 2", subject="second one")
    assert "first one" not in console.supervisor.page("/failed?source=gate+2")
    assert "second one" not in console.supervisor.page("/failed?error=ValueError")
    assert "No failed mail is like that" in console.supervisor.page("/failed?error=ValueError&source=gate+2")
    assert "first one" in console.supervisor.page("/failed?source=&error=")


def test_the_list_goes_on_over_pages(console, fail):
    for number in range(60):
        fail(subject=f"mail {number}.")
    page = console.supervisor.page("/failed?source=gate")
    assert "mail 59." in page
    assert "mail 9." not in page
    path = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "mail 9." in console.supervisor.page(path)
    assert console.supervisor.get("/failed?cursor=nonsense").status_code == 422


def test_a_failed_mail_is_tried_again_and_a_worker_woken(console, fail):
    job_id = fail()
    page = said(console.supervisor, console.supervisor.post(f"/failed/{job_id}/retry"))
    assert "is tried again" in page
    job = console.store.job(job_id)
    assert (job.status, job.attempts) == (Status.QUEUED, 0)
    assert console.store.history(job_id)[-1].actor == "user sam"
    assert console.house.bell.rings > 0


def test_the_chosen_ones_are_tried_again_and_it_is_said_what_could_not_be(console, fail):
    ids = [fail() for _ in range(3)]
    console.store.erase(ids[2], actor="user ana", now=1.0)
    page = said(console.supervisor, console.supervisor.post("/failed/retry", [("job", one) for one in ids[1:]]))
    assert "1 mail is tried again. 1 could not be" in page
    assert [console.store.job(one).status for one in ids[:2]] == [Status.FAILED, Status.QUEUED]


def test_all_that_the_filter_shows_are_tried_again_and_no_others(console, fail):
    one, other = fail(), fail("MemoryError: b")
    form = {"all": "on", "error": "ValueError", "next": "/failed?error=ValueError"}
    page = said(console.supervisor, console.supervisor.post("/failed/retry", form))
    assert "1 mail is tried again." in page
    assert console.store.job(one).status is Status.QUEUED
    assert console.store.job(other).status is Status.FAILED


def test_nothing_chosen_is_said(console):
    assert "Choose at least one mail" in said(console.supervisor, console.supervisor.post("/failed/retry"))


@pytest.mark.parametrize(
    ("form", "label", "queue"),
    [
        ({"label": "quote"}, "quote", "sales"),
        ({"queue": "triage"}, None, "triage"),
        ({"label": "quote", "queue": "triage"}, "quote", "triage"),
    ],
)
def test_a_failed_mail_is_decided_by_hand(console, fail, form, label, queue):
    job_id = fail(callback_url="https://example.org/hook")
    page = said(console.supervisor, console.supervisor.post(f"/failed/{job_id}/decide", form | {"note": "read it"}))
    assert f"is in the queue {queue} now" in page
    job = console.store.job(job_id)
    assert (job.status, job.decision.label, job.decision.queue) == (Status.DONE, label, queue)
    assert (job.decision.decided_by, job.reviewed) == ("human", True)
    [review] = console.store.reviews(job_id)
    assert (review.reviewer, review.label, review.note) == ("sam", label, "read it")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Choose a queue"),
        ({"label": "nonsense"}, "choose again"),
        ({"queue": "nonsense"}, "choose again"),
        ({"queue": "triage", "note": "x" * 2001}, "too long"),
    ],
)
def test_what_nobody_can_mean_is_refused(console, fail, form, says):
    job_id = fail()
    answer = console.supervisor.post(f"/failed/{job_id}/decide", form)
    assert answer.status_code == 422
    assert says in answer.text
    assert console.store.job(job_id).status is Status.FAILED


def test_the_second_to_act_is_told_and_changes_nothing(console, fail):
    job_id = fail()
    console.supervisor.post(f"/failed/{job_id}/decide", {"queue": "triage"})
    for path, form in (("decide", {"queue": "sales"}), ("retry", {})):
        answer = console.administrator.post(f"/failed/{job_id}/{path}", form)
        assert answer.headers["Location"] == f"/mails/{job_id}"
    assert console.store.job(job_id).decision.queue == "triage"
    assert console.administrator.get(f"/failed/{job_id}").headers["Location"] == f"/mails/{job_id}"


def test_a_mail_that_retention_deleted_cannot_be_tried_but_decided(console, fail):
    job_id = fail()
    console.store.purge(mails_before=console.clock.now + 100, jobs_before=0.0, now=console.clock.now)
    answer = console.supervisor.post(f"/failed/{job_id}/retry")
    assert answer.status_code == 409
    assert "nothing to try" in answer.text
    console.supervisor.post(f"/failed/{job_id}/decide", {"queue": "triage"})
    assert console.store.job(job_id).status is Status.DONE


def test_an_administrator_erases_a_failed_mail_and_the_audit_says_so(console, fail):
    job_id = fail()
    assert "Erase for good" not in console.supervisor.page(f"/failed/{job_id}")
    assert "Erase for good" in console.administrator.page(f"/failed/{job_id}")
    assert "is erased" in said(console.administrator, console.administrator.post(f"/failed/{job_id}/erase"))
    assert console.administrator.get(f"/failed/{job_id}").status_code == 404
    [entry], _ = console.store.audit()
    assert (entry.kind, entry.subject) == ("mail erased", f"job {job_id}")


@pytest.mark.parametrize("job_id", ["no-id", "01a1f897-0000-7000-8000-000000000999"])
def test_a_job_that_there_is_not_is_not_found(console, job_id):
    assert console.supervisor.get(f"/failed/{job_id}").status_code == 404
    assert console.supervisor.post(f"/failed/{job_id}/retry").status_code == 404


def test_the_pages_speak_french(console, fail):
    job_id = fail("Its worker died or hung on it, at attempt 3 of 3, with no other mail.")
    assert "Relancer les" in console.supervisor.page("/failed", Accept_Language="fr")
    page = console.supervisor.page(f"/failed/{job_id}", Accept_Language="fr")
    assert "Décider à la main" in page
    assert "Il sera relancé seul" in page


def test_an_address_with_anything_in_it_is_answered(console, fail):
    fail()
    for text in ("\0", "%", "'; --", "é" * 300):
        assert console.supervisor.get(f"/failed?source={quote(text)}&error={quote(text)}").status_code in {
            200,
            400,
            422,
        }


def test_who_was_overtaken_while_clicking_is_led_to_what_the_mail_is_now(console, fail):
    job_id, retry = fail(), console.store.retry

    def somebody_is_faster(job_id, *, actor, now):
        retry(job_id, actor="user ana", now=now)
        return retry(job_id, actor=actor, now=now)

    console.store.retry = somebody_is_faster
    assert "somebody was faster" in said(console.supervisor, console.supervisor.post(f"/failed/{job_id}/retry"))
    assert console.store.history(job_id)[-1].actor == "user ana"


def test_a_form_for_a_mail_that_is_decided_by_now_leads_to_the_mail(console, fail):
    job_id = fail()
    console.supervisor.post(f"/failed/{job_id}/decide", {"queue": "triage"})
    assert console.supervisor.post(f"/failed/{job_id}/decide").headers["Location"] == f"/mails/{job_id}"
