"""Text is repaired and cut the same way for every store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.store import bounds

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("a\0\ud800\udfffé😀")


@given(ANY_TEXT, st.integers(1, 20))
def test_bounded_text_is_short_and_every_database_takes_it(text, limit):
    cut = bounds.bounded(text, limit)
    assert len(cut) <= limit
    assert "\0" not in cut
    cut.encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_that_every_database_takes_is_left_alone(text):
    assert bounds.clean(text) == text
    assert bounds.bounded(text, len(text) + 1) == text


@given(ANY_TEXT, ANY_TEXT)
def test_keys_are_equal_only_for_equal_texts(one, other):
    assert (bounds.key(one) == bounds.key(other)) == (one == other)


@pytest.mark.parametrize("text", ["k" * 201, "k" * 100_000, "é\0" * 300])
def test_a_long_key_fits_an_index(text):
    assert len(bounds.key(text).encode()) == 71


def test_cut_text_says_that_something_is_missing():
    assert bounds.bounded("abcdef", 4) == "abc…"
    assert bounds.bounded("abcd", 4) == "abcd"
    assert bounds.maybe(None, 4) is None
