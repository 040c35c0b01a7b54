"""From a trained network to sealed directories: export, confidence, figures, card; all there or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model.confidence.confidence import Confidence, fit_confidence
from model.corpus import Example
from model.corpus.split import Parts
from model.directory import CARD, CONFIG, ModelConfig, seal
from model.evaluation import Evaluation, evaluate
from model.onnx_runtime import OnnxClassifier
from model.text import TEXT_VERSION, features_of
from model.training.bases import Base
from model.training.card import RunFacts, model_card
from model.training.crossval import CrossValidation
from model.training.export import export_alike, write_tokenizer, write_weights
from model.training.fit import Fitted
from model.training.options import Listener, Progress, TrainOptions
from model.training.preparation import Material

CHECKPOINTS = "checkpoints"
_STEPS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """A network that has learnt, and what it learnt from."""

    fitted: Fitted
    tokenizer: Tokenizer
    base: Base
    material: Material
    parts: Parts
    crossed: CrossValidation | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What was made of it."""

    model: Path
    checkpoint: Path
    confidence: Confidence
    agreement: float
    validation: Evaluation
    test: Evaluation | None


def publish(trained: Trained, out: Path, options: TrainOptions, listen: Listener, *, run: str = "") -> Published:
    """Write `out/<name>-<digest>`, which serves, and the checkpoint for torch; both appear complete or not at all."""
    material, tokenizer = trained.material, trained.tokenizer
    network = trained.fitted.network.cpu()
    out.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        served, kept = staging / "served", staging / "kept"
        served.mkdir()
        kept.mkdir()
        listen(Progress(stage="export", done=0, total=_STEPS))
        write_weights(network, kept)
        listen(Progress(stage="export", done=1, total=_STEPS))
        config = ModelConfig(
            name=options.name,
            labels=material.labels,
            languages=tuple(sorted({mail.language for mail in material.examples if mail.language})),
            max_length=options.max_length,
            text_version=TEXT_VERSION,
            ngrams=network.ngrams,
            prefix=options.prefix,
        )
        texts = [features_of(mail.mail) for mail in trained.parts.held_out]
        int8, float32 = export_alike(network, served, tokenizer, texts, config)
        agreement = float(np.mean(int8.argmax(1) == float32.argmax(1)))
        confidence = _confidence(trained, int8, texts, config, options)
        config = replace(config, **confidence.config())
        confidence.write(served)
        confidence.write(kept)
        for directory in (served, kept):
            write_tokenizer(tokenizer, directory)
            (directory / CONFIG).write_text(config.to_json(), encoding="utf-8")
        listen(Progress(stage="export", done=2, total=_STEPS))
        validation = _judge(served, trained.parts.held_out)
        test = _judge(served, material.test) if material.test else None
        facts = RunFacts(
            base=trained.base,
            run=run,
            material=material,
            trained_on=len(trained.parts.training),
            best_epoch=trained.fitted.epoch,
            confidence=confidence,
            crossed=trained.crossed,
            agreement=agreement,
            validation=validation,
            test=test,
        )
        card = model_card(options, facts)
        for directory in (served, kept):
            (directory / CARD).write_text(card, encoding="utf-8")
        model, checkpoint = move(served, out), move(kept, out / CHECKPOINTS)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    listen(Progress(stage="export", done=_STEPS, total=_STEPS, note=model.name))
    return Published(
        model=model,
        checkpoint=checkpoint,
        confidence=confidence,
        agreement=agreement,
        validation=validation,
        test=test,
    )


def _confidence(
    trained: Trained, int8: NDArray[np.float32], texts: Sequence[str], config: ModelConfig, options: TrainOptions
) -> Confidence:
    """Fit confidence to the held-out mails, and to the folds if there are some: they are the whole corpus."""
    labels = config.labels

    def rows(mails: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in trained.tokenizer.encode_batch([config.prefix + text for text in mails])]

    held_out = fit_confidence(
        labels=labels,
        scores=int8,
        truths=[labels.index(mail.label) for mail in trained.parts.held_out],
        rows=rows(texts),
        training_rows=rows([features_of(mail.mail) for mail in trained.parts.training]),
        vocabulary=trained.tokenizer.get_vocab_size(),
        seed=options.seed,
    )
    if trained.crossed is None:
        return held_out
    crossed = fit_confidence(
        labels=labels,
        scores=trained.crossed.scores,
        truths=[labels.index(mail.label) for mail in trained.crossed.examples],
        seed=options.seed,
    )
    # What strangers are is learnt from mails whose words the model has not seen: of the folds it has seen them all.
    return replace(crossed, strangers=held_out.strangers)


def _judge(unsealed: Path, examples: Sequence[Example]) -> Evaluation:
    """Evaluate a copy of the served files, sealed for the purpose: the very path that serving takes."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copy"
        shutil.copytree(unsealed, copied)
        return evaluate(OnnxClassifier(seal(copied)), examples)


def move(directory: Path, parent: Path) -> Path:
    """Seal `directory` and move it under `parent`; the same model made before is kept as it is."""
    sealed = seal(directory)
    parent.mkdir(parents=True, exist_ok=True)
    target = parent / sealed.path.name
    if not target.exists():
        sealed.path.rename(target)
    return target
