"""Begin with what the encoder knows already: the last layer starts as the mean vector of each label's mails.

A new last layer is else drawn at random, and the first epoch is spent on undoing that, at the expense of the encoder.
Class means as weights: Snell et al. 2017, "Prototypical networks for few-shot learning".
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from model.training.encoder import TextClassifier
from model.training.reading import read_vectors

_MAILS_A_LABEL = 40
"""A mean needs no more, and reading them must stay cheap beside an epoch."""

_SCALES = (2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 20.0, 30.0)


def begin_with_means(  # noqa: PLR0913 - the network, what it reads with, what it reads, and how much of it
    network: TextClassifier,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    targets: Sequence[int],
    *,
    prefix: str = "",
    seed: int = 0,
) -> None:
    """Set the last layer of `network` so that it prefers the label whose mean vector is the most alike.

    Args:
        network: Its last layer is overwritten, but for labels that have no text.
        tokenizer: The network's.
        texts: As `model.text` makes them; of each label at most forty are read, drawn by `seed`.
        targets: The number of each text's label.
        prefix: See `ModelConfig`.
        seed: Of the draw.
    """
    drawn = _drawn(targets, random.Random(seed))  # noqa: S311 - a sample is no secret
    vectors = read_vectors(network, tokenizer, [texts[number] for number in drawn], prefix=prefix)
    truths = np.array([targets[number] for number in drawn])
    present = np.unique(truths)
    means = np.stack([vectors[truths == target].mean(0) for target in present])
    centre = means.mean(0)
    directions = (means - centre) / np.maximum(np.linalg.norm(means - centre, axis=1, keepdims=True), 1e-6)
    alike = torch.from_numpy((vectors - centre) @ directions.T)
    right = torch.from_numpy(np.searchsorted(present, truths))
    scale = min(_SCALES, key=lambda scale: torch.nn.functional.cross_entropy(scale * alike, right).item())
    with torch.no_grad():
        device = network.head.weight.device
        network.head.weight[present] = torch.from_numpy(scale * directions).to(device)
        network.head.bias[present] = torch.from_numpy(-scale * directions @ centre).to(device)


def _drawn(targets: Sequence[int], draw: random.Random) -> list[int]:
    """Return the numbers of some texts of each label."""
    members: dict[int, list[int]] = {}
    for number, target in enumerate(targets):
        members.setdefault(target, []).append(number)
    return [
        number for _, all_ in sorted(members.items()) for number in draw.sample(all_, min(len(all_), _MAILS_A_LABEL))
    ]
