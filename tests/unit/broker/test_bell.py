"""The doorbell, on a real Redis and in its thread."""

import contextlib
import json
import signal
import threading

import pytest
from kombu.exceptions import OperationalError
from redis import RedisError

from broker import bell as module
from broker.bell import BackgroundBell, RedisBell, SilentBell
from broker.connection import connect_redis, make_celery
from broker.names import CLASSIFY, CLASSIFY_QUEUE, DELIVER, ERRANDS_QUEUE, FLAG


@pytest.fixture
def bell(redis_url, client):
    celery = make_celery(redis_url)
    yield RedisBell(task=CLASSIFY, client=client, celery=celery)
    celery.close()


def waiting(client, queue=CLASSIFY_QUEUE):
    return client.llen(queue)


def test_many_rings_are_one_message(bell, client):
    for _ in range(10):
        bell.ring()
    assert waiting(client) == 1


def test_after_the_answer_a_ring_is_a_message_again(bell, client):
    bell.ring()
    bell.answer()
    bell.ring()
    bell.ring()
    assert waiting(client) == 2


def test_answering_a_bell_that_nobody_rang_is_harmless(bell, client):
    bell.answer()
    bell.ring()
    assert waiting(client) == 1


def test_insisting_sends_a_message_whatever_the_flag_says(bell, client):
    bell.ring()
    bell.insist()
    bell.insist()
    assert waiting(client) == 3


def test_the_flag_goes_away_by_itself(bell, client):
    bell.ring()
    assert 0 < client.ttl(FLAG + CLASSIFY) <= module.FLAG_SECONDS


def test_the_message_carries_no_mail_and_no_id(bell, client):
    bell.ring()
    message = json.loads(client.lindex(CLASSIFY_QUEUE, 0))
    assert message["headers"]["task"] == CLASSIFY
    assert message["headers"]["argsrepr"] == "()"
    assert message["headers"]["kwargsrepr"] == "{}"
    assert message["headers"]["ignore_result"] is True


def test_each_task_has_its_own_flag_and_queue(redis_url, client):
    celery = make_celery(redis_url)
    for task in (CLASSIFY, DELIVER):
        RedisBell(task=task, client=client, celery=celery).ring()
    assert waiting(client) == 1
    assert waiting(client, ERRANDS_QUEUE) == 1
    celery.close()


def test_many_ringing_at_once_send_one_message(redis_url, client):
    celery = make_celery(redis_url)
    bell = RedisBell(task=CLASSIFY, client=connect_redis(redis_url, seconds=10), celery=celery)
    together = threading.Barrier(16)

    def ring():
        together.wait()
        bell.ring()

    threads = [threading.Thread(target=ring) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting(client) == 1
    bell.client.close()
    celery.close()


def test_a_silent_bell_counts():
    bell = SilentBell()
    bell.ring()
    bell.ring()
    assert bell.rings == 2


class Slow:
    """What a background bell rings: waits to be let go, and can be told to fail."""

    def __init__(self):
        self.rung = 0
        self.fails = False
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def __call__(self):
        self.rung += 1
        self.entered.release()
        assert self.let_go.acquire(timeout=20)
        if self.fails:
            raise ConnectionError("away")

    def one(self):
        """Wait until it rings, and let it."""
        assert self.entered.acquire(timeout=20)
        self.let_go.release()

    def rings_no_more(self):
        return not self.entered.acquire(timeout=0.05)


def test_nobody_waits_for_a_background_bell_and_its_rings_become_one():
    slow = Slow()
    bell = BackgroundBell(slow)
    bell.ring()
    assert slow.entered.acquire(timeout=20)
    for _ in range(100):  # while the first is still under way
        bell.ring()
    slow.let_go.release()
    slow.one()
    assert slow.rings_no_more()
    assert slow.rung == 2


def test_a_ring_after_another_has_ended_is_rung(caplog):
    slow = Slow()
    bell = BackgroundBell(slow)
    for _ in range(3):
        bell.ring()
        slow.one()
    assert slow.rings_no_more()
    assert slow.rung == 3
    assert caplog.text == ""


def test_a_background_bell_survives_failures_and_says_so_once(caplog, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.001)
    slow = Slow()
    bell = BackgroundBell(slow)
    slow.fails = True
    for _ in range(3):
        bell.ring()
        slow.one()
    slow.fails = False
    for _ in range(2):
        bell.ring()
        slow.one()
    assert caplog.text.count("Redis does not answer (away)") == 1
    assert caplog.text.count("Redis answers again") == 1


def test_a_background_bell_starts_one_thread_however_many_ring_first():
    slow = Slow()
    bell = BackgroundBell(slow)
    before = sum(thread.name == "bell" for thread in threading.enumerate())
    together = threading.Barrier(8)

    def ring():
        together.wait()
        bell.ring()

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(thread.name == "bell" for thread in threading.enumerate()) == before + 1
    slow.one()


def test_a_redis_that_hangs_holds_up_nobody_for_long(redis_server):
    redis_server.start()
    celery = make_celery(redis_server.url)
    bell = RedisBell(task=CLASSIFY, client=connect_redis(redis_server.url), celery=celery)
    bell.insist()
    redis_server.process.send_signal(signal.SIGSTOP)
    for act in (bell.ring, bell.insist, bell.answer):
        ended = threading.Event()

        def trying(act=act, ended=ended):
            with contextlib.suppress(RedisError, OperationalError, OSError):
                act()
            ended.set()

        threading.Thread(target=trying, daemon=True).start()
        assert ended.wait(timeout=30)
    redis_server.process.send_signal(signal.SIGCONT)
    bell.client.close()
    celery.close()


def test_a_background_bell_rings_a_redis_that_comes_back(redis_server, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    celery = make_celery(redis_server.url)
    inner = RedisBell(task=CLASSIFY, client=connect_redis(redis_server.url), celery=celery)
    tried, rung = threading.Event(), threading.Event()

    def ring():
        tried.set()
        inner.ring()
        rung.set()

    bell = BackgroundBell(ring)
    bell.ring()
    assert tried.wait(timeout=20)
    assert not rung.is_set()
    redis_server.start()
    bell.ring()
    assert rung.wait(timeout=20)
    with connect_redis(redis_server.url, seconds=5) as client:
        assert waiting(client) == 1
    inner.client.close()
    celery.close()
