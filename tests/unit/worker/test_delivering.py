"""The courier: which callbacks are posted when, and when it gives up."""

import threading

import pytest

from routing.errors import StoreUnavailable
from routing.job import Failure
from routing.job_document import job_bytes
from routing.store.memory import MemoryStore
from worker.delivering import CLAIM, JITTER, PAUSES_SECONDS, SHIFT_SECONDS, SILENT_SECONDS, Courier
from worker.webhook import TryAgain, Undeliverable, Unreachable

URL = "https://callback.example/hook"


class FakePoster:
    """Does in turn what it is told: None delivers, an exception is raised; the last for ever."""

    timeout_seconds = 15.0

    def __init__(self, *behaviour):
        self.behaviour = list(behaviour) or [None]
        self.posted = []

    def post(self, url, body, headers):
        self.posted.append((url, body, headers))
        what = self.behaviour.pop(0) if len(self.behaviour) > 1 else self.behaviour[0]
        if what is not None:
            raise what


class Desk:
    """A courier with everything it needs, and a clock that is set by hand."""

    def __init__(self, mail, poster, store=None):
        self.mail = mail
        self.store = store or MemoryStore()
        self.poster = poster
        self.now = 1_000.0
        self.woken = 0
        self.answered = 0
        self.observed = []
        self.draws = 0.5
        self.stopwatch = 100.0
        self.courier = Courier(
            store=self.store,
            poster=poster,
            secret=b"s" * 32,
            document=job_bytes,
            wake_another=self._wake,
            answer=self._answer,
            clock=lambda: self.now,
            observe=self.observed.append,
            draw=lambda: self.draws,
            places=threading.Semaphore(1),
            stopwatch=lambda: self.stopwatch,
        )

    def _wake(self):
        self.woken += 1

    def _answer(self):
        self.answered += 1

    def owe(self, count=1, url=URL):
        mails = [self.mail(str(number), callback_url=url) for number in range(count)]
        self.store.submit(mails, now=self.now)
        claims = self.store.claim(worker="w", limit=count, lease_seconds=60, now=self.now)
        self.store.record(
            [Failure(job_id=claim.job_id, lease=claim.lease, error="no", retry_at=None) for claim in claims],
            worker="w",
            now=self.now,
        )
        return [claim.job_id for claim in claims]

    def next_due(self):
        (at,) = [at for key, at in self.store._delivery_due.items() if key in self.store._deliveries]
        return at


def test_a_delivered_callback_carries_the_job_signed_and_is_not_owed_any_more(mail):
    desk = Desk(mail, FakePoster())
    (job_id,) = desk.owe()
    desk.courier.work()
    ((url, body, headers),) = desk.poster.posted
    assert url == URL
    assert body == job_bytes(desk.store.job(job_id))
    assert headers["webhook-timestamp"] == "1000"
    assert headers["webhook-signature"].startswith("v1,")
    desk.now += 10**6
    desk.courier.work()
    assert len(desk.poster.posted) == 1
    assert desk.observed == ["delivered"]


def test_nothing_owed_posts_nothing_and_answers_the_bell_before_the_last_look(mail):
    desk = Desk(mail, FakePoster())
    desk.courier.work()
    assert desk.poster.posted == []
    assert desk.answered == 1
    assert desk.woken == 0


def test_a_callback_owed_while_the_bell_is_answered_is_posted_in_the_same_shift(mail):
    desk = Desk(mail, FakePoster())
    object.__setattr__(desk.courier, "answer", desk.owe)
    desk.courier.work()
    assert len(desk.poster.posted) == 1


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
def test_the_pauses_are_those_of_the_specification_with_a_little_chance(mail, draw):
    desk = Desk(mail, FakePoster(TryAgain("503")))
    desk.draws = draw
    desk.owe()
    for pause in PAUSES_SECONDS:
        desk.courier.work()
        due = desk.next_due()
        assert due - desk.now == pytest.approx(pause * (1 + JITTER * draw))
        desk.now = due - 0.001
        desk.courier.work()
        desk.now = due
    assert len(desk.poster.posted) == len(PAUSES_SECONDS)
    assert set(desk.observed) == {"retried"}


def test_after_the_last_attempt_it_gives_up(mail):
    desk = Desk(mail, FakePoster(TryAgain("503")))
    desk.owe()
    for _ in range(20):
        desk.courier.work()
        desk.now += 10**5
    assert len(desk.poster.posted) == len(PAUSES_SECONDS) + 1 == 8
    assert desk.observed == ["retried"] * 7 + ["given up"]


def test_every_attempt_has_the_same_id_and_its_own_time(mail):
    desk = Desk(mail, FakePoster(TryAgain("503"), None))
    desk.owe()
    desk.courier.work()
    desk.now += 10
    desk.courier.work()
    first, second = (headers for _, _, headers in desk.poster.posted)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]
    assert desk.observed == ["retried", "delivered"]


