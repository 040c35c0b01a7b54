"""What does not end by itself is ended, and what it held goes back."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from worker import stopping
from worker.stopping import end_in_time


@pytest.fixture
def asked(monkeypatch):
    """Those who are told that the node shall stop."""
    told = []
    signal = SimpleNamespace(connect=lambda act, **_: told.append(act))
    monkeypatch.setattr(stopping, "signals", SimpleNamespace(worker_shutting_down=signal))
    return told


def test_children_are_killed_and_what_they_held_is_given_back_before_the_end(asked):
    happened = []
    left = threading.Event()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        end_in_time(
            0.01,
            children=lambda: [child.pid, 2**22 - 1],
            give_back=lambda: happened.append(("given back", child.wait(timeout=10))),
            leave=lambda status: (happened.append(("left", status)), left.set()),
        )
        assert not left.wait(0.05)
        asked[0](sig="SIGTERM")
        assert left.wait(10)
    assert happened == [("given back", -9), ("left", 0)]


def test_it_ends_even_if_nothing_can_be_given_back(asked):
    left = threading.Event()

    def away():
        raise OSError("the database is away")

    end_in_time(0, give_back=away, leave=lambda _: left.set())
    asked[0]()
    assert left.wait(10)


def test_it_ends_even_if_giving_back_hangs(asked):
    left, forever = threading.Event(), threading.Event()
    end_in_time(0, give_back=forever.wait, leave=lambda _: left.set(), last_seconds=0.01)
    asked[0]()
    assert left.wait(10)
    forever.set()
