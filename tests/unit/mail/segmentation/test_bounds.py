"""Work grows with the length of a body, whatever it is: counted in lines of the scanner that run, not in seconds."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.mail.segmentation import segments_of, written_now

MEGABYTE = 1_000_000

# Each line of the scanner's code that runs is a step; a line of a mail takes about thirty.
STEPS_A_LINE = 1_000
STEPS_AT_LEAST = 5_000


def steps(text):
    """Return how many lines of the package's code run for `text`, without those of the rules, which run once."""
    segments_of("Bonjour")
    count = 0

    def trace(frame, _event, _argument):
        if "segmentation" not in frame.f_code.co_filename:
            return None

        def step(_frame, event, _argument):
            nonlocal count
            count += event == "line"
            return step

        return step

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        segments_of(text)
    finally:
        sys.settrace(before)
    return count


HOSTILE = [
    "Objet : a\n",
    "De : a@b\nObjet : x\n",
    "De : x\nDate : y\nÀ : z\n",
    "De :\n",
    "Date : 10:11\nObjet :\n\n",
    "> \n",
    "> > >\n",
    ">\nx\n",
    "Le \n",
    "Le 1 mai 2026 a@b\n",
    "Le 1 mai 2026 a@b\n\n",
    "a écrit :\n",
    "<a@b> a écrit :\n",
    "> wrote:\n",
    ":\n",
    "-----\n",
    "--\nx\n",
    "__\nJean\n",
    "Bonjour,\n",
    "Merci\nJean\n",
    "Cordialement,\nJean Dupont\n",
    "Je vous prie d'agréer, Madame, Monsieur, tout\n",
    "Veuillez agréer\n",
    "Envoyé de\n",
    "Obtenir\n",
    "Sent from\nx\n",
    "http://x\n",
    "Ce message et toutes\n",
    "-----Message d'origine-----\n",
    "message transféré\n",
    "```\n",
    "JD> x\n",
    "| x\n",
    "Jean Dupont\n",
    "06 12 34 56 78\n",
    "02/11/2026 09:12\n",
    "02/11/2026 09:12  Pour  x\n",
    "02/11/2026 09:12\nA\nx\n\nx\n",
    "Répondre à\nx\n",
    "|------------>\n",
    "|------------>\n| De : |\n",
    "|------------>\n| Répondre à : |\n",
    "Il est venu hier soir.\nJean Dupont, expert\n",
    "Message externe\n",
    "Message externe\nliens\n",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_twice_the_lines_take_at_most_a_little_more_than_twice_the_steps(unit):
    once, twice = steps(unit * 200), steps(unit * 400)
    assert twice <= 2.5 * once + STEPS_AT_LEAST


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([unit.rstrip("\n") for unit in HOSTILE]), min_size=1, max_size=6), st.booleans())
def test_mixtures_of_hostile_lines_take_a_bounded_number_of_steps_a_line(units, spaced):
    lines = (units * (120 // len(units) + 1))[:120]
    text = ("\n\n" if spaced else "\n").join(lines)
    assert steps(text) <= STEPS_A_LINE * len(text.splitlines()) + STEPS_AT_LEAST


@pytest.mark.parametrize(
    "text",
    [
        "Objet : a\n" * 200,
        ">" * MEGABYTE,
        "> " * (MEGABYTE // 2) + "x",
        "Le " * 100_000,
        "mot " * (MEGABYTE // 4),
        "x" * MEGABYTE,
        " " * MEGABYTE,
        "<" * MEGABYTE,
        "12 mai 2026 10:00 " * (MEGABYTE // 18),
        "De : a Envoyé : b À : c Objet : d " * (MEGABYTE // 34),
        "\n" * 100_000,
    ],
    ids=lambda text: f"{text[:12]!r} x {len(text)}",
)
def test_known_bad_shapes_take_few_steps(text):
    assert steps(text) <= 200 * len(text.splitlines()) + STEPS_AT_LEAST
    assert "".join(segment.text for segment in segments_of(text)) == text


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_hostile_lines_is_read_without_loss(unit):
    text = unit * (MEGABYTE // len(unit))
    assert "".join(segment.text for segment in segments_of(text)) == text
    assert len(written_now(text)) <= len(text)
