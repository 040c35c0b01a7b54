"""Trainings that are taught by the one before."""

import importlib.util
from dataclasses import replace

import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("ROUNDS NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch

from model.corpus import Example
from model.corpus.split import Parts
from model.directory import TOKENIZER
from model.text import features_of
from model.tokens import load_tokenizer
from model.training.encoder import TextClassifier, load_base
from model.training.fit import fit
from model.training.memory import FolderMemory
from model.training.options import TrainOptions
from model.training.reading import read

LABELS = ("a", "b")
MAILS = tuple(
    Example(id=str(number), label="ab"[number % 2], language="en", subject="", text=text + " the" * (number % 5))
    for number, text in enumerate(("my car broke", "the house burnt") * 10)
)
PARTS = Parts(training=MAILS[:14], held_out=MAILS[14:])
OPTIONS = TrainOptions(
    epochs=3,
    rounds=2,
    patience=0,
    batch=4,
    averaging=0.3,
    bfloat16=False,
    learning_rate=5e-3,
    head_rate=2e-2,
    vary=False,
    ngrams=0,
    threads=1,
)


class Interrupted(Exception):
    """Ctrl-C."""


def fitted(base, options=OPTIONS, memory=None, listen=lambda _: None):
    torch.manual_seed(options.seed)
    tokenizer = load_tokenizer(base / TOKENIZER, max_length=16)
    network = TextClassifier(load_base(base), len(LABELS))
    given = {} if memory is None else {"memory": memory}
    fit(network, tokenizer, LABELS, PARTS, options=options, listen=listen, **given)
    return read(network, tokenizer, [features_of(mail.mail) for mail in PARTS.held_out])


def test_two_rounds_learn_and_tell_every_step(base):
    seen = []
    scores = fitted(base, listen=seen.append)
    assert scores.argmax(1).tolist() == [LABELS.index(mail.label) for mail in PARTS.held_out]
    steps = [progress for progress in seen if not progress.note]
    assert [progress.done for progress in steps] == list(range(1, steps[0].total + 1))
    assert [progress.figures["epoch"] for progress in seen if progress.figures] == [1, 2, 3, 4, 5, 6]


def test_a_second_round_is_another_than_the_first(base):
    assert fitted(base) != pytest.approx(fitted(base, replace(OPTIONS, rounds=1)))


@pytest.mark.parametrize("epoch", [2, 3, 5])
def test_an_interrupted_run_goes_on_as_if_it_had_never_stopped(base, tmp_path, epoch):
    def stop(progress):
        if progress.figures.get("epoch") == epoch + 1:
            raise Interrupted

    memory = FolderMemory(tmp_path / "state")
    with pytest.raises(Interrupted):
        fitted(base, memory=memory, listen=stop)
    assert fitted(base, memory=memory) == pytest.approx(fitted(base), abs=1e-6)
