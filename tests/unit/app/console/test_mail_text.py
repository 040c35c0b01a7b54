"""A body taken apart for its reader."""

from hypothesis import given
from hypothesis import strategies as st

from app.console.mail_text import SHOWN, Part, blocks_of

REPLY = (
    "Bonjour,\n\nOui, c'est bien cela.\n\nCordialement,\nCamille Martin\n\n"
    "Le 3 mai 2026 à 10:11, Léa Petit <lea@example.org> a écrit :\n> Est-ce bien cela ?\n> Léa\n"
)
FORWARDED = (
    "---------- Message transféré ---------\nDe : Léa Petit <lea@example.org>\nDate : lun. 16 nov. 2026 à 09:12\n"
    "Objet : sinistre\nÀ : paul@example.org\n\nMa voiture a été percutée.\n\nCordialement,\nLéa Petit\n"
)


def parts(text):
    return [block.part for block in blocks_of(text)]


def test_an_answer_is_its_words_then_the_signature_then_the_history():
    said, ending, earlier = blocks_of(REPLY)
    assert (said.part, said.text) == (Part.SAID, "Bonjour,\n\nOui, c'est bien cela.")
    assert (ending.part, ending.title) == (Part.ENDING, "Camille Martin")
    assert (earlier.part, earlier.introduction.who) == (Part.EARLIER, "Léa Petit <lea@example.org>")
    assert not any(block.opened for block in blocks_of(REPLY))


def test_a_forward_without_own_words_has_those_of_the_message_in_it():
    assert parts(FORWARDED) == [Part.HEADER, Part.SAID, Part.ENDING]


def test_a_forward_with_a_few_own_words_is_unfolded_and_a_long_one_is_not():
    assert [(block.part, block.opened) for block in blocks_of("Merci de traiter.\n\n" + FORWARDED)] == [
        (Part.SAID, False),
        (Part.FORWARDED, True),
    ]
    long = "Un mot de trop. " * 20
    assert not any(block.opened for block in blocks_of(f"{long}\n\n{FORWARDED}"))


def test_lines_that_the_words_answer_stand_with_them_as_quotations():
    text = "> Quelle est l'adresse ?\nLa même qu'avant.\n> Et la date ?\nMardi.\n"
    (said,) = blocks_of(text)
    assert [quoted for quoted, _text in said.pieces] == [True, False, True, False]


def test_a_mail_of_nothing_but_a_quotation_or_a_signature_has_it_unfolded():
    for text in ("> Est-ce bien cela ?\n> Léa\n", "-- \nLéa Petit\n"):
        assert any(block.opened for block in blocks_of(text))


def test_nothing_is_nothing():
    assert blocks_of("") == blocks_of("\n \n") == ()


_LINES = st.sampled_from([*REPLY.splitlines(), *FORWARDED.splitlines(), "> ", "-- ", "", "x" * 300])


@given(st.lists(_LINES, max_size=30).map("\n".join))
def test_whatever_the_body_every_word_of_it_is_somewhere(text):
    shown = " ".join(block.text for block in blocks_of(text)).split()
    missing = [
        word for word in text.split() if word.strip(">|") and word not in shown and word.lstrip("> ") not in shown
    ]
    assert missing == []


def test_a_body_without_end_is_cut():
    assert sum(len(block.text) for block in blocks_of("mot " * SHOWN)) <= SHOWN
