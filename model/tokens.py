"""From text to the numbers a model reads."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from routing.errors import ConfigurationError


def load_tokenizer(file: Path, *, max_length: int) -> Tokenizer:
    """Return the tokenizer of `file` (`tokenizer.json`), truncating at `max_length` tokens and never padding.

    Raises:
        ConfigurationError: The file cannot be read as a tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the Rust side raises bare Exception
        raise ConfigurationError(
            f"the tokenizer {file} cannot be read ({error}): fetch or train the model again"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer
