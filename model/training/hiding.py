"""Hiding whole words, to be guessed (masked-language training; Devlin et al. 2019, whole words as of May 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding, Tokenizer

from routing.errors import ConfigurationError

IGNORED = -100
"""What torch's cross entropy leaves out."""
_MASKED, _SWAPPED = 0.8, 0.1
"""Of the hidden words, how many are masked, and how many are swapped for random pieces; the rest stay as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Tokens of one mail, or of a part of a long one."""

    ids: tuple[int, ...]
    words: tuple[int | None, ...]
    """The word that each token belongs to; None for the tokenizer's own."""


def pieces_of(encodings: Sequence[Encoding]) -> list[Piece]:
    """Return the pieces of encoded mails, what overflowed the tokenizer's truncation being pieces too."""
    return [
        Piece(ids=tuple(part.ids), words=tuple(part.word_ids))
        for encoding in encodings
        for part in (encoding, *encoding.overflowing)
        if any(word is not None for word in part.word_ids)
    ]


def mask_of(tokenizer: Tokenizer) -> int:
    """Return the number of the token that hides.

    Raises:
        ConfigurationError: The tokenizer has none.
    """
    for name in ("[MASK]", "<mask>"):
        number = tokenizer.token_to_id(name)
        if number is not None:
            return int(number)
    raise ConfigurationError(
        "The base's tokenizer has no mask token: give another base, or none to begin from scratch."
    )


class Hider:
    """Hides a share of the words of each piece."""

    def __init__(self, *, mask: int, vocabulary: int, share: float) -> None:
        """Hide with the token `mask`; swap for any of `vocabulary` tokens."""
        self._mask = mask
        self._vocabulary = vocabulary
        self._share = share

    def hide(self, batch: Sequence[Piece], *, pad: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return ids, attention mask and what is to be guessed, each (pieces, longest); the same seed hides the same.

        In each piece at least one word is hidden.
        """
        draw = torch.Generator().manual_seed(seed)
        longest = max(len(piece.ids) for piece in batch)
        ids = torch.full((len(batch), longest), pad, dtype=torch.long)
        attention = torch.zeros(len(batch), longest, dtype=torch.long)
        wanted = torch.full((len(batch), longest), IGNORED, dtype=torch.long)
        for row, piece in enumerate(batch):
            known = torch.tensor(piece.ids)
            ids[row, : len(known)], attention[row, : len(known)] = known, 1
            words = sorted({word for word in piece.words if word is not None})
            chosen = torch.rand(len(words), generator=draw) < self._share
            chosen[int(torch.randint(len(words), (1,), generator=draw))] |= not chosen.any()
            fates = torch.rand(len(words), generator=draw)
            fate = {word: float(fates[at]) for at, word in enumerate(words) if chosen[at]}
            for place, word in enumerate(piece.words):
                if word not in fate:
                    continue
                wanted[row, place] = known[place]
                if fate[word] < _MASKED:
                    ids[row, place] = self._mask
                elif fate[word] < _MASKED + _SWAPPED:
                    ids[row, place] = torch.randint(self._vocabulary, (1,), generator=draw)
        return ids, attention, wanted
