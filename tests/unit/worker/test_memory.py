"""What keeps processes small."""

import gc
import os

import pytest

from worker.memory import ONE_THREAD, share, take_one_thread, trim


@pytest.fixture
def environ(monkeypatch):
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "7")
        monkeypatch.delenv(name)
    return monkeypatch


def test_numpy_computes_in_one_thread_unless_told_otherwise(environ):
    environ.setenv("OMP_NUM_THREADS", "4")
    take_one_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "4"


def test_what_is_shared_is_out_of_the_collectors_sight_and_trimming_leaves_it_so():
    try:
        share()
        kept = gc.get_freeze_count()
        assert kept > 0
        trim()
        assert gc.get_freeze_count() == kept
    finally:
        gc.unfreeze()
