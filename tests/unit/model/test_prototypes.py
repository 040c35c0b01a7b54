"""What a training begins with."""

import importlib.util

import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("THE BEGINNING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.encoder import TextClassifier, load_base
from model.training.prototypes import begin_with_means
from model.training.reading import read, read_vectors

TEXTS = ("my car", "my house", "the car broke", "the house burnt", "de car", "de house")
TARGETS = (0, 2, 0, 2, 0, 2)


@pytest.fixture
def network(base):
    torch.manual_seed(1)
    return TextClassifier(load_base(base), 3).eval()


@pytest.fixture(scope="module")
def tokenizer(base):
    return load_tokenizer(base / TOKENIZER, max_length=16)


def test_before_the_first_step_mails_get_the_label_of_the_mails_they_are_like(network, tokenizer):
    begin_with_means(network, tokenizer, TEXTS, TARGETS)
    assert read(network, tokenizer, TEXTS)[:, [0, 2]].argmax(1).tolist() == [0, 1] * 3


def test_a_label_without_mails_keeps_the_weights_it_was_drawn_with(network, tokenizer):
    before = network.head.weight[1].clone()
    begin_with_means(network, tokenizer, TEXTS, TARGETS)
    assert torch.equal(network.head.weight[1], before)


def test_texts_are_read_in_the_order_given_whatever_their_length(network, tokenizer):
    texts = ["my car broke the house", "my", "the car", *TEXTS * 12]
    together = read_vectors(network, tokenizer, texts)
    assert together[:3] == pytest.approx(read_vectors(network, tokenizer, texts[:3]), abs=1e-5)
    assert together[-1] == pytest.approx(read_vectors(network, tokenizer, texts[-1:])[0], abs=1e-5)


def test_a_prefix_is_read_before_every_text(network, tokenizer):
    assert read(network, tokenizer, ["car"], prefix="my ") == pytest.approx(read(network, tokenizer, ["my car"]))


def test_nothing_cannot_be_read(network, tokenizer):
    with pytest.raises(ValueError, match="nothing to read"):
        read(network, tokenizer, [])
