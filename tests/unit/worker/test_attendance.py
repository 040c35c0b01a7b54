"""A node's sign of life, and its word on its own dead."""

import os
import threading
import time

import pytest

from routing.errors import ShutOut, StoreUnavailable
from routing.job import Status
from routing.store.memory import MemoryStore
from worker import attendance
from worker.attendance import Attendance


class Shared(MemoryStore):
    """Counts how often it was closed, can be away, and knows whether somebody is in the middle of a transaction."""

    def __init__(self):
        super().__init__()
        self.closed = 0
        self.beats = 0
        self.away = False
        self.busy = False

    def beat(self, beat):
        self.busy = True
        time.sleep(0.002)
        self.busy = False
        if self.away:
            raise StoreUnavailable("away")
        self.beats += 1
        super().beat(beat)

    def close(self):
        self.closed += 1


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(attendance, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(attendance, "LOOK_SECONDS", 0.002)


@pytest.fixture
def node():
    started = []

    class Node:
        def __init__(self):
            self.store = Shared()
            self.opened = 0
            self.children = {11, 12}
            self.released = 0
            self.fault = None
            self.shut_out = False
            self.left = 0
            self.attendance = Attendance(
                node="worker@here",
                model_version="m-1",
                max_attempts=3,
                open_store=self.open,
                children=self.living,
                released=self.release,
                leave=self.leave,
            )

        def open(self):
            self.opened += 1
            if self.shut_out:
                raise ShutOut("run the newer version")
            return self.store

        def leave(self):
            self.left += 1

        def living(self):
            if self.fault:
                raise self.fault
            return list(self.children)

        def release(self):
            self.released += 1

        def start(self):
            self.attendance.start()
            started.append(self.attendance)
            return self

    yield Node()
    for each in started:
        each.stop()


def held(store, mail, pid):
    (answer,) = store.submit([mail(str(pid))], now=1.0)
    store.claim(worker=f"worker@here/{pid}", limit=1, lease_seconds=1e9, now=1.0)
    return answer.job.id


def test_a_node_is_heard_from_again_and_again(node, until):
    node.start()
    until(lambda: node.store.beats > 5)
    (beat,) = node.store.workers(seen_after=time.time() - 60)
    assert (beat.name, beat.model_version) == ("worker@here", "m-1")
    assert beat.started_at <= beat.seen_at


def test_no_connection_is_kept_between_reports(node, until):
    node.start()
    until(lambda: node.store.beats > 3)
    node.attendance.stop()
    assert node.opened == node.store.closed > 3


def test_what_a_dead_process_held_is_returned_at_once_and_nothing_else(node, mail, until, caplog):
    dead, living = held(node.store, mail, 11), held(node.store, mail, 12)
    node.start()
    until(lambda: node.store.beats)
    assert node.store.job(dead).status is Status.RUNNING
    node.children = {12, 13}
    until(lambda: node.released)
    assert node.store.job(dead).status is Status.QUEUED
    assert node.store.job(living).status is Status.RUNNING
    assert "[11]" in caplog.text
    beats = node.store.beats
    until(lambda: node.store.beats > beats + 3)
    assert node.released == 1


def test_the_dead_are_not_forgotten_while_the_database_is_away(node, mail, until, caplog):
    dead = held(node.store, mail, 11)
    node.start()
    until(lambda: node.store.beats)
    node.store.away = True
    node.children = {12}
    until(lambda: "could not report" in caplog.text)
    assert node.released == 0
    assert node.store.job(dead).status is Status.RUNNING
    node.store.away = False
    until(lambda: node.released)
    assert node.store.job(dead).status is Status.QUEUED
    assert node.opened >= node.store.closed >= node.opened - 1


def test_no_fault_silences_a_node_for_good(node, until, caplog):
    node.start()
    until(lambda: node.store.beats)
    node.fault = RuntimeError("the pool is being rebuilt")
    until(lambda: "the pool is being rebuilt" in caplog.text)
    node.fault = None
    beats = node.store.beats
    until(lambda: node.store.beats > beats)


def test_a_node_that_the_schema_shuts_out_leaves_and_says_why(node, until, caplog):
    node.start()
    until(lambda: node.store.beats)
    node.shut_out = True
    until(lambda: node.left)
    until(lambda: not node.attendance._thread.is_alive())
    assert node.left == 1
    assert "The node ends: run the newer version" in caplog.text


def test_a_stopped_node_is_silent(node, until):
    node.start()
    until(lambda: node.store.beats)
    node.attendance.stop()
    assert not any(thread.name == "attendance" and thread.is_alive() for thread in threading.enumerate())


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # what is tested here is just that
def test_no_child_is_forked_in_the_middle_of_a_report(node, until):
    node.start()
    until(lambda: node.store.beats)
    ends = []
    for _ in range(60):
        pid = os.fork()
        if pid == 0:
            # A child must find no transaction of its parent half done, and the lock free for a fork of its own.
            free = node.attendance._no_fork.acquire(blocking=False)
            os._exit(0 if free and not node.store.busy else 1)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    beats = node.store.beats
    until(lambda: node.store.beats > beats)
    assert ends == [0] * 60
