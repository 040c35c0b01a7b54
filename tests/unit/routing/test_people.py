"""Users as the domain makes and changes them, and the passwords that it takes."""

from __future__ import annotations

import pytest

from routing.errors import InvalidInput
from routing.password_faults import Fault, password_fault
from routing.passwords import check_password, generate_password
from routing.people import Role, disabled, enabled, new_user, with_password, with_role

GOOD = "tulipe marteau canal sept"


@pytest.fixture(scope="module")
def anne():
    return new_user("anne.martin", " Anne Martin ", Role.AGENT, GOOD, now=1_000.0)


def test_a_new_user_signs_in_with_the_password_that_was_chosen(anne):
    assert check_password(GOOD, anne.password)
    assert not check_password(GOOD + "!", anne.password)
    assert (anne.full_name, anne.role, anne.epoch, anne.disabled_at) == ("Anne Martin", Role.AGENT, 0, None)


def test_who_has_no_full_name_is_called_by_the_name():
    assert new_user("anne", "  ", Role.AGENT, GOOD, now=1_000.0).full_name == "anne"


@pytest.mark.parametrize("name", ["", "-anne", "anne martin", "anné", "a" * 65, "anne\n", "anne/..", "\u0661"])
def test_what_cannot_name_a_user_is_refused(name):
    with pytest.raises(InvalidInput, match="cannot name a user") as caught:
        new_user(name, "", Role.AGENT, GOOD, now=1_000.0)
    assert caught.value.field == "/name"


def test_a_full_name_has_an_end():
    with pytest.raises(InvalidInput):
        new_user("anne", "a" * 201, Role.AGENT, GOOD, now=1_000.0)


def test_a_bad_password_is_refused_with_a_sentence():
    with pytest.raises(InvalidInput, match="at least 12 characters") as caught:
        new_user("anne", "", Role.AGENT, "tulipe sept", now=1_000.0)
    assert caught.value.field == "/password"


def test_what_ends_sessions_raises_the_epoch(anne):
    assert with_role(anne, Role.SUPERVISOR).epoch == 1
    assert disabled(anne, now=5.0).epoch == 1
    assert enabled(disabled(anne, now=5.0)).epoch == 2
    changed = with_password(anne, "another good sentence")
    assert changed.epoch == 1
    assert check_password("another good sentence", changed.password)


def test_what_changes_nothing_ends_no_session(anne):
    assert with_role(anne, Role.AGENT) is anne
    assert enabled(anne) is anne
    gone = disabled(anne, now=5.0)
    assert disabled(gone, now=6.0) is gone


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elevenchars", Fault.SHORT),
        (" " * 20, Fault.SHORT),
        ("x" * 201, Fault.LONG),
        ("anne.martin-1", Fault.NAME),
        ("Anne.Martin!Anne.Martin", Fault.NAME),
        ("motdepasse1234", Fault.COMMON),
        ("M0tDeP@sse!!2026", Fault.COMMON),
        ("Bienvenue2026!", Fault.COMMON),
        ("azertyuiop123", Fault.COMMON),
        ("passwordpassword", Fault.COMMON),
        ("aaaaaaaaaaaa", Fault.SIMPLE),
        ("121212121212", Fault.SIMPLE),
        ("123456789012", Fault.SIMPLE),
        ("abcdefghijklm", Fault.SIMPLE),
        (GOOD, None),
        ("anne.martin aime le velours", None),
        ("correct cheval pile agrafe", None),
        ("été à la mer", None),
    ],
)
def test_passwords_are_refused_for_what_makes_them_easy_to_guess_only(password, fault):
    assert password_fault(password, "anne.martin") is fault


def test_every_fault_says_what_to_do():
    assert all(fault.sentence.endswith(".") for fault in Fault)


@pytest.mark.parametrize("_", range(20))
def test_generated_passwords_are_good_ones(_):
    assert password_fault(generate_password(), "a") is None
