"""Threads that wait share one commit, and none pays for another's mistake."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from routing.errors import StoreUnavailable, WrongStatus
from routing.store.sql.turns import Turns


class Fatal(Exception):
    pass


class FakeTransaction:
    """What was done, part by part; an undone part is gone."""

    def __init__(self):
        self.done = []
        self.mark = 0

    def savepoint(self):
        self.mark = len(self.done)

    def undo(self):
        del self.done[self.mark :]

    def keep(self):
        pass


class FakeDatabase:
    """Commits in memory; the first commit waits until it is let through, so that a line can form behind it."""

    def __init__(self, *, timeout=10.0):
        self.commits = []
        self.entered, self.let_through = threading.Event(), threading.Event()
        self.error = None
        self.turns = Turns(self.commit, fatal=(Fatal,), timeout=timeout)

    def commit(self, work):
        transaction = FakeTransaction()
        if not self.entered.is_set():
            self.entered.set()
            self.let_through.wait()
        work(transaction)
        if self.error:
            raise self.error
        self.commits.append(transaction.done)

    def line_up(self, *works):
        """Hold the turn, put works in the line behind it, let all go; return what each of them came to, in order."""
        answers = [None] * len(works)

        def run(place, work):
            try:
                answers[place] = self.turns.take(work)
            except BaseException as error:  # noqa: BLE001  (every answer is one to look at)
                answers[place] = error

        first = threading.Thread(target=self.turns.take, args=(lambda transaction: transaction.done.append("first"),))
        first.start()
        self.entered.wait()
        threads = []
        for place, work in enumerate(works):
            threads.append(threading.Thread(target=run, args=(place, work)))
            threads[-1].start()
            while len(self.turns._line) <= place:
                threading.Event().wait(0.001)
        self.let_through.set()
        for thread in [first, *threads]:
            thread.join()
        return answers


def does(name, error=None):
    def work(transaction):
        transaction.done.append(name)
        if error:
            raise error
        return f"did {name}"

    return work


def test_a_lone_work_is_committed_by_itself():
    database = FakeDatabase()
    database.let_through.set()
    assert database.turns.take(does("a")) == "did a"
    assert database.turns.take(does("b")) == "did b"
    assert database.commits == [["a"], ["b"]]


def test_works_that_wait_are_committed_together_in_order():
    database = FakeDatabase()
    assert database.line_up(does("a"), does("b"), does("c")) == ["did a", "did b", "did c"]
    assert database.commits == [["first"], ["a", "b", "c"]]


def test_a_work_that_raises_is_undone_alone():
    database = FakeDatabase()
    refused = WrongStatus("no")
    assert database.line_up(does("a"), does("b", refused), does("c")) == ["did a", refused, "did c"]
    assert database.commits == [["first"], ["a", "c"]]


def test_an_error_that_ends_the_transaction_is_everybodys():
    database = FakeDatabase()
    answers = database.line_up(does("a"), does("b", Fatal("disk full")), does("c"))
    assert [type(answer) for answer in answers] == [Fatal, StoreUnavailable, StoreUnavailable]
    assert database.commits == [["first"]]


def test_a_commit_that_fails_is_told_to_everybody():
    database = FakeDatabase()

    def break_it(transaction):
        transaction.done.append("a")
        database.error = StoreUnavailable("gone", retry_after=7.0)

    answers = database.line_up(break_it, does("b"))
    assert [str(answer) for answer in answers] == ["gone", "gone"]
    assert [answer.retry_after for answer in answers] == [7.0, 7.0]


def test_an_interrupted_thread_does_not_take_the_turn_with_it():
    database = FakeDatabase()
    answers = database.line_up(does("a", KeyboardInterrupt()), does("b"))
    assert [type(answer) for answer in answers] == [KeyboardInterrupt, StoreUnavailable]
    assert database.turns.take(does("c")) == "did c"


def test_a_turn_that_does_not_come_in_time_is_said_and_the_work_is_not_done():
    database = FakeDatabase(timeout=0.02)
    holder = threading.Thread(target=database.turns.take, args=(does("first"),))
    holder.start()
    database.entered.wait()
    with pytest.raises(StoreUnavailable, match="busy"):
        database.turns.take(does("late"))
    database.let_through.set()
    holder.join()
    assert database.turns.take(does("next")) == "did next"
    assert database.commits == [["first"], ["next"]]


def test_after_an_error_the_next_has_its_turn():
    database = FakeDatabase()
    database.let_through.set()
    with suppress(Fatal):
        database.turns.take(does("a", Fatal("no")))
    assert database.turns.take(does("b")) == "did b"
