"""How well an encoder reads a second language: finding each sentence's translation among all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.encoder import load_base, mean_vectors, padded, token_ids
from model.training.pairs import Pair

_BATCH = 64
_LENGTH = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieval:
    """Shares (0 to 1) of sentences whose nearest sentence in the other language, by cosine, is their translation."""

    name: str
    pairs: int
    there: float
    """From the teacher's language to the other."""
    back: float


def retrieval(encoder: Path, name: str, pairs: Sequence[Pair]) -> Retrieval:
    """Measure the Hugging Face directory `encoder` on held-out `pairs` (LaBSE's measure on Tatoeba, Feng et al. 2022).

    Raises:
        ConfigurationError: The encoder cannot be loaded.
    """
    network = load_base(encoder).eval()
    tokenizer = load_tokenizer(encoder / TOKENIZER, max_length=_LENGTH)
    there = _vectors(network, tokenizer, [pair[0] for pair in pairs])
    back = _vectors(network, tokenizer, [pair[1] for pair in pairs])
    cosines = there @ back.T
    right = torch.arange(len(pairs))
    return Retrieval(
        name=name,
        pairs=len(pairs),
        there=(cosines.argmax(1) == right).float().mean().item(),
        back=(cosines.argmax(0) == right).float().mean().item(),
    )


def _vectors(network: torch.nn.Module, tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """Return unit vectors (texts, width)."""
    rows = token_ids(tokenizer, texts)
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    parts = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), _BATCH):
            batch = [rows[number] for number in order[start : start + _BATCH]]
            parts.append(mean_vectors(network, *padded(batch)).float())
    vectors = torch.empty(len(rows), parts[0].shape[1])
    vectors[order] = torch.cat(parts)
    return torch.nn.functional.normalize(vectors, dim=1)
