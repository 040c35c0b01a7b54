import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.text import FEATURES_LIMIT, bare_subject, features_of, written_now
from routing.mail import Attachment, Mail


def read(text: str, subject: str = "") -> str:
    return features_of(Mail(subject=subject, text=text))


def test_subject_and_body_are_read_together():
    assert read("Ma voiture est en panne.", subject="Au secours") == "Au secours\nMa voiture est en panne."


@pytest.mark.parametrize(
    ("subject", "bare", "forwards"),
    [
        ("Re: RE : Re[2]: devis", "devis", False),
        ("TR: Fwd: constat", "constat", True),
        ("Rép : sinistre", "sinistre", False),
        ("Retard : mon dossier", "Retard : mon dossier", False),
        ("", "", False),
        ("Re:", "", False),
    ],
)
def test_reply_and_forward_prefixes_are_stripped(subject, bare, forwards):
    assert bare_subject(subject) == (bare, forwards)


@pytest.mark.parametrize(
    "history",
    [
        "Le lun. 2 nov. 2026 à 09:12, Service <s@a.fr> a écrit :\n> Votre contrat\n> est résilié",
        "Le 2 nov. 2026 à 09:12,\nService clients\n<s@a.fr> a écrit :\n\nVotre contrat est résilié",
        "On Mon, 2 Nov 2026, Service <s@a.fr> wrote:\n> Your contract is cancelled",
        "-----Message d'origine-----\nDe : s@a.fr\nVotre contrat est résilié",
        "----- Original Message -----\nYour contract is cancelled",
        "De : Service\nEnvoyé : lundi 2 novembre 2026\nÀ : moi\nObjet : contrat\n\nrésilié",
        "*From:* Service\n*Sent:* Monday\n*To:* me\n*Subject:* contract\n\ncancelled",
        "________________________________\nDe : Service\nDate : lundi\nÀ : moi\nObjet : contrat\n\nrésilié",
    ],
)
def test_quoted_history_is_not_read(history):
    text = read(f"Merci, j'ai une question sur ma prime.\n\n{history}").removesuffix("_" * 32).strip()
    assert text == "Merci, j'ai une question sur ma prime."


def test_an_answer_below_the_quotation_is_read():
    text = "On Mon, 2 Nov 2026, Service <s@a.fr> wrote:\n> Which car?\n\nThe blue one.\n> Which day?\nMonday."
    assert written_now(text).now == "The blue one.\nMonday."


@pytest.mark.parametrize(
    "signature", ["-- \nJean Dupont\nDirecteur", "Envoyé de mon iPhone", "Get Outlook for Android"]
)
def test_signatures_are_not_read(signature):
    assert read(f"Je déménage en mai.\n\n{signature}") == "Je déménage en mai."


@pytest.mark.parametrize(
    "text",
    [
        "TVA : 20 %\nTotal : 320 €",
        "Trajet\nDe : Paris\nÀ : Lyon\nDate : 12 mars",
        "Pour : mon assurance habitation",
        "Voici ce que l'expert a écrit :\nle mur est à refaire",
        "Note the following: it broke.",
    ],
)
def test_a_colon_in_a_body_is_no_header(text):
    assert read(text) == text


def test_a_mail_that_only_forwards_is_about_what_it_forwards():
    text = (
        "Pour info, merci de traiter.\n\n---------- Forwarded message ---------\nDe : Léa <l@x.fr>\n"
        "Date : lundi\nObjet : vol\nÀ : moi\n\nOn m'a volé mon vélo dans la cave.\n\n"
        "Le 1 mai 2026, x@y.fr a écrit :\n> autre chose"
    )
    assert read(text, subject="TR: vol") == "vol\nPour info, merci de traiter.\nOn m'a volé mon vélo dans la cave."


def test_an_empty_reply_is_about_what_it_quotes():
    assert read("> Où en est mon dossier ?") == "Où en est mon dossier ?"


def test_nothing_but_a_signature_is_still_something():
    assert read("-- \nJean Dupont") == "-- \nJean Dupont"


def test_attachment_names_stand_in_for_an_empty_mail():
    assert features_of(Mail(attachments=(Attachment(name="constat.pdf"),))) == "constat.pdf"


def test_an_empty_mail_reads_as_empty():
    assert features_of(Mail()) == ""


@pytest.mark.parametrize(
    "unit", ["\n", "> \n", "Le 1\n", "De : a\n", "Objet : a\n", "-", "a écrit :\n", "\x00", "\ud800"]
)
def test_a_megabyte_of_anything_gives_a_bounded_text(unit):
    text = features_of(Mail(text=unit * (1_000_000 // len(unit))))
    assert len(text) <= FEATURES_LIMIT
    text.encode()


_PIECES = st.sampled_from(
    [
        "> x",
        "Le 3 mai, a@b a écrit :",
        "De : a",
        "Objet : b",
        "Envoyé : c",
        "-- ",
        "mot",
        "",
        "-----Message d'origine-----",
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=20)), max_size=30), st.text(max_size=30))
def test_a_mail_that_says_anything_never_reads_as_empty(lines, subject):
    text = "\n".join(lines)
    read_text = features_of(Mail(subject=subject, text=text))
    assert bool(read_text) or not (text.strip() or bare_subject(subject)[0])
    read_text.encode()
