"""Whole mails written for these tests, a line a kind: what the scanner makes of them."""

from pathlib import Path

import pytest

from routing.mail.segmentation import OWN, VISIBLE, Kind, chosen, segments_of, written_now

CASES = Path(__file__).parent / "cases"

KINDS = {
    "G": Kind.GREETING,
    "B": Kind.BODY,
    "T": Kind.THANKS,
    "C": Kind.CLOSING,
    "N": Kind.NAME,
    "K": Kind.CONTACT,
    "S": Kind.SIGNATURE,
    "D": Kind.DEVICE,
    "L": Kind.DISCLAIMER,
    "F": Kind.FOOTER,
    "_": Kind.RULE,
    "A": Kind.ATTRIBUTION,
    "R": Kind.REPLY_HEADER,
    "W": Kind.FORWARD_HEADER,
    "Q": Kind.QUOTE,
    "H": Kind.HISTORY,
}


def cases():
    """Yield (name, [(kind, line)]): `G|Bonjour,` is a greeting, `|` an empty line that may be part of anything."""
    for path in sorted(CASES.glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("=== ")[1:]:
            name, _, rest = block.partition("\n")
            lines = [line.partition("|") for line in rest.split("\n") if line]
            yield pytest.param([(KINDS.get(kind), line) for kind, _, line in lines], id=f"{path.stem}/{name}")


def of_kinds(lines, kinds):
    return [line.strip() for kind, line in lines if kind in kinds]


def said(text):
    return [line.strip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("lines", list(cases()))
def test_each_line_of_a_mail_is_known_for_what_it_is(lines):
    text = "\n".join(line for _, line in lines)
    found = [segment.kind for segment in segments_of(text) for _ in segment.text.splitlines()]
    wrong = [
        (line, kind, got)
        for (kind, line), got in zip(lines, found, strict=True)
        if kind is not None and got is not kind
    ]
    assert not wrong


@pytest.mark.parametrize("lines", list(cases()))
def test_what_was_written_now_is_found(lines):
    text = "\n".join(line for _, line in lines)
    own, visible = of_kinds(lines, OWN), of_kinds(lines, VISIBLE)
    assert said(chosen(segments_of(text), OWN)) == own
    if visible:
        assert said(written_now(text)) == visible
    else:
        assert said(written_now(text)) == of_kinds(lines, {Kind.HISTORY})


def test_there_are_many_cases_and_most_are_french():
    names = [case.id for case in cases()]
    assert len(names) == len(set(names))
    assert len(names) >= 150
    assert sum(name.startswith(("french", "held_out_french")) for name in names) > len(names) / 2
