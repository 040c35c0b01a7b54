"""Evaluations and comparisons as JSON: for programs, and to be compared later. `docs/evaluate.md` names every field.

Fields are added without a new version; a field that changes its meaning or goes makes one.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model.evaluation.assessment import Assessment, Contestant, contestant
from model.evaluation.comparison import Comparison, Paired
from model.evaluation.judged import Judged
from model.evaluation.outcome import Outcome, corpus_digest
from model.report.page import Circumstances, lead, notices
from model.report.wording import Wording
from routing.errors import ConfigurationError

EVALUATION = "facteur-evaluation"
COMPARISON = "facteur-comparison"
VERSION = 1


def evaluation_document(assessment: Assessment, circumstances: Circumstances, say: Wording) -> dict[str, Any]:
    """Return an evaluation as what JSON can hold; no mail's text is in it."""
    outcomes = assessment.model.judged.outcomes
    rival = assessment.baseline.judged.outcomes if assessment.baseline else (None,) * len(outcomes)
    return {
        **_head(EVALUATION, circumstances),
        "summary": lead(assessment, say),
        "notices": [{"key": notice.key, **notice.values} for notice in assessment.notices],
        "warnings": notices(assessment, say),
        "corpus": _corpus(outcomes, circumstances),
        "model": _contestant(assessment.model),
        "baseline": _contestant(assessment.baseline) if assessment.baseline else None,
        "versus_baseline": _paired(assessment.versus.whole) if assessment.versus else None,
        "promises": [asdict(one) for one in assessment.promises],
        "strangers": asdict(assessment.foreign) if assessment.foreign else None,
        "mails": [_mail(*pair) for pair in zip(outcomes, rival, strict=True)],
    }


def comparison_document(comparison: Comparison, circumstances: Circumstances) -> dict[str, Any]:
    """Return a comparison as what JSON can hold; no mail's text is in it."""
    parts = ("languages", "lengths", "labels")
    return {
        **_head(COMPARISON, circumstances),
        "corpus": _corpus(comparison.first.outcomes, circumstances),
        "first": _contestant(contestant(comparison.first)),
        "second": _contestant(contestant(comparison.second)),
        "whole": _paired(comparison.whole),
        **{part: [_paired(one) for one in getattr(comparison, part)] for part in parts},
        "mails": [
            {
                "id": ours.id,
                "digest": ours.digest,
                "truth": ours.truth,
                "first": {"said": ours.said, "confidence": ours.confidence},
                "second": {"said": theirs.said, "confidence": theirs.confidence},
            }
            for ours, theirs in comparison.pairs
        ],
    }


def json_bytes(document: dict[str, Any]) -> bytes:
    """Return a document as UTF-8, a line a mail; half a surrogate pair in an id is written as JSON's own escape."""
    head = json.dumps({key: value for key, value in document.items() if key != "mails"}, ensure_ascii=False, indent=1)
    mails = ",\n".join(json.dumps(mail, ensure_ascii=False) for mail in document["mails"])
    return f'{head[:-2]},\n "mails": [\n{mails}\n]\n}}\n'.encode("utf-8", "backslashreplace")


def read_judged(file: Path) -> Judged:
    """Return what a model said, from the JSON report of its evaluation.

    Raises:
        ConfigurationError: The file cannot be read or is no such report.
    """
    try:
        value = json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"the report {file} cannot be read ({error.strerror}): give its path") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not JSON ({error}): give a model or the JSON of an evaluation") from error
    if not isinstance(value, dict) or value.get("format") != EVALUATION or value.get("version") != VERSION:
        raise ConfigurationError(
            f"{file} is no evaluation of version {VERSION}: make it again with `facteur evaluate`, with this program"
        )
    try:
        model = value["model"]
        seconds = model["cpu_seconds"]
        return Judged(
            name=str(model["name"]),
            outcomes=tuple(_outcome(mail) for mail in value["mails"]),
            cpu_seconds=None if seconds is None else float(seconds),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{file} lacks a field or has a wrong one ({error!r}): evaluate again") from error


def _head(kind: str, circumstances: Circumstances) -> dict[str, Any]:
    return {
        "format": kind,
        "version": VERSION,
        "made_at": circumstances.made_at,
        "program": circumstances.program,
        "machine": circumstances.machine,
    }


def _corpus(outcomes: tuple[Outcome, ...], circumstances: Circumstances) -> dict[str, Any]:
    return {
        "files": list(circumstances.corpus),
        "digest": corpus_digest(outcomes),
        "mails": len(outcomes),
        "labels": dict(sorted(Counter(outcome.truth for outcome in outcomes).items())),
        "languages": dict(sorted(Counter(outcome.language for outcome in outcomes).items())),
    }


def _contestant(one: Contestant) -> dict[str, Any]:
    return {
        "name": one.judged.name,
        "trained_on": one.judged.trained_on,
        "cross_validated": one.judged.cross_validated,
        "cpu_seconds": one.judged.cpu_seconds,
        "mails_per_cpu_second": one.judged.mails_per_cpu_second,
        "figures": asdict(one.evaluation),
        "macro_f1_interval": asdict(one.macro_f1_interval),
        "calibration": {**asdict(one.honesty), "bins": [asdict(member) for member in one.bins]},
        "risk_coverage": asdict(one.risk),
    }


def _paired(one: Paired) -> dict[str, Any]:
    return {**asdict(one), "first": one.first, "second": one.second, "neither": one.neither}


def _mail(outcome: Outcome, rival: Outcome | None) -> dict[str, Any]:
    baseline = {"said": rival.said, "confidence": rival.confidence} if rival else None
    return {**asdict(outcome), "baseline": baseline}


def _outcome(mail: dict[str, Any]) -> Outcome:
    """Return what was said of a mail. Raises ValueError on numbers that no evaluation writes."""
    stranger = mail.get("stranger")
    confidence, words, rank = float(mail["confidence"]), int(mail["words"]), int(mail["rank"])
    if not 0 <= confidence <= 1 or words < 0 or rank < 0:
        raise ValueError(f"confidence {confidence}, words {words}, rank {rank}")
    return Outcome(
        truth=str(mail["truth"]),
        said=str(mail["said"]),
        confidence=confidence,
        language=str(mail["language"]),
        id=str(mail["id"]),
        digest=str(mail["digest"]),
        words=words,
        rank=rank,
        stranger=None if stranger is None else float(stranger),
    )