def test_what_cannot_be_delivered_is_given_up_at_once(mail, caplog):
    desk = Desk(mail, FakePoster(Undeliverable("the receiver answered 410")))
    desk.owe()
    for _ in range(3):
        desk.courier.work()
        desk.now += 10**5
    assert len(desk.poster.posted) == 1
    assert desk.observed == ["given up"]
    assert "410" in caplog.text


def test_a_callback_of_an_erased_job_is_not_posted(mail):
    class Erasing(MemoryStore):
        """Between the claim and the look somebody erases the job."""

        def claim_deliveries(self, **how):
            claimed = super().claim_deliveries(**how)
            for delivery in claimed:
                self.erase(delivery.job_id, actor="key k", now=1_000.0)
            return claimed

    desk = Desk(mail, FakePoster(), Erasing())
    desk.owe()
    desk.courier.work()
    assert desk.poster.posted == []
    assert desk.observed == ["given up"]


def test_a_defect_of_ours_is_tried_again_and_holds_up_nobody(mail, caplog):
    desk = Desk(mail, FakePoster(RuntimeError("a defect"), None))
    desk.owe(3)
    desk.courier.work()
    assert desk.observed == ["retried", "delivered", "delivered"]
    assert "a defect" in caplog.text
    for _ in range(3):
        desk.now += 10**5
        desk.courier.work()
    assert desk.observed[3:] == ["delivered"]


def test_a_database_that_does_not_answer_ends_the_shift(mail):
    class Down(MemoryStore):
        def job(self, job_id):
            raise StoreUnavailable(job_id)

    desk = Desk(mail, FakePoster(), Down())
    desk.owe()
    with pytest.raises(StoreUnavailable):
        desk.courier.work()
    assert desk.poster.posted == []


def test_a_full_claim_wakes_one_more(mail):
    desk = Desk(mail, FakePoster())
    desk.owe(CLAIM + 1)
    desk.courier.work()
    assert desk.woken == 1
    assert len(desk.poster.posted) == CLAIM + 1


def test_a_shift_ends_and_asks_for_another(mail):
    desk = Desk(mail, FakePoster())
    desk.owe(3 * CLAIM)
    post = desk.poster.post

    def slow(*words):
        desk.stopwatch += SHIFT_SECONDS / CLAIM
        post(*words)

    desk.poster.post = slow
    desk.courier.work()
    assert len(desk.poster.posted) == CLAIM
    assert desk.woken == 2
    desk.courier.work()
    assert len(desk.poster.posted) == 2 * CLAIM


def test_no_more_threads_post_than_there_are_places(mail):
    desk = Desk(mail, FakePoster())
    desk.owe(1)
    assert desk.courier.places.acquire(blocking=False)
    desk.courier.work()
    assert desk.poster.posted == []
    desk.courier.places.release()
    desk.courier.work()
    assert len(desk.poster.posted) == 1


def test_a_receiver_that_cannot_be_reached_is_left_alone_for_a_while(mail):
    desk = Desk(mail, FakePoster(Unreachable("no answer"), None))
    desk.owe(3 * CLAIM)
    desk.courier.work()
    assert len(desk.poster.posted) == 1
    assert desk.observed == ["retried"] * (3 * CLAIM)
    desk.stopwatch += SILENT_SECONDS
    desk.now += PAUSES_SECONDS[0] * (1 + JITTER)
    desk.courier.work()
    assert desk.observed.count("delivered") == 3 * CLAIM


def test_a_lease_outlasts_all_that_one_claim_can_take(mail):
    class Asked(MemoryStore):
        leases = ()

        def claim_deliveries(self, *, limit, lease_seconds, now):
            self.leases += ((limit, lease_seconds),)
            return super().claim_deliveries(limit=limit, lease_seconds=lease_seconds, now=now)

    desk = Desk(mail, FakePoster(), Asked())
    desk.courier.work()
    assert all(lease > limit * desk.poster.timeout_seconds for limit, lease in desk.store.leases)


def test_a_courier_that_is_told_to_stop_puts_off_what_it_has_not_begun(mail):
    desk = Desk(mail, poster := FakePoster())
    desk.owe(CLAIM)
    posting = poster.post

    def stop_meanwhile(url, body, headers):
        desk.courier.stopping.set()
        posting(url, body, headers)

    poster.post = stop_meanwhile
    desk.courier.work()
    assert desk.observed == ["delivered"] + ["put off"] * (CLAIM - 1)
    assert desk.woken
    # Another node takes them at once, not when a lease has expired.
    assert len(desk.store.claim_deliveries(limit=10, lease_seconds=1, now=desk.now)) == CLAIM - 1
