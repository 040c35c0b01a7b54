"""What a pre-training run is told."""

from __future__ import annotations

from dataclasses import dataclass

from model.training.options import option
from routing.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainOptions:
    """How to pre-train. The defaults suit some thousand to some hundred thousand mails on a CPU."""

    epochs: int = option(20, "Passes over the mails.")
    batch: int = option(32, "Mails a step.")
    learning_rate: float = option(0.0, "Highest rate; 0: 1e-3 from scratch, 1e-4 when going on from an encoder.")
    warm_up: float = option(0.06, "Share of the steps during which the rate rises; then it falls along a cosine.")
    masked: float = option(0.15, "Share of the words that are hidden and to be guessed.")
    held_out: float = option(0.05, "Share of the mails kept to measure the perplexity with.")
    max_length: int = option(128, "Tokens of a mail that are learnt from at a time; longer mails are cut in pieces.")
    vocabulary: int = option(12_000, "Word pieces of a new tokenizer at most.")
    hidden: int = option(256, "Width of a new encoder; a multiple of 64.")
    layers: int = option(4, "Layers of a new encoder.")
    snapshot: int = option(500, "Steps after which the perplexity is measured and what `--resume` needs is kept.")
    seed: int = option(13, "Of everything that is drawn.")
    device: str = option("auto", "`cpu`, `cuda`, or `auto`: the GPU when there is one.")
    threads: int = option(0, "CPU threads; 0: one for each core.")
    bfloat16: bool = option(True, "Compute in bfloat16 where the hardware is faster with it.")  # noqa: FBT003 - a default


HEAD = 64
"""Width of an attention head."""


def check_pretrain_options(options: PretrainOptions) -> None:
    """Refuse options that cannot be pre-trained with.

    Raises:
        ConfigurationError: One is out of its range; the sentence names it.
    """
    rules: tuple[tuple[str, bool, str], ...] = (
        ("epochs", options.epochs >= 1, "1 or more"),
        ("batch", options.batch >= 1, "1 or more"),
        ("learning_rate", options.learning_rate >= 0, "0 or more"),
        ("warm_up", 0 <= options.warm_up < 1, "from 0 to below 1"),
        ("masked", 0 < options.masked < 1, "between 0 and 1"),
        ("held_out", 0 < options.held_out < 1, "between 0 and 1"),
        ("max_length", options.max_length >= 8, "8 or more"),  # noqa: PLR2004 - said beside it
        ("vocabulary", options.vocabulary >= 300, "300 or more"),  # noqa: PLR2004 - the same
        ("hidden", options.hidden >= HEAD and options.hidden % HEAD == 0, f"a multiple of {HEAD}"),
        ("layers", options.layers >= 1, "1 or more"),
        ("snapshot", options.snapshot >= 1, "1 or more"),
        ("threads", options.threads >= 0, "0 or more"),
    )
    for name, holds, wanted in rules:
        if not holds:
            raise ConfigurationError(f"The option {name} is {getattr(options, name)!r}: give {wanted}.")
