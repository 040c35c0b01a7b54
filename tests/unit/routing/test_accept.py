"""The way in."""

import pytest

from routing.accept import Intake
from routing.errors import InvalidInput, Overloaded, StoreUnavailable, TooLarge
from routing.store.memory import MemoryStore
from routing.store.port import NO_FILTER, Accepted


@pytest.fixture
def store():
    return MemoryStore()


class Counting(MemoryStore):
    """Counts how often the backlog was asked for, and lets the database fail."""

    def __init__(self):
        super().__init__()
        self.counted = 0
        self.down = False

    def backlog(self):
        if self.down:
            raise StoreUnavailable("down")
        self.counted += 1
        return super().backlog()


def intake(store, *, max_mail_bytes=1_000, max_queued=0):
    return Intake(store=store, max_mail_bytes=max_mail_bytes, max_queued=max_queued)


def test_an_accepted_mail_is_stored(make, store):
    (answer,) = intake(store).accept([make.submission()], now=1.0)
    assert isinstance(answer, Accepted)
    assert answer.created
    assert store.job(answer.job.id) == answer.job
    assert store.mail(answer.job.id).content == make.submission().content


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n"])
def test_an_empty_mail_is_refused_and_not_stored(make, store, content):
    (answer,) = intake(store).accept([make.submission(content=content)], now=1.0)
    assert isinstance(answer, InvalidInput)
    assert store.jobs(NO_FILTER).jobs == ()


def test_the_limit_itself_is_taken_and_one_byte_more_is_not(make, store):
    taken, refused = intake(store).accept(
        [make.submission(content=b"x" * 1_000), make.submission(content=b"x" * 1_001)], now=1.0
    )
    assert isinstance(taken, Accepted)
    assert isinstance(refused, TooLarge)
    assert refused.limit == 1_000
    assert "1001" in str(refused)


@pytest.mark.parametrize(("key", "taken"), [("k", True), ("k" * 255, True), ("k" * 256, False), ("", False)])
def test_an_idempotency_key_has_1_to_255_characters(make, store, key, taken):
    (answer,) = intake(store).accept([make.submission(idempotency_key=key)], now=1.0)
    assert isinstance(answer, Accepted) is taken
    if not taken:
        assert answer.field == "Idempotency-Key"


def test_answers_come_in_the_order_of_the_mails(make, store):
    mails = [
        make.submission("a", message_id="<a@example.org>"),
        make.submission("b", content=b""),
        make.submission("c", message_id="<c@example.org>"),
        make.submission("d", content=b"x" * 2_000),
        make.submission("e", message_id="<a@example.org>"),
    ]
    answers = intake(store).accept(mails, now=1.0)
    assert [type(answer) for answer in answers] == [Accepted, InvalidInput, Accepted, TooLarge, Accepted]
    assert answers[4].job == answers[0].job
    assert [answers[0].created, answers[2].created, answers[4].created] == [True, True, False]
    assert answers[0].job.id < answers[2].job.id


def test_nothing_is_asked_of_the_store_when_no_mail_is_sound(make):
    class Untouchable:
        def submit(self, submissions, *, now):
            raise AssertionError((submissions, now))

    assert isinstance(intake(Untouchable()).accept([make.submission(content=b"")], now=1.0)[0], InvalidInput)
    assert intake(Untouchable()).accept([], now=1.0) == []


def test_too_many_waiting_mails_refuse_all_and_store_nothing(make, store):
    way_in = intake(store, max_queued=2)
    way_in.accept([make.submission("1"), make.submission("2")], now=1.0)
    with pytest.raises(Overloaded) as caught:
        way_in.accept([make.submission("3")], now=10.0)
    assert caught.value.retry_after > 0
    assert len(store.jobs(NO_FILTER).jobs) == 2


def test_the_waiting_mails_are_counted_once_a_second_at_most(make):
    store = Counting()
    way_in = intake(store, max_queued=100)
    for now in (1.0, 1.5, 1.9, 2.1, 2.2):
        way_in.accept([make.submission(str(now))], now=now)
    assert store.counted == 2


def test_mails_are_taken_again_once_the_others_are_decided(make, store):
    way_in = intake(store, max_queued=1)
    way_in.accept([make.submission("1")], now=1.0)
    with pytest.raises(Overloaded):
        way_in.accept([make.submission("2")], now=5.0)
    store.claim(worker="w", limit=5, lease_seconds=60, now=6.0)
    assert isinstance(way_in.accept([make.submission("2")], now=7.0)[0], Accepted)


def test_a_clock_that_is_set_back_does_not_keep_an_old_count(make, store):
    way_in = intake(store, max_queued=1)
    way_in.accept([make.submission("1")], now=10_000.0)
    with pytest.raises(Overloaded):
        way_in.accept([make.submission("2")], now=10_005.0)
    store.claim(worker="w", limit=5, lease_seconds=60, now=10_006.0)
    assert isinstance(way_in.accept([make.submission("2")], now=5_000.0)[0], Accepted)


def test_without_a_limit_nobody_counts(make):
    store = Counting()
    intake(store, max_queued=0).accept([make.submission()], now=1.0)
    assert store.counted == 0


def test_a_database_that_does_not_answer_is_said_and_nothing_is_stored(make):
    store = Counting()
    store.down = True
    with pytest.raises(StoreUnavailable):
        intake(store, max_queued=5).accept([make.submission()], now=1.0)
    assert store.jobs(NO_FILTER).jobs == ()
