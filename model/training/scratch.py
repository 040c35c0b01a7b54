"""A tokenizer and a blank encoder made from one's own mail, for those whose data must not meet foreign weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForMaskedLM

from model.training.pretrain_options import HEAD, PretrainOptions

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
POSITIONS = 512
"""Tokens that a new encoder can read at most, whatever it is pre-trained on."""
_LEAST_OFTEN = 2
"""How often a piece must occur to be one."""


def new_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train a tokenizer of at most `vocabulary` pieces: byte-level BPE (Radford et al. 2019), the same each time.

    It reads no capitals and no accents: mail has them or lacks them as its sender's telephone pleases. No character is
    unknown to it.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=_LEAST_OFTEN,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def blank_encoder(tokenizer: Tokenizer, options: PretrainOptions) -> torch.nn.Module:
    """Return a BERT (Devlin et al. 2019) with random weights and a head that guesses words."""
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.hidden // HEAD,
        intermediate_size=4 * options.hidden,
        max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.token_to_id("[PAD]"),
    )
    network: torch.nn.Module = BertForMaskedLM(config)
    return network
