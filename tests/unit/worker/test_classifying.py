"""One worker process at work, and the bells between it and whoever hands in mail."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classifier import Prediction, Score
from routing.job import Status
from routing.policy.reading import read_policy
from routing.route import Router
from routing.store.memory import MemoryStore
from routing.store.port import NO_FILTER
from worker.classifying import SHIFT_SECONDS, NoQuestions, Shift
from worker.pace import Pace

POLICY = read_policy()


class Says:
    version = "says"
    labels = ("quote", "other")
    stand_in = False

    def classify(self, mails):
        if any("please raise" in mail.subject for mail in mails):
            raise ValueError("as asked")
        scores = (Score(label="quote", probability=0.9), Score(label="other", probability=0.1))
        return [Prediction(scores=scores) for _ in mails]


class Broker:
    """The flag and the messages, as Redis keeps them."""

    def __init__(self):
        self.flag = False
        self.messages = 0
        self.callbacks = 0
        self.log = []

    def ring(self):
        if not self.flag:
            self.flag = True
            self.messages += 1

    def wake_another(self):
        self.messages += 1
        self.log.append("wake")

    def answer(self):
        self.flag = False
        self.log.append("answer")

    def callbacks_due(self):
        self.callbacks += 1


class Ledger:
    """Remembers what it was told, for the metrics."""

    def __init__(self):
        self.told = []

    def recorded(self, outcomes, taken):
        self.told.append((len(outcomes), len(taken)))


class Place:
    """A store, a broker, a worker process, and a clock that goes on by itself a little."""

    def __init__(  # noqa: PLR0913 - what differs from test to test
        self, mail, *, store=None, most=4, step=0.001, lease_seconds=60.0, questions=None
    ):
        self.mail = mail
        self.store = store or MemoryStore()
        self.broker = Broker()
        self.ledger = Ledger()
        self.now = 1_000.0
        ticks = itertools.count()
        self.shift = Shift(
            store=self.store,
            router=Router(
                classifier=Says(),
                policy=POLICY,
                max_attempts=3,
                clock=lambda: self.now,
                stopwatch=lambda: 0.0,
            ),
            bells=self.broker,
            observer=self.ledger,
            pace=Pace(most=most),
            worker="node/1",
            lease_seconds=lease_seconds,
            questions=questions or NoQuestions(),
            clock=lambda: self.now,
            stopwatch=lambda: next(ticks) * step,
        )
        self.handed_in = 0

    def hand_in(self, count=1, subject="mail", **fields):
        mails = [self.mail(f"{subject} {self.handed_in + number}", **fields) for number in range(count)]
        self.handed_in += count
        ids = [answer.job.id for answer in self.store.submit(mails, now=self.now)]
        self.broker.ring()
        return ids

    def statuses(self):
        return {job.status for job in self.store.jobs(NO_FILTER, limit=10_000).jobs}


def test_everything_that_is_queued_is_decided(mail):
    place = Place(mail)
    ids = place.hand_in(50)
    place.shift.work()
    assert place.statuses() == {Status.DONE}
    assert sum(taken for _, taken in place.ledger.told) == 50
    for job_id in ids:
        assert [event.kind for event in place.store.history(job_id)] == ["decided"]
        assert place.store.history(job_id)[0].actor == "worker node/1"


def test_nothing_queued_answers_the_bell_once_and_looks_again(mail):
    class Counting(MemoryStore):
        claims = 0

        def claim(self, **how):
            self.claims += 1
            return super().claim(**how)

    place = Place(mail, store=Counting())
    place.shift.work()
    assert place.broker.log == ["answer"]
    assert place.store.claims == 2
    assert place.ledger.told == []


def test_a_full_claim_wakes_one_other_and_only_one(mail):
    place = Place(mail, most=2)
    place.hand_in(9)
    place.shift.work()
    assert place.broker.log == ["wake", "answer"]


def test_a_claim_that_is_not_full_wakes_nobody(mail):
    place = Place(mail)
    place.hand_in(3)
    place.shift.work()
    assert place.broker.log == ["answer"]


def test_a_process_that_always_finds_work_hands_its_shift_back(mail):
    class Endless(MemoryStore):
        def claim(self, **how):
            place.hand_in(4)
            return super().claim(**how)

    place = Place(mail, store=Endless(), step=SHIFT_SECONDS / 20)
    place.shift.work()
    assert place.broker.log[-1] == "wake"
    assert 1 < len(place.ledger.told) < 20


def assert_nothing_waits_in_silence(mail, moments, waiting, step):
    """Hand in mails at these steps of the worker; when nobody is woken any more, none may wait."""

    class Watched(MemoryStore):
        def claim(self, **how):
            passing()
            claims = super().claim(**how)
            passing()
            return claims

        def record(self, *what, **how):
            passing()
            taken = super().record(*what, **how)
            passing()
            return taken

    def passing():
        nonlocal steps
        steps += 1
        for _ in range(moments.count(steps)):
            place.hand_in()

    steps = -1
    place = Place(mail, store=Watched(), most=2, step=step)
    answer = place.broker.answer
    place.broker.answer = lambda: (passing(), answer(), passing())
    if waiting:
        place.hand_in(waiting)
    passing()
    for _ in range(200):
        if not place.broker.messages:
            break
        place.broker.messages -= 1
        place.shift.work()
    else:
        raise AssertionError("the bells never fall silent")
    assert place.statuses() <= {Status.DONE}, (moments, waiting)


def test_a_mail_committed_at_any_moment_is_claimed_or_rings_again(mail):
    """Every pair of moments: one that races with the worker's last look is hard to meet by chance."""
    for waiting in range(4):
        for moments in itertools.combinations_with_replacement(range(18), 2):
            assert_nothing_waits_in_silence(mail, moments, waiting, 0.001)


