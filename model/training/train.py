"""Train a classifier on labelled mails: corpora and a base encoder in, a sealed model directory out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.confidence.confidence import Confidence
from model.corpus.split import Parts
from model.evaluation import Evaluation
from model.training.bases import Base
from model.training.crossval import CrossValidation, cross_validate
from model.training.fit import fit
from model.training.machine import use_threads
from model.training.memory import FORGETFUL, FolderMemory, Memory
from model.training.options import Listener, TrainOptions
from model.training.preparation import Material, start
from model.training.publishing import Trained, publish
from model.training.runs import FOLDS, Run


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainReport:
    """What a run made."""

    model: Path
    """The model directory that serves."""
    checkpoint: Path
    """The same model for torch: what to start the next training from."""
    parts: Parts
    """What was trained on, and what was held out to choose by."""
    best_epoch: int
    confidence: Confidence
    agreement: float
    """Share of held-out mails on which the served int8 model and the float32 one say the same label."""
    validation: Evaluation
    """Of the served model, on the mails held out of training."""
    test: Evaluation | None
    crossed: CrossValidation | None
    """Of the models that were trained on parts of the corpus only."""
    seconds: float


def train(  # noqa: PLR0913 - what to learn from, where to, how, and where to keep and tell
    material: Material,
    base: Base,
    out: Path,
    options: TrainOptions,
    listen: Listener,
    *,
    folds: int = 0,
    run: Run | None = None,
) -> TrainReport:
    """Train on `material`, starting from `base`, and write two sealed directories under `out`.

    `out/<name>-<digest>` serves; `out/checkpoints/<name>-<digest>` is the same model for torch. Both appear complete
    or not at all.

    Args:
        material: From `model.training.preparation.prepare`.
        base: From `model.training.bases.find_base`.
        out: Made if need be.
        options: How to train.
        listen: Told about every step.
        folds: Cross-validate with so many models first; confidence is then fitted to their answers. 0: do not.
        run: Where to keep what an interrupted run goes on from.

    Raises:
        ConfigurationError: The base cannot be used, or the mails are too few; one sentence says why.
    """
    started = time.monotonic()
    use_threads(options.threads)
    memory = _memories(run)
    parts = material.parts(options)
    crossed: CrossValidation | None = None
    if folds:
        kept = run.folder / FOLDS if run else None
        crossed = cross_validate(
            material,
            base,
            options,
            count=folds,
            listen=listen,
            memory=lambda number: memory(f"fold-{number}"),
            kept=kept,
        )
    network, tokenizer = start(base, material.labels, options)
    fitted = fit(network, tokenizer, material.labels, parts, options=options, listen=listen, memory=memory("whole"))
    trained = Trained(fitted=fitted, tokenizer=tokenizer, base=base, material=material, parts=parts, crossed=crossed)
    published = publish(trained, out, options, listen, run=run.record.id if run else "")
    return TrainReport(
        model=published.model,
        checkpoint=published.checkpoint,
        parts=parts,
        best_epoch=fitted.epoch,
        confidence=published.confidence,
        agreement=published.agreement,
        validation=published.validation,
        test=published.test,
        crossed=crossed,
        seconds=time.monotonic() - started,
    )


def _memories(run: Run | None) -> Callable[[str], Memory]:
    """Return what gives each part of a run a memory of its own."""
    if run is None:
        return lambda _: FORGETFUL
    state = run.state
    return lambda name: FolderMemory(state / name)
