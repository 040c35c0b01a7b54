"""The bells never raise."""

import pytest
from kombu.exceptions import OperationalError
from redis import ConnectionError as RedisConnectionError
from redis import TimeoutError as RedisTimeoutError

from broker.bell import RedisBell
from broker.connection import connect_redis, make_celery
from broker.names import CLASSIFY, DELIVER
from worker.bells import WorkerBells

ALL = ("wake_another", "answer", "callbacks_due", "deliver_now", "answer_deliver")


class Bell:
    """Raises, or notes what was asked of it."""

    def __init__(self, error=None):
        self.error = error
        self.asked = []

    def _ask(self, what):
        self.asked.append(what)
        if self.error:
            raise self.error

    def ring(self):
        self._ask("ring")

    def insist(self):
        self._ask("insist")

    def answer(self):
        self._ask("answer")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "error",
    [
        RedisConnectionError("away"),
        RedisTimeoutError("slow"),
        OperationalError("away"),
        OSError("away"),
        RuntimeError("?"),
    ],
)
def test_no_fault_of_redis_or_celery_comes_through(name, error, caplog):
    getattr(WorkerBells(classify=Bell(error), deliver=Bell(error)), name)()
    assert "the sweep will ring instead" in caplog.text


def test_each_bell_is_asked_for_what_its_name_says():
    classify, deliver = Bell(), Bell()
    bells = WorkerBells(classify=classify, deliver=deliver)
    for name in ALL:
        getattr(bells, name)()
    assert classify.asked == ["insist", "answer"]
    assert deliver.asked == ["ring", "insist", "answer"]


def test_a_redis_that_is_not_there_is_no_reason_to_raise(tmp_path, caplog):
    url = f"unix://{tmp_path}/nobody.sock"
    celery = make_celery(url)
    client = connect_redis(url)
    bells = WorkerBells(
        classify=RedisBell(task=CLASSIFY, client=client, celery=celery),
        deliver=RedisBell(task=DELIVER, client=client, celery=celery),
    )
    for name in ALL:
        getattr(bells, name)()
    assert caplog.text.count("the sweep will ring instead") == len(ALL)
