"""One training from request to record: check, train, keep the figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from model.corpus.checking import CorpusReport
from model.training.bases import Base, find_base
from model.training.machine import described, device_of, use_threads
from model.training.options import Listener, Progress
from model.training.own_base import own_base
from model.training.preparation import Material, prepare
from model.training.recording import Recorder, recorded
from model.training.reporting import write_report
from model.training.request import Request, of_parameters
from model.training.runs import Run, Status, create, open_run
from model.training.tracking import Tracker, tracker_of
from model.training.train import TrainReport, train
from routing.errors import ConfigurationError

Tell = Callable[[CorpusReport], None]


def perform(
    request: Request, runs: Path, *, watch: Listener, tell: Tell, begun: Callable[[Run], None] = lambda _: None
) -> TrainReport:
    """Do a training and record it in a folder of its own under `runs`.

    Args:
        request: What to train.
        runs: Made if need be; a request that cannot be met leaves nothing there.
        watch: Told about every step.
        tell: Hears what the check of the corpus found, before anything else is done.
        begun: Hears of the run's folder once there is one.

    Raises:
        ConfigurationError: It cannot be done; one sentence says why.
        KeyboardInterrupt: The user stopped it; `resume` goes on.
    """
    tracker = tracker_of()
    device_of(request.options.device)
    base = _base(request)
    material = prepare(request.corpora, request.options, layout=request.layout, names=request.names, tell=tell)
    run = create(runs, kind="train", name=request.options.name)
    run.record.data = material.digest
    begun(run)
    return _go(request, run, material, base, watch, tracker)


def resume(folder: Path, *, watch: Listener, tell: Tell, begun: Callable[[Run], None] = lambda _: None) -> TrainReport:
    """Go on with a run that was interrupted, killed or out of disk, from its last whole epoch.

    Raises:
        ConfigurationError: It is no such run, or its corpus is not what it was.
    """
    run = open_run(folder)
    if run.record.kind != "train" or run.record.status is Status.DONE:
        what = "is done" if run.record.status is Status.DONE else f"is of the kind {run.record.kind!r}"
        raise ConfigurationError(f"The run {folder} {what}: there is nothing to go on with.")
    request = of_parameters(run.record.parameters)
    tracker = tracker_of()
    material = prepare(request.corpora, request.options, layout=request.layout, names=request.names, tell=tell)
    if material.digest != run.record.data:
        raise ConfigurationError(
            f"The corpus has changed since the run {folder.name} began (digest {run.record.data} then, "
            f"{material.digest} now): begin a new run."
        )
    base = _base(request)
    begun(run)
    return _go(request, run, material, base, watch, tracker)


def _go(  # noqa: PLR0913, PLR0917 - all that was found before
    request: Request, run: Run, material: Material, base: Base | None, watch: Listener, tracker: Tracker
) -> TrainReport:
    recorder = Recorder(run, watch, tracker)
    try:
        with recorded(recorder):
            use_threads(request.options.threads)
            run.record.machine = described(device_of(request.options.device))
            recorder.begin(request.parameters(), request.config())
            recorder.checked(material.report)
            base = base or own_base(request, material, run, recorder)
            report = train(material, base, Path(request.out), request.options, recorder, folds=request.folds, run=run)
            recorder.figures(_figures(report))
            run.record.results = {"model": str(report.model), "checkpoint": str(report.checkpoint)}
            recorder(Progress(stage="report", done=0, total=1))
            write_report(
                report.model,
                run,
                judged_by=material.test or report.parts.held_out,
                learnt_from=report.parts.training,
            )
            recorder(Progress(stage="report", done=1, total=1))
    except ConfigurationError:
        if not run.state.exists():  # it never began to learn: there is nothing to go on with, nor to look at
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return report


def _base(request: Request) -> Base | None:
    return None if request.from_scratch else find_base(request.base)


def _figures(report: TrainReport) -> dict[str, float]:
    figures: dict[str, float] = {
        "trained_on": len(report.parts.training),
        "best_epoch": report.best_epoch,
        "agreement": report.agreement,
        "calibration_error": report.confidence.honesty.error,
    }
    for name, evaluation in (("held_out", report.validation), ("test", report.test)):
        if evaluation is not None:
            figures |= {
                f"{name}_mails": evaluation.examples,
                f"{name}_accuracy": evaluation.accuracy,
                f"{name}_macro_f1": evaluation.macro_f1,
                f"{name}_ece": evaluation.ece,
            }
    return figures | (report.crossed.figures() if report.crossed else {})
