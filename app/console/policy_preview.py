"""What thresholds would have done to the mail of the last days: all labels, or one label at several thresholds."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request

from app.console import policy_words
from app.console.page import page
from app.console.policy import READERS
from app.console.policy_form import read_number
from app.console.policy_newest import PREVIEW_DAYS, PREVIEW_MAILS, fitted, models
from app.endpoint import endpoint
from app.services import services
from routing.policy.preview import LEVELS, effect, effects_by_label, levels

policy_preview = Blueprint("policy_preview", __name__)

DAY: Final = 86_400


@policy_preview.get("/policy/preview")
@endpoint(READERS)
def preview() -> Response:
    """Answer with the table of all labels, or with that of one."""
    provided = services()
    policy = fitted(provided.policy, models())
    answers = provided.store.answers(since=provided.clock() - PREVIEW_DAYS * DAY, limit=PREVIEW_MAILS)
    key = request.args.get("label", "")
    label = policy.labels.get(key)
    shown: dict[str, Any] = {
        "policy": policy,
        "words": policy_words,
        "days": PREVIEW_DAYS,
        "mails": len(answers),
        "label": label,
    }
    if label is None:
        return page(
            "console/policy_preview.html",
            **shown,
            overall=effect(policy, answers),
            effects=effects_by_label(policy, answers),
        )
    given = request.args.get("threshold", "")
    asked = read_number(given) if given else None
    marked = {value for value in (asked, label.threshold) if value is not None}
    return page(
        "console/policy_preview.html",
        **shown,
        given=given or (f"{label.threshold:.2f}" if label.threshold is not None else ""),
        fault=bool(given) and asked is None,
        asked=asked,
        levels=levels(policy, answers, key, [*LEVELS, *marked]),
    )
