"""What is wrong with copies in a corpus: the same mail twice, under two labels, or in training and test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.corpus.example import Example, Finding, Severity, mails
from model.corpus.labels import SHOWN
from model.corpus.nearness import Copies

LEAKING = 0.05
"""Share of a test set that may be copied from training to the letter before its figures are worthless."""
_MANY = 0.2
_DOUBTFUL = 0.05


Pair = tuple[Example, Example]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kinds:
    """Pairs of near-copies, by what is wrong with them."""

    same: list[Pair]
    near: list[Pair]
    contrary: list[Pair]
    across: dict[str, list[Pair]]
    exact: dict[str, int]
    """How many of `across` are copies to the letter."""


def copy_findings(
    examples: Sequence[Example], copies: Copies, parts: Mapping[str, tuple[int, int]]
) -> Iterator[Finding]:
    """Yield what is wrong with the copies among `examples`.

    Args:
        examples: The corpus, and after it the mails of the parts held out of it.
        copies: Which of them are near-copies.
        parts: The parts by name, as the numbers of their first example and of the one after their last; the first
            part is the one that is trained on.
    """
    kinds = _kinds(examples, copies, parts)
    total = len(examples)
    for name, pairs in kinds.across.items():
        start, end = parts[name]
        share = kinds.exact[name] / (end - start)
        near = len(pairs) - kinds.exact[name]
        yield Finding(
            severity=Severity.ERROR if share > LEAKING else Severity.WARNING,
            kind="leak",
            what=f"Copies ({kinds.exact[name]}) and near-copies ({near}) of what is trained on "
            f"among the {mails(end - start)} of the {name} set",
            advice="Take them out of one of the two: the figures will be better than the model.",
            where=_pairs(pairs),
        )
    if kinds.contrary:
        share = 2 * len(kinds.contrary) / total
        yield Finding(
            severity=Severity.ERROR if share > _DOUBTFUL else Severity.WARNING,
            kind="contradiction",
            what=f"Near-copies with different labels: {mails(len(kinds.contrary))} and the one that each copies",
            advice="Decide which label is right, or take both out: the model learns to doubt.",
            where=tuple(
                f"{_place(one)} {one.label} ~ {_place(other)} {other.label}" for one, other in kinds.contrary[:SHOWN]
            ),
        )
    if kinds.same:
        yield Finding(
            severity=Severity.WARNING if len(kinds.same) > _DOUBTFUL * total else Severity.NOTE,
            kind="duplicate",
            what=f"In the corpus twice with the same label: {mails(len(kinds.same))}",
            advice="Keep one of each; a split keeps them on one side.",
            where=_pairs(kinds.same),
        )
    if kinds.near:
        yield Finding(
            severity=Severity.WARNING if len(kinds.near) > _MANY * total else Severity.NOTE,
            kind="near-copy",
            what=f"Near-copies of another with the same label: {mails(len(kinds.near))}",
            advice="They count as one example: vary them or thin them out; a split keeps them on one side.",
            where=_pairs(kinds.near),
        )


def _kinds(examples: Sequence[Example], copies: Copies, parts: Mapping[str, tuple[int, int]]) -> _Kinds:
    kinds = _Kinds(same=[], near=[], contrary=[], across={}, exact={})
    (_, (_, trained)), *held = parts.items()
    for members in copies.members():
        seen = [number for number in members if number < trained]
        texts = {_written(examples[number]) for number in seen}
        for name, (start, end) in held if seen else ():
            leaked = [examples[number] for number in members if start <= number < end]
            if leaked:
                kinds.across.setdefault(name, []).extend((examples[seen[0]], example) for example in leaked)
                exact = sum(_written(example) in texts for example in leaked)
                kinds.exact[name] = kinds.exact.get(name, 0) + exact
    for first, second in copies.pairs:
        one, other = examples[first], examples[second]
        if one.label != other.label:
            kinds.contrary.append((one, other))
        elif second < trained:
            (kinds.same if _written(one) == _written(other) else kinds.near).append((one, other))
    return kinds


def _written(example: Example) -> tuple[str, ...]:
    return (*example.subject.casefold().split(), "\n", *example.text.casefold().split())


def _pairs(pairs: Sequence[tuple[Example, Example]]) -> tuple[str, ...]:
    return tuple(f"{_place(one)} ~ {_place(other)}" for one, other in pairs[:SHOWN])


def _place(example: Example) -> str:
    return example.place or example.id
