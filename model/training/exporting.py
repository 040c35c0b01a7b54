"""From a checkpoint to what serves, refused where the two say different things."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.confidence.confidence import STRANGERS
from model.corpus import Example, Layout, read_corpus
from model.directory import CARD, CONFIG, TOKENIZER, WEIGHTS, ModelDirectory, open_model
from model.text import features_of
from model.tokens import load_tokenizer
from model.torch_runtime import TorchClassifier
from model.training.export import export_alike, write_tokenizer
from model.training.options import Listener, Progress
from model.training.preparation import prepare
from model.training.publishing import move
from model.training.request import of_parameters
from model.training.runs import RECORD, open_run
from routing.errors import ConfigurationError

AGREEMENT = 0.995
"""Share of mails, at least, on which the exported model must say the checkpoint's label."""
DIFFERENCE = 0.003
"""By how much, at most, its accuracy may differ."""
_EPSILON = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """An exported model beside the network that it was made from, on the same mails."""

    mails: int
    disagreements: int
    accuracy: float
    """Of the exported model."""
    difference: float
    """Its accuracy less the network's."""

    @property
    def is_faithful(self) -> bool:
        """Whether the export may serve. One mail of few proves nothing, so one is always allowed."""
        if self.disagreements <= 1:
            return True
        agreement = 1 - self.disagreements / self.mails
        return agreement >= AGREEMENT - _EPSILON and abs(self.difference) <= DIFFERENCE + _EPSILON


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What an export gave."""

    model: Path
    comparison: Comparison


def compared(network: NDArray[np.float32], exported: NDArray[np.float32], truths: Sequence[int]) -> Comparison:
    """Compare scores (mails, labels) of a network with those of its export."""
    wanted = np.asarray(truths)
    said, meant = exported.argmax(1), network.argmax(1)
    accuracy = float((said == wanted).mean())
    return Comparison(
        mails=len(truths),
        disagreements=int((said != meant).sum()),
        accuracy=accuracy,
        difference=accuracy - float((meant == wanted).mean()),
    )


def export(
    source: Path, out: Path, listen: Listener, *, corpora: Sequence[Path | str] = (), layout: Layout | None = None
) -> Exported:
    """Write the served model of a run or a checkpoint under `out`, if it says what the checkpoint says.

    Args:
        source: A run's folder, or a checkpoint's.
        out: Made if need be.
        listen: Told how far it is.
        corpora: Labelled mails to compare on; those that a run held out when there are none.
        layout: Of those mails.

    Raises:
        ConfigurationError: There is no such checkpoint, no mail to compare on, or the export is not faithful.
    """
    checkpoint, examples = _found(source, corpora, layout)
    directory = open_model(checkpoint)
    if WEIGHTS not in directory.files:
        raise ConfigurationError(f"{checkpoint} is no checkpoint but a model that serves already.")
    classifier = TorchClassifier(directory)
    labels = {label: number for number, label in enumerate(directory.config.labels)}
    known = [example for example in examples if example.label in labels]
    if not known:
        raise ConfigurationError("None of the mails has a label of the model: give others to compare on.")
    texts = [features_of(example.mail) for example in known]
    out.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        served = staging / "served"
        served.mkdir()
        listen(Progress(stage="export", done=0, total=2))
        _write(directory, served)
        listen(Progress(stage="export", done=1, total=2))
        tokenizer = load_tokenizer(served / TOKENIZER, max_length=directory.config.max_length)
        after, before = export_alike(classifier.network.cpu(), served, tokenizer, texts, directory.config)
        comparison = compared(before, after, [labels[example.label] for example in known])
        if not comparison.is_faithful:
            raise ConfigurationError(
                f"The export says another label than the checkpoint on {comparison.disagreements} of "
                f"{comparison.mails} mails, and its accuracy differs by {100 * comparison.difference:+.1f} points: it "
                "was not written."
            )
        model = move(served, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    listen(Progress(stage="export", done=2, total=2, note=model.name))
    return Exported(model=model, comparison=comparison)


def _found(source: Path, corpora: Sequence[Path | str], layout: Layout | None) -> tuple[Path, Sequence[Example]]:
    """Return the checkpoint that `source` stands for, and the mails to compare on."""
    given = read_corpus(corpora, layout=layout or Layout()) if corpora else []
    if not (source / RECORD).is_file():
        if not given:
            raise ConfigurationError("Give labelled mails to compare on: facteur export CHECKPOINT CORPORA.")
        return source, given
    run = open_run(source)
    kept = run.record.results.get("checkpoint")
    if not kept:
        raise ConfigurationError(f"The run {source} made no checkpoint ({run.record.status}): go on with it first.")
    if given:
        return Path(kept), given
    request = of_parameters(run.record.parameters)
    material = prepare(request.corpora, request.options, layout=request.layout)
    if material.digest != run.record.data:
        raise ConfigurationError(f"The corpus has changed since the run {source.name}: give mails to compare on.")
    return Path(kept), material.parts(request.options).held_out


def _write(directory: ModelDirectory, served: Path) -> None:
    """Write what stands beside the graph."""
    write_tokenizer(load_tokenizer(directory.file(TOKENIZER), max_length=directory.config.max_length), served)
    for name in (CONFIG, CARD, STRANGERS):
        if name in directory.files:
            shutil.copyfile(directory.file(name), served / name)
