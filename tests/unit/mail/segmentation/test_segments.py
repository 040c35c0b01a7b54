"""What holds of every body, and what headers say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.mail.segmentation import LATEST, OWN, Introduction, Kind, message_below, segments_of, written_now
from routing.mail.segmentation.lines import LINES_LIMIT

PIECES = st.sampled_from(
    [
        "",
        " ",
        "Bonjour,",
        "mot",
        "Ma voiture est en panne depuis lundi et je voudrais savoir qui paie le dépannage.",
        "Merci",
        "Cordialement,",
        "Jean Dupont",
        "06 12 34 56 78",
        "-- ",
        "--",
        "____________",
        "Envoyé de mon iPhone",
        "Obtenir",
        "Outlook pour Android",
        "Ce message et toutes les pièces jointes sont confidentiels",
        "Pour vous désabonner, cliquez ici",
        "De : a@b.fr",
        "À : c",
        "Objet : d",
        "Envoyé : lundi 2 mai 2026 10:11",
        "*From:* x",
        "Date:",
        "-----Message d'origine-----",
        "---------- Forwarded message ---------",
        "Début du message transféré :",
        "Le 2 mai 2026 à 10:11, Léa",
        "<lea@example.fr>",
        "a écrit :",
        "> wrote:",
        ">:",
        "On Mon, 2 May 2026 at 10:11, Bob <b@c.uk> wrote:",
        "> cité",
        ">> cité deux fois",
        ">",
        "| barre",
        "JD> initiales",
        "Je vous prie d'agréer, Madame, l'expression de mes",
        "```",
        "\u2028",
        "\u200b",
        "ᐧ",
        "\ud800",
        "02/11/2026 09:12",
        "Pour",
        "Objet",
        "|------------>",
        "| De :  |",
        "  >-----|",
        "Message externe",
    ]
)
BODIES = st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=40).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_segments_put_together_are_the_text(text):
    segments = segments_of(text)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_only_what_introduces_a_message_says_who_wrote_it(text):
    introducing = {Kind.ATTRIBUTION, Kind.REPLY_HEADER, Kind.FORWARD_HEADER}
    assert all((segment.introduces is not None) == (segment.kind in introducing) for segment in segments_of(text))


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_what_was_written_now_stands_in_the_text(text):
    lines = {line.strip() for line in text.splitlines()}
    assert {line.strip() for line in written_now(text).splitlines()} <= lines
    assert {line.strip() for line in written_now(text, OWN).splitlines()} <= lines


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_the_message_below_is_shorter_than_the_mail(text):
    below = message_below(segments_of(text))
    assert below is None or len(below.text) < len(text)


def test_an_empty_body_has_no_segments():
    assert segments_of("") == ()
    assert written_now("") == ""


@pytest.mark.parametrize("nothing", ["\u2028", "\u200b", "\u200b\n-- ", "> \u200b", "\ufeff\n\ufeff"])
def test_what_cannot_be_seen_says_nothing(nothing):
    assert "".join(segment.text for segment in segments_of(nothing)) == nothing
    assert written_now(nothing).strip("\u200b\ufeff\n- ") == ""


def test_what_comes_after_the_last_line_that_is_looked_at_goes_with_it():
    segments = segments_of("mot\n" * (LINES_LIMIT + 5))
    assert [segment.kind for segment in segments] == [Kind.BODY]


def test_depths_count_the_messages_back():
    text = (
        "Oui.\n\nLe 3 mai 2026 à 10:00, B <b@x.fr> a écrit :\n> Encore ?\n>\n"
        "> Le 2 mai 2026 à 10:00, A <a@x.fr> a écrit :\n>> Une question.\n"
    )
    assert [(segment.kind, segment.depth) for segment in segments_of(text)] == [
        (Kind.BODY, 0),
        (Kind.ATTRIBUTION, 0),
        (Kind.HISTORY, 1),
        (Kind.ATTRIBUTION, 1),
        (Kind.HISTORY, 2),
    ]


@pytest.mark.parametrize(
    ("header", "introduction"),
    [
        (
            "Le lun. 2 nov. 2026 à 09:12, Léa Martin <lea@x.fr> a écrit :",
            Introduction(who="Léa Martin <lea@x.fr>", when="Le lun. 2 nov. 2026 à 09:12"),
        ),
        (
            "On Mon, 2 Nov 2026 at 9:12 AM, Bob <b@x.uk> wrote:",
            Introduction(who="Bob <b@x.uk>", when="On Mon, 2 Nov 2026 at 9:12 AM"),
        ),
        (
            "De : Léa\nEnvoyé : lundi 2 novembre 2026 09:12\nÀ : moi\nObjet : RE: devis",
            Introduction(who="Léa", when="lundi 2 novembre 2026 09:12", subject="RE: devis"),
        ),
        (
            "De : Léa Envoyé : lundi 2 novembre 2026 09:12 À : moi Objet : devis",
            Introduction(who="Léa", when="lundi 2 novembre 2026 09:12", subject="devis"),
        ),
        (
            "--- Forwarded message ---\nFrom: Bob <b@x.uk>\nDate: Mon, 2 Nov 2026\nSubject: a\nlong one\nTo: me",
            Introduction(who="Bob <b@x.uk>", when="Mon, 2 Nov 2026", subject="a long one"),
        ),
        ("-----Message d'origine-----", Introduction()),
        (
            "Léa Martin/FR/ACME@ACME\n02/11/2026 09:12\n\nPour\nMarc Petit/FR/ACME\ncc\n\nObjet\ndevis",
            Introduction(who="Léa Martin/FR/ACME@ACME", when="02/11/2026 09:12", subject="devis"),
        ),
        (
            "|------------>\n| De : |\n  >-----|\n  |Léa |\n  >-----|\n|------------>\n| Objet : |\n  >--|\n  |devis |",
            Introduction(who="Léa", subject="devis"),
        ),
    ],
)
def test_headers_say_who_wrote_when_about_what(header, introduction):
    segments = segments_of(f"Bonjour,\nd'accord\n\n{header}\n\nMessage précédent")
    assert [segment.introduces for segment in segments if segment.introduces] == [introduction]
    assert segments[-1].text == "Message précédent" or segments[-1].kind is Kind.HISTORY


def test_the_closing_is_left_out_where_that_is_asked_for():
    text = "Bonjour,\n\nMa question.\n\nCordialement,\nLéa"
    assert written_now(text, LATEST) == "Bonjour,\n\nMa question."
    assert written_now(text, OWN) == "Ma question."
