"""A mail in few words."""

from routing.mail import Address, Mail
from routing.mail.excerpt import EXCERPT, excerpt_of


def mail(text):
    return Mail(text=text, sender=Address(name="Anne Martin", address="anne@example.org"))


def test_an_excerpt_begins_with_what_the_mail_is_about():
    found = excerpt_of(mail("Bonjour Madame,\n\nMon contrat\n\n  est échu.\n\nCordialement,\nAnne\n"))
    assert found.start == "Mon contrat est échu."


def test_a_mail_of_politeness_alone_still_has_an_excerpt():
    assert excerpt_of(mail("Bonjour,\n\nCordialement,\nAnne\n")).start.startswith("Bonjour, Cordialement,")


def test_a_long_text_is_cut_between_words():
    start = excerpt_of(mail("mot " * 500)).start
    assert len(start) <= EXCERPT + 1
    assert start.endswith("mot…")


def test_a_text_without_blanks_is_cut_all_the_same():
    assert excerpt_of(mail("x" * 5_000)).start == "x" * EXCERPT + "…"


def test_what_was_answered_is_no_word_of_the_mail():
    found = excerpt_of(mail("Oui.\n\nLe 3 mai 2026 à 10:11, Léa a écrit :\n> Voulez-vous un devis ?\n"))
    assert found.start == "Oui."
    assert "devis" not in found.words
    assert found.words.startswith("Anne Martin")


def test_a_mail_that_only_passes_one_on_shows_that_one():
    header = "De : Paul <p@x.fr>\nDate : 3 mai 2026\nObjet : Toit\nÀ : a@b.fr"
    text = f"\n---------- Message transféré ---------\n{header}\n\nMon toit fuit.\n"
    assert "Mon toit fuit." in excerpt_of(mail(text)).start


def test_an_empty_mail_has_no_words_but_its_senders_name():
    found = excerpt_of(mail(""))
    assert (found.start, found.words) == ("", "Anne Martin")
