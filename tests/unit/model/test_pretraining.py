"""Pre-training on unlabelled mail: what is hidden, what is learnt, what an interruption changes."""

import importlib.util
import random

import pytest
from click.testing import CliRunner

from facteur.cli import main

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

from model.training.bases import find_base
from model.training.hiding import IGNORED, Hider, Piece
from model.training.memory import FolderMemory
from model.training.pretrain_options import PretrainOptions
from model.training.pretraining import pretrain
from model.training.runs import curves_of, open_run
from model.training.scratch import new_tokenizer
from routing.errors import ConfigurationError

SMALL = PretrainOptions(
    epochs=6, batch=8, vocabulary=400, hidden=64, layers=1, snapshot=20, held_out=0.1, threads=1, bfloat16=False
)


def texts(count):
    draw = random.Random(7)  # noqa: S311 - words are no secret
    subjects = ("the car", "the house", "my roof", "our dog", "the boat")
    verbs = ("was hit by", "was stolen from", "fell into", "burnt beside")
    return [
        f"Hello, {draw.choice(subjects)} {draw.choice(verbs)} {draw.choice(subjects)} on day {number}, please help me."
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    seen = []
    return pretrain(texts(200), None, tmp_path_factory.mktemp("own") / "encoder", SMALL, seen.append), seen


def test_hidden_words_are_guessed_better_than_before(whole):
    pretrained, _ = whole
    assert pretrained.perplexity < pretrained.before / 2
    assert pretrained.held_out == 20


def test_an_encoder_of_ones_own_can_be_trained_from(whole, mails, tmp_path, monkeypatch):
    pretrained, _ = whole
    assert find_base(pretrained.encoder).name == "encoder"
    monkeypatch.chdir(tmp_path)
    arguments = ["tune", mails, "--base", pretrained.encoder, "--trials", 1, "--epochs", 1, "--threads", 1]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output


def test_an_interrupted_pretraining_goes_on_as_if_it_had_never_stopped(whole, tmp_path):
    def stop(progress):
        if progress.done == 50:
            raise KeyboardInterrupt

    memory, out = FolderMemory(tmp_path / "state"), tmp_path / "encoder"
    with pytest.raises(KeyboardInterrupt):
        pretrain(texts(200), None, out, SMALL, stop, memory=memory)
    assert not out.exists()
    seen = []
    again = pretrain(texts(200), None, out, SMALL, seen.append, memory=memory)
    assert again.perplexity == pytest.approx(whole[0].perplexity, rel=1e-4)
    assert next(one.done for one in seen if one.stage == "pretrain") == 41


def test_a_pretraining_is_recorded_and_its_encoder_says_what_it_is(mails, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ["--vocabulary", "320", "--hidden", "64", "--layers", "1", "--epochs", "2", "--threads", "1"]
    result = CliRunner().invoke(main, ["pretrain", str(mails), "--out", "own", *small])
    assert result.exit_code == 0, result.output
    (run,) = (tmp_path / "runs").iterdir()
    record = open_run(run).record
    assert (record.kind, record.status) == ("pretrain", "done")
    assert record.figures["perplexity"] == pytest.approx(curves_of(run)[-1]["perplexity"], rel=1)
    assert "no foreign weights" in (tmp_path / "own" / "README.md").read_text()
    again = CliRunner().invoke(main, ["pretrain", str(mails), "--out", "own", *small])
    assert again.exit_code == 1
    assert "own exists already" in again.stderr


def test_an_encoder_goes_on_learning_from_a_base(base, mails, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        main, ["pretrain", str(mails), "--base", str(base), "--out", "further", "--epochs", "1", "--threads", "1"]
    )
    assert result.exit_code == 0, result.output
    assert "going on from base" in (tmp_path / "further" / "README.md").read_text()


def test_too_little_mail_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="3 different mails are too few"):
        pretrain(["a", "b", "c", "c", " "], None, tmp_path / "out", SMALL, print)


def test_whole_words_are_hidden_at_least_one_and_about_the_share():
    pieces = [Piece(ids=(2, *range(10, 30), 3), words=(None, *(at // 2 for at in range(20)), None))] * 200
    ids, attention, wanted = Hider(mask=4, vocabulary=40, share=0.15).hide(pieces, pad=0, seed=1)
    hidden = wanted != IGNORED
    assert hidden.any(1).all()
    assert (hidden[:, 1:-1:2] == hidden[:, 2:-1:2]).all()
    assert not hidden[:, [0, -1]].any()
    assert 0.13 < hidden[:, 1:-1].float().mean() < 0.22
    assert 0.7 < (ids[hidden] == 4).float().mean() < 0.9
    assert attention.all()


def test_a_new_tokenizer_reads_neither_capitals_nor_accents_and_is_the_same_each_time():
    first, second = (new_tokenizer(texts(100) + ["la maison a brulé"] * 5, 400) for _ in range(2))
    assert first.to_str() == second.to_str()
    encoding = first.encode("La MAISON a BRÛLÉ")
    assert encoding.ids == second.encode("la maison a brule").ids
    assert (encoding.tokens[0], encoding.tokens[-1]) == ("[CLS]", "[SEP]")
    assert first.decode(encoding.ids).strip() == "la maison a brule"
