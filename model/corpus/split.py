"""Holding out a part of a corpus, so that what is held out is new: never a near-copy, never by an author seen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.corpus.example import Example
from model.corpus.nearness import Copies, Union, near_copies

AUTHOR_SHARE = 0.02
"""One who wrote more of a corpus than this is no author but a form, a colleague who forwards, a shared mailbox."""
AUTHOR_MAILS = 20
"""The same, as a number, for small corpora: the larger of the two counts."""

Stratum = tuple[str, str]
"""A label in a language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """A corpus in two parts."""

    training: tuple[Example, ...]
    held_out: tuple[Example, ...]


def split(examples: Sequence[Example], share: float, seed: int, *, copies: Copies | None = None) -> Parts:
    """Hold out a share of the corpus, drawn alike from each label in each language.

    Near-copies, mails of one group and mails of one author go to the same side. Where that cannot be had together with
    the share, the share gives way: a label may have more or fewer mails held out than asked for, and none when all of
    its mails belong together.

    Args:
        examples: The corpus.
        share: Of each label in each language, 0 to 1.
        seed: Of the draw; the same seed gives the same parts, whatever the order of the corpus.
        copies: What `near_copies` said of these very examples; found out when None.
    """
    return next(_parted(examples, [share], seed, copies or near_copies(examples)))


def folds(examples: Sequence[Example], count: int, seed: int, *, copies: Copies | None = None) -> tuple[Parts, ...]:
    """Part the corpus `count` times for cross-validation: each mail is held out once, by the rules of `split`."""
    shares = [1 / (count - done) for done in range(count)]
    found = _parted(examples, shares, seed, copies or near_copies(examples))
    return tuple(found)


def _parted(examples: Sequence[Example], shares: Sequence[float], seed: int, copies: Copies) -> Iterator[Parts]:
    """Yield the parts of one draw after the other, each from what no draw before has held out."""
    draw = random.Random(seed)  # noqa: S311 - a split is no secret
    units = sorted(together(examples, copies), key=lambda unit: min(examples[number].id for number in unit))
    draw.shuffle(units)
    # The large ones first: what they leave open, small ones fill.
    units.sort(key=len, reverse=True)
    for share in shares:
        held = _draw(examples, units, share)
        chosen = {number for unit in held for number in unit}
        yield Parts(
            training=tuple(example for number, example in enumerate(examples) if number not in chosen),
            held_out=tuple(example for number, example in enumerate(examples) if number in chosen),
        )
        units = [unit for unit in units if not chosen.intersection(unit)]


def _draw(examples: Sequence[Example], units: Sequence[Sequence[int]], share: float) -> list[Sequence[int]]:
    counts = [Counter(map(_stratum, (examples[number] for number in unit))) for unit in units]
    totals: Counter[Stratum] = sum(counts, Counter())
    open_ = Counter({stratum: max(1, round(total * share)) if total > 1 else 0 for stratum, total in totals.items()})
    left = Counter(totals)
    held: list[Sequence[int]] = []
    for unit, count in zip(units, counts, strict=True):
        gain = sum(min(number, max(0, open_[stratum])) for stratum, number in count.items())
        loss = sum(max(0, number - max(0, open_[stratum])) for stratum, number in count.items())
        leaves = all(share >= 1 or left[stratum] > number for stratum, number in count.items())
        if gain > loss and leaves:
            held.append(unit)
            open_.subtract(count)
            left.subtract(count)
    return held


def together(examples: Sequence[Example], copies: Copies) -> list[list[int]]:
    """Return the numbers of the examples in units that no split may part."""
    union = Union(len(examples))
    for one, other in copies.pairs:
        union.join(one, other)
    authors = Counter(example.author for example in examples)
    most = max(AUTHOR_MAILS, AUTHOR_SHARE * len(examples))
    firsts: dict[tuple[str, str], int] = {}
    for number, example in enumerate(examples):
        author = example.author if authors[example.author] <= most else ""
        for kind, name in (("author", author), ("group", example.group)):
            if name:
                union.join(number, firsts.setdefault((kind, name), number))
    units: dict[int, list[int]] = {}
    for number in range(len(examples)):
        units.setdefault(union.first(number), []).append(number)
    return list(units.values())


def _stratum(example: Example) -> Stratum:
    return example.label, example.language
