"""The audit: what was changed about the service itself, by whom and when. It is only ever added to."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from app.console import titles
from app.console.page import page, user
from app.endpoint import Endpoint, endpoint
from app.services import services
from app.text import is_storable
from routing.people import AuditEntry, Role

audit_pages = Blueprint("audit", __name__)

SHOWN: Final = 50


@audit_pages.get("/audit")
@endpoint(Endpoint(scope=None, role=Role.ADMINISTRATOR, documented=False))
def audit() -> Response:
    """Answer with lines of the audit, newest first, of one kind or of all."""
    store = services().store
    kind, cursor = request.args.get("kind", ""), request.args.get("cursor", "")
    kind = kind if is_storable(kind) else ""
    before = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 16 else None  # noqa: PLR2004 - fits
    entries, further = store.audit(before=before, limit=SHOWN, kind=kind or None)
    here = {"kind": kind} if kind else {}
    return page(
        "console/audit.html",
        lines=entries,
        kind=kind,
        kinds=store.audit_kinds(),
        titles=titles,
        next="/audit?" + urlencode({**here, "cursor": further}) if further is not None else "",
        first="/audit?" + urlencode(here) if before is not None else "",
    )


def line(kind: str, subject: str, detail: str = "") -> AuditEntry:
    """Return the line that says that who is signed in did this to `subject` (`user NAME`, `key NAME` and the like)."""
    return AuditEntry(at=services().clock(), actor=f"user {user().name}", kind=kind, subject=subject, detail=detail)
