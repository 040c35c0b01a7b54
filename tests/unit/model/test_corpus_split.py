"""Near-copies, and that a split never parts what belongs together."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from model.corpus import Example
from model.corpus.nearness import Copies, near_copies, near_copies_of
from model.corpus.split import folds, split, together

TEXT = """
    contrat voiture toit fuite banque facture échéance clé vitre jardin chien avocat expert garage pluie route vélo
    école hôpital courrier carte moteur piscine cave voisin arbre tuile porte compte prix
"""
WORDS = TEXT.split()


def seeded(seed):
    return Random(seed)  # noqa: S311 - texts of a test are no secret


def example(number, label="a", text="", **fields):
    return Example(id=f"{number:05}", label=label, language="fr", subject="", text=text or f"mail {number}", **fields)


def prose(draw, count=40):
    return " ".join(draw.choice(WORDS) for _ in range(count))


def corpus(count=200, **fields):
    draw = seeded(1)
    return [example(number, "ab"[number % 2], prose(draw), **fields) for number in range(count)]


def test_mails_that_differ_in_a_word_a_number_or_their_spelling_are_near_copies():
    draw = seeded(2)
    text = prose(draw)
    words = text.split()
    words[7] = "autre"
    variants = [f"{text} 2026", f"{text} 1999", text.upper().replace("É", "E"), " ".join(words), f"{text} Merci !"]
    assert set(near_copies_of([text, *variants, prose(draw)]).clusters) == {0, 6}


def test_mails_about_the_same_in_other_words_are_none():
    assert near_copies_of(["Je voudrais un devis pour ma voiture", "Pouvez-vous assurer mon auto ?"]).pairs == ()


def test_what_the_model_does_not_read_makes_no_near_copy():
    history = "\n\nLe 3 mai 2026 à 10:00, Service <a@example.org> a écrit :\n> " + prose(seeded(3), 100)
    said = ("Mon toit fuit depuis hier et le plafond goutte.", "Merci, tout est réglé, vous pouvez clore mon dossier.")
    mails = [example(number, text=text + history) for number, text in enumerate(said)]
    assert near_copies(mails).pairs == ()


def test_a_template_filled_a_thousand_times_is_one_cluster_found_in_few_comparisons():
    draw = seeded(4)
    template = prose(draw, 80)
    copies = near_copies_of([f"{template} {draw.choice(WORDS)} {number}" for number in range(1_000)])
    assert len(set(copies.clusters)) == 1
    assert len(copies.pairs) == 999


def test_copies_within_a_part_stay_together_when_only_another_part_connects_them():
    copies = Copies(clusters=(0, 0, 2, 0), pairs=((0, 3), (1, 3)))
    assert copies.within(3) == Copies(clusters=(0, 0, 2), pairs=((0, 1),))


def test_no_texts_have_no_copies():
    assert near_copies_of([]) == Copies(clusters=(), pairs=())
    assert near_copies_of(["", ""]).pairs == ((0, 1),)


def test_a_share_of_each_label_in_each_language_is_held_out():
    mails = corpus()
    parts = split(mails, 0.2, seed=1)
    assert Counter(mail.label for mail in parts.held_out) == {"a": 20, "b": 20}
    assert set(parts.training) | set(parts.held_out) == set(mails)
    assert not set(parts.training) & set(parts.held_out)


def test_the_same_seed_draws_the_same_whatever_the_order():
    mails = corpus()
    ids = {mail.id for mail in split(mails, 0.2, seed=1).held_out}
    assert {mail.id for mail in split(mails[::-1], 0.2, seed=1).held_out} == ids
    assert {mail.id for mail in split(mails, 0.2, seed=2).held_out} != ids


def test_near_copies_groups_and_authors_stay_on_one_side():
    mails = [
        Example(**{name: getattr(mail, name) for name in ("id", "label", "language", "subject", "text")}, **more)
        for number, mail in enumerate(corpus())
        for more in [{"author": f"a{number % 60}@example.org", "group": f"g{number // 3}" if number < 90 else ""}]
    ]
    mails += [example(900 + number, "a", mails[number].text + " svp") for number in range(20)]
    for seed in range(5):
        parts = split(mails, 0.2, seed)
        held, kept = set(parts.held_out), set(parts.training)
        for key in ("author", "group"):
            assert not {getattr(m, key) for m in held} & {getattr(m, key) for m in kept} - {""}
        assert not {m.text.removesuffix(" svp") for m in held} & {m.text.removesuffix(" svp") for m in kept}


def test_one_address_that_writes_everything_is_no_author():
    assert len(split(corpus(author="form@example.org"), 0.2, seed=1).held_out) == 40


def test_a_label_whose_mails_all_belong_together_is_trained_on():
    mails = [*corpus(), *(example(500 + number, "c", group="one") for number in range(4)), example(600, "d")]
    assert {mail.label for mail in split(mails, 0.2, seed=1).training} == {"a", "b", "c", "d"}


def test_folds_hold_each_mail_out_once():
    mails = corpus()
    held = [mail.id for parts in folds(mails, 5, seed=1) for mail in parts.held_out]
    assert sorted(held) == [mail.id for mail in mails]
    assert {len(parts.held_out) for parts in folds(mails, 5, seed=1)} == {40}


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["", "x", "y"]), st.sampled_from(["", "p"])), max_size=20
    ),
    st.floats(0.05, 0.6),
    st.integers(0, 5),
)
def test_a_split_loses_nothing_and_parts_no_unit(rows, share, seed):
    mails = [example(n, label, author=author, group=group) for n, (label, author, group) in enumerate(rows)]
    copies = Copies(clusters=tuple(range(len(mails))), pairs=())
    parts = split(mails, share, seed, copies=copies)
    assert sorted(mail.id for mail in parts.training + parts.held_out) == [mail.id for mail in mails]
    held = {mail.id for mail in parts.held_out}
    for unit in together(mails, copies):
        assert len({mails[number].id in held for number in unit}) == 1
    assert {mail.label for mail in parts.training} == {mail.label for mail in mails}
