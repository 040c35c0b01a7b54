"""The examples of the API's documentation; a test validates each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EMAIL: Mapping[str, Any] = {
    "from": "Camille Martin <camille.martin@example.org>",
    "to": ["contact@assurance.example"],
    "subject": "Dégât des eaux dans la cuisine",
    "text": "Bonjour,\n\nUne fuite a endommagé le plafond cette nuit. Que dois-je faire ?\n\nCamille Martin",
    "message_id": "<20261120.1@example.org>",
    "attachments": [{"name": "plafond.jpg", "type": "image/jpeg", "size": 184320}],
    "metadata": {"mailbox": "contact"},
}

JOB_QUEUED: Mapping[str, Any] = {
    "id": "019a9f3e-5c00-7000-8000-000000000001",
    "status": "queued",
    "source": "mail-gateway",
    "created_at": "2026-11-20T10:00:00.000Z",
    "updated_at": "2026-11-20T10:00:00.000Z",
    "message_id": "<20261120.1@example.org>",
    "subject": "Dégât des eaux dans la cuisine",
    "sender": "camille.martin@example.org",
    "size": 412,
    "attempts": 0,
    "error": None,
    "decision": None,
    "decided_at": None,
    "timings": None,
    "reviewed": False,
    "callback_url": None,
    "metadata": {"mailbox": "contact"},
    "defects": [],
}

JOB_DONE: Mapping[str, Any] = {
    **JOB_QUEUED,
    "status": "done",
    "updated_at": "2026-11-20T10:00:00.041Z",
    "attempts": 1,
    "decision": {
        "label": "claim_home",
        "confidence": 0.9731,
        "alternatives": [{"label": "assistance", "probability": 0.0112}],
        "queue": "claims-home",
        "priority": "high",
        "decided_by": "model",
        "reason": "The model says claim_home with probability 0.97, at least the 0.60 asked for; sent to claims-home.",
        "rule": None,
        "model_version": "bundled-0123456789ab",
    },
    "decided_at": "2026-11-20T10:00:00.041Z",
    "timings": {"queued": 21.5, "parse": 0.4, "classify": 12.8, "total": 41.0},
}

REVIEW: Mapping[str, Any] = {"label": "assistance", "reviewer": "alice", "note": "She cannot stay there tonight."}

EXPLANATION: Mapping[str, Any] = {
    "job_id": "019a9f3e-5c00-7000-8000-000000000001",
    "decided_by": "model",
    "reason": "The model says claim_home with probability 0.97, at least the 0.60 asked for; sent to claims-home.",
    "rule": None,
    "label": "claim_home",
    "probability": 0.9731,
    "predicted": "claim_home",
    "probability_without": 0.0412,
    "method": "erasure",
    "model_version": "bundled-0123456789ab",
    "decision_model_version": "bundled-0123456789ab",
    "note": "",
    "text": "Dégât des eaux dans la cuisine\nBonjour,\n\nUne fuite a endommagé le plafond cette nuit.",
    "words": [
        {
            "text": "fuite",
            "start": 45,
            "end": 50,
            "places": [{"start": 45, "end": 50}],
            "weight": 3.9127,
            "side": "for",
        },
        {
            "text": "nuit",
            "start": 80,
            "end": 84,
            "places": [{"start": 80, "end": 84}],
            "weight": -0.4102,
            "side": "against",
        },
    ],
    "milliseconds": 71.4,
}

EXPLANATION_PENDING: Mapping[str, Any] = {
    "job_id": "019a9f3e-5c00-7000-8000-000000000001",
    "detail": "A worker was asked and has not replied yet; ask again.",
}
