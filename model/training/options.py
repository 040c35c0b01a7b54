"""What a training run is told, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.evaluation import Evaluation


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How to train. The defaults are those that the bundled model was made with."""

    name: str = "insurance"
    """What the model is called; the digest is appended."""
    epochs: int = 7
    """Passes over the corpus at most; the best by validation is kept."""
    batch: int = 16
    """Mails a step."""
    learning_rate: float = 2e-4
    """Of the encoder's last layer; each layer below has `layer_decay` times that of the one above."""
    layer_decay: float = 0.9
    head_rate: float = 1e-3
    """Learning rate of the new linear layer."""
    label_smoothing: float = 0.1
    warm_up: float = 0.1
    """Share of the steps during which the rates rise; then they fall along a cosine."""
    averaging: float = 0.98
    """Decay of the moving average of weights that is kept: about the last fifty steps."""
    held_out: float = 0.12
    """Share of the corpus kept for choosing the epoch and for calibration, drawn alike from labels and languages."""
    max_length: int = 256
    """Tokens read of a mail, in training and in serving."""
    seed: int = 13
    threads: int = 2
    bfloat16: bool = True
    """Compute in bfloat16 where that is safe: 1.4 times faster on CPUs that have it."""
    vary: bool = True
    """Vary mails as they are read (see `model.training.variation`)."""
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


Listener = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainReport:
    """What a run made."""

    model: Path
    """The model directory that serves."""
    checkpoint: Path
    """The same model for torch: what to start the next training from."""
    examples: int
    """Mails trained on."""
    best_epoch: int
    temperature: float
    agreement: float
    """Share of held-out mails on which the served int8 model and the float32 one say the same label."""
    validation: Evaluation
    """Of the served model, on the mails held out of training."""
    test: Evaluation | None
    seconds: float
