import threading

import pytest

from app.waiting import LONGEST_PAUSE_SECONDS, Waiting, preferred_seconds
from routing.errors import StoreUnavailable
from routing.job import Status
from routing.store.memory import MemoryStore
from routing.store.port import JobFilter

MAIL = {"subject": "Hello"}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("Wait = 7", 7),
        ('wait="3"', 3),
        ("wait=3; foo=bar", 3),
        ("wait=100", 30),
        ("wait=" + "9" * 1000, 30),
        ("wait=0", 0),
        ("wait=-1", None),
        ("wait=soon", None),
        ("wait=²", None),
        ("respond-async", None),
        ("", None),
        (",;=,", None),
    ],
)
def test_a_preference_is_read_as_rfc_7240_says(header, seconds):
    assert preferred_seconds(header) == seconds


class Time:
    """A stopwatch that goes on only when somebody pauses."""

    def __init__(self, then=None):
        self.now = 0.0
        self.pauses = []
        self.then = then

    def __call__(self):
        return self.now

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds
        if self.then:
            self.then()


def waiting_of(house, time, places=1):
    return Waiting(house.store, places=places, stopwatch=time, pause=time.pause)


def test_a_wait_ends_when_the_job_is_decided(house):
    job = house.store.job(house.accepted())
    after, followed = waiting_of(house, Time(then=house.decide)).wait(job, 10)
    assert followed
    assert after.status is Status.DONE


def test_a_wait_ends_when_its_time_is_over(house):
    time = Time()
    after, followed = waiting_of(house, time).wait(house.store.job(house.accepted()), 3)
    assert followed
    assert after.status is Status.QUEUED
    assert time.now == pytest.approx(3)


def test_the_pauses_grow_from_a_hundredth_to_a_quarter_of_a_second(house):
    time = Time()
    waiting_of(house, time).wait(house.store.job(house.accepted()), 5)
    assert time.pauses[0] == 0.01
    assert max(time.pauses) == LONGEST_PAUSE_SECONDS
    assert time.pauses[:-1] == sorted(time.pauses[:-1])


def test_who_finds_no_place_to_wait_is_answered_at_once(house):
    job = house.store.job(house.accepted())
    inside, leave = threading.Event(), threading.Event()
    places = Waiting(house.store, places=1, pause=lambda _: (inside.set(), leave.wait(10)))
    first = threading.Thread(target=places.wait, args=(job, 1))
    first.start()
    assert inside.wait(10)
    time = Time()
    places._stopwatch = time
    assert places.wait(job, 30) == (job, False)
    assert time.pauses == []
    places._stopwatch = lambda: 1e9
    leave.set()
    first.join(10)
    assert not first.is_alive()


def test_a_place_is_given_back_when_the_store_fails(house):
    job = house.store.job(house.accepted())

    def broken():
        raise RuntimeError

    places = waiting_of(house, Time(then=broken))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            places.wait(job, 1)


def test_a_caller_that_prefers_to_wait_gets_200_and_the_decision(house):
    services = house.app.extensions["facteur"]
    services.waiting._pause = lambda _: house.decide()
    answer = house.post("/v1/emails", json=MAIL, Prefer="wait=5")
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=5"
    assert answer.get_json()["status"] == "done"
    assert answer.get_json()["timings"] == {"queued": 1.0, "parse": 2.0, "classify": 3.0, "total": 6.0}


def test_a_caller_whose_time_is_over_gets_202(house):
    answer = house.post("/v1/emails", json=MAIL, Prefer="wait=0")
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "wait=0"


def test_a_job_can_be_waited_for_too(house):
    job_id = house.accepted()
    house.app.extensions["facteur"].waiting._pause = lambda _: house.decide()
    answer = house.get(f"/v1/jobs/{job_id}", Prefer="wait=5")
    assert answer.get_json()["status"] == "done"
    assert answer.headers["Preference-Applied"] == "wait=5"


def test_a_stop_ends_a_wait_at_once(house):
    class Watched(MemoryStore):
        def job(self, job_id):
            asked.set()
            return house.store.job(job_id)

    job = house.store.job(house.accepted())
    asked, ended = threading.Event(), []
    waiting = Waiting(Watched(), places=1)
    first = threading.Thread(target=lambda: ended.append(waiting.wait(job, 60)), daemon=True)
    first.start()
    assert asked.wait(10)
    waiting.stop()
    first.join(10)
    assert ended == [(job, False)]


def test_after_a_stop_nobody_begins_to_wait(house):
    time = Time()
    waiting = waiting_of(house, time)
    waiting.stop()
    waiting.stop()
    job = house.store.job(house.accepted())
    assert waiting.wait(job, 30) == (job, False)
    assert time.pauses == []


def test_a_caller_that_waits_at_a_process_that_stops_gets_202(house):
    waiting = house.app.extensions["facteur"].waiting
    waiting._pause = lambda _: waiting.stop()
    answer = house.post("/v1/emails", json=MAIL, Prefer="wait=30")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.get_json()['id']}"
    assert "Preference-Applied" not in answer.headers


class Vanishing(MemoryStore):
    """A store whose database goes away as soon as a mail is committed."""

    def job(self, job_id):
        raise StoreUnavailable(f"gone, with {job_id}")


def test_a_mail_is_answered_202_though_the_database_goes_away_during_the_wait(make_house):
    house = make_house(store=Vanishing())
    answer = house.post("/v1/emails", json=MAIL, Prefer="wait=5")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.get_json()['id']}"
    assert answer.get_json()["status"] == "queued"
    assert "Preference-Applied" not in answer.headers
    assert house.store.backlog().queued == 1


def test_a_mail_is_answered_202_though_it_is_erased_during_the_wait(house):
    def erase(_):
        (job,) = house.store.jobs(JobFilter(), before=None, limit=1).jobs
        house.store.cancel(job.id, actor="key a", now=house.clock.now)
        house.store.erase(job.id, actor="key a", now=house.clock.now)

    house.app.extensions["facteur"].waiting._pause = erase
    answer = house.post("/v1/emails", json=MAIL, Prefer="wait=5")
    assert answer.status_code == 202
    assert answer.get_json()["status"] == "queued"


def test_a_reader_is_told_that_the_database_went_away_during_the_wait(house):
    job_id = house.accepted()

    def lose(_):
        house.store.job = Vanishing().job

    house.app.extensions["facteur"].waiting._pause = lose
    assert house.get(f"/v1/jobs/{job_id}", Prefer="wait=5").status_code == 503
