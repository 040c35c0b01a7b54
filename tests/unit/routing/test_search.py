"""The words of a search, on both of its sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.search import CONTENT, TERMS, WORD, content_of, terms_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dégât des EAUX", ["degat", "des", "eaux"]),
        ("l'œuvre de Straße", ["l", "oeuvre", "de", "strasse"]),
        ("anne.o@example.org", ["anne", "o", "example", "org"]),
        ("n° 2026-00417_b", ["n", "2026", "00417", "b"]),
        ("'; DROP TABLE texts; --", ["drop", "table", "texts"]),
        ("", []),
        ("…\0", []),
    ],
)
def test_neither_case_nor_accents_nor_signs_count(text, words):
    assert words_of(text) == words


@given(st.text(max_size=300))
def test_words_hold_nothing_that_a_database_would_take_for_more_than_a_word(text):
    for word in words_of(text):
        assert word
        assert len(word) <= WORD
        assert word.isalnum()
        assert word == word.casefold()


@given(st.text(max_size=300))
def test_a_mail_is_found_by_every_word_of_its_own(text):
    assert set(terms_of(text)) <= set(content_of(text).split(" "))


def test_a_mail_is_kept_with_each_word_once_and_not_beyond_the_limit():
    assert content_of("Devis", "devis auto devis") == "devis auto"
    long = content_of(" ".join(f"mot{number}" for number in range(10_000)))
    assert len(long) <= CONTENT
    assert long.endswith(tuple("0123456789"))


def test_a_search_asks_for_so_many_words_at_most():
    assert len(terms_of(" ".join(f"mot{number}" for number in range(100)))) == TERMS
