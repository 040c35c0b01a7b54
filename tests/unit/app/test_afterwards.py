"""Once a mail is committed, nothing may answer that it is not."""

import json

import pytest

from app.afterwards import afterwards

BATCH = b"\n".join(json.dumps({"text": text}).encode() for text in "ab")


class Cracked:
    """A bell whose thread cannot be started."""

    rings = 0

    def ring(self):
        self.rings += 1
        raise RuntimeError("can't start new thread")


def broken(*_):
    raise OSError("No space left on device")


def test_what_fails_is_logged_and_does_not_keep_the_rest_from_being_done(caplog):
    done = []
    afterwards(broken, lambda: done.append(1))
    assert done == [1]
    assert "No space left" in caplog.text


def post(house, kind):
    if kind == "raw":
        return house.mail()
    return house.post("/v1/emails", data=BATCH, content_type="application/x-ndjson")


@pytest.mark.parametrize(("kind", "mails"), [("raw", 1), ("batch", 2)])
def test_a_bell_that_fails_leaves_the_mail_accepted(make_house, kind, mails):
    house = make_house(bell=Cracked())
    assert post(house, kind).status_code == 202
    assert house.bell.rings == 1
    assert house.store.backlog().queued == mails


@pytest.mark.parametrize(("kind", "mails"), [("raw", 1), ("batch", 2)])
def test_metrics_that_fail_leave_the_mail_accepted(house, kind, mails):
    house.app.extensions["facteur"].metrics.accepted = broken
    house.app.after_request(broken)
    assert post(house, kind).status_code == 202
    assert house.store.backlog().queued == mails


def test_a_bell_that_fails_leaves_a_retry_done(make_house):
    house = make_house(bell=Cracked())
    job_id = house.accepted()
    house.fail()
    assert house.post(f"/v1/jobs/{job_id}/retry").status_code == 202
    assert house.store.job(job_id).status == "queued"
