"""What the wide part sees of a text."""

import itertools
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ngrams import NOTHING, ngrams_of

MANY = 1 << 40
"""Buckets enough that no two n-grams share one."""


def spelled_out(text):
    """The definition, word by word and piece by piece."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    words = re.findall(r"\w+", re.sub("[1-9]", "0", plain.lower()))
    pieces = {
        ("piece", f" {word} "[start : start + size])
        for word in words
        for size in (3, 4, 5)
        for start in range(len(word) + 2 - size + 1)
    }
    return set(words) | set(itertools.pairwise(words)) | pieces


@given(st.text(alphabet="abé 19-\n.ß", max_size=60))
def test_there_is_a_number_for_every_word_pair_and_piece(text):
    numbers = ngrams_of(text, MANY)
    assert len(set(numbers) - {NOTHING}) == len(spelled_out(text))


@given(st.text())
def test_any_text_has_numbers_in_range_each_once(text):
    numbers = ngrams_of(text, 100)
    assert numbers.dtype == np.int64
    assert len(numbers) >= 1
    assert numbers.min() >= 0
    assert numbers.max() < 100
    assert (np.diff(numbers) > 0).all()


@pytest.mark.parametrize(
    ("left", "right"),
    [("Déclaration d'accident", "declaration D'ACCIDENT"), ("né le 12/03/1988", "ne le 27/09/2001"), ("a  b", "a\nb")],
)
def test_accents_capitals_digits_and_spaces_make_no_difference(left, right):
    assert ngrams_of(left, MANY).tolist() == ngrams_of(right, MANY).tolist()


def test_the_order_of_words_makes_a_difference():
    assert ngrams_of("house car", MANY).tolist() != ngrams_of("car house", MANY).tolist()


@pytest.mark.parametrize("text", ["", " \n", "?!…"])
def test_a_text_without_words_has_nothing(text):
    assert ngrams_of(text, 100).tolist() == [NOTHING]


def test_numbers_stay_what_they_were_when_models_were_trained():
    assert ngrams_of("my car", 1 << 16).tolist() == [
        423,
        2556,
        27635,
        41100,
        43134,
        45193,
        45508,
        46159,
        46681,
        51773,
        56085,
        59661,
    ]
