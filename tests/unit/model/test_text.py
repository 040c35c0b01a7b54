import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.text import FEATURES_LIMIT, HISTORY_MARK, TEXT_VERSION, bare_subject, features_of
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
        ("[SPAM] RE: Fwd: [Dossier 12] devis", "[SPAM] [Dossier 12] devis", True),
        ("AW: WG: Rechnung", "Rechnung", True),
        ("RV: presupuesto", "presupuesto", True),
        ("SV: R: Re(3): offerta", "offerta", False),
        ("Antw: Doorst: polis", "polis", True),
        ("RES: ENC: apólice", "apólice", True),
        ("Réf : 4471", "4471", False),
        ("Transfert : mon contrat", "Transfert : mon contrat", False),
        ("[EXT", "[EXT", False),
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
    text = read(f"Merci, j'ai une question sur ma prime.\n\n{history}")
    assert text == "Merci, j'ai une question sur ma prime."


def test_an_answer_below_the_quotation_is_read():
    text = "On Mon, 2 Nov 2026, Service <s@a.fr> wrote:\n> Which car?\n\nThe blue one, I think.\n> Which day?\nMonday."
    assert read(text) == "The blue one, I think.\nMonday."


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


@pytest.mark.parametrize(
    "words",
    [
        "Voici le message de notre assuré, merci de traiter dès que possible et de le tenir informé par téléphone.",
        "Je vous transfère la demande de Mme Petit, cliente de l'agence depuis vingt ans, qui attend depuis lundi.",
    ],
)
def test_who_passes_a_message_on_with_many_words_is_read_with_what_they_pass_on(words):
    header = "De : Léa <l@x.fr>\nEnvoyé : lundi 2 novembre 2026 10:00\nÀ : moi\nObjet : vol"
    forwarded = "On m'a volé mon vélo dans la cave de l'immeuble pendant la nuit."
    assert read(f"{words}\n\n{header}\n\nBonjour,\n{forwarded}\nCordialement\nLéa") == f"{words}\n{forwarded}"


def test_a_forward_of_a_forward_is_read_to_its_end():
    header = "---------- Forwarded message ---------\nDe : Léa <l@x.fr>\nDate : lundi\nObjet : vol\nÀ : moi\n\n"
    assert read(f"Pour suite.\n\n{header}A voir.\n\n{header}Ma cave a été inondée.") == (
        "Pour suite.\nA voir.\nMa cave a été inondée."
    )


def test_a_forward_that_apple_mail_quotes_is_read():
    quoted = "> Début du message transféré :\n>\n> De: x@y.fr\n> Objet: a\n> Date: 2 mai\n>\n> Ma cave fuit."
    assert read(f"Voir plus bas\n\n{quoted}") == "Voir plus bas\nMa cave fuit."


def test_own_words_leave_room_for_what_they_forward():
    header = "---------- Forwarded message ---------\nDe : Léa <l@x.fr>\nDate : lundi\nObjet : vol\nÀ : moi\n\n"
    assert "Ma cave a été inondée." in read(f"{'Blabla bla. ' * 1000}\n\n{header}Ma cave a été inondée.")


def test_an_answer_that_says_next_to_nothing_is_read_with_what_it_answers():
    text = "Oui.\n\nLe 2 nov. 2026 à 09:12, Service <s@a.fr> a écrit :\n> Faut-il résilier le contrat ?\n> Cordialement"
    assert read(text) == f"Oui.\n{HISTORY_MARK}\nFaut-il résilier le contrat ?"


def test_politeness_is_not_read():
    assert (
        read("Bonjour Madame,\n\nMa voiture fume.\n\nCordialement,\nLéa Martin\n06 12 34 56 78") == "Ma voiture fume."
    )


def test_a_mail_of_nothing_but_politeness_is_still_something():
    assert read("Bonjour,\n\nCordialement") == "Bonjour,\nCordialement"


def test_the_text_has_a_version():
    assert TEXT_VERSION == 2


def test_an_empty_reply_is_about_what_it_quotes():
    assert read("> Où en est mon dossier ?") == "Où en est mon dossier ?"


def test_nothing_but_a_signature_is_still_something():
    assert read("-- \nJean Dupont") == "--\nJean Dupont"


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
