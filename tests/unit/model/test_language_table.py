"""The table of languages against the program that it was written from."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.language_table import LanguageTable
from model.training.language_table import convert, identifier

CORPORA = Path(__file__).parents[3] / "model" / "corpora"
ELSEWHERE = [
    "Guten Tag, ich möchte meinen Vertrag kündigen",
    "He comprado un coche nuevo y quiero asegurarlo",
    "Chciałbym ubezpieczyć samochód",
    "我想取消我的保险",
    "أريد إلغاء عقدي",
    "Я хочу расторгнуть договор",
    "ฉันต้องการยกเลิกสัญญา",
    "hozzáférés",
]


@cache
def source():
    return identifier()


@cache
def table():
    return LanguageTable.load()


def mails():
    for file in sorted(CORPORA.rglob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines()[::20]:
            row = json.loads(line)
            yield f"{row.get('subject', '')} {row.get('text', '')}"[:1000].lower()


def assert_alike(text):
    """Steps of the weights cost less than a hundredth of probability, whatever the text."""
    ours, theirs = table().probabilities(text), dict(source().rank(text))
    assert ours.keys() == theirs.keys()
    assert max(abs(ours[language] - theirs[language]) for language in ours) < 0.01, text


def test_it_gives_the_probabilities_of_its_source_for_mails_and_for_other_languages():
    texts = [*mails(), *ELSEWHERE]
    assert len(texts) > 200
    for text in texts:
        assert_alike(text)


@given(st.text(max_size=60))
def test_it_gives_the_probabilities_of_its_source_for_any_text(text):
    if not text.isupper():  # which the source writes small; our words are small already
        assert_alike(text)


def test_the_file_is_what_the_command_writes(tmp_path):
    kept = table()
    convert(source()).save(tmp_path / "languages.npz")
    again = LanguageTable.load(tmp_path / "languages.npz")
    assert (again.languages, again.step) == (kept.languages, kept.step)
    for mine, theirs in zip((*again.grams, *again.rows), (*kept.grams, *kept.rows), strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(again.weights, kept.weights)
    assert np.array_equal(again.priors, kept.priors)


def test_a_text_without_any_known_gram_is_of_every_language_alike():
    shares = table().probabilities("")
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["fr"] == shares["en"]


def test_the_table_takes_little_memory():
    kept = table()
    arrays = [*kept.grams, *kept.rows, kept.weights, kept.priors]
    assert sum(array.nbytes for array in arrays) < 16_000_000
