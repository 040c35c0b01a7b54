"""What a training run is told, and what it tells.

The command line, `--config` files and the space of `facteur tune` are made from the fields of `TrainOptions`: a field
written with `option` needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def option(default: Any, sentence: str) -> Any:
    """Return a dataclass field with a default and the sentence that `--help` says of it."""
    return field(default=default, metadata={"help": sentence})


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How to train. The defaults are those that the bundled model was made with."""

    name: str = option("insurance", "What the model is called; its digest is appended.")
    epochs: int = option(7, "Passes over the corpus at most; the best by held-out loss is kept.")
    rounds: int = option(1, "Trainings, each taught by the one before; the mean of their weights is kept.")
    patience: int = option(3, "Epochs without a lower held-out loss after which training stops; 0: never.")
    batch: int = option(16, "Mails a step.")
    learning_rate: float = option(2e-4, "Of the encoder's last layer.")
    layer_decay: float = option(0.9, "Rate of a layer, in the rate of the layer above.")
    head_rate: float = option(1e-3, "Learning rate of the new layer on top.")
    label_smoothing: float = option(0.1, "Share of each answer that is spread over all labels.")
    contrast: float = option(0.3, "Weight of drawing the vectors of one label together, beside the cross-entropy.")
    warm_up: float = option(0.1, "Share of the steps during which the rates rise; then they fall along a cosine.")
    averaging: float = option(0.98, "Decay of the moving average of weights that is kept (0.98: some fifty steps).")
    class_weights: str = option("balanced", "`balanced`: every label weighs alike; `none`: every mail does.")
    held_out: float = option(0.12, "Share of the corpus kept to choose the epoch and to calibrate.")
    max_length: int = option(256, "Tokens read of a mail, in training and in serving.")
    prefix: str = option("", "What the encoder expects before every text, such as `query: ` (E5).")
    ngrams: int = option(65536, "Numbers that words and pieces of words are hashed to, for the wide part; 0: none.")
    vary: bool = option(True, "Vary mails as people vary them: accents left out, slips, greetings, histories.")  # noqa: FBT003 - a default
    seed: int = option(13, "Of everything that is drawn.")
    device: str = option("auto", "`cpu`, `cuda`, or `auto`: the GPU when there is one.")
    threads: int = option(0, "CPU threads; 0: one for each core.")
    bfloat16: bool = option(True, "Compute in bfloat16 where the hardware is faster with it.")  # noqa: FBT003 - a default
    labels: tuple[str, ...] = ()
    """The labels of the taxonomy, in order; those of the corpus, sorted, when empty."""
    test: Path | None = None
    """A corpus that the model is never trained on nor chosen by; its figures go into the model card."""
    notes: str = ""
    """Markdown for the model card: where base and corpora come from, licences, attributions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` in `stage`, and a remark for a human."""

    stage: str
    done: int
    total: int
    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What was measured, by name: kept in the run's curves. With an `epoch` among them they are that epoch's."""


Listener = Callable[[Progress], None]
