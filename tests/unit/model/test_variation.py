import random

from model.corpus import Example
from model.text import features_of
from model.training.variation import vary

EXAMPLE = Example(
    id="1", label="quote", language="fr", subject="Devis", text="Bonjour,\nCombien coûte l'assurance ?\nMerci\nLéa"
)


def drawing(seed):
    return random.Random(seed)  # noqa: S311 - no secret is drawn


def test_a_variation_keeps_label_and_says_something():
    draw = drawing(3)
    varied = [vary(EXAMPLE, draw) for _ in range(300)]
    assert all(example.label == "quote" and features_of(example.mail) for example in varied)
    assert len({example.text for example in varied}) > 20
    assert sum(example == EXAMPLE for example in varied) > 60


def test_the_same_seed_varies_alike():
    assert vary(EXAMPLE, drawing(5)) == vary(EXAMPLE, drawing(5))


def test_added_history_is_not_what_the_model_reads():
    draw = drawing(11)
    texts = [vary(EXAMPLE, draw) for _ in range(300)]
    with_history = [example for example in texts if "a écrit :" in example.text or "Envoyé :" in example.text]
    assert with_history
    assert not any("disposition" in features_of(example.mail) for example in with_history)


def test_an_empty_text_can_be_varied():
    draw = drawing(2)
    short = Example(id="2", label="other", language="de", subject="x", text="")
    assert all(vary(short, draw).label == "other" for _ in range(100))
