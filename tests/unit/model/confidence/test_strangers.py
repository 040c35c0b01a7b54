"""A sense for strangers: wording, energy, their tables."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.confidence.strangers import Strangers, energy, learn_strangers
from model.confidence.tables import read_tables, write_tables
from model.confidence.wording import Wording
from routing.errors import ConfigurationError


@pytest.fixture(scope="module")
def known(numbers, language):
    """A model's sense for strangers, its language, and the scores and rows of the mails that were held out."""
    spoken, model = language(seed=1), numbers()
    scores, _ = model.mails(400)
    rows = spoken.rows(400)
    return learn_strangers(scores, rows, spoken.rows(1500), vocabulary=500), spoken, model, scores, rows


def test_at_most_the_stated_share_of_held_out_mails_are_strangers(known):
    strangers, _, _, scores, rows = known
    told = np.array([strangers.score(*one) for one in zip(scores, rows, strict=True)])
    assert (told >= 0).all()
    assert 0 < (told >= 1).sum() <= 4


def test_about_the_stated_share_of_new_mails_are_strangers(known):
    strangers, spoken, model, _, _ = known
    told = [strangers.score(*one) >= 1 for one in zip(model.mails(2000)[0], spoken.rows(2000), strict=True)]
    assert np.mean(told) < 0.03


def test_another_language_is_a_stranger_whatever_the_scores(known, language):
    strangers, _, model, _, _ = known
    rows = language(seed=50).rows(200)
    told = [strangers.score(*one) for one in zip(model.mails(200)[0], rows, strict=True)]
    assert np.mean(np.array(told) >= 1) > 0.9


def test_scores_that_say_nothing_are_strange(known):
    strangers, _, _, scores, rows = known
    plain = [strangers.score(one, row) for one, row in zip(scores, rows, strict=True)]
    silent = [strangers.score(one - one.max() - 5, row) for one, row in zip(scores, rows, strict=True)]
    assert all(low <= high for low, high in zip(plain, silent, strict=True))
    assert np.mean(silent) > 2 * np.mean(plain)


def test_too_few_held_out_mails_give_no_sense_for_so_small_a_share(numbers, language):
    spoken = language(seed=1)
    scores, _ = numbers().mails(98)
    given = (scores, spoken.rows(98), spoken.rows(200))
    assert learn_strangers(*given, vocabulary=500) is None
    assert learn_strangers(*given, vocabulary=500, share=0.05) is not None


def test_what_is_written_is_read_again(known, tmp_path):
    strangers, _, _, scores, rows = known
    write_tables(tmp_path / "s.safetensors", strangers.tables())
    again = Strangers.of_tables(read_tables(tmp_path / "s.safetensors"))
    assert [again.score(*one) for one in zip(scores, rows, strict=True)] == [
        strangers.score(*one) for one in zip(scores, rows, strict=True)
    ]


@pytest.mark.parametrize("missing", ["tokens", "pairs", "energy_tail", "wording_tail", "bound"])
def test_a_missing_table_is_one_sentence(known, missing):
    tables = {name: table for name, table in known[0].tables().items() if name != missing}
    with pytest.raises(ConfigurationError, match=f"lack '{missing}': fetch"):
        Strangers.of_tables(tables)


@pytest.mark.parametrize(
    "damage",
    [{"pairs": np.zeros(1000, np.uint8)}, {"bound": np.array([np.nan])}, {"bound": np.array([0.0])},
     {"energy_tail": np.zeros(4)}, {"tokens": np.zeros(0, np.uint8)}, {"wording_tail": np.zeros((2, 2))}],
)  # fmt: skip
def test_a_damaged_table_is_one_sentence(known, damage):
    with pytest.raises(ConfigurationError, match="damaged"):
        Strangers.of_tables({**known[0].tables(), **damage})


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_any_row_has_a_finite_surprise(row):
    wording = Wording.learn([[0, 5, 6, 5, 1], [0, 7, 1]], 100)
    assert 0 <= wording.surprise(row) < 50


def test_what_was_read_often_surprises_less():
    wording = Wording.learn([[0, 5, 6, 7, 1]] * 50 + [[0, 8, 9, 1]], 100)
    often, seldom, never = ([0, 5, 6, 7, 1], [0, 8, 9, 1], [0, 40, 41, 42, 1])
    assert wording.surprise(often) < wording.surprise(seldom) < wording.surprise(never)
    assert wording.surprise(often) < wording.surprise([0, 7, 6, 5, 1])


def test_the_energy_is_minus_the_logarithm_of_the_summed_exponentials():
    assert energy(np.array([1.0, 2.0])) == pytest.approx(-np.log(np.exp(1) + np.exp(2)))
    assert energy(np.array([1000.0, 0.0])) == pytest.approx(-1000.0)


def test_tables_are_a_safetensors_file(tmp_path):
    file = tmp_path / "t.safetensors"
    write_tables(file, {"b": np.arange(3, dtype=np.uint8), "w": np.array([[0.5, 1.5]])})
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert header["w"] == {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]}
    assert header["b"] == {"dtype": "U8", "shape": [3], "data_offsets": [16, 19]}
    assert content[8 + length :] == np.array([0.5, 1.5]).tobytes() + bytes([0, 1, 2])


@pytest.mark.parametrize(
    "content",
    [b"", b"\x01", struct.pack("<Q", 2**60), struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 4) + b"null",
     struct.pack("<Q", 9) + b'{"a": {}}', struct.pack("<Q", 2) + b"\xff\xff"],
)  # fmt: skip
def test_what_is_no_file_of_tables_is_one_sentence(tmp_path, content):
    file = tmp_path / "t.safetensors"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no file of tables") as caught:
        read_tables(file)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_of_tables_is_one_sentence(known, tmp_path):
    file = tmp_path / "t.safetensors"
    write_tables(file, known[0].tables())
    whole = file.read_bytes()
    for size in range(0, len(whole), 97):
        file.write_bytes(whole[:size])
        with pytest.raises(ConfigurationError):
            Strangers.of_tables(read_tables(file))


def test_a_missing_file_of_tables_is_one_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_tables(tmp_path / "none.safetensors")
