"""What is learnt from in one step."""

import importlib.util
import random
from collections import Counter

import pytest

from model.corpus import Example
from model.directory import TOKENIZER, open_model
from model.registry import bundled_model_path
from model.tokens import load_tokenizer

if importlib.util.find_spec("torch") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

from model.training.batches import epoch
from model.training.options import TrainOptions

OPTIONS = TrainOptions(batch=8, vary=False)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(open_model(bundled_model_path()).file(TOKENIZER), max_length=64)


def mails(count, draw):
    return [
        Example(
            id=str(n), label=draw.choice("abc"), language="en", subject="", text="car " * min(60, n % 50 + 1) + f"x{n}"
        )
        for n in range(count)
    ]


def test_an_epoch_gives_every_mail_once(tokenizer):
    draw = random.Random(2)  # noqa: S311 - an order is no secret
    examples = mails(203, draw)
    batches = list(epoch(examples, tokenizer, OPTIONS, draw))
    rows = Counter(tuple(row) for batch in batches for row in batch.rows)
    assert rows == Counter(tuple(tokenizer.encode(example.text.strip()).ids) for example in examples)
    assert sorted(number for batch in batches for number in batch.numbers) == list(range(203))
    assert all(len(batch.rows) == len(batch.numbers) <= OPTIONS.batch for batch in batches)


def test_little_of_a_batch_is_padding_though_mails_of_a_label_sit_in_pairs(tokenizer):
    draw = random.Random(2)  # noqa: S311 - an order is no secret
    examples = mails(2000, draw)
    batches = list(epoch(examples, tokenizer, OPTIONS, draw))
    real = sum(len(row) for batch in batches for row in batch.rows)
    padded = sum(len(batch.rows) * max(map(len, batch.rows)) for batch in batches)
    assert padded < 1.5 * real
    labels = [Counter(examples[number].label for number in batch.numbers) for batch in batches]
    alone = sum(count == 1 for counted in labels for count in counted.values())
    assert alone <= 3, "only a label's odd one out may have no like in its batch"
