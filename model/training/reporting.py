"""The report of a run: the page that `facteur evaluate` makes, in the run's own folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from model.corpus import Example
from model.directory import open_model
from model.evaluation.assessment import assess
from model.masking import mask
from model.onnx_runtime import OnnxClassifier
from model.report.excerpt import texts_of
from model.report.page import Circumstances, evaluation_page
from model.report.wording import ENGLISH, Wording
from model.training.runs import REPORT, Run


def write_report(model: Path, run: Run, *, judged_by: Sequence[Example], learnt_from: Sequence[Example]) -> Path:
    """Write `report.html` into the run's folder: the served model and a TF-IDF rival on the same mails."""
    directory = open_model(model)
    assessment = assess(OnnxClassifier(directory), judged_by, learnt_from, promises=directory.config.promises)
    circumstances = Circumstances(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus=tuple(Path(corpus).name for corpus in run.record.parameters["corpora"]),
        program=run.record.code,
        machine=f"{run.record.machine.get('processor', '')}, {run.record.machine.get('threads', '')} threads",
    )
    page = evaluation_page(assessment, texts_of(judged_by, mask), circumstances, Wording(ENGLISH))
    file = run.folder / REPORT
    file.write_text(page, encoding="utf-8")
    return file
