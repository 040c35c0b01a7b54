"""A job as JSON: what the API answers and what callbacks carry, so that the two can never differ."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from routing.decision import Decision
from routing.job import Job

PROBABILITY_DIGITS = 4


def job_bytes(job: Job) -> bytes:
    """Return a job as UTF-8 JSON."""
    return json.dumps(job_fields(job), ensure_ascii=False, separators=(",", ":")).encode()


def job_fields(job: Job) -> dict[str, Any]:
    """Return a job as plain values, ready for JSON. No schema is asked: this is in the path of every mail."""
    decision = job.decision
    timings = job.timings
    return {
        "id": job.id,
        "status": job.status.value,
        "source": job.source,
        "created_at": rfc3339(job.created_at),
        "updated_at": rfc3339(job.updated_at),
        "message_id": job.message_id,
        "subject": job.subject,
        "sender": job.sender,
        "size": job.size,
        "attempts": job.attempts,
        "error": job.error,
        "decision": None if decision is None else _decision_fields(decision),
        "decided_at": None if job.decided_at is None else rfc3339(job.decided_at),
        "timings": timings
        and {
            "queued": round(timings.queued, 3),
            "parse": round(timings.parse, 3),
            "classify": round(timings.classify, 3),
            "total": round(timings.total, 3),
        },
        "reviewed": job.reviewed,
        "callback_url": job.callback_url,
        "metadata": dict(job.metadata),
        "defects": list(job.defects),
    }


def rfc3339(moment: float) -> str:
    """Return a moment (Unix seconds) in UTC with milliseconds, such as `2026-11-20T10:00:00.000Z` (RFC 3339)."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _decision_fields(decision: Decision) -> dict[str, Any]:
    confidence = decision.confidence
    return {
        "label": decision.label,
        "confidence": None if confidence is None else round(confidence, PROBABILITY_DIGITS),
        "alternatives": [
            {"label": score.label, "probability": round(score.probability, PROBABILITY_DIGITS)}
            for score in decision.alternatives
        ],
        "queue": decision.queue,
        "priority": decision.priority.value,
        "decided_by": decision.decided_by.value,
        "reason": decision.reason,
        "rule": decision.rule,
        "model_version": decision.model_version,
    }
