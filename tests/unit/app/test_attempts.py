from __future__ import annotations

from app.attempts import FORGOTTEN_SECONDS, OF_ADDRESS, OF_BOTH, OF_NAME, Attempts


class Stopwatch:
    now = 0.0

    def __call__(self):
        return self.now


def guess(attempts, times, name="ada", address="1.2.3.4"):
    for _ in range(times):
        attempts.wrong(name, address)


def test_a_few_mistakes_cost_nothing_and_then_each_costs_twice_as_much():
    attempts = Attempts(Stopwatch())
    guess(attempts, OF_BOTH.free - 1)
    assert attempts.wait("ada", "1.2.3.4") == 0
    waits = []
    for _ in range(12):
        guess(attempts, 1)
        waits.append(attempts.wait("ada", "1.2.3.4"))
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == OF_BOTH.longest_seconds


def test_the_name_s_case_changes_nothing():
    attempts = Attempts(Stopwatch())
    guess(attempts, OF_BOTH.free, name="ADA")
    assert attempts.wait("ada", "1.2.3.4") > 0


def test_the_right_password_and_time_make_mistakes_forgotten():
    stopwatch = Stopwatch()
    attempts = Attempts(stopwatch)
    guess(attempts, OF_BOTH.free)
    attempts.right("ada", "1.2.3.4")
    assert attempts.wait("ada", "1.2.3.4") == 0
    guess(attempts, OF_BOTH.free + 5)
    stopwatch.now += FORGOTTEN_SECONDS
    assert attempts.wait("ada", "1.2.3.4") == 0


def test_who_was_right_at_an_address_does_not_wait_for_what_others_get_wrong_there():
    attempts = Attempts(Stopwatch())
    attempts.right("Ada", "1.2.3.4")
    for number in range(OF_ADDRESS.free):
        guess(attempts, 1, name=f"name-{number}")
    assert attempts.wait("bob", "1.2.3.4") > 0
    assert attempts.wait("ada", "5.6.7.8") == 0
    assert attempts.wait("ada", "1.2.3.4") == 0
    guess(attempts, OF_BOTH.free)
    assert attempts.wait("ada", "1.2.3.4") > 0


def test_who_tries_many_names_from_one_address_has_to_wait():
    attempts = Attempts(Stopwatch())
    for number in range(OF_ADDRESS.free):
        guess(attempts, 1, name=f"name-{number}")
    assert attempts.wait("somebody", "1.2.3.4") > 0
    assert attempts.wait("somebody", "9.9.9.9") == 0


def test_strangers_who_guess_from_everywhere_never_lock_a_user_out_for_long():
    attempts = Attempts(Stopwatch())
    for number in range(OF_NAME.free + 50):
        guess(attempts, 1, address=f"10.0.0.{number}")
    assert 0 < attempts.wait("ada", "192.0.2.1") <= OF_NAME.longest_seconds


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr("app.attempts.MOST_REMEMBERED", 30)
    stopwatch = Stopwatch()
    attempts = Attempts(stopwatch)
    for number in range(100):
        guess(attempts, 1, name=f"name-{number}", address=f"10.0.0.{number}")
        attempts.right(f"other-{number}", f"10.0.0.{number}")
    assert len(attempts._counts) <= 33
    assert len(attempts._at_home) <= 30
