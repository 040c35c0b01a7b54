from __future__ import annotations

import pytest

from routing.passwords import NOBODY, check_password, generate_password, hash_password


def test_a_password_is_right_and_every_other_is_wrong():
    kept = hash_password("correct horse battery")
    assert check_password("correct horse battery", kept)
    assert not check_password("Correct horse battery", kept)
    assert not check_password("", kept)


def test_the_password_itself_and_equal_hashes_are_kept_nowhere():
    first, second = hash_password("correct horse battery"), hash_password("correct horse battery")
    assert first != second
    assert "horse" not in first


def test_accents_are_the_same_from_every_keyboard():
    assert check_password(
        "e\N{COMBINING ACUTE ACCENT}t\N{LATIN SMALL LETTER E WITH ACUTE} à la mer", hash_password("été à la mer")
    )


def test_nobody_has_a_hash_that_takes_as_long_as_any_and_fits_nothing():
    assert NOBODY.split("$")[:4] == hash_password("correct horse battery").split("$")[:4]
    assert not check_password("", NOBODY)


def test_a_hash_of_another_kind_is_no_hash():
    with pytest.raises(ValueError, match="md5"):
        check_password("x", "md5$1$1$1$AAAA$AAAA")


def test_generated_passwords_are_long_enough_and_differ():
    first, second = generate_password(), generate_password()
    assert first != second
    assert check_password(first, hash_password(first))
