"""Masking: what is found, what stays, and that nothing else changes."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.masking import FILES, measure
from model.corpus import Example
from model.masking import Kind, Masker, mask, masked_example, personal_data, spans_of

PLACEHOLDER = re.compile(rf"<(?:{'|'.join(Kind)})(?: \d+)?>")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("écrivez à jean-paul.d+x@mail.example.fr.", "écrivez à <EMAIL>."),
        ("06 12 34 56 78, 06.12.34.56.79 ou +33 (0)6 12 34 56 80", "<PHONE>, <PHONE 2> ou <PHONE 3>"),
        ("appelez 0612345678 ou 0033612345678", "appelez <PHONE> ou <PHONE 2>"),
        ("call +44 20 7946 0123 or 07700 900123", "call <PHONE> or <PHONE 2>"),
        ("FR76 3000 6000 0112 3456 7890 189 merci", "<IBAN> merci"),
        ("fr7630006000011234567890189", "<IBAN>"),
        ("FR76 3000 6000 0112 3456 7890 189 DE89 3704 0044 0532 0130 00", "<IBAN> <IBAN 2>"),
        ("FR76 3000 6000\n> 0112 3456 7890 189", "<IBAN>"),
        ("FR76 3000 6000 0112\r\n3456 7890 189 merci", "<IBAN> merci"),
        ("BE68-5390-0754-7034", "<IBAN>"),
        ("carte 4970 1012 3456 7893 débitée", "carte <CARD> débitée"),
        ("AB-123-CD, AB123CE et FG 456 HJ", "<PLATE>, <PLATE 2> et <PLATE 3>"),
        ("1234 AB 56 puis AB12 CDE", "<PLATE> puis <PLATE 2>"),
        ("1 85 04 69 123 456 67", "<NIR>"),
        ("contrat n° 0045 7812 33, sinistre 2026-88213", "contrat n° <REFERENCE>, sinistre <REFERENCE 2>"),
        ("policy number HM-4471882", "policy number <REFERENCE>"),
        ("né le 12/04/1985", "né le <BIRTHDATE>"),
        ("born on 14 February 1979", "born on <BIRTHDATE>"),
        ("j'habite 7 allée des Tilleuls, 69003 Lyon.", "j'habite <ADDRESS>."),
        ("12 Elmwood Crescent, Leeds LS6 2AB", "<ADDRESS>, Leeds <ADDRESS 2>"),
        ("https://example.org/reset?token=9f8a7b6c", "<URL>"),
        ("mdp : Azerty!2024", "mdp : <SECRET>"),
        ("Bonjour Madame Lefèvre,\nmerci", "Bonjour Madame <NAME>,\nmerci"),
        ("Je m'appelle Karim Belhadj.", "Je m'appelle <NAME>."),
        (
            "À bientôt.\nCordialement,\nSylvie Perrotin\nTél. 02 40 11 22 33",
            "À bientôt.\nCordialement,\n<NAME>\nTél. <PHONE>",
        ),
        ("Appelez M. Thévenot, Thévenot saura.", "Appelez M. <NAME>, <NAME> saura."),
    ],
)
def test_personal_data_gives_way_to_a_placeholder(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "1 250,00 € TTC (TVA 20 %) du 12/11/2026, relancé le 2 octobre à 18h30",
        "La 308 en panne a 62 000 km, 5 CV, achetée 45 000 € en 2021",
        "Je propose 01/02/2026 12:30 ou le 24.11.2026 de 14h à 16h",
        "article L. 121-11, page 27, paragraphe 12-3, version 2.3.1, iPhone 13, A10 sortie 24",
        "We paid £1,200 on 3 November 2026, 45 minutes late, 120 square metres, 20% more",
        "L'accident a eu lieu rue de Fougères, à Rennes, vers 19h",
        "https://www.example.org/contact",
        "Madame, Monsieur,\nJe voudrais une attestation.\nMerci d'avance",
        "MERCI DE ME RAPPELER\nURGENT",
        "FR76 et 12 photos, 3 500 000 habitants",
        "ok merci",
    ],
)
def test_what_is_nobodys_stays(text):
    assert mask(text) == text


def test_the_same_datum_has_the_same_placeholder_in_all_parts_of_a_mail():
    masker = Masker()
    assert masker.mask("a@example.org, B@example.org") == "<EMAIL>, <EMAIL 2>"
    assert masker.mask("b@example.org") == "<EMAIL 2>"
    assert masker.counts == {"EMAIL": 3}


def test_an_example_is_masked_in_all_its_parts():
    example = Example(
        id="1",
        label="quote",
        language="fr",
        subject="Dossier 2026-88213",
        text="Dossier 2026-88213. Voyez avec Lefranc.",
        author="anne@example.org",
        attachments=("constat_AB-123-CD.pdf", "photo.jpg"),
    )
    masked, counts = masked_example(example, known=("Anne Lefranc",))
    assert (masked.subject, masked.text) == ("Dossier <REFERENCE>", "Dossier <REFERENCE>. Voyez avec <NAME>.")
    assert masked.attachments == ("constat <PLATE>.pdf", "photo.jpg")
    assert masked.author == ""
    assert counts == {"REFERENCE": 2, "NAME": 1, "PLATE": 1}


def test_personal_data_is_told_by_kind():
    assert sorted(personal_data("a@example.org, 06 12 34 56 78")) == ["EMAIL", "PHONE"]


def test_masking_is_as_good_as_the_handbook_says():
    seen, unseen = (measure(file) for file in FILES)
    for figures, recall in ((seen, 0.98), (unseen, 0.86)):
        assert figures.found.total() / figures.marked.total() >= recall
        assert figures.right.total() / figures.masked.total() >= 0.98


PIECES = st.sampled_from(
    [
        "a@b.fr",
        "06 12 34 56 78",
        "FR76 3000 6000 0112 3456 7890 189",
        "AB-123-CD",
        "contrat n° 12345",
        "M. Dupont",
        "\n",
        " ",
    ]
)
MAILS = st.lists(st.one_of(PIECES, st.text(max_size=15)), max_size=15).map(" ".join)


@given(MAILS)
def test_only_the_masked_pieces_change_and_masking_again_changes_nothing(text):
    spans = spans_of(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    kept = [
        text[start:end]
        for start, end in zip([0, *(s.end for s in spans)], [*(s.start for s in spans), len(text)], strict=True)
    ]
    masked = mask(text)
    position = 0
    for piece in kept:
        position = masked.index(piece, position) + len(piece)
    assert len(masked) - sum(map(len, kept)) == sum(map(len, PLACEHOLDER.findall(masked)[: len(spans)])) or "<" in text
    assert mask(masked) == masked


@given(st.integers(0, 10**21 - 1), st.sampled_from(["", " "]))
def test_every_iban_with_a_right_checksum_is_found(number, gap):
    account = f"{number:023}"
    check = 98 - int(account + "152700") % 97
    iban = f"FR{check:02}{account}"
    text = gap.join(iban[start : start + 4] for start in range(0, 27, 4))
    assert mask(f"Voici : {text}, merci") == "Voici : <IBAN>, merci"


@given(st.integers(0, 10**14 - 1))
def test_every_card_whose_last_digit_is_right_is_found(number):
    digits = f"4{number:014}"
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(digits))
    card = digits + str(-total % 10)
    text = " ".join(card[start : start + 4] for start in range(0, 16, 4))
    assert text not in mask(f"ma carte {text} a été débitée")


@pytest.mark.parametrize(
    "shape",
    [
        "A",
        "a",
        "0",
        "M. ",
        "É",
        "  ",
        "\n",
        "0 ",
        "1 rue ",
        "contrat n° ",
        "a@",
        "Merci Jean\n",
        "75001 Paris-",
        "AB-",
        "<",
    ],
)
def test_hostile_text_is_masked_too(shape):
    masked = mask((shape * 20_000)[:20_000])
    assert mask(masked) == masked
