"""The network: an encoder, the mean of its token vectors, one linear layer; beside it, if wanted, a wide part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel

from model.ngrams import NOTHING, ngrams_of
from routing.errors import ConfigurationError


def load_base(directory: Path) -> torch.nn.Module:
    """Load the encoder of a Hugging Face directory, in float32, offline.

    Raises:
        ConfigurationError: The weights cannot be read.
    """
    try:
        encoder: torch.nn.Module = AutoModel.from_pretrained(
            directory, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except Exception as error:
        raise ConfigurationError(f"the base {directory} cannot be loaded: {error}") from error
    return encoder


def empty_encoder(description: dict[str, Any]) -> torch.nn.Module:
    """Build the encoder that `description` (a Hugging Face config) stands for, with weights still to be loaded."""
    kind = description["model_type"]
    rest = {key: value for key, value in description.items() if key != "model_type"}
    encoder: torch.nn.Module = AutoModel.from_config(AutoConfig.for_model(kind, **rest))
    return encoder


class TextClassifier(torch.nn.Module):
    """Scores (batch, labels) from token ids (batch, tokens), and from n-grams if it has a wide part."""

    def __init__(self, encoder: torch.nn.Module, labels: int, *, dropout: float = 0.1, ngrams: int = 0) -> None:
        """Put a new last layer on `encoder`; `ngrams` is how many numbers the wide part knows, 0 for none."""
        super().__init__()
        self.encoder = encoder
        self.dropout = torch.nn.Dropout(dropout)
        width: Any = encoder.config.hidden_size
        self.head = torch.nn.Linear(width, labels)
        self.wide = Wide(ngrams, labels) if ngrams else None

    @property
    def pad(self) -> int:
        """The token id that fills up the rows of a batch."""
        pad: int | None = self.encoder.config.pad_token_id
        return 0 if pad is None else pad

    @property
    def ngrams(self) -> int:
        """How many numbers the wide part knows; 0: there is none."""
        return 0 if self.wide is None else len(self.wide.table)

    def widen(self, table: NDArray[np.float32], bias: NDArray[np.float32], weight: float) -> None:
        """Add a wide part, `table` (n-grams, labels) and `bias` (labels,), with a weight; 0 adds none."""
        if weight == 0:
            return
        device = self.head.weight.device
        self.wide = Wide(*table.shape).to(device)
        with torch.no_grad():
            self.wide.table.copy_(torch.from_numpy(table * np.float32(weight)))
            self.head.bias += torch.from_numpy(bias * np.float32(weight)).to(device)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, ngram_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the scores of a padded batch; `attention_mask` is 1 where a token is."""
        return self.decide(mean_vectors(self.encoder, input_ids, attention_mask), ngram_ids)

    def decide(self, vectors: torch.Tensor, ngram_ids: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores of mails whose mean vectors (batch, width) are known."""
        scores: torch.Tensor = self.head(self.dropout(vectors))
        if self.wide is not None and ngram_ids is not None:
            scores = scores + self.wide(ngram_ids)
        return scores


class Wide(torch.nn.Module):
    """A linear model over hashed n-grams beside the deep one (Cheng et al. 2016, "Wide & deep learning").

    `table` (n-grams, labels) holds what each n-gram says for each label; row `model.ngrams.NOTHING` stays zero.
    """

    def __init__(self, ngrams: int, labels: int) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.zeros(ngrams, labels), requires_grad=False)

    def forward(self, ngram_ids: torch.Tensor) -> torch.Tensor:
        """Return the scores (batch, labels) of rows of n-grams, filled up with `NOTHING`: long mails speak no louder.

        Every n-gram occurs once in a mail, so a root of their number is the length of the vector that they are.
        """
        said = torch.nn.functional.embedding(ngram_ids, self.table).sum(1)
        scores: torch.Tensor = said / (ngram_ids != NOTHING).sum(1, keepdim=True).clamp(min=1).sqrt()
        return scores


def mean_vectors(encoder: torch.nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of the encoder's token vectors (batch, width), padding left out."""
    vectors: torch.Tensor = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    mask = attention_mask.unsqueeze(-1).to(vectors.dtype)
    return (vectors * mask).sum(1) / mask.sum(1)


def padded(rows: Sequence[Sequence[int]], pad: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `rows` of token ids, filled up with `pad`, as (ids, mask), both (rows, longest)."""
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return ids, mask


def padded_ngrams(texts: Sequence[str], ngrams: int) -> torch.Tensor:
    """Return the n-grams of each text (texts, most), filled up with `NOTHING`; none if `ngrams` is 0."""
    if not ngrams:
        return torch.full((len(texts), 1), NOTHING)
    rows = [torch.from_numpy(ngrams_of(text, ngrams)) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=NOTHING)


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
