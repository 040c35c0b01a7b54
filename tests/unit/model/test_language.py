"""The language of mails, the short and careless ones above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.language import code_of, language_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ok merci", "fr"),
        ("ok thanks", "en"),
        ("Bonjour", "fr"),
        ("yes please", "en"),
        ("JE VEUX RESILIER MON CONTRAT", "fr"),
        ("CANCEL MY POLICY NOW", "en"),
        ("jai pas recu ma carte verte", "fr"),
        ("havent got my card yet", "en"),
        ("degat des eaux", "fr"),
        ("water damage", "en"),
        ("Je ne comprends pas l'augmentation de ma cotisation cette année.", "fr"),
        ("I do not understand why my premium went up this year.", "en"),
        ("Guten Tag, ich möchte meinen Vertrag kündigen", "other"),
        ("He comprado un coche nuevo y quiero asegurarlo", "other"),
        ("Ho comprato una macchina nuova e vorrei assicurarla", "other"),
        ("Ik heb een nieuwe auto gekocht en wil die verzekeren", "other"),
        ("Comprei um carro novo e quero fazer um seguro", "other"),
        ("Chciałbym ubezpieczyć samochód", "other"),
        ("我想取消我的保险", "other"),
        ("أريد إلغاء عقدي", "other"),
    ],
)
def test_the_language_of_a_mail_is_found(text, code):
    assert language_of(text).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bonjour, ma voiture est en panne, pouvez-vous m'envoyer une dépanneuse ?", "fr"),
        ("Hello, my car has broken down, could you please send somebody with a tow truck?", "en"),
        ("Buenos días, mi coche se ha averiado y no puedo volver a casa, ¿qué debo hacer?", "other"),
        ("Guten Tag, mein Wagen ist liegen geblieben, bitte schicken Sie mir Hilfe.", "other"),
        ("Buongiorno, la mia auto è in panne, per favore mandate un carro attrezzi.", "other"),
        ("Bom dia, o meu carro avariou na estrada, o que devo fazer para pedir ajuda?", "other"),
        ("ok merci", "fr"),
        ("", "other"),
    ],
)
def test_the_short_way_comes_to_the_same(text, code):
    assert code_of(text) == language_of(text).code == code


def test_a_sentence_is_surer_than_a_word():
    sentence = language_of("Je vous écris au sujet de la fuite dans notre salle de bain, où en est le dossier ?")
    assert sentence.confidence > 0.99
    assert 0 < language_of("sinistro").confidence < sentence.confidence


@pytest.mark.parametrize(
    "text", ["", "   ", "06 12 34 56 78", "!!!", "https://example.org/resiliation", "a@example.org"]
)
def test_a_text_without_words_is_of_no_language(text):
    found = language_of(text)
    assert (found.code, found.confidence) == ("other", 0.0)


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_an_answer(text):
    found = language_of(text)
    assert found.code in {"fr", "en", "other"}
    assert 0 <= found.confidence <= 1
