"""What stands before any training: read the corpus, check it, find the base."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers.utils.logging import disable_progress_bar

from model.corpus import PLAIN, Example, Layout, read_corpus
from model.corpus.checking import CorpusReport, check_corpus
from model.corpus.split import Parts, split
from model.directory import TOKENIZER, WEIGHTS
from model.tokens import load_tokenizer
from model.training.bases import Base, description_of, is_checkpoint
from model.training.encoder import TextClassifier, empty_encoder, load_base
from model.training.machine import device_of
from model.training.options import TrainOptions
from model.training.runs import corpus_digest
from routing.errors import ConfigurationError

_LEAST_LABELS = 2
_ROBERTA_LIKE = {"camembert", "roberta", "xlm-roberta", "xlm-roberta-xl", "flaubert", "mpnet"}
"""Their positions begin after the number of the padding token, so that two fewer tokens fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """A corpus that may be trained on."""

    examples: tuple[Example, ...]
    test: tuple[Example, ...]
    labels: tuple[str, ...]
    """In the order of the model's scores."""
    report: CorpusReport
    digest: str

    def parts(self, options: TrainOptions) -> Parts:
        """Return what is trained on and what is held out to choose by."""
        parts = split(self.examples, options.held_out, options.seed, copies=self.report.copies)
        if not parts.held_out or len({example.label for example in parts.training}) < _LEAST_LABELS:
            raise ConfigurationError(
                f"{len(self.examples)} mails are too few to hold some out for choosing: give more of each label, or "
                "fewer that belong together."
            )
        return parts


def prepare(
    corpora: Sequence[Path | str],
    options: TrainOptions,
    *,
    layout: Layout = PLAIN,
    names: Mapping[str, str] | None = None,
    tell: Callable[[CorpusReport], None] = lambda _: None,
) -> Material:
    """Read and check what is to be trained on; `tell` hears what the check found, also when that ends the run.

    Raises:
        ConfigurationError: A corpus cannot be read or trained on; one sentence says which and why.
    """
    faults: list[str] = []
    examples = read_corpus(corpora, layout=layout, faults=faults)
    test = read_corpus([options.test], layout=layout) if options.test else []
    report = check_corpus(examples, labels=options.labels, names=names, test=test, faults=faults)
    tell(report)
    if report.errors:
        others = f" ({len(report.errors) - 1} more errors are listed above)" if len(report.errors) > 1 else ""
        raise ConfigurationError(f"{str(report.errors[0]).rstrip('.')}.{others}")
    found = {example.label for example in examples}
    if len(found) < _LEAST_LABELS:
        raise ConfigurationError(
            f"All mails have the label {next(iter(found))!r}: a model learns from two labels or more."
        )
    return Material(
        examples=tuple(examples),
        test=tuple(test),
        labels=options.labels or tuple(sorted(found)),
        report=report,
        digest=corpus_digest(examples, test),
    )


def start(base: Base, labels: Sequence[str], options: TrainOptions) -> tuple[TextClassifier, Tokenizer]:
    """Return the base with a new last layer, on the device that the options name, and its tokenizer.

    Raises:
        ConfigurationError: The base cannot be loaded, or reads fewer tokens than `max_length`.
    """
    torch.manual_seed(options.seed)
    disable_progress_bar()  # loading takes less than a second
    description = description_of(base.directory)
    most = description.get("max_position_embeddings")
    if isinstance(most, int):
        most -= 2 if description.get("model_type") in _ROBERTA_LIKE else 0
        if options.max_length > most > 0:
            raise ConfigurationError(
                f"The base {base.name} reads {most} tokens at most, fewer than {options.max_length}: "
                f"give --max-length {most}."
            )
    tokenizer = load_tokenizer(base.directory / TOKENIZER, max_length=options.max_length)
    encoder = _of_checkpoint(base.directory) if is_checkpoint(base.directory) else load_base(base.directory)
    return TextClassifier(encoder, len(labels)).to(device_of(options.device)), tokenizer


def _of_checkpoint(directory: Path) -> torch.nn.Module:
    """Load the encoder of a model that was trained before; its last layer knew other labels."""
    from safetensors.torch import load_file  # noqa: PLC0415 - only for this base

    try:
        encoder = empty_encoder(description_of(directory))
        weights = load_file(directory / WEIGHTS)
        prefix = "encoder."
        encoder.load_state_dict(
            {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
        )
    except ConfigurationError:
        raise
    except Exception as error:  # safetensors and torch raise their own
        raise ConfigurationError(f"The checkpoint {directory} cannot be loaded ({error}): train it again.") from error
    return encoder
