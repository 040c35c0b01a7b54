"""One suite over every implementation of `routing.classifier.Classifier`."""

import importlib.util
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from model.confidence.confidence import fit_confidence
from model.corpus import read_corpus
from model.directory import CONFIG, ONNX, TOKENIZER, ModelConfig, open_model, seal
from model.onnx_network import OnnxNetwork
from model.registry import bundled_model_path, identify_model, load_classifier
from model.text import features_of
from model.tokens import load_tokenizer
from routing.mail import Address, Attachment, Mail

CORPUS = Path(__file__).parents[2] / "model" / "corpora" / "insurance" / "train"
HELD_OUT = 250
FOREIGN = {
    "German": (
        "Hallo, ich möchte meine Hausratversicherung zum Jahresende kündigen. Bitte bestätigen Sie das schriftlich.",
        "Sehr geehrte Damen und Herren, mein Beitrag wurde doppelt abgebucht. Ich bitte um Rückerstattung.",
        "Guten Morgen, wir sind umgezogen. Unsere Adresse lautet nun Lindenstraße 14. Bitte ändern Sie den Vertrag.",
        "Ich kann mich seit drei Tagen nicht mehr in mein Kundenkonto einloggen, das Passwort wird abgelehnt.",
    ),
    "Spanish": (
        "Hola, quiero cancelar mi seguro de hogar a partir del próximo mes. Por favor confirmen la baja por escrito.",
        "Estimados señores, me han cobrado dos veces la prima de este mes. Ruego que me devuelvan el importe.",
        "Nos hemos mudado a la calle Mayor 12 de Zaragoza, por favor cambien la dirección de la póliza.",
        "No puedo entrar en mi cuenta desde hace tres días, la contraseña no funciona.",
    ),
    "Dutch": (
        "Hallo, ik wil mijn inboedelverzekering per volgende maand opzeggen. Graag een bevestiging per mail.",
        "Geachte heer of mevrouw, mijn premie is deze maand twee keer afgeschreven. Graag het bedrag terug.",
        "Wij zijn verhuisd naar de Kerkstraat 8 in Utrecht, kunt u het adres op de polis aanpassen?",
        "Ik kan al drie dagen niet inloggen op mijn account, het wachtwoord werkt niet meer.",
    ),
    "Italian": (
        "Salve, vorrei disdire la mia assicurazione sulla casa dal mese prossimo. Attendo conferma scritta.",
        "Gentili signori, questo mese il premio mi è stato addebitato due volte. Chiedo il rimborso della somma.",
        "Ci siamo trasferiti in via Garibaldi 21 a Bologna, per favore cambiate l'indirizzo della polizza.",
        "Da tre giorni non riesco ad accedere al mio conto, la password non funziona più.",
    ),
}

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


def honest_classifier(folder):
    """The bundled network with calibration, promises and a sense for strangers, fitted to mails of its corpus."""
    bundled = open_model(bundled_model_path())
    network = OnnxNetwork(
        bundled.file(ONNX),
        load_tokenizer(bundled.file(TOKENIZER), max_length=bundled.config.max_length),
        ngrams=bundled.config.ngrams,
        prefix=bundled.config.prefix,
    )
    mails = read_corpus([CORPUS])
    held_out = mails[:: len(mails) // HELD_OUT]
    training = [example for example in mails if example not in held_out]
    read = [network.scores_and_tokens(features_of(example.mail)) for example in held_out]
    confidence = fit_confidence(
        labels=bundled.config.labels,
        scores=[scores for scores, _ in read],
        truths=[bundled.config.labels.index(example.label) for example in held_out],
        rows=[row for _, row in read],
        training_rows=[network.tokens(features_of(example.mail)) for example in training],
        vocabulary=50_000,
    )
    copied = folder / "honest"
    shutil.copytree(bundled.path, copied)
    confidence.write(copied)
    config = replace(bundled.config, name="honest", **confidence.config())
    (copied / CONFIG).write_text(config.to_json(), encoding="utf-8")
    return load_classifier(str(seal(copied).path))


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
    scope="module",
    params=[onnx_classifier, honest_classifier, keyword_classifier, torch_classifier],
    ids=lambda f: f.__name__,
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
    if prediction.stranger is None:
        assert not prediction.is_stranger
    else:
        assert math.isfinite(prediction.stranger)
        assert prediction.stranger >= 0.0
        assert prediction.is_stranger == (prediction.stranger >= 1.0)


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


def test_a_model_knows_strangers_among_all_mails_or_among_none(classifier):
    knows = {prediction.stranger is not None for prediction in classifier.classify([*MAILS, *STRANGE.values()])}
    assert len(knows) == 1


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


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return honest_classifier(tmp_path_factory.mktemp("honest"))


@pytest.mark.parametrize("language", FOREIGN)
def test_mail_in_a_language_that_the_model_does_not_know_is_a_stranger(honest, language):
    told = [prediction.is_stranger for prediction in honest.classify([Mail(text=text) for text in FOREIGN[language]])]
    assert sum(told) >= len(told) - 1


def test_ordinary_mail_is_no_stranger(honest):
    test = read_corpus([CORPUS.parent / "test.jsonl"])[::2]
    strangers = [prediction.is_stranger for prediction in honest.classify([example.mail for example in test])]
    assert sum(strangers) / len(test) < 0.06  # one in a hundred was asked for, of mails by the same authors


def test_a_model_tells_what_it_promises_before_it_is_loaded(tmp_path):
    spec = str(honest_classifier(tmp_path) and next(tmp_path.glob("honest-*")))
    promises = identify_model(spec).promises
    assert [promise.precision for promise in promises] == [0.9, 0.95, 0.97, 0.98, 0.99]
    assert all(promise.mails >= HELD_OUT for promise in promises)
    assert promises[0].routed > 0.5
