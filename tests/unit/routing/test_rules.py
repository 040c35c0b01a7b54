"""The conditions that administrators write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.mail import Address
from routing.policy.rules import Condition, MailView, Rule, Stage, first_match, fold


def holds(mail, given=None, **condition):
    return Condition(**condition).holds(MailView(mail), given)


@pytest.mark.parametrize(
    ("phrase", "subject"),
    [
        ("resiliation", "Résiliation de mon contrat"),
        ("RÉSILIATION", "demande de résiliation."),
        ("dégât des eaux", "DÉGÂT   DES\tEAUX !"),
        ("degat des eaux", "(dégât-des-eaux)"),
        ("coeur", "Un cœur"),
        ("cœur", "un COEUR"),
        ("strasse", "Große Straße"),
        ("l'assurance", "L\u2019assurance"),
        ("tm", "ça \u2122"),
        ("istanbul", "\u0130stanbul"),
    ],
)
def test_what_a_reader_takes_for_the_same_word_is_the_same(make, phrase, subject):
    assert holds(make.mail(subject), subject=(phrase,))
    assert holds(make.mail(text=subject), body=(phrase,))


@pytest.mark.parametrize(("word", "subject"), [("vol", "Un revolver"), ("vol", "volant"), ("a b", "a c b")])
def test_parts_of_words_do_not_match(make, word, subject):
    assert not holds(make.mail(subject), subject=(word,))


def test_words_of_the_body_are_not_looked_for_in_the_subject(make):
    mail = make.mail("devis", "bonjour")
    assert not holds(mail, subject=("bonjour",))
    assert not holds(mail, body=("devis",))


def test_a_phrase_without_letters_never_matches(make):
    assert not holds(make.mail("!!! ???"), subject=("!!!",))


@pytest.mark.parametrize(
    ("wanted", "sender", "match"),
    [
        ("anne@example.org", "Anne@Example.ORG", True),
        ("ANNE@EXAMPLE.ORG", "anne@example.org", True),
        ("@example.org", "anne@EXAMPLE.org", True),
        ("@example.org", "anne@sub.example.org", False),
        ("@example.org", "anne@badexample.org", False),
        ("anne@example.org", "joanne@example.org", False),
        ("anne@example.org", "", False),
    ],
)
def test_senders_match_by_address_or_by_whole_domain(make, wanted, sender, match):
    assert holds(make.mail(sender=sender), sender=(wanted,)) is match


def test_recipients_are_looked_for_in_to_and_cc(make):
    mail = make.mail(to=(Address(address="a@example.org"),), cc=(Address(address="b@example.org"),))
    assert holds(mail, recipient=("a@example.org",))
    assert holds(mail, recipient=("b@example.org",))
    assert not holds(mail, recipient=("anne@example.org",))


def test_headers_match_by_name_and_part_of_any_value(make):
    mail = make.mail(headers=(("X-Campaign", "Winter"), ("x-campaign", "Spring 2026"), ("X-Empty", "")))
    assert holds(mail, header=(("x-CAMPAIGN", "SPRING"),))
    assert not holds(mail, header=(("X-Campaign", "summer"),))
    assert holds(mail, header=(("X-Empty", ""),))
    assert not holds(mail, header=(("X-Other", ""),))


def test_every_field_must_hold_and_within_a_field_one_value_is_enough(make):
    mail = make.mail("devis auto", "bonjour")
    assert holds(mail, subject=("rien", "devis"), body=("bonjour",))
    assert not holds(mail, subject=("devis",), body=("rien",))


def test_labels_hold_only_where_the_model_gave_one(make):
    assert holds(make.mail(), "quote", label=("quote", "billing"))
    assert not holds(make.mail(), "other", label=("quote",))
    assert not holds(make.mail(), None, label=("quote",))


def test_no_rule_matches_when_none_holds(make):
    rule = Rule(name="r", stage=Stage.BEFORE, when=Condition(subject=("devis",)), queue="q")
    assert first_match([], MailView(make.mail())) is None
    assert first_match([rule], MailView(make.mail("rien"))) is None
    assert first_match([rule], MailView(make.mail("devis"))) is rule


@given(st.text())
def test_folding_is_the_same_when_done_twice_and_keeps_its_form(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.startswith(" ")
    assert folded.endswith(" ")
    assert "  " not in folded.strip()


@given(st.text(alphabet="aàbcçdéeèêiîoôuùœ -'", min_size=1, max_size=60))
def test_folding_does_not_depend_on_case(text):
    assert fold(text.upper()) == fold(text)
