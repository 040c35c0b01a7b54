"""One suite over every implementation of `routing.classifier.Classifier`."""

import importlib.util
import json
import math

import pytest

from model.directory import CONFIG, TOKENIZER, ModelConfig, open_model, seal
from model.registry import bundled_model_path, load_classifier
from routing.mail import Address, Attachment, Mail

MAILS = (
    Mail(subject="Panne sur l'A7", text="Bonjour, je suis en panne sur l'autoroute, envoyez une dépanneuse !"),
    Mail(subject="Quote", text="How much would it cost to insure a second-hand van?", sender=Address(address="a@b.c")),
    Mail(text="ci-joint les documents demandés", attachments=(Attachment(name="rib.pdf", size=12),)),
    Mail(subject="résiliation"),
)
STRANGE = {
    "empty": Mail(),
    "blank": Mail(subject=" \t", text="\n \n"),
    "megabyte of words": Mail(text="assurance " * 100_000),
    "megabyte of one word": Mail(text="a" * 1_000_000),
    "megabyte of line ends": Mail(text="\n" * 1_000_000),
    "NULs": Mail(subject="\x00", text="\x00" * 1000 + "devis"),
    "lone surrogates": Mail(subject="\ud800", text="\udcff devis \ud83d"),
    "right to left and joined emoji": Mail(text="\u202eتأمين السيارة 👨‍👩‍👧‍👦 🏳️‍🌈 \ufeff\u0301\u0301\u0301"),
    "Chinese": Mail(text="我的车在高速公路上抛锚了" * 50),
    "combining marks": Mail(text="e" + "\u0301" * 10_000),
    "only quoted": Mail(text="> bonjour\n> > merci"),
}


def onnx_classifier(_):
    return load_classifier("bundled")


def keyword_classifier(_):
    return load_classifier("keywords")


def torch_classifier(folder):
    """A checkpoint with random weights: the contract is about form, not about being right."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        pytest.skip("TORCH RUNTIME NOT TESTED: install the extra `train` to run this suite over it")
    import torch  # noqa: PLC0415 - only where it is installed
    from tokenizers import Tokenizer  # noqa: PLC0415 - the same

    from model.training.encoder import TextClassifier, empty_encoder  # noqa: PLC0415 - the same
    from model.training.export import write_weights  # noqa: PLC0415 - the same

    bundled = open_model(bundled_model_path())
    tokenizer = Tokenizer.from_file(str(bundled.file(TOKENIZER)))
    torch.manual_seed(5)
    encoder = empty_encoder(
        {
            "model_type": "bert",
            "vocab_size": tokenizer.get_vocab_size(),
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
        }
    )
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir()
    write_weights(TextClassifier(encoder, 3), checkpoint)
    tokenizer.save(str(checkpoint / TOKENIZER))
    config = ModelConfig(name="random", labels=("a", "b", "c"), languages=("fr",), max_length=64)
    (checkpoint / CONFIG).write_text(config.to_json(), encoding="utf-8")
    return load_classifier(f"torch:{seal(checkpoint).path}")


@pytest.fixture(
    scope="module", params=[onnx_classifier, keyword_classifier, torch_classifier], ids=lambda f: f.__name__
)
def classifier(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("model"))


def scores_of(prediction):
    return [(score.label, score.probability) for score in prediction.scores]


def check(prediction, classifier):
    probabilities = [score.probability for score in prediction.scores]
    assert math.isclose(sum(probabilities), 1.0, abs_tol=1e-9)
    assert all(0.0 <= probability <= 1.0 for probability in probabilities)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sorted(score.label for score in prediction.scores) == sorted(classifier.labels)
    assert prediction.label == prediction.scores[0].label
    assert prediction.confidence == probabilities[0]


def test_every_label_has_a_probability_and_they_sum_to_one(classifier):
    for prediction in classifier.classify(MAILS):
        check(prediction, classifier)


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_mail_gets_an_answer_like_any_other(classifier, kind):
    (prediction,) = classifier.classify([STRANGE[kind]])
    check(prediction, classifier)


def test_the_same_mail_gets_the_same_answer(classifier):
    first, second = classifier.classify([MAILS[0], MAILS[0]])
    (third,) = classifier.classify([MAILS[0]])
    assert scores_of(first) == scores_of(second) == scores_of(third)


def test_a_batch_answers_in_order_and_as_one_by_one(classifier):
    mails = [*MAILS, *STRANGE.values(), *reversed(MAILS)]
    together = classifier.classify(mails)
    alone = [classifier.classify([mail])[0] for mail in mails]
    assert len(together) == len(mails)
    for batched, single in zip(together, alone, strict=True):
        assert dict(scores_of(batched)) == pytest.approx(dict(scores_of(single)), abs=1e-5)


def test_no_mail_gets_no_answer(classifier):
    assert classifier.classify([]) == []


def test_different_mails_get_different_answers(classifier):
    assert len({json.dumps(scores_of(prediction)) for prediction in classifier.classify(MAILS)}) > 1


def test_labels_are_named_once_and_the_version_is_said(classifier):
    assert classifier.labels
    assert len(set(classifier.labels)) == len(classifier.labels)
    assert classifier.version


def test_only_the_stand_in_says_that_it_is_one(classifier):
    assert classifier.stand_in == ("stand-in" in classifier.version)
