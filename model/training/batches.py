"""What is learnt from in one step: mails of near-equal length, each beside another of its label."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from model.corpus import Example
from model.text import features_of
from model.training.encoder import token_ids
from model.training.options import TrainOptions
from model.training.variation import vary

_NOISE = (0.7, 1.3)
"""A length counts as somewhat less or more, so that neighbours differ from epoch to epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Mails of one step."""

    rows: tuple[list[int], ...]
    """The token ids of each."""
    numbers: tuple[int, ...]
    """Of each, its place among the mails of the epoch."""


def epoch(
    examples: Sequence[Example], tokenizer: Tokenizer, options: TrainOptions, draw: random.Random
) -> Iterator[Batch]:
    """Yield the batches of one epoch: every mail once, varied if so wanted, in an order drawn from `draw`.

    Mails go in pairs of one label, without which the contrast between labels has no like to draw together.
    """
    varied = [vary(example, draw) if options.vary else example for example in examples]
    rows = token_ids(tokenizer, [options.prefix + features_of(example.mail) for example in varied])
    lengths = [len(row) * draw.uniform(*_NOISE) for row in rows]
    pairs = _pairs([example.label for example in examples], lengths, draw)
    pairs.sort(key=lambda pair: max(lengths[number] for number in pair))
    order = [number for pair in pairs for number in pair]
    starts = list(range(0, len(order), options.batch))
    draw.shuffle(starts)
    for start in starts:
        members = order[start : start + options.batch]
        yield Batch(rows=tuple(rows[number] for number in members), numbers=tuple(members))


def _pairs(labels: Sequence[str], lengths: Sequence[float], draw: random.Random) -> list[list[int]]:
    """Return the numbers of the mails in pairs of one label and near-equal length; an odd one out stays alone."""
    members: dict[str, list[int]] = {}
    for number in sorted(range(len(labels)), key=lengths.__getitem__):
        members.setdefault(labels[number], []).append(number)
    pairs = [group[start : start + 2] for group in members.values() for start in range(0, len(group), 2)]
    draw.shuffle(pairs)
    return pairs
