"""What a step learns by, and from which mails."""

import importlib.util
import random

import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("LOSSES NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch

from model.corpus import Example
from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.batches import epoch
from model.training.losses import contrast
from model.training.options import TrainOptions


def test_mails_of_one_label_that_are_alike_cost_less_than_those_that_are_not():
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    assert contrast(vectors, torch.tensor([0, 0, 1, 1])) < contrast(vectors, torch.tensor([0, 1, 0, 1]))


def test_the_loss_is_that_of_the_paper():
    vectors = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    half = 0.5**0.5
    # Mails 0 and 2 are alike; 1 has no partner and says nothing.
    shares = [torch.tensor([0.0, half]), torch.tensor([half, half])]
    expected = -sum(torch.log_softmax(row / 0.1, 0)[place] for row, place in zip(shares, (1, 0), strict=True)) / 2
    assert contrast(vectors, torch.tensor([5, 6, 5])).item() == pytest.approx(expected.item(), abs=1e-6)


def test_a_batch_without_two_of_a_label_costs_nothing_and_still_has_a_slope():
    vectors = torch.ones(3, 2, requires_grad=True)
    loss = contrast(vectors, torch.tensor([0, 1, 2]))
    loss.backward()
    assert loss.item() == 0.0
    assert torch.isfinite(vectors.grad).all()


def test_the_slope_is_finite_where_some_have_partners():
    vectors = torch.randn(5, 4, requires_grad=True)
    contrast(vectors, torch.tensor([0, 0, 1, 2, 2])).backward()
    assert torch.isfinite(vectors.grad).all()


def test_an_epoch_has_every_mail_once_and_pairs_of_one_label(base):
    tokenizer = load_tokenizer(base / TOKENIZER, max_length=16)
    examples = [
        Example(id=str(number), label="abc"[number % 3], language="en", subject="", text="my car " * (number % 7 + 1))
        for number in range(40)
    ]
    options = TrainOptions(batch=6, vary=False)
    first, same, other = (list(epoch(examples, tokenizer, options, random.Random(seed))) for seed in (2, 2, 3))  # noqa: S311 - an order
    assert sorted(number for batch in first for number in batch.numbers) == list(range(40))
    assert [len(batch.rows) for batch in first].count(6) == 6
    for batch in first:
        labels = [examples[number].label for number in batch.numbers]
        assert sum(labels.count(label) > 1 for label in labels) >= 2
        assert [len(row) for row in batch.rows] == [
            len(tokenizer.encode(examples[number].text).ids) for number in batch.numbers
        ]
    assert first == same
    assert first != other