@given(
    st.lists(st.integers(min_value=0, max_value=30), max_size=6),
    st.integers(min_value=0, max_value=9),
    st.sampled_from([0.001, 0.1, 0.6]),
)
def test_that_holds_for_many_mails_and_for_shifts_that_end_early(mail, moments, waiting, step):
    assert_nothing_waits_in_silence(mail, moments, waiting, step)


def test_results_that_come_too_late_are_dropped_and_warned_of(mail, caplog):
    class Slow(MemoryStore):
        """While the model works the lease ends and somebody else takes the mails."""

        def record(self, outcomes, *, worker, now):
            self.expire_leases(max_attempts=3, now=now + 1_000)
            return super().record(outcomes, worker=worker, now=now)

    place = Place(mail, store=Slow(), step=2.0)
    place.hand_in(3)
    place.shift.work()
    assert "3 results came after their lease had ended" in caplog.text
    assert place.ledger.told == [(3, 0)]
    assert place.statuses() == {Status.QUEUED}


@pytest.mark.parametrize(
    ("subject", "callback_url", "rings"),
    [
        ("mail", "https://a.example/", 1),
        ("mail", None, 0),
        ("please raise", "https://a.example/", 0),
    ],
)
def test_callbacks_ring_when_one_is_owed(mail, subject, callback_url, rings):
    place = Place(mail)
    place.hand_in(1, subject, callback_url=callback_url)
    place.shift.work()
    assert place.broker.callbacks == rings


def test_a_callback_is_owed_for_the_last_failure_too(mail):
    place = Place(mail)
    place.hand_in(1, "please raise", callback_url="https://a.example/")
    for _ in range(3):
        place.shift.work()
        place.now += 100
    assert place.statuses() == {Status.FAILED}
    assert place.broker.callbacks == 1


def test_one_bad_mail_does_not_keep_its_neighbours(mail):
    place = Place(mail)
    good = place.hand_in(2)
    (bad,) = place.hand_in(1, "please raise")
    good += place.hand_in(1)
    place.shift.work()
    assert {place.store.job(job_id).status for job_id in good} == {Status.DONE}
    job = place.store.job(bad)
    assert (job.status, job.error, job.attempts) == (Status.QUEUED, "ValueError: as asked", 1)


class Asked:
    """Questions that wait, and how many mails were decided before each was replied to."""

    def __init__(self, waiting):
        self.waiting = waiting
        self.decided = lambda: 0
        self.when = []

    def reply_to_one(self):
        if not self.waiting:
            return False
        self.waiting -= 1
        self.when.append(self.decided())
        return True


def test_a_question_waits_for_one_claim_and_a_mail_for_one_question(mail):
    asked = Asked(3)
    place = Place(mail, most=2, questions=asked)
    asked.decided = lambda: sum(taken for _, taken in place.ledger.told)
    place.hand_in(8)
    place.shift.work()
    assert asked.when == [2, 4, 6]
    assert place.statuses() == {Status.DONE}


def test_questions_are_replied_to_where_no_mail_waits(mail):
    asked = Asked(3)
    place = Place(mail, questions=asked)
    place.shift.work()
    assert asked.waiting == 0
    assert place.broker.log == ["answer"]


def test_more_questions_than_a_shift_has_time_for_wake_another(mail):
    asked = Asked(10_000)
    place = Place(mail, step=SHIFT_SECONDS / 5, questions=asked)
    place.shift.work()
    assert 0 < len(asked.when) < 10
    assert place.broker.log == ["wake"]
